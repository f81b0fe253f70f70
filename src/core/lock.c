/* lock.c -- the waiting side of lock.h: spin a little, then sleep on the word.
 * U. Drepper, "Futexes are tricky", 2004: mutex 3. */
#include "core/lock.h"
#include "core/fatal.h"
#include "os/os.h"

#define LOCK_SPINS 100

AC_INLINE void lock_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

AC_COLD void ac_lock_take_slow(struct ac_lock *lock)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        uint32_t expected = 0;

        if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_weak_explicit(&lock->word, &expected, 1,
                                                  memory_order_acquire,
                                                  memory_order_relaxed))
            return;
        lock_pause();
    }
    while (atomic_exchange_explicit(&lock->word, 2, memory_order_acquire) != 0)
        (void)ac_os_wait(&lock->word, 2, AC_OS_FOREVER);
}

AC_COLD void ac_lock_give_slow(struct ac_lock *lock)
{
    ac_os_wake(&lock->word, 1);
}

void ac_lock_reset(struct ac_lock *lock)
{
    ac_lock_rank_given(lock);
    atomic_store_explicit(&lock->word, 0, memory_order_release);
}

#if AC_CHECKED
static _Thread_local uint32_t lock_ranks;

void ac_lock_rank_taken(const struct ac_lock *lock)
{
    if (lock_ranks >> lock->rank != 0)
        ac_assert_failed("locks are taken in rising order of rank", __FILE__, __LINE__);
    lock_ranks |= 1u << lock->rank;
}

void ac_lock_rank_given(const struct ac_lock *lock)
{
    lock_ranks &= ~(1u << lock->rank);
}
#endif
