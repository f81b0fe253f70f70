/* api.c -- the general heap under acre's own names (include/acre/acre.h). */
#include "heap/fast.h"

#include <acre/acre.h>
#include <errno.h>

void *acre_malloc(size_t size)
{
    return ac_malloc_fast(size);
}

void acre_free(void *block)
{
    ac_free_fast(block, "acre_free");
}

void *acre_calloc(size_t count, size_t size)
{
    return ac_calloc(count, size);
}

void *acre_realloc(void *block, size_t size)
{
    return ac_realloc(block, size, "acre_realloc");
}

void *acre_reallocarray(void *block, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return ac_no_memory();
    return ac_realloc(block, total, "acre_reallocarray");
}

void *acre_aligned_alloc(size_t align, size_t size)
{
    if (!ac_is_power_of_two(align)) {
        errno = EINVAL;
        return NULL;
    }
    return ac_aligned(align, size);
}

void acre_free_sized(void *block, size_t size)
{
    (void)size;
    ac_free_fast(block, "acre_free_sized");
}

void acre_free_aligned_sized(void *block, size_t align, size_t size)
{
    (void)align;
    (void)size;
    ac_free_fast(block, "acre_free_aligned_sized");
}

size_t acre_usable_size(const void *block)
{
    return ac_usable(block, "acre_usable_size");
}

void acre_thread_idle(void)
{
    struct ac_heap *heap = ac_heap_get();

    if (heap == NULL || heap->busy)
        return;
    heap->busy = true;
    ac_heap_trim(heap);
    heap->busy = false;
}

size_t acre_purge(void)
{
    int saved = errno;

    atomic_fetch_add_explicit(&ac_trim_epoch, 1, memory_order_relaxed);
    acre_thread_idle();
    struct ac_heap *late = ac_heap_late(false);

    if (late != NULL) {
        ac_lock_take(&ac_late_lock);
        ac_heap_trim(late);
        ac_lock_give(&ac_late_lock);
    }
    ac_lock_take(&ac_orphan_lock);
    (void)ac_remote_drain(&ac_heap_orphans);
    ac_lock_give(&ac_orphan_lock);
    size_t purged = ac_span_purge(0);

    errno = saved;
    return purged;
}

unsigned acre_version(void)
{
    return ACRE_VERSION;
}
