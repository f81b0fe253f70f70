/* boot.h -- what the files of this folder, and the shim, need of each other. */
#ifndef AC_BOOT_BOOT_H
#define AC_BOOT_BOOT_H

#include "core/lock.h"
#include "format/status.h"

extern struct ac_lock ac_boot_lock;
extern struct ac_status acre_status;

/* fork.c: register the handlers.  May allocate. */
void ac_boot_atfork(void);

/* exit.c: write the statistics, if asked for; once in a process. */
void ac_boot_exit(void);
/* The same where the process ends by _exit: in a signal handler perhaps, or in a child
 * of vfork, which writes nothing. */
void ac_boot_exit_now(void);
/* Have quick_exit call that.  May allocate. */
void ac_boot_at_quick_exit(void);

/* verbose.c: nothing unless the option is on. */
void ac_boot_say_start(void);
/* Always says it. */
void ac_boot_say_unwritten(const char *path, int error);

#endif
