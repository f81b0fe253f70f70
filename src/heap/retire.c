/* retire.c -- the pages of a heap: which have free blocks, and when an empty one goes.
 *
 *   free -> free.c -> remote.c -> [retire.c] -> core/page.c -> core/span.c -> purge
 */
#include "core/options.h"
#include "heap/heap.h"

#define EMPTY_BYTES_MAX ((size_t)512 << 10) /* empty pages that a heap keeps */
#define TICK_SLOW_PATHS 256u
#define TICK_NS 1000000000u

void ac_page_attach(struct ac_heap *heap, struct ac_page *page)
{
    page->state = AC_PAGE_FULL;
    page->all_prev = NULL;
    page->all_next = heap->pages;
    if (page->all_next != NULL)
        page->all_next->all_prev = page;
    heap->pages = page;
    AC_ADD(heap->slow[page->cls].page_count, 1);
    heap->page_bytes += ac_page_bytes(page);
    heap->lent_bytes += (size_t)page->used * ac_class_sizes[page->cls];
    atomic_store_explicit(&page->owner, heap, memory_order_release);
    if (heap == &ac_heap_orphans)
        atomic_fetch_add_explicit(&ac_orphan_count, 1, memory_order_relaxed);
}

void ac_page_detach(struct ac_heap *heap, struct ac_page *page)
{
    if (page->all_next != NULL)
        page->all_next->all_prev = page->all_prev;
    if (page->all_prev != NULL)
        page->all_prev->all_next = page->all_next;
    else
        heap->pages = page->all_next;
    AC_ADD(heap->slow[page->cls].page_count, -1u);
    heap->page_bytes -= ac_page_bytes(page);
    heap->lent_bytes -= (size_t)page->used * ac_class_sizes[page->cls];
    if (heap == &ac_heap_orphans)
        atomic_fetch_sub_explicit(&ac_orphan_count, 1, memory_order_relaxed);
}

static void avail_link(struct ac_list_slow *slow, struct ac_page *page,
                       struct ac_page *prev, struct ac_page *next)
{
    page->prev = prev;
    page->next = next;
    if (prev != NULL)
        prev->next = page;
    else
        slow->avail = page;
    if (next != NULL)
        next->prev = page;
    else
        slow->avail_last = page;
    page->state = AC_PAGE_AVAILABLE;
}

void ac_avail_push(struct ac_heap *heap, struct ac_page *page)
{
    struct ac_list_slow *slow = &heap->slow[page->cls];

    avail_link(slow, page, NULL, slow->avail);
}

void ac_avail_append(struct ac_heap *heap, struct ac_page *page)
{
    struct ac_list_slow *slow = &heap->slow[page->cls];

    avail_link(slow, page, slow->avail_last, NULL);
}

void ac_avail_remove(struct ac_heap *heap, struct ac_page *page)
{
    struct ac_list_slow *slow = &heap->slow[page->cls];

    if (page->prev != NULL)
        page->prev->next = page->next;
    else
        slow->avail = page->next;
    if (page->next != NULL)
        page->next->prev = page->prev;
    else
        slow->avail_last = page->prev;
    page->state = AC_PAGE_FULL;
}

static void empty_count(struct ac_heap *heap, struct ac_page *page, bool in)
{
    size_t bytes = ac_page_bytes(page);

    heap->empty_bytes += in ? bytes : -bytes;
    heap->slow[page->cls].empty_count += in ? 1u : (uint32_t)-1;
}

void ac_page_lend(struct ac_heap *heap, struct ac_page *page, uint32_t count)
{
    if (page->used == 0 && page->empty)
        empty_count(heap, page, false);
    page->empty = false;
    AC_ADD(page->used, count);
    heap->lent_bytes += (size_t)count * ac_class_sizes[page->cls];
    if (page->free != NULL)
        return;
    ac_avail_remove(heap, page);
    if (page->carved < page->capacity) /* behind those that have warm blocks */
        ac_avail_append(heap, page);
}

/* A page without used blocks: keep a few, the others go. */
static void page_retire(struct ac_heap *heap, struct ac_page *page)
{
    size_t most = heap == &ac_heap_orphans || heap->shrinking ? 0 : EMPTY_BYTES_MAX;

    if (page->state == AC_PAGE_AVAILABLE)
        ac_avail_remove(heap, page);
    if (heap->empty_bytes + ac_page_bytes(page) <= most) {
        page->empty = true;
        empty_count(heap, page, true);
        ac_avail_append(heap, page);
        return;
    }
    ac_page_detach(heap, page);
    ac_page_release(page);
}

void ac_page_settle(struct ac_heap *heap, struct ac_page *page, uint32_t count)
{
    page->free_count += count;
    AC_ADD(page->used, -count);
    heap->lent_bytes -= (size_t)count * ac_class_sizes[page->cls];
    if (page->used == 0)
        page_retire(heap, page);
    else if (page->state == AC_PAGE_FULL)
        ac_avail_push(heap, page);
}

/* --- Trimming ------------------------------------------------------------- */

static void list_give_all(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list_slow *slow = &heap->slow[cls];
    struct ac_block *hot = heap->list[cls].head;
    struct ac_block *cold = slow->cold;
    uint32_t cold_count = slow->cold_count;

    ac_list_sync(heap, cls);
    uint32_t hot_count = slow->length;

    ac_list_set(heap, cls, NULL, 0);
    slow->cold = NULL;
    AC_PUT(slow->cold_count, 0);
    (void)ac_give_back(heap, hot, hot_count);
    (void)ac_give_back(heap, cold, cold_count);
}

static void heap_release_empty(struct ac_heap *heap)
{
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST && heap->empty_bytes != 0; cls++) {
        struct ac_page *page = heap->slow[cls].avail;

        while (page != NULL) {
            struct ac_page *next = page->next;

            if (page->used == 0 && page->empty) {
                empty_count(heap, page, false);
                ac_avail_remove(heap, page);
                ac_page_detach(heap, page);
                ac_page_release(page);
            }
            page = next;
        }
    }
}

void ac_heap_trim(struct ac_heap *heap)
{
    (void)ac_remote_drain(heap);
    ac_large_trim(heap);
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++)
        list_give_all(heap, cls);
    heap_release_empty(heap);
}

/* Lists that were not refilled for a second shrink to where they began. */
AC_COLD static void heap_trim_inactive(struct ac_heap *heap)
{
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        struct ac_list_slow *slow = &heap->slow[cls];

        if (!slow->active && (slow->cold != NULL || heap->list[cls].head != NULL)) {
            slow->bound = slow->bound / 2 > 4 ? slow->bound / 2 : 4;
            list_give_all(heap, cls);
        }
        slow->active = false;
    }
}

_Atomic(uint32_t) ac_trim_epoch;

void ac_heap_tick(struct ac_heap *heap)
{
    uint32_t epoch = atomic_load_explicit(&ac_trim_epoch, memory_order_relaxed);

    if (AC_UNLIKELY(heap->trim_epoch != epoch)) {
        heap->trim_epoch = epoch;
        ac_heap_trim(heap);
    }
    if (AC_LIKELY(++heap->tick < TICK_SLOW_PATHS))
        return;
    heap->tick = 0;
    uint64_t now = ac_os_now_ns();

    if (now - heap->tick_ns < TICK_NS)
        return;
    heap->tick_ns = now;
    heap->shrink_backoff /= 2;
    (void)ac_remote_drain(heap);
    ac_large_trim(heap);
    heap_trim_inactive(heap);
}
