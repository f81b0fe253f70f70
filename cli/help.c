/* help.c -- the subcommands and what is said about them. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

const struct ac_command ac_commands[] = {
    {"run", "[--mode M] [-o FILE] [--options K=V,...] [-q] -- CMD [ARG...]",
     "run a program under acre",
     "Runs CMD, and every program that it starts, with acre as its malloc.\n"
     "\n"
     "  -m, --mode M         what acre does besides allocating; this version: fast\n"
     "  -o, --output FILE    write the statistics of the program to FILE when it ends\n"
     "                       (%p in FILE is the process id; without it, a process that\n"
     "                       ends later replaces the file)\n"
     "      --options K=V,.. options of the library; 'acre options' lists them; they\n"
     "                       come after those of the variable ACRE_OPTIONS\n"
     "  -q, --quiet          no notes, only errors\n"
     "\n"
     "CMD takes the place of acre: same process, so its exit status and signals are\n"
     "its own.  A program that acre cannot enter is not run: one that is linked\n"
     "statically, that runs with the rights of its file (setuid, setgid,\n"
     "capabilities), of another architecture or for another C library.\n",
     ac_run_main},
    {"stat", "[--json] [-o FILE] [--options K=V,...] [--children] -- CMD [ARG...]",
     "run a program and show its memory on one page",
     "Runs CMD under acre and then shows one page on standard error: time, the peak\n"
     "and the rest of its memory, allocations, fragmentation, page faults, and its\n"
     "resident memory explained.\n"
     "\n"
     "      --json           the page as JSON\n"
     "  -o, --output FILE    the page to FILE\n"
     "      --options K=V,.. options of the library, as for 'acre run'\n"
     "      --children       a line for each child process, not for each program\n"
     "\n"
     "internal fragmentation  (allocated - requested) / allocated\n"
     "external fragmentation  1 - largest free block / all free memory\n"
     "\n"
     "The exit status is that of CMD, or 128 + n when signal n ended it.\n",
     ac_stat_main},
    {"options", "[--json]", "list the options of the library",
     "Lists what the variable ACRE_OPTIONS and 'acre run --options' take: names,\n"
     "types, defaults, ranges and meaning.\n",
     ac_options_main},
    {"status", "[--json] PID", "is acre active in a process, and how",
     "Looks into the process PID without stopping it: the library that is mapped,\n"
     "the block acre_status that it keeps, the mode and the options in effect; or\n"
     "why acre is not active there.\n"
     "\n"
     "Exit status: 0 active, 1 not active, 2 usage, 3 no such process,\n"
     "4 no permission to look, 125 acre itself failed.\n",
     ac_status_main},
    {"doctor", "[--json]", "check this system for what acre needs",
     "Checks kernel, limits and settings, and that a program runs under acre.  Each\n"
     "check is ok, warn (acre works, something is not at its best) or fail.\n"
     "\n"
     "Exit status: 0 no check failed, 1 one failed.\n",
     ac_doctor_main},
    {"version", "[--json]", "show the version", "Shows the version of acre.\n",
     ac_version_main},
    {"help", "[COMMAND]", "show this list, or the help of one command",
     "Shows the list of commands, or what is to be said about one.\n", ac_help_main},
};

const unsigned ac_command_count = sizeof ac_commands / sizeof *ac_commands;

void ac_help_write(FILE *file, const struct ac_command *command)
{
    fprintf(file, "usage: acre %s %s\n\n%s", command->name, command->synopsis,
            command->help);
}

static void help_list(void)
{
    puts("usage: acre COMMAND [ARGUMENTS]\n\n"
         "acre is one memory manager for the whole life of a C or C++ program.\n");
    for (unsigned i = 0; i < ac_command_count; i++)
        printf("  %-10s %s\n", ac_commands[i].name, ac_commands[i].summary);
    puts("\n"
         "Exit status: that of the program that was run (128 + n: signal n), or\n"
         "2 wrong usage, 125 acre itself failed, 126 the program cannot run (under\n"
         "acre), 127 it was not found.");
}

int ac_help_main(int argc, char **argv)
{
    bool json = false;
    int status = ac_cli_simple(argc, argv, 1, &json);

    if (status >= 0)
        return status;
    if (argc < 2 || argv[1][0] == '-') {
        help_list();
        return AC_EXIT_OK;
    }
    const struct ac_command *command = ac_command_find(argv[1]);

    if (command == NULL) {
        const struct ac_command *near = ac_command_nearest(argv[1]);

        ac_cli_error("unknown command '%s'%s%s%s", argv[1],
                     near != NULL ? "; did you mean '" : "",
                     near != NULL ? near->name : "", near != NULL ? "'?" : "");
        return AC_EXIT_USAGE;
    }
    ac_help_write(stdout, command);
    return AC_EXIT_OK;
}
