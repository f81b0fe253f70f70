/* alloc.c -- everything that is not the fast path of malloc.
 *
 *   malloc -> fast.h -> [alloc.c] -> refill.c -> core/page.c -> core/span.c
 *                           `-> large.c
 */
#include "core/events.h"
#include "core/fatal.h"
#include "core/options.h"
#include "heap/fast.h"

#include <errno.h>
#include <string.h>

AC_COLD void *ac_no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

/* Pop from a list that is not empty, with the checks of the fast path. */
static struct ac_block *list_pop(struct ac_heap *heap, struct ac_list *list)
{
    struct ac_block *block = list->head;

    if (AC_UNLIKELY(!ac_block_is_free(block, heap->key)))
        ac_corrupt("malloc", block);
    list->head = block->next;
    AC_ADD(list->left, -1u);
    block->seal = 0;
    return block;
}

void *ac_heap_alloc_small(struct ac_heap *heap, size_t size, bool *event)
{
    uint32_t cls = ac_class_of(size);
    struct ac_list *list = &heap->list[cls];
    struct ac_list_slow *slow = &heap->slow[cls];

    if (list->head == NULL && !ac_refill(heap, cls))
        return NULL;
    if (list->left == 0) {
        ac_list_sync(heap, cls);
        *event = ac_events_rearm(heap, cls);
    }
    AC_ADD(slow->slack_sum, ac_class_sizes[cls] - size);
    AC_ADD(slow->slack_count, 1);
    return list_pop(heap, list);
}

/* For threads past their end: one heap under a lock. */
AC_COLD static void *late_alloc(size_t size)
{
    void *block = NULL;
    bool event = false;

    struct ac_heap *heap = ac_heap_late(true);

    if (heap == NULL)
        return NULL;
    ac_lock_take(&ac_late_lock);
    block = ac_heap_alloc_small(heap, size, &event);
    ac_lock_give(&ac_late_lock);
    return block;
}

static void *small_alloc(struct ac_heap *heap, size_t size)
{
    bool event = false;

    if (AC_UNLIKELY(heap == NULL))
        return late_alloc(size);
    void *block = ac_heap_alloc_small(heap, size, &event);

    ac_heap_tick(heap);
    if (AC_UNLIKELY(event) && block != NULL)
        ac_events_sampled(block, size);
    return block;
}

static void *any_alloc(struct ac_heap *heap, size_t size, size_t align, bool *zero)
{
    if (size <= AC_SMALL_MAX)
        return small_alloc(heap, size);
    void *block = ac_large_alloc(heap, size, align, zero);

    if (block != NULL && heap != NULL && ac_events_draw(heap, size))
        ac_events_sampled(block, size);
    return block;
}

/* The slow entry for all: *zero says that the block reads as zero. */
static void *slow_alloc(size_t size, size_t align, bool *zero)
{
    int saved = errno;
    struct ac_heap *heap;
    void *block;

    *zero = false;
    if (AC_UNLIKELY(!ac_enter(&heap))) {
        /* For an aligned request this may be the class's size, not what was asked. */
        block = ac_emergency_alloc(size, ac_max(align, ac_min(size & -size, 4096)));
    } else {
        block = any_alloc(heap, size, align, zero);
        if (AC_UNLIKELY(block == NULL) && size <= PTRDIFF_MAX && heap != NULL) {
            ac_heap_trim(heap); /* what our lists hold may be just what lacks */
            block = any_alloc(heap, size, align, zero);
        }
        ac_leave(heap);
    }
    if (AC_UNLIKELY(block == NULL))
        return ac_no_memory();
    errno = saved;
    return block;
}

AC_NOINLINE void *ac_malloc_slow(size_t size)
{
    bool zero;

    return slow_alloc(size, 16, &zero);
}

void *ac_calloc(size_t count, size_t size)
{
    size_t total;
    bool zero = false;
    void *block;

    if (AC_UNLIKELY(__builtin_mul_overflow(count, size, &total)))
        return ac_no_memory();
    if (AC_LIKELY(total <= AC_SMALL_MAX)) {
        block = ac_malloc_fast(total);
        return block != NULL ? memset(block, 0, total) : NULL;
    }
    block = slow_alloc(total, 16, &zero);
    return zero || block == NULL ? block : memset(block, 0, total);
}

uint32_t ac_class_aligned(size_t align, size_t size)
{
    if (size > AC_SMALL_MAX || align > 4096)
        return 0;
    size = ac_align_up(size, align);
    if (size > AC_SMALL_MAX)
        return 0;
    uint32_t cls = ac_class_of(size);

    while (cls <= AC_CLASS_LAST && (ac_class_sizes[cls] & (align - 1)) != 0)
        cls++;
    return cls <= AC_CLASS_LAST ? cls : 0;
}

void *ac_aligned(size_t align, size_t size)
{
    bool zero;

    if (align <= 16)
        return ac_malloc_fast(size);
    size = size == 0 ? 1 : size;
    uint32_t cls = ac_class_aligned(align, size);

    if (cls != 0)
        return ac_malloc_fast(ac_class_sizes[cls]);
    if (size > PTRDIFF_MAX || align > PTRDIFF_MAX)
        return ac_no_memory();
    return slow_alloc(ac_max(size, AC_SMALL_MAX + 1), align, &zero);
}
