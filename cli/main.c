/* main.c -- the acre command: finds the subcommand and calls it. */
#include "cli.h"
#include "json.h"

#include <acre/version.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void ac_cli_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("acre: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

int ac_cli_usage(const char *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "acre %s: ", command);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "; see 'acre help %s'\n", command);
    va_end(arguments);
    return AC_EXIT_USAGE;
}

static void cli_flush(void *file, const char *bytes, size_t size)
{
    (void)fwrite(bytes, 1, size, file); /* ferror is looked at in the end */
}

void ac_cli_text(struct ac_text *text, char *buffer, size_t capacity, FILE *file)
{
    ac_text_begin(text, buffer, capacity, cli_flush, file);
}

int ac_cli_read_line(const char *path, char *out, size_t capacity)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return -1;
    char *line = fgets(out, (int)capacity, file);

    fclose(file);
    if (line == NULL)
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return 0;
}

int ac_cli_simple(int argc, char **argv, int arguments_max, bool *json)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {0}};
    const char *name = argv[0];
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'h') {
            ac_help_write(stdout, ac_command_find(name));
            return AC_EXIT_OK;
        }
        if (option != 'j')
            return ac_cli_usage(name, "unknown option '%s'", argv[optind - 1]);
        *json = true;
    }
    if (argc - optind > arguments_max)
        return ac_cli_usage(name, "unexpected argument '%s'",
                            argv[optind + arguments_max]);
    return -1;
}

const struct ac_command *ac_command_find(const char *name)
{
    for (unsigned i = 0; i < ac_command_count; i++)
        if (strcmp(name, ac_commands[i].name) == 0)
            return &ac_commands[i];
    return NULL;
}

const struct ac_command *ac_command_nearest(const char *name)
{
    const struct ac_command *best = NULL;
    unsigned best_distance = 3; /* more than two typing errors is another word */

    for (unsigned i = 0; i < ac_command_count; i++) {
        unsigned distance = ac_text_distance(name, strlen(name), ac_commands[i].name);

        if (distance < best_distance && distance < strlen(ac_commands[i].name)) {
            best = &ac_commands[i];
            best_distance = distance;
        }
    }
    return best;
}

int ac_version_main(int argc, char **argv)
{
    bool json = false;
    int status = ac_cli_simple(argc, argv, 0, &json);

    if (status >= 0)
        return status;
    if (!json) {
        puts("acre " ACRE_VERSION_STRING);
        return AC_EXIT_OK;
    }
    struct ac_json out;

    ac_json_begin(&out, stdout);
    ac_json_open(&out, NULL, '{');
    ac_json_string(&out, "version", ACRE_VERSION_STRING);
    ac_json_u64(&out, "number", ACRE_VERSION);
    ac_json_close(&out, '}');
    ac_json_end(&out);
    return AC_EXIT_OK;
}

static int main_unknown(const char *name)
{
    const struct ac_command *near = ac_command_nearest(name);

    if (near != NULL)
        ac_cli_error("unknown command '%s'; did you mean '%s'?", name, near->name);
    else
        ac_cli_error("unknown command '%s'; 'acre help' lists them", name);
    return AC_EXIT_USAGE;
}

int main(int argc, char **argv)
{
    char help[] = "help";
    char version[] = "version";
    int status;

    if (argc < 2) {
        char *none[] = {help, NULL};

        ac_help_main(1, none);
        return AC_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        argv[1] = help;
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
        argv[1] = version;
    const struct ac_command *command = ac_command_find(argv[1]);

    if (command == NULL)
        return main_unknown(argv[1]);
    status = command->main(argc - 1, argv + 1);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        ac_cli_error("cannot write to standard output: %s", strerror(errno));
        return status == AC_EXIT_OK ? AC_EXIT_FAILED : status;
    }
    return status;
}
