/* lock.h -- a mutex of four bytes that survives fork, signals and debuggers.
 *
 * Ranks: a thread takes locks in rising order only; the checked build verifies it.
 * fork takes all of them in this order (boot/fork.c).
 */
#ifndef AC_CORE_LOCK_H
#define AC_CORE_LOCK_H

#include "base/base.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum ac_lock_rank {
    AC_RANK_START,
    AC_RANK_REGISTRY,       /* the table of heaps */
    AC_RANK_FIRST_LIST,     /* the list of heap objects */
    AC_RANK_FIRST_CLASS,    /* one acre_heap */
    AC_RANK_LATE,           /* the heap of threads past their end */
    AC_RANK_ORPHAN,         /* pages of ended threads */
    AC_RANK_HUGE,           /* the table of huge blocks */
    AC_RANK_SPAN,           /* areas and spans */
    AC_RANK_META,           /* growth of metadata */
    AC_RANK_COUNT
};

struct ac_lock {
    _Atomic uint32_t word;      /* 0 free, 1 held, 2 held and somebody sleeps */
    _Atomic bool forking;       /* held by fork: its thread passes through */
    _Atomic bool stuck;         /* was waited for in vain; nobody waits again */
    uint32_t rank;              /* enum ac_lock_rank; the checked build verifies */
};

#define AC_LOCK_INIT(rank) { 0, false, false, rank }

void ac_lock_take_slow(struct ac_lock *lock);
void ac_lock_give_slow(struct ac_lock *lock);
#if AC_CHECKED
void ac_lock_rank_taken(const struct ac_lock *lock);
void ac_lock_rank_given(const struct ac_lock *lock);
#else
#define ac_lock_rank_taken(lock) ((void)(lock))
#define ac_lock_rank_given(lock) ((void)(lock))
#endif

/* Take the lock.  Cannot fail; waits. */
AC_INLINE void ac_lock_take(struct ac_lock *lock)
{
    uint32_t expected = 0;

    if (AC_UNLIKELY(!atomic_compare_exchange_strong_explicit(
            &lock->word, &expected, 1, memory_order_acquire, memory_order_relaxed)))
        ac_lock_take_slow(lock);
    ac_lock_rank_taken(lock);
}

AC_INLINE bool ac_lock_try(struct ac_lock *lock)
{
    uint32_t expected = 0;

    if (!atomic_compare_exchange_strong_explicit(
            &lock->word, &expected, 1, memory_order_acquire, memory_order_relaxed))
        return false;
    ac_lock_rank_taken(lock);
    return true;
}

AC_INLINE void ac_lock_give(struct ac_lock *lock)
{
    if (AC_UNLIKELY(atomic_load_explicit(&lock->forking, memory_order_relaxed)))
        return;     /* the forking thread: ac_lock_fork_end gives it */
    if (AC_UNLIKELY(atomic_load_explicit(&lock->stuck, memory_order_relaxed)))
        atomic_store_explicit(&lock->stuck, false, memory_order_relaxed);
    ac_lock_rank_given(lock);
    /* Release: publishes what the holder wrote to the next one. */
    if (AC_UNLIKELY(atomic_exchange_explicit(&lock->word, 0, memory_order_release) == 2))
        ac_lock_give_slow(lock);
}

/* Is the lock free, or does it become so within `ns`?  For those who can do without:
 * in a debugger its holder may stand still for ever. */
bool ac_lock_settles(struct ac_lock *lock, uint64_t ns);

/* Around fork: take the lock so that this thread, and it alone, passes through it
 * (handlers of the program run meanwhile, and may allocate); and give it, in the
 * parent or in the child, where nobody waits. */
void ac_lock_fork_begin(struct ac_lock *lock);
void ac_lock_fork_end(struct ac_lock *lock, bool child);

#endif
