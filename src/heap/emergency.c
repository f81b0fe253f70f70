/* emergency.c -- a little static memory for the worst moment.
 *
 * A signal handler that calls malloc while its thread is inside acre cannot touch
 * that thread's lists, nor wait for a lock that the thread holds.  It gets a block of
 * this array: never reused, 128 KiB in all, then NULL.  Backtraces of crash handlers
 * fit well.
 *
 *      | size : 16 | block, aligned ... | size | block ...
 */
#include "heap/heap.h"

#define EMERGENCY_BYTES ((size_t)128 << 10)

static _Alignas(64) unsigned char emergency[EMERGENCY_BYTES];
static _Atomic(size_t) emergency_used;

void *ac_emergency_alloc(size_t size, size_t align)
{
    if (size > EMERGENCY_BYTES || align > 4096)
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
