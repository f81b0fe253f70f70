/* boot.h -- what the files of this folder need of each other. */
#ifndef AC_BOOT_BOOT_H
#define AC_BOOT_BOOT_H

#include "core/lock.h"

extern struct ac_lock ac_boot_lock;
/* fork.c: register the handlers.  May allocate. */
void ac_boot_atfork(void);
/* exit.c: write the statistics, if asked for. */
void ac_boot_exit(void);

#endif
