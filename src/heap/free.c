/* free.c -- everything that is not the fast path of free.
 *
 *   free -> fast.h -> [free.c] -> remote.c -> retire.c
 *                        `-> large.c, first.c, messages
 */
#include "core/fatal.h"
#include "core/options.h"
#include "heap/fast.h"

#include <errno.h>

#define LOOK_BYTES 65536u /* frees, in bytes, between two looks at a list that */
#define LOOK_MIN 16u      /* stays short; at least so many, at most so many */
#define LOOK_MAX 256u

_Atomic(uint64_t) ac_late_frees[AC_CLASS_LAST + 1];

static struct ac_fatal_block describe_small(const struct ac_page *page,
                                            const void *address)
{
    struct ac_fatal_block what = {address, NULL, ac_class_sizes[page->cls]};
    size_t offset = (uintptr_t)address - ac_page_address(page);

    if (offset / what.size < AC_GET(page->carved))
        what.block = (const char *)address - offset % what.size;
    return what;
}

_Noreturn void ac_corrupt(const char *function, const struct ac_block *block)
{
    struct ac_page *page = ac_page_around(block);
    size_t size = page != NULL ? ac_class_sizes[page->cls] : 0;

    ac_fatal(AC_FATAL_CORRUPT, function, (struct ac_fatal_block){block, block, size});
}

static void invalid(enum ac_fatal_kind kind, const char *function,
                    struct ac_fatal_block what)
{
    if (kind == AC_FATAL_INVALID_FREE && what.block == NULL) {
        if (ac_option(foreign) == AC_FOREIGN_IGNORE)
            return;
        if (ac_option(foreign) == AC_FOREIGN_REPORT) {
            ac_report(kind, function, what);
            return;
        }
    }
    ac_fatal(kind, function, what);
}

void ac_free_invalid(void *address, const char *function)
{
    struct ac_fatal_block what = {address, NULL, 0};
    struct ac_page *page = ac_page_around(address);
    uint32_t span;

    if (page != NULL) {
        what = describe_small(page, address);
        if (what.block == address && page->first_class == NULL &&
            ac_block_is_free((const struct ac_block *)address, ac_heap_key))
            invalid(AC_FATAL_DOUBLE_FREE, function, what);
    } else if ((what.size = ac_large_freed_size(address)) != 0) {
        what.block = address;
        invalid(AC_FATAL_DOUBLE_FREE, function, what);
    } else if ((span = ac_span_around(address)) != 0) {
        what.block = ac_span_address(span);
        what.size = ac_span_bytes(span);
    } else {
        what.block = ac_huge_around(address, &what.size);
    }
    invalid(AC_FATAL_INVALID_FREE, function, what);
}

/* The hot list is full: it becomes the cold one; what was cold goes back. */
static void list_overflow(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list_slow *slow = &heap->slow[cls];
    struct ac_block *cold = slow->cold;
    uint32_t cold_count = slow->cold_count;

    slow->active = true;
    slow->cold = heap->list[cls].head;
    AC_PUT(slow->cold_count, slow->length);
    ac_list_set(heap, cls, NULL, 0);
    if (cold == NULL)
        return;
    slow->overflowed = true;
    if (ac_give_back(heap, cold, cold_count) != 0)
        ac_list_grow(heap, cls, AC_LIST_WANDER_BYTES);
}

/* --- A heap that empties -------------------------------------------------------
 *
 * A block in a list keeps its page: when most of a large heap has been freed in no
 * order, some hundred blocks in lists would hold as many pages.  So while a heap
 * shrinks its lists are empty, and blocks go straight to their pages (20 ns instead
 * of 3).  It shrinks when it is mostly free and frees are many more than mallocs.  When
 * the mallocs come back it was a false alarm, as in programs that fill and empty their
 * heap in turn: each makes the next one less likely. */
#define SHRINK_FREE_BYTES ((size_t)8 << 20)
#define SHRINK_LOOK 64u
#define SHRINK_BACKOFF_MAX 65536u       /* looks, of 64 frees in the slow path each */

static void heap_arm_all(struct ac_heap *heap, bool shrinking)
{
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        ac_list_sync(heap, cls);
        ac_list_arm(heap, cls, shrinking ? 0 : heap->slow[cls].bound / 2);
    }
    heap->shrinking = shrinking;
}

