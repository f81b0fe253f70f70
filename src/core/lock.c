/* lock.c -- the waiting side of lock.h: spin a little, then sleep on the word.
 * U. Drepper, "Futexes are tricky", 2004: mutex 3. */
#include "core/lock.h"
#include "core/fatal.h"
#include "os/os.h"

#include <errno.h>

#define LOCK_SPINS 100

AC_INLINE void lock_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

/* A thread is known by the address of this: unlike its id, the same after fork. */
static _Thread_local char lock_self;
static _Atomic(const char *) lock_fork_thread;

static bool lock_is_passed(const struct ac_lock *lock)
{
    return atomic_load_explicit(&lock->forking, memory_order_relaxed) &&
           atomic_load_explicit(&lock_fork_thread, memory_order_relaxed) == &lock_self;
}

/* Take the lock, but sleep no longer than `ns` at a time without its being given. */
static bool lock_take_within(struct ac_lock *lock, uint64_t ns)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        uint32_t expected = 0;

        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_weak_explicit(&lock->word, &expected, 1,
                                                  memory_order_acquire,
                                                  memory_order_relaxed))
            return true;
        lock_pause();
    }
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        if (ac_os_wait(&lock->word, 2, ns) == ETIMEDOUT)
            return false;
    return true;
}

AC_COLD void ac_lock_take_slow(struct ac_lock *lock)
{
    if (!lock_is_passed(lock))
        (void)lock_take_within(lock, AC_OS_FOREVER);
}

AC_COLD void ac_lock_give_slow(struct ac_lock *lock)
{
    ac_os_wake(&lock->word, 1);
}

bool ac_lock_settles(struct ac_lock *lock, uint64_t ns)
{
    if (AC_LIKELY(atomic_load_explicit(&lock->word, memory_order_relaxed) == 0) ||
        lock_is_passed(lock))
        return true;
    if (atomic_load_explicit(&lock->stuck, memory_order_relaxed))
        ns = 0;
    bool taken = lock_take_within(lock, ns);

    atomic_store_explicit(&lock->stuck, !taken, memory_order_relaxed);
    if (!taken)
        return false;
    ac_lock_rank_taken(lock);
    ac_lock_give(lock);
    return true;
}

void ac_lock_fork_begin(struct ac_lock *lock)
{
    ac_lock_take(lock);
    atomic_store_explicit(&lock_fork_thread, &lock_self, memory_order_relaxed);
    atomic_store_explicit(&lock->forking, true, memory_order_relaxed);
}

void ac_lock_fork_end(struct ac_lock *lock, bool child)
{
    atomic_store_explicit(&lock->forking, false, memory_order_relaxed);
    if (child)      /* who slept on it does not exist here */
        atomic_store_explicit(&lock->word, 1, memory_order_relaxed);
    ac_lock_give(lock);
}

#if AC_CHECKED
static _Thread_local uint32_t lock_ranks;

void ac_lock_rank_taken(const struct ac_lock *lock)
{
    if (lock_is_passed(lock))
        return;
    bool equal_in_fork = lock->rank == AC_RANK_FIRST_CLASS;   /* all of them */

    if (lock_ranks >> (lock->rank + equal_in_fork) != 0)
        ac_assert_failed("locks are taken in rising order of rank", __FILE__, __LINE__);
    lock_ranks |= 1u << lock->rank;
}

void ac_lock_rank_given(const struct ac_lock *lock)
{
    lock_ranks &= ~(1u << lock->rank);
}
#endif
