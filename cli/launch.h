/* launch.h -- start a program and wait for it as if it stood in our place. */
#ifndef AC_CLI_LAUNCH_H
#define AC_CLI_LAUNCH_H

#include "cli.h"

#include <sys/resource.h>
#include <sys/types.h>

struct ac_launch {
    pid_t pid;
    int status; /* the exit status to pass on: 128 + n for signal n */
    int signal; /* that ended it, or 0 */
    uint64_t wall_ns;
    struct rusage usage; /* of it and of those it waited for */
};

/* Execute argv[0] (found as execvp does) in the place of this process.  Returns
 * only when that fails: the exit status, after saying why. */
int ac_launch_exec(char *const argv[]);

/* Start argv[0] and wait.  Signals that are sent to us go on to it.  0, or an
 * exit status when it could not start, which was said. */
int ac_launch_wait(char *const argv[], struct ac_launch *launch);

#endif
