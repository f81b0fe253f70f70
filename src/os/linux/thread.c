/* thread.c -- time, threads, the end of the process. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>

#include "os/linux/syscall.h"
#include "os/linux/vdso.h"
#include "os/os.h"

#define THREAD_NS_PER_S 1000000000u
#define THREAD_ABORT_STATUS 134 /* 128 + SIGABRT, as a shell shows it */

/* The coarse clock: 5 ns instead of 20, and good enough to age free pages. */
uint64_t ac_os_now_ns(void)
{
    struct timespec now = {0, 0};

    (void)ac_vdso_clock(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * THREAD_NS_PER_S + (uint64_t)now.tv_nsec;
}

/* System calls both, and right in a child of fork or vfork; the caller keeps
 * the answer where it matters. */
uint32_t ac_os_thread_id(void)
{
    return (uint32_t)linux_call3(SYS_gettid, 0, 0, 0);
}

uint32_t ac_os_process_id(void)
{
    return (uint32_t)linux_call3(SYS_getpid, 0, 0, 0);
}

void ac_os_yield(void)
{
    (void)linux_call3(SYS_sched_yield, 0, 0, 0);
}

int ac_os_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    struct timespec timeout = {(time_t)(timeout_ns / THREAD_NS_PER_S),
                               (long)(timeout_ns % THREAD_NS_PER_S)};
    long result = linux_call6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, (long)expected,
                              timeout_ns == AC_OS_FOREVER ? 0 : (long)&timeout, 0, 0);

    /* A signal handler ran: to the caller one more way to wake for nothing. */
    return result == -EINTR ? 0 : linux_error(result);
}

void ac_os_wake(_Atomic uint32_t *word, uint32_t count)
{
    long most = count < INT_MAX ? (long)count : INT_MAX;

    (void)linux_call3(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, most);
}

/* Send SIGABRT to this thread, blocked or not. */
static void thread_raise_abort(void)
{
    uint64_t only_abort = UINT64_C(1) << (SIGABRT - 1);
    long process = linux_call3(SYS_getpid, 0, 0, 0);
    long thread = linux_call3(SYS_gettid, 0, 0, 0);

    (void)linux_call6(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&only_abort, 0,
                      sizeof only_abort, 0, 0);
    (void)linux_call3(SYS_tgkill, process, thread, SIGABRT);
}

/* Not abort of libc: it takes a lock that fork may have left held.  A handler
 * of the program runs once, as with abort (a crash reporter wants that); it
 * may leave by siglongjmp. */
_Noreturn void ac_os_abort(void)
{
    uint64_t default_action[4] = {0, 0, 0, 0}; /* the kernel's sigaction: SIG_DFL */

    thread_raise_abort();
    (void)linux_call6(SYS_rt_sigaction, SIGABRT, (long)default_action, 0,
                      sizeof(uint64_t), 0, 0);
    thread_raise_abort();
    for (;;) /* process 1 of a container has no default action */
        (void)linux_call3(SYS_exit_group, THREAD_ABORT_STATUS, 0, 0);
}

_Noreturn void ac_os_exit(int status)
{
    for (;;)
        (void)linux_call3(SYS_exit_group, status, 0, 0);
}
