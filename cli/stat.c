/* stat.c -- acre stat: run a program, then show its memory on one page.
 *
 * The library writes a record into a private folder when a process ends; the
 * page is made here.  So a program pays nothing for it while it runs. */
#include "stat.h"

#include "preload.h"
#include "target.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stat_request {
    const char *output;
    const char *options;
    bool json;
    bool children;
};

/* 0: go on at argv[optind]; 1: help was shown; else an exit status. */
static int stat_arguments(int argc, char **argv, struct stat_request *request)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'},
                                            {"output", required_argument, NULL, 'o'},
                                            {"options", required_argument, NULL, 'O'},
                                            {"children", no_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+:o:h", options, NULL)) != -1)
        switch (option) {
        case 'j':
            request->json = true;
            break;
        case 'o':
            request->output = optarg;
            break;
        case 'O':
            request->options = optarg;
            break;
        case 'c':
            request->children = true;
            break;
        case 'h':
            ac_help_write(stdout, ac_command_find("stat"));
            return 1;
        case ':':
            return ac_cli_usage("stat", "option '%s' needs a value", argv[optind - 1]);
        default:
            return ac_cli_usage("stat", "unknown option '%s'", argv[optind - 1]);
        }
    if (optind >= argc)
        return ac_cli_usage("stat", "no program is given");
    return 0;
}

/* "FOLDER/%p", with each other % doubled. */
static bool stat_pattern(const char *folder, char *out, size_t capacity)
{
    struct ac_text text;

    ac_text_begin(&text, out, capacity, NULL, NULL);
    for (; *folder != '\0'; folder++) {
        ac_text_char(&text, *folder);
        if (*folder == '%')
            ac_text_char(&text, '%');
    }
    ac_text_string(&text, "/%p");
    ac_text_end(&text);
    return !text.cut;
}

static bool stat_prepare(const struct stat_request *request, const char *folder)
{
    char pattern[PATH_MAX];
    char options[2 * PATH_MAX] = "";

    if (request->options != NULL)
        snprintf(options, sizeof options, "%s", request->options);
    if (!stat_pattern(folder, pattern, sizeof pattern) ||
        !ac_preload_add_option(options, sizeof options, "stat", "1") ||
        !ac_preload_add_option(options, sizeof options, "stat_file", pattern)) {
        ac_cli_error("the options do not fit");
        return false;
    }
    return ac_preload_check_options(options) && ac_preload_set(options);
}

/* Why there is no record of a program that has run. */
static void stat_explain(struct ac_stat *stat)
{
    const struct ac_launch *launch = &stat->launch;

    if (stat->records.has_main)
        return;
    if (stat->records.main_error[0] != '\0')
        snprintf(stat->why, sizeof stat->why, "its record cannot be read: %s",
                 stat->records.main_error);
    else if (launch->signal != 0)
        snprintf(stat->why, sizeof stat->why,
                 "signal %d (%s) ended it, and a record is written when a program ends"
                 " by itself",
                 launch->signal, strsignal(launch->signal));
    else
        snprintf(stat->why, sizeof stat->why,
                 "it became a program that acre cannot enter (linked statically, setuid),"
                 " or it ended by a system call of its own, or it may not write to the"
                 " folder of the records");
}

static FILE *stat_output(const struct stat_request *request)
{
    if (request->output == NULL)
        return stderr;
    FILE *file = fopen(request->output, "we");

    if (file == NULL)
        ac_cli_error("cannot write '%s': %s", request->output, strerror(errno));
    return file;
}

static int stat_run(struct ac_stat *stat, const struct stat_request *request,
                    const char *folder, FILE *file)
{
    int status = AC_EXIT_FAILED;

    if (stat_prepare(request, folder))
        status = ac_launch_wait(stat->argv, &stat->launch);
    ac_records_collect(folder, stat->launch.pid, &stat->records);
    if (stat->launch.pid == 0 || status != 0)
        return status;
    stat_explain(stat);
    if (stat->each_child)
        ac_records_sort(&stat->records);
    else
        ac_records_group(&stat->records);
    fflush(stdout);
    if (request->json)
        ac_stat_json(stat, file);
    else
        ac_stat_page(stat, file);
    ac_records_free(&stat->records);
    return stat->launch.status;
}

int ac_stat_main(int argc, char **argv)
{
    static struct ac_stat stat;
    static struct ac_target target;
    struct stat_request request = {0};
    char folder[PATH_MAX];
    int status = stat_arguments(argc, argv, &request);

    if (status != 0)
        return status == 1 ? AC_EXIT_OK : status;
    if (request.options != NULL && !ac_preload_check_options(request.options))
        return AC_EXIT_USAGE;
    status = ac_target_inspect(argv[optind], &target);
    if (status != 0) {
        ac_cli_error("%s", target.why);
        return status;
    }
    FILE *file = stat_output(&request);

    if (file == NULL || !ac_records_folder(folder, sizeof folder))
        return AC_EXIT_FAILED;
    stat.argv = argv + optind;
    stat.path = target.path;
    stat.each_child = request.children;
    status = stat_run(&stat, &request, folder, file);
    if (file != stderr && fclose(file) != 0)
        ac_cli_error("cannot write '%s': %s", request.output, strerror(errno));
    return status;
}
