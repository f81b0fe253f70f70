/* fork.c -- no lock of ours is held at the moment of the fork.
 *
 * Registered in our first constructor, so that the prepare handler runs after those
 * of others (they may allocate) and the other two before theirs.  The child has one
 * thread: what other threads' heaps hold is left as it was (heap/thread.c). */
#include "boot/boot.h"
#include "core/span.h"
#include "format/status.h"
#include "heap/heap.h"

#include <pthread.h>

extern struct ac_status acre_status;

static struct ac_lock *const *fork_locks(void)
{
    static struct ac_lock *locks[8];

    locks[0] = ac_boot_lock();
    locks[1] = &ac_registry_lock;
    locks[2] = &ac_late_lock;
    locks[3] = &ac_orphan_lock;
    locks[4] = &ac_huge_lock;
    locks[5] = &ac_span_lock;
    locks[6] = &ac_page_meta_lock;
    return locks;
}

static void fork_prepare(void)
{
    for (struct ac_lock *const *lock = fork_locks(); *lock != NULL; lock++)
        ac_lock_take(*lock);
}

static void fork_release(void (*release)(struct ac_lock *lock))
{
    struct ac_lock *const *locks = fork_locks();

    for (int i = 6; i >= 0; i--)
        release(locks[i]);
}

static void lock_give(struct ac_lock *lock)
{
    ac_lock_give(lock);
}

static void fork_parent(void)
{
    fork_release(lock_give);
}

static void fork_child(void)
{
    fork_release(ac_lock_reset);
    acre_status.pid = ac_os_process_id();
}

void ac_boot_atfork(void)
{
    (void)pthread_atfork(fork_prepare, fork_parent, fork_child);
}
