/* fake.h -- an operating system in memory, for tests: the control panel.
 *
 * os/fake implements os/os.h as os/linux does, with pages of the host behind
 * it, and with these differences:
 *   - any call fails when the test says so (ac_fake_fail, and the limits of
 *     struct ac_fake_config);
 *   - a caller that breaks the contract is stopped with a message (a trap);
 *     a use before commit, after decommit or after release is a real SIGSEGV;
 *   - everything held is counted, so that a test can ask for leaks;
 *   - time, files, environment and randomness are what the test made them.
 *
 * It never calls malloc, so it can stand under a malloc that is being tested.
 * The functions of this file are for one thread while no other is in os.h; the
 * implementation of os.h itself takes any number of threads.
 */
#ifndef AC_OS_FAKE_FAKE_H
#define AC_OS_FAKE_FAKE_H

#include "os/os.h"

/* The calls that can fail, in the order of os.h. */
#define AC_FAKE_CALLS(X)                                                                 \
    X(RESERVE, "reserve")                                                                \
    X(RESERVE_AT, "reserve_at")                                                          \
    X(RELEASE, "release")                                                                \
    X(COMMIT, "commit")                                                                  \
    X(DECOMMIT, "decommit")                                                              \
    X(PURGE, "purge")                                                                    \
    X(FREEZE, "freeze")                                                                  \
    X(HUGE, "huge")                                                                      \
    X(GUARD, "guard")                                                                    \
    X(MAP, "map")                                                                        \
    X(REMAP, "remap")                                                                    \
    X(RESIDENT, "resident")                                                              \
    X(WAIT, "wait")                                                                      \
    X(CREATE_FILE, "create_file")                                                        \
    X(OPEN_FILE, "open_file")                                                            \
    X(WRITE, "write")                                                                    \
    X(READ, "read")

enum ac_fake_call {
#define AC_FAKE_ENUM(NAME, text) AC_FAKE_##NAME,
    AC_FAKE_CALLS(AC_FAKE_ENUM)
#undef AC_FAKE_ENUM
    AC_FAKE_ANY,        /* in ac_fake_fail and ac_fake_count: all of the above */
    AC_FAKE_CALL_COUNT = AC_FAKE_ANY
};

/* The machine.  Zero fields have the defaults in brackets. */
struct ac_fake_config {
    size_t page_bytes;          /* [4096], 16384, 65536: a multiple of the host's */
    size_t huge_bytes;          /* [512 pages]; SIZE_MAX: none */
    size_t ram_bytes;           /* [1 GiB]; ac_os_map of more fails */
    size_t as_limit_bytes;      /* [none]; reserving beyond fails with ENOMEM */
    size_t commit_limit_bytes;  /* [none]; committing beyond fails with ENOMEM */
    uint32_t cpu_count;         /* [4] */
    uint32_t mapping_limit;     /* [none]; as vm.max_map_count */
    int guard_error;            /* [0]; EINVAL: a kernel without guard pages */
    bool secure;
    bool huge_always;
    bool strict_wait;           /* [false]; see ac_os_wait in clock.c */
    uint64_t seed;              /* of ac_os_entropy */
};

/* Start over: give back all that is held, forget counts, schedule, files,
 * environment, hooks and time.  NULL: all defaults. */
void ac_fake_reset(const struct ac_fake_config *config);

/* --- Failures and counts --------------------------------------------------- */

/* Let the `nth` call from now (1 is the next) of `call` fail with `error`, once
 * or for ever from then on.  One schedule for each call and one for ANY; a new
 * one replaces it, nth 0 removes it.  A failed call changes nothing, except
 * that purge and decommit overwrite what they were to discard (os.h leaves the
 * contents unspecified). */
void ac_fake_fail(enum ac_fake_call call, uint64_t nth, bool for_ever, int error);

/* Calls since the reset, failed ones included; and those failed by schedule. */
uint64_t ac_fake_count(enum ac_fake_call call);
uint64_t ac_fake_failed(enum ac_fake_call call);

const char *ac_fake_call_name(enum ac_fake_call call);

/* --- What is held ---------------------------------------------------------- */

struct ac_fake_held {
    size_t reserved_bytes;      /* address space, with all below */
    size_t committed_bytes;     /* accessible: commit and map, less guards */
    size_t guard_bytes;
    size_t mapping_count;       /* lines of /proc/PID/maps it would be */
    size_t reserved_peak_bytes;
    size_t committed_peak_bytes;
    uint32_t open_files;
};

struct ac_fake_held ac_fake_held(void);

enum ac_fake_state {
    AC_FAKE_IS_NONE,               /* not from here */
    AC_FAKE_IS_RESERVED,
    AC_FAKE_IS_COMMITTED,
    AC_FAKE_IS_FROZEN,             /* committed and read-only */
    AC_FAKE_IS_GUARD,
    AC_FAKE_IS_MAPPED              /* committed by ac_os_map; a guard forgets it */
};

/* What the page at `addr` is. */
enum ac_fake_state ac_fake_state_of(const void *addr);

/* --- Time, environment, files ---------------------------------------------- */

/* The clock stands still (at 1 s after the reset) until it is advanced. */
void ac_fake_advance(uint64_t ns);

/* Set a variable; NULL removes it.  Both strings must last until the reset. */
void ac_fake_setenv(const char *name, const char *value);

/* Make a file to be opened.  At most 16 files of 1 MiB; longer is cut. */
void ac_fake_put_file(const char *path, const void *data, size_t size);

/* All that a file holds; NULL when there is none.  Followed by a zero byte. */
const char *ac_fake_file(const char *path, size_t *size);

/* What was written to fd 1 or 2, followed by a zero byte. */
const char *ac_fake_output(int fd, size_t *size);

/* --- The end --------------------------------------------------------------- */

/* Called by ac_os_abort instead of aborting; may longjmp.  When it returns, or
 * is NULL, the process aborts. */
void ac_fake_on_abort(void (*hook)(void *), void *argument);

/* The same for ac_os_exit; ac_fake_exit_status is the status that was asked for. */
void ac_fake_on_exit(void (*hook)(void *), void *argument);
int ac_fake_exit_status(void);

/* The same for a broken contract; ac_fake_trap_message says which, in the
 * manner of "release: [0x7f0000, +0x4000) is not reserved".  Without a hook the
 * message goes to the real fd 2 and the process aborts. */
void ac_fake_on_trap(void (*hook)(void *), void *argument);
const char *ac_fake_trap_message(void);

#endif
