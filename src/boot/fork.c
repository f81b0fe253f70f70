/* fork.c -- no lock of ours is held by another thread at the moment of the fork.
 *
 * Registered in our first constructor, so that the prepare handler runs after those
 * of others (they may allocate) and the other two before theirs.  Where one was
 * registered even earlier, it runs while we hold all locks: the forking thread passes
 * through them.  The child has one thread: what other threads' heaps hold is left as
 * it was (heap/thread.c). */
#include "boot/boot.h"
#include "core/span.h"
#include "format/status.h"
#include "heap/heap.h"

#include <pthread.h>

/* In the order of ranks. */
static struct ac_lock *const fork_locks_below[] = { &ac_boot_lock, &ac_registry_lock };
static struct ac_lock *const fork_locks_above[] = { &ac_late_lock, &ac_orphan_lock,
                                                    &ac_huge_lock, &ac_span_lock,
                                                    &ac_page_meta_lock };
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void fork_prepare(void)
{
    for (size_t i = 0; i < COUNT(fork_locks_below); i++)
        ac_lock_fork_begin(fork_locks_below[i]);
    ac_first_fork_begin();
    for (size_t i = 0; i < COUNT(fork_locks_above); i++)
        ac_lock_fork_begin(fork_locks_above[i]);
}

static void fork_end(bool child)
{
    for (size_t i = COUNT(fork_locks_above); i-- > 0;)
        ac_lock_fork_end(fork_locks_above[i], child);
    ac_first_fork_end(child);
    for (size_t i = COUNT(fork_locks_below); i-- > 0;)
        ac_lock_fork_end(fork_locks_below[i], child);
}

static void fork_parent(void)
{
    fork_end(false);
}

static void fork_child(void)
{
    fork_end(true);
    acre_status.pid = ac_os_process_id();
}

void ac_boot_atfork(void)
{
    (void)pthread_atfork(fork_prepare, fork_parent, fork_child);
}
