/* run.c -- acre run: any program, and the programs it starts, under acre. */
#include "cli.h"
#include "format/options.h"
#include "launch.h"
#include "preload.h"
#include "target.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run_request {
    const char *mode;
    const char *output;
    const char *options;
    bool quiet;
};

/* 0: go on at argv[optind]; 1: help was shown; else an exit status. */
static int run_arguments(int argc, char **argv, struct run_request *request)
{
    static const struct option options[] = {{"mode", required_argument, NULL, 'm'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"options", required_argument, NULL, 'O'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:m:o:qh", options, NULL)) != -1)
        switch (option) {
        case 'm':
            request->mode = optarg;
            break;
        case 'o':
            request->output = optarg;
            break;
        case 'O':
            request->options = optarg;
            break;
        case 'q':
            request->quiet = true;
            break;
        case 'h':
            ac_help_write(stdout, ac_command_find("run"));
            return 1;
        case ':':
            return ac_cli_usage("run", "option '%s' needs a value", argv[optind - 1]);
        default:
            return ac_cli_usage("run", "unknown option '%s'", argv[optind - 1]);
        }
    if (optind >= argc)
        return ac_cli_usage("run", "no program is given");
    return 0;
}

/* The program may change its folder: name the file from the root. */
static bool run_add_output(char *out, size_t capacity, const char *output)
{
    char folder[PATH_MAX];
    char path[2 * PATH_MAX];

    if (output[0] == '/')
        snprintf(path, sizeof path, "%s", output);
    else if (getcwd(folder, sizeof folder) == NULL)
        return false;
    else
        snprintf(path, sizeof path, "%s/%s", folder, output);
    return ac_preload_add_option(out, capacity, "stat", "1") &&
           ac_preload_add_option(out, capacity, "stat_file", path);
}

/* What goes into ACRE_OPTIONS, checked.  false: it was said why not. */
static bool run_options(const struct run_request *request, char *out, size_t capacity)
{
    out[0] = '\0';
    if (request->options != NULL &&
        (size_t)snprintf(out, capacity, "%s", request->options) >= capacity) {
        ac_cli_error("--options is too long");
        return false;
    }
    if ((request->mode != NULL &&
         !ac_preload_add_option(out, capacity, "mode", request->mode)) ||
        (request->output != NULL && !run_add_output(out, capacity, request->output))) {
        ac_cli_error("the options do not fit");
        return false;
    }
    return ac_preload_check_options(out);
}

int ac_run_main(int argc, char **argv)
{
    static struct ac_target target;
    static char options[4 * PATH_MAX];
    struct run_request request = {0};
    int status = run_arguments(argc, argv, &request);

    if (status != 0)
        return status == 1 ? AC_EXIT_OK : status;
    if (!run_options(&request, options, sizeof options))
        return AC_EXIT_USAGE;
    status = ac_target_inspect(argv[optind], &target);
    if (status != 0) {
        ac_cli_error("%s", target.why);
        return status;
    }
    if (!ac_preload_set(options))
        return AC_EXIT_FAILED;
    if (!request.quiet && request.output != NULL &&
        strstr(request.output, "%p") == NULL && strcmp(target.path, target.binary) != 0)
        ac_cli_error("note: '%s' is a script; each process that it starts replaces '%s'"
                     " (write %%p for the process id)",
                     target.path, request.output);
    return ac_launch_exec(argv + optind);
}
