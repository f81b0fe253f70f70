/* fatal.h -- the end: one line that names the call, the block and what is wrong. */
#ifndef AC_CORE_FATAL_H
#define AC_CORE_FATAL_H

#include "base/base.h"

enum ac_fatal_kind {
    AC_FATAL_DOUBLE_FREE,
    AC_FATAL_INVALID_FREE,
    AC_FATAL_CORRUPT,
};

/* What is known of the block; zero where nothing is. */
struct ac_fatal_block {
    const void *address;        /* as the program gave it */
    const void *block;          /* start of the block around it, or NULL */
    size_t size;
};

/* Write "acre: KIND: FUNCTION(ADDRESS): ..." to standard error by one write and
 * abort.  No allocation, no lock; any thread, also in a signal handler. */
_Noreturn void ac_fatal(enum ac_fatal_kind kind, const char *function,
                        struct ac_fatal_block what);

/* The same line, but only written: for options that say to go on. */
void ac_report(enum ac_fatal_kind kind, const char *function,
               struct ac_fatal_block what);

#endif
