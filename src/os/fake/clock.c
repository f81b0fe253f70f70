/* clock.c -- time that a test moves, and threads that wait for it. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/fake/state.h"

#define CLOCK_START_NS 1000000000u
#define CLOCK_SLICE_NS 1000000 /* of real time */
#define CLOCK_PATIENCE 2       /* slices before time jumps */

static _Atomic uint64_t clock_now = CLOCK_START_NS;
static _Atomic uint32_t clock_threads;

void ac_fake_clock_reset(void)
{
    atomic_store(&clock_now, CLOCK_START_NS);
}

void ac_fake_advance(uint64_t ns)
{
    atomic_fetch_add(&clock_now, ns);
}

uint64_t ac_os_now_ns(void)
{
    return atomic_load(&clock_now);
}

/* Small numbers in order of the first question, so that runs are alike. */
uint32_t ac_os_thread_id(void)
{
    static _Thread_local uint32_t id;

    if (id == 0)
        id = atomic_fetch_add(&clock_threads, 1) + 1;
    return id;
}

void ac_os_yield(void)
{
    (void)sched_yield();
}

/* futex of the host for one slice of real time; errno stays. */
static int clock_sleep(_Atomic uint32_t *word, uint32_t expected)
{
    struct timespec slice = {0, CLOCK_SLICE_NS};
    int saved = errno;
    int error = 0;

    if (syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &slice, NULL, 0) != 0)
        error = errno;
    errno = saved;
    return error;
}

/* Move the clock to `deadline`, unless it is later already. */
static void clock_jump(uint64_t deadline)
{
    uint64_t now = atomic_load(&clock_now);

    while (now < deadline && !atomic_compare_exchange_weak(&clock_now, &now, deadline))
        ;
}

/* A wait with a timeout would hang a test of one thread, as the clock stands
 * still.  So when nobody has woken it for two milliseconds of real time, the
 * clock jumps to its end.  With strict_wait it does not: then another thread
 * has to advance the clock. */
int ac_os_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t timeout_ns)
{
    uint64_t now = ac_os_now_ns();
    uint64_t deadline = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;

    ac_fake_lock();
    int scheduled = ac_fake_enter(AC_FAKE_WAIT);
    ac_fake_unlock();
    if (scheduled != 0)
        return scheduled;
    if (atomic_load(word) != expected)
        return EAGAIN;
    for (int slices = 0;; slices++) {
        if (ac_os_now_ns() >= deadline)
            return ETIMEDOUT;
        int error = clock_sleep(word, expected);
        if (error == EAGAIN)
            return slices == 0 ? EAGAIN : 0;
        if (error != ETIMEDOUT)
            return 0; /* woken, or a signal */
        if (slices + 1 >= CLOCK_PATIENCE && deadline != UINT64_MAX &&
            !ac_fake.strict_wait)
            clock_jump(deadline);
    }
}

void ac_os_wake(_Atomic uint32_t *word, uint32_t count)
{
    int saved = errno;

    (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count < INT_MAX ? count : INT_MAX);
    errno = saved;
}
