/* emergency.c -- a little static memory for the worst moment.
 *
 * A signal handler that calls malloc while its thread is inside acre cannot touch
 * that thread's lists, nor wait for a lock that the thread holds; neither can a
 * function that a debugger calls while another thread stands still with a lock.  They
 * get blocks of this array: never reused, 128 KiB in all, then NULL (large ones: a
 * mapping of their own).  Backtraces of crash handlers fit well.
 *
 *      | size : 16 | block, aligned ... | size | block ...
 */
#include "heap/heap.h"

#define EMERGENCY_BYTES ((size_t)128 << 10)
#define EMERGENCY_LARGE ((size_t)16 << 10)

struct deferred {
    struct deferred *next;
};

static _Atomic(struct deferred *) emergency_deferred;

static _Alignas(64) unsigned char emergency[EMERGENCY_BYTES];
static _Atomic(size_t) emergency_used;

void *ac_emergency_alloc(size_t size, size_t align)
{
    if (size > EMERGENCY_LARGE)
        return ac_huge_try_alloc(size, align);
    if (align > 4096)
        return NULL;
    size_t need = ac_align_up(size, 16) + 16 + align;
    size_t at = atomic_fetch_add_explicit(&emergency_used, need, memory_order_relaxed);

    if (at > EMERGENCY_BYTES - need || need > EMERGENCY_BYTES) {
        atomic_fetch_sub_explicit(&emergency_used, need, memory_order_relaxed);
        return NULL;
    }
    uintptr_t block = ac_align_up((uintptr_t)emergency + at + 16, align);

    ((size_t *)block)[-1] = ac_align_up(size, 16);
    return (void *)block;
}

bool ac_emergency_owns(const void *block)
{
    return (uintptr_t)block - (uintptr_t)emergency < EMERGENCY_BYTES;
}

size_t ac_emergency_usable(const void *block)
{
    return ac_emergency_owns(block) ? ((const size_t *)block)[-1] : 0;
}

/* The link lies in the block, which is the program's no more. */
void ac_emergency_defer(void *block)
{
    struct deferred *entry = block;
    struct deferred *top =
        atomic_load_explicit(&emergency_deferred, memory_order_relaxed);

    do {
        entry->next = top;
    } while (!atomic_compare_exchange_weak_explicit(&emergency_deferred, &top, entry,
                                                    memory_order_release,
                                                    memory_order_relaxed));
}

void ac_emergency_settle(void)
{
    struct deferred *entry =
        atomic_load_explicit(&emergency_deferred, memory_order_relaxed);

    if (AC_LIKELY(entry == NULL))
        return;
    entry = atomic_exchange_explicit(&emergency_deferred, NULL, memory_order_acquire);

    while (entry != NULL) {
        struct deferred *next = entry->next;

        if (!ac_large_free(NULL, entry))
            ac_free_invalid(entry, "free");
        entry = next;
    }
}
