/* os.h -- all that acre asks of an operating system.
 *
 * One folder beside this file implements it for each system: linux/ for real,
 * fake/ for tests (an operating system in memory that fails on schedule).
 * Nothing above this line includes a system header for memory, time or files.
 *
 * Rules for every function, unless it says otherwise:
 *   - any thread may call, also between fork and exec, also in a signal handler;
 *   - errno is left as it was; failure is an errno value, 0 is success;
 *   - no function allocates through malloc; none takes a lock of ours;
 *   - sizes are bytes; addresses and sizes are multiples of the page size.
 */
#ifndef AC_OS_OS_H
#define AC_OS_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AC_OS_FOREVER UINT64_MAX

/* What the system is; filled once by ac_os_init and never changed. */
struct ac_os_info {
    size_t page_bytes;          /* 4096, 16384 or 65536 */
    size_t huge_bytes;          /* a transparent huge page; 0: none */
    size_t ram_bytes;           /* physical memory */
    size_t as_limit_bytes;      /* RLIMIT_AS; SIZE_MAX: none */
    uint32_t cpu_count;         /* that this process may use; at least 1 */
    bool secure;                /* AT_SECURE: trust no environment, write no file */
};

/* Fill *info.  Idempotent; cannot fail (unknown becomes a safe default).  Costs
 * three system calls, no file. */
void ac_os_init(struct ac_os_info *info);

/* Are transparent huge pages given without ac_os_huge ("always")?  false when
 * unknown.  Not in ac_os_info, because the first question costs three system
 * calls and opens a file: ask when a range that holds a huge page is committed,
 * so that small programs never do.  Later questions cost nothing. */
bool ac_os_huge_always(void);

/* --- Address space and memory ------------------------------------------- */

/* Reserve `size` bytes of address space at a multiple of `align` (a power of
 * two, at least a page); nothing is committed, any access traps.  NULL when
 * refused (then *error, unless NULL, holds the errno value). */
void *ac_os_reserve(size_t size, size_t align, int *error);

/* Reserve exactly [addr, addr + size).  EEXIST when something is there. */
int ac_os_reserve_at(void *addr, size_t size);

/* Give back address space with all that is in it.  May be part of a
 * reservation.  ENOMEM when the system's count of mappings is exhausted: the
 * range is then still reserved, with its contents. */
int ac_os_release(void *addr, size_t size);

/* Make reserved pages readable and writable; they read as zero the first
 * time.  ENOMEM: nothing changed, if the range was all reserved or all
 * committed before.  Does nothing to guards. */
int ac_os_commit(void *addr, size_t size);

/* The opposite: access traps again, contents and physical pages are gone; so
 * are guards, the advice of ac_os_huge and the name.  On failure the contents
 * are unspecified but accessible. */
int ac_os_decommit(void *addr, size_t size);

/* Give physical pages back, keep the range committed: it reads as zero
 * afterwards.  Guards in it stay.  On failure the contents are unspecified but
 * accessible. */
int ac_os_purge(void *addr, size_t size);

/* Make committed pages read-only, or writable again.  The one call that may be
 * given pages that are not from here (static data of the library). */
int ac_os_freeze(void *addr, size_t size, bool on);

/* Ask for (or against) transparent huge pages in a committed range. */
int ac_os_huge(void *addr, size_t size, bool on);

/* Turn committed pages into guards (any access traps, contents and physical
 * pages are gone), or guards back into zero pages, without splitting a mapping.
 * Off leaves pages that are no guards as they are.  ENOSYS/EINVAL where the
 * kernel cannot (before 6.13) or the pages are locked in memory. */
int ac_os_guard(void *addr, size_t size, bool on);

/* Reserve and commit in one step, for one huge block.  Unlike commit it fails
 * with ENOMEM when the system could never provide that much. */
void *ac_os_map(size_t size, size_t align, int *error);

/* Resize what ac_os_map gave, or the tail of it; `may_move` allows another
 * address, which is aligned to a page and no better.  NULL when refused: the old
 * mapping is untouched.  New bytes read as zero. */
void *ac_os_remap(void *addr, size_t old_size, size_t new_size, bool may_move);

/* Physical memory now behind [addr, addr + size), in bytes.  0 when unknown
 * (part of the range is not reserved).  Pages read but never written count,
 * though they share one page of zeros.  Costs 1 to 2 ns for each page of the
 * range, resident or not. */
size_t ac_os_resident(const void *addr, size_t size);

/* How much of it shows the shared page of zeros, and so counts as resident above
 * but not in the RSS of the process.  `pagemap` is what ac_os_pagemap_open gave
 * (-1: none; ac_os_close closes it).  0 where the system cannot tell (before Linux
 * 6.7).  Walks the page tables of what is resident: about 1 ms a GiB. */
int ac_os_pagemap_open(void);
size_t ac_os_zero_mapped(int pagemap, const void *addr, size_t size);

/* Leave a range out of core files (off), or take it in again.  Whole reservations are
 * left out: gcore would write zeroes for them.  Best effort. */
void ac_os_dump(void *addr, size_t size, bool on);

/* Name a range for /proc/PID/maps.  Best effort; `name` must be static.  A
 * mapping does not merge with a neighbour of another name. */
void ac_os_name(void *addr, size_t size, const char *name);

/* --- Time, threads, randomness ------------------------------------------- */

uint64_t ac_os_now_ns(void);            /* monotonic, may be coarse (4 ms) */
uint32_t ac_os_thread_id(void);         /* never 0; unique in the process */
uint32_t ac_os_process_id(void);
void ac_os_yield(void);

/* Secret bytes; best effort, never blocks.  Up to 16 bytes without a system
 * call. */
void ac_os_entropy(void *out, size_t size);

/* Sleep while *word == expected, at most timeout_ns.  ETIMEDOUT, EAGAIN (the
 * word was different) or 0 (woken, perhaps spuriously). */
int ac_os_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void ac_os_wake(_Atomic uint32_t *word, uint32_t count);

/* --- Files and the end ---------------------------------------------------- */

/* The value of an environment variable or NULL.  Always NULL when secure.  The
 * string belongs to the environment: copy what is to last. */
const char *ac_os_env(const char *name);

/* Open for writing, created (0600 less umask) and truncated.  -1 and *error
 * (unless NULL).  Never gives 0, 1 or 2. */
int ac_os_create_file(const char *path, int *error);
int ac_os_open_file(const char *path, int *error);      /* for reading */
/* Write all of it (EBADF for descriptor 2 when it has become a socket since ac_os_init:
 * it belongs to the program then); retries short writes and EINTR.  SIGPIPE is not
 * held back. */
int ac_os_write(int fd, const void *data, size_t size);
/* Read up to `size` bytes; *got says how many, 0 at the end. */
int ac_os_read(int fd, void *data, size_t size, size_t *got);
void ac_os_close(int fd);

/* End the process by SIGABRT, whatever it blocks or ignores.  Its handler, if
 * any, runs once and may leave by siglongjmp. */
_Noreturn void ac_os_abort(void);
/* End the process at once with this status; no handler runs. */
_Noreturn void ac_os_exit(int status);

#endif
