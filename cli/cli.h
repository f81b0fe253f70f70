/* cli.h -- what the files of the command share: exit statuses, errors, output.
 *
 * The command is an ordinary program on libc.  It knows the library only by
 * include/acre and src/format: the options table, the record and the status
 * block.  It never links the library.
 */
#ifndef AC_CLI_CLI_H
#define AC_CLI_CLI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "format/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Exit statuses of acre itself; otherwise it is the program's, and 128 + n when
 * signal n ended it. */
enum {
    AC_EXIT_OK = 0,
    AC_EXIT_INACTIVE = 1, /* status: acre is not active; doctor: a check failed */
    AC_EXIT_USAGE = 2,
    AC_EXIT_NO_PROCESS = 3,    /* status */
    AC_EXIT_NO_PERMISSION = 4, /* status */
    AC_EXIT_FAILED = 125,      /* acre itself failed */
    AC_EXIT_CANNOT_RUN = 126,  /* found, but cannot run or cannot run under acre */
    AC_EXIT_NOT_FOUND = 127
};

struct ac_command {
    const char *name;
    const char *synopsis;
    const char *summary; /* one line, for the list */
    const char *help;
    int (*main)(int argc, char **argv);
};

extern const struct ac_command ac_commands[];
extern const unsigned ac_command_count;

int ac_run_main(int argc, char **argv);
int ac_stat_main(int argc, char **argv);
int ac_options_main(int argc, char **argv);
int ac_status_main(int argc, char **argv);
int ac_doctor_main(int argc, char **argv);
int ac_version_main(int argc, char **argv);
int ac_help_main(int argc, char **argv);

/* The command of that name, or NULL; nearest: the most similar one, if any is. */
const struct ac_command *ac_command_find(const char *name);
const struct ac_command *ac_command_nearest(const char *name);
/* Write the help of one command to `file`. */
void ac_help_write(FILE *file, const struct ac_command *command);

/* "acre: " and the message and a newline, to standard error. */
__attribute__((format(printf, 1, 2))) void ac_cli_error(const char *format, ...);
/* The same, and where to find help; returns AC_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int ac_cli_usage(const char *command,
                                                       const char *format, ...);

/* Parse the options of a command that takes only --json and --help, and at most
 * `arguments_max` words (argv[optind] on).  -1: go on; else the exit status. */
int ac_cli_simple(int argc, char **argv, int arguments_max, bool *json);

/* A struct ac_text that writes to `file` through `buffer`. */
void ac_cli_text(struct ac_text *text, char *buffer, size_t capacity, FILE *file);

/* The first line (without newline) of a small file, of /proc mostly.  -1 and errno. */
int ac_cli_read_line(const char *path, char *out, size_t capacity);

#endif
