/* vdso.h -- the clock that the kernel maps into each process (os/linux only).
 *
 * clock_gettime of libc would do, but preloaded libraries (libfaketime)
 * interpose it and call malloc and dlsym; under LD_AUDIT it has crashed
 * (jemalloc#2472).  A plain system call costs 20 times as much.
 */
#ifndef AC_OS_LINUX_VDSO_H
#define AC_OS_LINUX_VDSO_H

#include <time.h>

/* Find the function.  Idempotent; no system call; before it, or when there is
 * none (valgrind), ac_vdso_clock makes a system call. */
void ac_vdso_init(void);

/* clock_gettime; what the kernel returns: 0 or an errno value negated. */
long ac_vdso_clock(clockid_t clock, struct timespec *time);

#endif
