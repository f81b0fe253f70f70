/* page.h -- units of small blocks, and the map that answers "what is this address?" */
#ifndef AC_CORE_PAGE_H
#define AC_CORE_PAGE_H

#include "core/types.h"

extern struct ac_lock ac_page_meta_lock;

/* Commit the unit map.  After ac_span_init, once.  ENOMEM. */
int ac_page_init(void);

/* A new page of class `cls`, nothing carved, owned by nobody, in no list.  NULL when
 * there is no memory.  Any thread. */
struct ac_page *ac_page_new(uint32_t cls);

/* Enter the page in the unit map, as far as it is carved.  Pages of first-class
 * heaps are entered as if nothing were: their frees all take the slow path. */
void ac_page_map(struct ac_page *page);

/* Give the page's memory back; no block of it is used.  Owner only. */
void ac_page_release(struct ac_page *page);

/* The page around an address in the unit area, or NULL.  Any address. */
struct ac_page *ac_page_around(const void *address);

/* Link up to `want` never used blocks in address order; returns the first, and the
 * last and their number.  The page has uncarved blocks.  Owner only. */
struct ac_block *ac_page_carve(struct ac_page *page, uint32_t want, uintptr_t key,
                               struct ac_block **last, uint32_t *count);

AC_INLINE uintptr_t ac_page_address(const struct ac_page *page)
{
    return ac_map.base + ((uintptr_t)(page - ac_map.pages) << AC_UNIT_SHIFT);
}

AC_INLINE size_t ac_page_bytes(const struct ac_page *page)
{
    return (size_t)page->units << AC_UNIT_SHIFT;
}

/* The page of a block that is known to be one. */
AC_INLINE struct ac_page *ac_page_of(const void *block)
{
    size_t unit = ((uintptr_t)block - ac_map.base) >> AC_UNIT_SHIFT;
    uint64_t entry = atomic_load_explicit(&ac_map.units[unit], memory_order_relaxed);

    return &ac_map.pages[unit - AC_ENTRY_PLACE(entry)];
}

/* Is `address`, which lies in the page, the start of a block that was ever linked? */
AC_INLINE bool ac_page_is_start(const struct ac_page *page, const void *address)
{
    size_t offset = (uintptr_t)address - ac_page_address(page);
    size_t size = ac_class_sizes[page->cls];

    return offset % size == 0 && offset / size < AC_GET(page->carved);
}

AC_INLINE void ac_block_link(struct ac_block *block, struct ac_block *next, uintptr_t key)
{
    block->next = next;
    block->seal = key ^ (uintptr_t)block ^ (uint32_t)(uintptr_t)next;
}

/* Free and undamaged, as far as its own words tell; `next` is block->next. */
AC_INLINE bool ac_block_is_sound(const struct ac_block *block,
                                 const struct ac_block *next, uintptr_t key)
{
    return (block->seal ^ (uint32_t)(uintptr_t)next) == (key ^ (uintptr_t)block);
}

/* Free, by the half of the seal that leaves the link out (a live block looks so with
 * 2^-32: ask ac_block_is_sound then).  The link is not read because the program may
 * have written a part of that word just now, which costs 12 cycles. */
AC_INLINE bool ac_block_seems_free(const struct ac_block *block, uintptr_t key)
{
    return (block->seal ^ key ^ (uintptr_t)block) >> 32 == 0;
}

AC_INLINE bool ac_block_is_free(const struct ac_block *block, uintptr_t key)
{
    return ac_block_is_sound(block, block->next, key);
}

#endif
