/* realloc.c -- in place when the block's class or span allows it, by moving pages
 * when it is huge, by copying otherwise. */
#include "core/options.h"
#include "heap/fast.h"

#include <acre/heap.h>

#include <errno.h>
#include <string.h>

/* Usable bytes of a block in a page; 0 when it is none or already free. */
static size_t small_usable(const struct ac_page *page, const void *block)
{
    if (page->first_class != NULL)
        return ac_first_usable(page->first_class, block);
    if (!ac_page_is_start(page, block) ||
        ac_block_is_free((const struct ac_block *)block, ac_heap_key))
        return 0;
    return ac_class_sizes[page->cls];
}

static size_t usable(const void *block)
{
    const struct ac_page *page = ac_page_around(block);

    if (page != NULL)
        return small_usable(page, block);
    size_t size = ac_large_usable(block);

    return size != 0 ? size : ac_emergency_usable(block);
}

size_t ac_usable(const void *block, const char *function)
{
    if (block == NULL)
        return 0;
    size_t size = usable(block);

    if (AC_UNLIKELY(size == 0))
        ac_free_invalid((void *)(uintptr_t)block, function);
    return size;
}

static void *realloc_zero(void *block, const char *function)
{
    if (ac_option(realloc_zero) == AC_REALLOC_ZERO_BLOCK)
        return ac_realloc(block, 1, function);
    ac_free_fast(block, function);
    return NULL;
}

static void *realloc_copy(void *block, size_t old, size_t size, const char *function)
{
    void *moved = ac_malloc_fast(size);

    if (moved == NULL)
        return NULL;
    memcpy(moved, block, ac_min(old, size));
    ac_free_fast(block, function);
    return moved;
}

/* Stays where it is when it fits and wastes no more than half. */
static bool small_stays(size_t old, size_t size)
{
    return size <= old && (size > old / 2 || old <= 64);
}

void *ac_realloc(void *block, size_t size, const char *function)
{
    if (block == NULL)
        return ac_malloc_fast(size);
    if (AC_UNLIKELY(size == 0))
        return realloc_zero(block, function);
    size_t old = ac_usable(block, function);

    if (old == 0)       /* not ours, and the options say to go on */
        return ac_no_memory();
    const struct ac_page *page = ac_page_around(block);
    struct acre_heap *first_class =
        page != NULL ? page->first_class : ac_large_first_class(block);

    if (first_class != NULL)
        return acre_heap_realloc(first_class, block, size);
    if (old <= AC_SMALL_MAX && small_stays(old, size))
        return block;
    if (page == NULL && old > AC_SMALL_MAX) {
        int saved = errno;
        void *same = ac_large_resize(block, size);

        errno = saved;
        if (same != NULL)
            return same;
    }
    return realloc_copy(block, old, size, function);
}
