/* refill.c -- a list is empty: where the next blocks come from, warmest first.
 *
 *   malloc -> alloc.c -> [refill.c] -> core/page.c -> core/span.c -> os/os.h
 *
 *   1. the cold list of the class
 *   2. free blocks of a page of ours
 *   3. blocks that other threads freed into pages of ours
 *   4. blocks of a page that were never used
 *   5. a page of an ended thread
 *   6. a new page
 */
#include "core/options.h"
#include "heap/heap.h"

#define CARVE_BYTES 2048u /* small programs touch no more than they need */
#define LIST_COUNT_MAX 1024u

#define LIST_FIRST_BYTES 2048u
#define LIST_FIRST_MIN 4u
#define LIST_FIRST_MAX 32u

/* The bound that a list begins with. */
static void list_make_ready(struct ac_list_slow *slow, uint32_t cls)
{
    uint32_t fit = LIST_FIRST_BYTES / ac_class_sizes[cls];

    slow->bound = fit < LIST_FIRST_MIN   ? LIST_FIRST_MIN
                  : fit > LIST_FIRST_MAX ? LIST_FIRST_MAX
                                         : fit;
}

/* Bring the exact counts up to date from the two counters of the fast paths. */
void ac_list_sync(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list *list = &heap->list[cls];
    struct ac_list_slow *slow = &heap->slow[cls];
    uint32_t mallocs = slow->left_start - list->left;
    uint32_t frees = slow->room_start - list->room;

    if (AC_UNLIKELY(slow->bound == 0))
        list_make_ready(slow, cls);
    AC_ADD(slow->malloc_count, mallocs);
    AC_ADD(slow->free_count, frees);
    AC_ADD(slow->length, frees - mallocs);
    AC_PUT(slow->left_start, list->left);
    AC_PUT(slow->room_start, list->room);
}

/* How many frees the list takes before its length is looked at again. */
void ac_list_arm(struct ac_heap *heap, uint32_t cls, uint32_t room)
{
    AC_PUT(heap->list[cls].room, room);
    AC_PUT(heap->slow[cls].room_start, room);
    heap->slow[cls].armed = room;
}

void ac_list_set(struct ac_heap *heap, uint32_t cls, struct ac_block *head,
                 uint32_t count)
{
    struct ac_list_slow *slow = &heap->slow[cls];

    AC_PUT(slow->length, count);
    heap->list[cls].head = head;
    ac_list_arm(heap, cls,
                heap->shrinking       ? 0
                : count < slow->bound ? slow->bound - count
                                      : slow->bound / 2);
}

void ac_list_grow(struct ac_heap *heap, uint32_t cls, size_t bytes)
{
    struct ac_list_slow *slow = &heap->slow[cls];
    size_t most = ac_min(bytes, ac_option(list_max) / 2) / ac_class_sizes[cls];
    uint32_t bound =
        (uint32_t)ac_min(ac_min(2 * (size_t)slow->bound, LIST_COUNT_MAX), most);

    if (bound > slow->bound)
        slow->bound = bound;
}

/* Take a page's free blocks: all of them at once, or at most `want` by walking when
 * there are very many. */
static struct ac_block *page_take(struct ac_heap *heap, struct ac_page *page,
                                  uint32_t want, uint32_t *count)
{
    struct ac_block *first = page->free;
    uint32_t n = page->free_count;

    if (n <= 2 * want) {
        page->free = NULL;
    } else {
        struct ac_block *last = first;

        for (n = 1; n < want; n++)
            last = ac_block_next(last);
        page->free = ac_block_next(last);
        ac_block_link(last, NULL, heap->key);
    }
    *count = n;
    page->free_count -= n;
    ac_page_lend(heap, page, n);
    return first;
}

static struct ac_block *page_carve(struct ac_heap *heap, struct ac_page *page,
                                   uint32_t want, uint32_t *count)
{
    uint32_t step = CARVE_BYTES / ac_class_sizes[page->cls];
    struct ac_block *last;
    struct ac_block *first = ac_page_carve(
        page, step == 0 ? 1 : (step < want ? step : want), heap->key, &last, count);

    ac_page_lend(heap, page, *count);
    return first;
}

static struct ac_page *refill_new_page(struct ac_heap *heap, uint32_t cls)
{
    struct ac_page *page = ac_page_new(cls);

    if (page == NULL)
        return NULL;
    page->first_class = heap->first_class;
    ac_page_attach(heap, page);
    ac_avail_append(heap, page);
    ac_page_map(page);
    heap->check_free = ac_option(free_check) == AC_FREE_CHECK_ALWAYS ||
                       (ac_option(free_check) == AC_FREE_CHECK_AUTO &&
                        atomic_load_explicit(&ac_span_used, memory_order_relaxed) <
                            ac_option(free_check_limit));
    return page;
}

/* A page of the class with blocks to give; NULL when there is no memory. */
static struct ac_page *refill_page(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list_slow *slow = &heap->slow[cls];
    struct ac_page *page = slow->avail;

    if (page != NULL && page->free != NULL)
        return page;
    if (atomic_load_explicit(&heap->pending, memory_order_relaxed) != NULL) {
        if (ac_remote_drain(heap) != 0)
            ac_list_grow(heap, cls, AC_LIST_WANDER_BYTES);
        page = slow->avail;
    }
    if (page != NULL)
        return page;
    page = ac_orphan_adopt(heap, cls);
    if (page != NULL) {
        ac_avail_push(heap, page);
        return page;
    }
    return refill_new_page(heap, cls);
}

bool ac_refill(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list_slow *slow = &heap->slow[cls];
    struct ac_block *head = slow->cold;
    uint32_t count = slow->cold_count;

    ac_list_sync(heap, cls);
    slow->active = true;
    heap->shrink_mallocs++;
    if (head != NULL) {
        slow->cold = NULL;
        AC_PUT(slow->cold_count, 0);
    } else {
        struct ac_page *page = refill_page(heap, cls);

        if (page == NULL)
            return false;
        if (slow->overflowed)
            ac_list_grow(heap, cls, AC_LIST_SWING_BYTES);
        slow->overflowed = false;
        if (page->free != NULL)
            head = page_take(heap, page, slow->bound, &count);
        else
            head = page_carve(heap, page, slow->bound, &count);
    }
    ac_list_set(heap, cls, head, count);
    return true;
}