/* Called for a free in the slow path. */
static bool heap_shrinks(struct ac_heap *heap)
{
    if (AC_LIKELY(++heap->shrink_frees < SHRINK_LOOK))
        return heap->shrinking;
    bool more_frees = heap->shrink_mallocs < SHRINK_LOOK / 4;
    bool sparse = heap->shrinking ||    /* then to the end */
                  heap->page_bytes > 2 * heap->lent_bytes + SHRINK_FREE_BYTES;

    heap->shrink_frees = heap->shrink_mallocs = 0;
    if (heap->shrink_wait != 0) {
        heap->shrink_wait--;
        return false;
    }
    if ((sparse && more_frees) == heap->shrinking)
        return heap->shrinking;
    if (!heap->shrinking) {
        ac_heap_trim(heap);
    } else {
        heap->shrink_backoff = heap->shrink_backoff < SHRINK_BACKOFF_MAX
                                   ? 4 * heap->shrink_backoff + 4
                                   : SHRINK_BACKOFF_MAX;
        heap->shrink_wait = heap->shrink_backoff;
    }
    heap_arm_all(heap, !heap->shrinking);
    return heap->shrinking;
}

/* Room has run out: is the list full, or has malloc taken as much as came?  A list
 * that does not fill up is looked at less and less often. */
static void list_look(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list_slow *slow = &heap->slow[cls];

    ac_list_sync(heap, cls);
    if (slow->length >= slow->bound) {
        list_overflow(heap, cls);
        return;
    }
    size_t most = ac_max(LOOK_BYTES / ac_class_sizes[cls], LOOK_MIN);
    size_t spare = ac_min(ac_min(2 * (size_t)slow->armed, most), LOOK_MAX);

    ac_list_arm(heap, cls, (uint32_t)ac_max(slow->bound - slow->length, spare));
}

void ac_heap_free_small(struct ac_heap *heap, uint32_t cls, struct ac_block *block)
{
    struct ac_list *list = &heap->list[cls];

    if (heap_shrinks(heap)) {
        AC_ADD(heap->slow[cls].free_count, 1);
        ac_block_link(block, NULL, heap->key);
        (void)ac_give_back(heap, block, 1);
        return;
    }
    if (list->room == 0)
        list_look(heap, cls);
    ac_block_link(block, list->head, heap->key);
    list->head = block;
    AC_ADD(list->room, -1u);
}

AC_NOINLINE void ac_free_full(struct ac_block *block, uint32_t cls)
{
    int saved = errno;
    struct ac_heap *heap;

    if (AC_LIKELY(ac_enter(&heap)) && heap != NULL) {
        ac_heap_free_small(heap, cls, block);
        ac_heap_tick(heap);
        ac_leave(heap);
    } else { /* in a signal handler, or past the thread's end: no list to use */
        atomic_fetch_add_explicit(&ac_late_frees[cls], 1, memory_order_relaxed);
        ac_block_link(block, NULL, ac_heap_key);
        (void)ac_give_back(NULL, block, 1);
    }
    errno = saved;
}

static void free_any(void *address, const char *function)
{
    struct ac_page *page = ac_page_around(address);

    if (page != NULL && page->first_class != NULL) {
        ac_first_free(page->first_class, address, function);
        return;
    }
    if (page != NULL) {
        struct ac_block *block = (struct ac_block *)address;

        if (!ac_page_is_start(page, address) ||
            (ac_heap_self->check_free && ac_block_is_free(block, ac_heap_key)))
            ac_free_invalid(address, function);
        else
            ac_free_full(block, page->cls);
        return;
    }
    if (ac_emergency_owns(address))
        return;
    struct ac_heap *heap;

    if (!ac_enter(&heap)) {
        ac_emergency_defer(address);
        return;
    }
    bool freed = ac_large_free(heap, address);

    ac_leave(heap);
    if (!freed)
        ac_free_invalid(address, function);
}

AC_NOINLINE void ac_free_slow(void *address, const char *function)
{
    if (address == NULL)
        return;
    int saved = errno;

    free_any(address, function);
    errno = saved;
}
