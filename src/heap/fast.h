/* fast.h -- the two fast paths, inline in whoever exports them.
 *
 * Both touch: the thread's list of the class, the block, and (free) one entry of
 * the unit map and one of the class table.  No lock, no atomic operation, no
 * question about modes: whatever is rare makes one of the compares fail.
 *
 *   malloc   list empty, seal broken, or time for an event   -> ac_malloc_slow
 *   free     not the start of a block of a page,
 *            or (small heaps) already sealed                 -> ac_free_slow
 *            room has run out                                -> ac_free_full
 *
 * The slow calls are tail calls, or the compiler saves registers on the fast path
 * (1 ns; docs/decisions/fast-path.md). */
#ifndef AC_HEAP_FAST_H
#define AC_HEAP_FAST_H

#include "heap/heap.h"

AC_INLINE void *ac_malloc_fast(size_t size)
{
    if (AC_UNLIKELY(size > AC_SMALL_MAX))
        return ac_malloc_slow(size);
    struct ac_heap *heap = ac_heap_self;
    struct ac_list *list = &heap->list[ac_class_of(size)];
    struct ac_block *block = list->head;
    uint32_t left;

    if (AC_UNLIKELY(block == NULL))
        return ac_malloc_slow(size);
    struct ac_block *next = block->next;

    if (AC_UNLIKELY(__builtin_sub_overflow(list->left, 1u, &left) ||
                    !ac_block_is_sound(block, next, heap->key)))
        return ac_malloc_slow(size);
    AC_PUT(list->left, left);
    list->head = next;
    block->seal = 0;
    return block;
}

/* `function` is what the program called, for messages. */
AC_INLINE void ac_free_fast(void *address, const char *function)
{
    struct ac_block *block = (struct ac_block *)address;
    size_t unit = ((uintptr_t)address >> AC_UNIT_SHIFT) - ac_map.first_unit;

    if (AC_UNLIKELY(unit >= ac_map.unit_count)) {
        ac_free_slow(address, function);
        return;
    }
    uint64_t entry = atomic_load_explicit(&ac_map.units[unit], memory_order_relaxed);
    struct ac_heap *heap = ac_heap_self;
    struct ac_list *list = (struct ac_list *)((char *)heap + (uint16_t)entry);
    uint32_t offset = (uint32_t)((uintptr_t)address & (AC_UNIT_BYTES - 1));
    uint32_t room;

    if (AC_UNLIKELY(offset > AC_ENTRY_LAST(entry) ||
                    !ac_class_is_start((uint16_t)entry / sizeof(struct ac_list),
                                       offset + AC_ENTRY_PHASE(entry)) ||
                    (heap->check_free && ac_block_seems_free(block, heap->key)))) {
        ac_free_slow(address, function);
        return;
    }
    if (AC_UNLIKELY(__builtin_sub_overflow(list->room, 1u, &room))) {
        ac_free_full(block, AC_ENTRY_CLASS(entry));
        return;
    }
    AC_PUT(list->room, room);
    ac_block_link(block, list->head, heap->key);
    list->head = block;
}

#endif
