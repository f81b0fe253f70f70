/* status.h -- the block by which another process sees that acre is active.
 *
 * It lies in the library's data as the exported symbol `acre_status`.  The
 * command `acre status PID` finds the library in /proc/PID/maps, the symbol in
 * the symbol table of that file, and reads the block out of the process; in a
 * stripped static program it searches the data for the magic instead.  So no
 * thread of the process takes part, and a stopped or hung one can be looked at.
 *
 * Every number is little-endian, as the machine has it.  Fields are only ever
 * added at the end; `layout` changes when an old reader would misread.
 */
#ifndef AC_FORMAT_STATUS_H
#define AC_FORMAT_STATUS_H

#include "format/options.h"

#include <acre/version.h>

#include <stddef.h>
#include <stdint.h>

#define AC_STATUS_MAGIC "ACRESTAT" /* 8 bytes, no NUL */
#define AC_STATUS_SYMBOL "acre_status"
#define AC_STATUS_LAYOUT 1
#define AC_STATUS_OPTIONS_BYTES 1024

enum ac_status_state {
    AC_STATUS_LOADED, /* the block is there, the heap has not started */
    AC_STATUS_ACTIVE, /* malloc is ours */
    AC_STATUS_ASIDE   /* it stepped aside; `reason` says for what */
};

struct ac_status {
    char magic[8];         /* written last */
    uint32_t size;         /* sizeof(struct ac_status) of the writer */
    uint32_t layout;       /* AC_STATUS_LAYOUT */
    uint32_t version;      /* ACRE_VERSION */
    uint32_t state;        /* enum ac_status_state */
    uint32_t pid;          /* who filled it; after fork, the child does */
    uint32_t mode;         /* AC_MODE_FAST, ... */
    uint64_t start_ns;     /* ac_os_now_ns when the library started */
    uint64_t window_begin; /* the reserved address space of the heap */
    uint64_t window_end;
    uint64_t counters; /* address of live counters, 0: none (yet) */
    uint64_t flags;    /* 0 */
    char mode_name[16];
    char reason[64];
    char options[AC_STATUS_OPTIONS_BYTES]; /* "mode=fast,..." as in effect */
};
_Static_assert(offsetof(struct ac_status, mode_name) == 72, "readers know the layout");
_Static_assert(offsetof(struct ac_status, options) == 152, "readers know the layout");
_Static_assert(sizeof(struct ac_status) == 1176, "readers know the layout");

/* Initial value of the block in the library's data. */
#define AC_STATUS_INIT                                                                   \
    {                                                                                    \
        .magic = {'A', 'C', 'R', 'E', 'S', 'T', 'A', 'T'},                               \
        .size = sizeof(struct ac_status), .layout = AC_STATUS_LAYOUT,                    \
        .version = ACRE_VERSION, .state = AC_STATUS_LOADED                               \
    }

/* Fill the block for an active heap.  Cannot fail; about 1 us; by the thread
 * that starts the library.  Later changes (pid after fork, counters, state) are
 * plain stores to the fields. */
void ac_status_fill(struct ac_status *status, const struct ac_options *options,
                    uint32_t pid, uint64_t start_ns, const void *window_begin,
                    const void *window_end);

/* NULL when the first `size` bytes of a block can be read by this version, else
 * what is wrong with them. */
const char *ac_status_check(const void *block, size_t size);

#endif
