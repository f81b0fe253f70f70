/* remote.c -- blocks go back to their pages, grouped; foreign pages by one atomic
 * push a group.
 *
 *   free -> free.c -> [remote.c] -> retire.c        own pages
 *                          `-> page->remote -> the owner's pending stack
 *
 * A page has one owner, so its free list needs no atomics.  Foreign blocks go on
 * page->remote: a stack that any thread may push and that is emptied whole; nobody
 * pops a single block, so there is no ABA problem.  The upper 16 bits of the word
 * count the blocks (a page has 4096 at most), so that collecting needs no walk.
 * Who makes the word non-zero puts the page on the owner's pending stack (P3). */
#include "heap/heap.h"

#define REMOTE_SHIFT 48
#define REMOTE_MASK (((uint64_t)1 << REMOTE_SHIFT) - 1)
#define RUNS 16u

/* Blocks first..last of one page, linked. */
struct ac_run {
    struct ac_page *page;
    struct ac_block *first;
    struct ac_block *last;
    uint32_t count;
};

static void pending_push(struct ac_heap *heap, struct ac_page *page)
{
    struct ac_page *top = atomic_load_explicit(&heap->pending, memory_order_relaxed);

    do {
        page->pending_next = top;
    } while (!atomic_compare_exchange_weak_explicit(
        &heap->pending, &top, page, memory_order_release, memory_order_relaxed));
}

/* Pages of ended threads have nobody who refills: tend them now, unless another
 * thread is at it. */
static void orphans_tend(void)
{
    if (!ac_lock_try(&ac_orphan_lock))
        return;
    (void)ac_remote_drain(&ac_heap_orphans);
    ac_lock_give(&ac_orphan_lock);
}

static void remote_push(struct ac_page *page, const struct ac_run *run, uintptr_t key)
{
    uint64_t old = atomic_load_explicit(&page->remote, memory_order_relaxed);
    uint64_t new;

    do {
        ac_block_link(run->last, (struct ac_block *)(uintptr_t)(old & REMOTE_MASK), key);
        new = (uint64_t)(uintptr_t)run->first | ((old >> REMOTE_SHIFT) + run->count)
                                                    << REMOTE_SHIFT;
    } while (!atomic_compare_exchange_weak_explicit(
        &page->remote, &old, new,
        memory_order_acq_rel, /* publishes the links to who collects; and, when the
                                 * word was 0, comes after his last look at the page */
        memory_order_relaxed));
    if (old != 0)
        return;
    struct ac_heap *owner = atomic_load_explicit(&page->owner, memory_order_acquire);

    pending_push(owner, page);
    if (owner == &ac_heap_orphans)
        orphans_tend();
}

static struct ac_block *chain_last(struct ac_block *block)
{
    while (ac_block_next(block) != NULL)
        block = block->next;
    return block;
}

/* Take all of page->remote into page->free.  The caller has popped the page from a
 * pending stack of its own heap. */
static uint32_t remote_collect(struct ac_heap *heap, struct ac_page *page)
{
    uint64_t word = atomic_exchange_explicit(&page->remote, 0, memory_order_acq_rel);
    struct ac_block *first = (struct ac_block *)(uintptr_t)(word & REMOTE_MASK);
    uint32_t count = (uint32_t)(word >> REMOTE_SHIFT);

    AC_ASSERT(count <= page->used);
    if (page->free == NULL) {
        page->free = first;
    } else if (page->free_count < count) { /* the shorter list is walked */
        ac_block_link(chain_last(page->free), first, heap->key);
    } else {
        ac_block_link(chain_last(first), page->free, heap->key);
        page->free = first;
    }
    ac_page_settle(heap, page, count);
    return count;
}

uint32_t ac_remote_drain(struct ac_heap *heap)
{
    uint32_t blocks = 0;

    if (atomic_load_explicit(&heap->pending, memory_order_relaxed) == NULL)
        return 0;
    struct ac_page *page =
        atomic_exchange_explicit(&heap->pending, NULL, memory_order_acquire);

    while (page != NULL) {
        struct ac_page *next = page->pending_next;
        struct ac_heap *owner = atomic_load_explicit(&page->owner, memory_order_acquire);

        if (owner == heap)
            blocks += remote_collect(heap, page);
        else /* the page changed hands since: its new owner collects */
            pending_push(owner, page);
        page = next;
    }
    return blocks;
}

/* --- Giving back ---------------------------------------------------------- */

static uint32_t run_end(struct ac_heap *heap, struct ac_run *run)
{
    struct ac_page *page = run->page;

    if (page == NULL)
        return 0;
    run->page = NULL;
    if (heap == NULL ||
        atomic_load_explicit(&page->owner, memory_order_relaxed) != heap) {
        remote_push(page, run, ac_heap_key);
        return run->count;
    }
    ac_block_link(run->last, page->free, ac_heap_key);
    page->free = run->first;
    ac_page_settle(heap, page, run->count);
    return 0;
}

static void run_add(struct ac_run *run, struct ac_block *block)
{
    if (run->last->next != block) /* not a neighbour in the old chain: relink */
        ac_block_link(run->last, block, ac_heap_key);
    run->last = block;
    run->count++;
}

uint32_t ac_give_back(struct ac_heap *heap, struct ac_block *chain, uint32_t count)
{
    struct ac_run runs[RUNS] = {{NULL, NULL, NULL, 0}};
    uint32_t foreign = 0;

    for (; chain != NULL; count--) {
        struct ac_block *block = chain;

        if (AC_UNLIKELY(count == 0)) /* more than were put in: a loop, so twice in */
            ac_corrupt("free", block);
        chain = ac_block_next(block);
        __builtin_prefetch(chain);
        struct ac_page *page = ac_page_of(block);
        struct ac_run *run = &runs[(size_t)(page - ac_map.pages) % RUNS];

        if (run->page == page) {
            run_add(run, block);
        } else {
            foreign += run_end(heap, run);
            *run = (struct ac_run){page, block, block, 1};
        }
    }
    for (uint32_t i = 0; i < RUNS; i++)
        foreign += run_end(heap, &runs[i]);
    return foreign;
}
