/* thread.c -- one heap for each thread, from a table that only grows.
 *
 * A heap's record is never unmapped: whoever read a page's owner may push to its
 * pending stack at any later time.  A thread that ends gives its lists back, leaves
 * its pages to the orphans (any thread that needs a page of that class adopts one)
 * and its record to the next thread. */
#include "core/events.h"
#include "core/meta.h"
#include "core/options.h"
#include "heap/heap.h"

#include <errno.h>

#define HEAPS_MAX 32768

_Thread_local struct ac_heap *ac_heap_self = &ac_heap_empty;
struct ac_heap ac_heap_empty;
struct ac_heap ac_heap_dead;
struct ac_heap ac_heap_orphans;
_Atomic(uint32_t) ac_orphan_count;
struct ac_lock ac_orphan_lock = AC_LOCK_INIT(AC_RANK_ORPHAN);
struct ac_lock ac_registry_lock = AC_LOCK_INIT(AC_RANK_REGISTRY);
struct ac_lock ac_late_lock = AC_LOCK_INIT(AC_RANK_LATE);
uintptr_t ac_heap_key;
uint64_t ac_heap_started_ns;

static struct {
    struct ac_meta meta;
    _Atomic(uint32_t) count;
    struct ac_heap *idle;
    struct ac_heap *late;
} registry;

/* The lists of a heap and the first blocks of a page must not agree in their lowest
 * 12 bits: processors guess by these that a load depends on a store (3.5 becomes 6 ns
 * a pair).  Blocks come from the start of a page, so lists go to the end of one. */
#define HEAP_STRIDE ac_align_up(sizeof(struct ac_heap), 4096)
#define HEAP_OFFSET 2432u

int ac_heap_init(void)
{
    /* A thread needs an address space of its own for a stack: so this is plenty. */
    size_t heaps = ac_os.as_limit_bytes == SIZE_MAX
                       ? HEAPS_MAX
                       : ac_min(HEAPS_MAX, ac_os.as_limit_bytes / (256u << 10) + 16);
    size_t limit = HEAP_OFFSET + heaps * HEAP_STRIDE;

    ac_heap_started_ns = ac_os_now_ns();
    ac_os_entropy(&ac_heap_key, sizeof ac_heap_key);
    ac_heap_key |= 1; /* never 0: zeroed memory is not sealed */
    /* Threads without a heap of their own look at every block that they free. */
    ac_heap_setup(&ac_heap_empty, AC_HEAP_EMPTY);
    return ac_meta_init(&registry.meta, &limit, 1);
}

/* Lists need nothing: zeroed ones are made ready when first used (refill.c), so that a
 * small program touches only the records of the classes it has. */
void ac_heap_setup(struct ac_heap *heap, enum ac_heap_state state)
{
    heap->key = ac_heap_key;
    heap->state = (uint8_t)state;
    heap->check_free = ac_option(free_check) != AC_FREE_CHECK_NEVER;
    heap->exit_round = 0;
    heap->busy = false;
    if (heap->random == 0) /* a record of an ended thread goes on */
        heap->random = ac_mix((uintptr_t)heap ^ ac_heap_key);
}

void ac_heap_reset(struct ac_heap *heap)
{
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        ac_list_sync(heap, cls);
        struct ac_list_slow old = heap->slow[cls];

        heap->slow[cls] = (struct ac_list_slow){.malloc_count = old.malloc_count,
                                                .free_count = old.malloc_count,
                                                .left_start = heap->list[cls].left};
        ac_list_set(heap, cls, NULL, 0);
    }
    heap->pages = NULL;
    heap->empty_bytes = 0;
    heap->first_class = NULL;
}

uint32_t ac_heap_count(void)
{
    return atomic_load_explicit(&registry.count, memory_order_acquire);
}

struct ac_heap *ac_heap_at(uint32_t index)
{
    return (struct ac_heap *)(registry.meta.base + HEAP_OFFSET + index * HEAP_STRIDE);
}

static struct ac_heap *registry_new(void)
{
    uint32_t index = ac_heap_count();

    if (ac_meta_ensure(&registry.meta, HEAP_OFFSET + (index + 1) * HEAP_STRIDE) != 0)
        return NULL;
    struct ac_heap *heap = ac_heap_at(index);

    /* Release: who sees the count sees a zeroed heap. */
    atomic_store_explicit(&registry.count, index + 1, memory_order_release);
    return heap;
}

struct ac_heap *ac_heap_take(void)
{
    ac_lock_take(&ac_registry_lock);
    struct ac_heap *heap = registry.idle;

    if (heap != NULL)
        registry.idle = heap->next_idle;
    else
        heap = registry_new();
    ac_lock_give(&ac_registry_lock);
    return heap;
}

void ac_heap_put(struct ac_heap *heap)
{
    ac_lock_take(&ac_registry_lock);
    heap->state = AC_HEAP_IDLE;
    heap->next_idle = registry.idle;
    registry.idle = heap;
    ac_lock_give(&ac_registry_lock);
}

AC_COLD static struct ac_heap *heap_begin(void)
{
    if (ac_map.unit_count == 0 && !ac_heap_start_hook())
        return NULL;
    if (ac_heap_self != &ac_heap_empty) /* start itself has made it */
        return ac_heap_self;
    struct ac_heap *heap = ac_heap_take();

    if (heap == NULL)
        return NULL;
    ac_heap_setup(heap, AC_HEAP_LIVE);
    ac_heap_self = heap;
    ac_heap_thread_hook(heap);
    return heap;
}

struct ac_heap *ac_heap_get(void)
{
    struct ac_heap *heap = ac_heap_self;

    if (AC_LIKELY(heap != &ac_heap_empty))
        return heap != &ac_heap_dead ? heap : NULL;
    return heap_begin();
}

bool ac_enter(struct ac_heap **heap)
{
    *heap = ac_heap_get();
    if (*heap != NULL && (*heap)->busy)
        return false;
    if (!ac_lock_settles(&ac_span_lock, AC_SETTLE_NS) ||
        !ac_lock_settles(&ac_huge_lock, AC_SETTLE_NS))
        return false;
    if (*heap != NULL)
        (*heap)->busy = true;
    ac_emergency_settle();
    return true;
}

struct ac_heap *ac_heap_late(bool make)
{
    if (ac_map.unit_count == 0)
        return NULL;
    ac_lock_take(&ac_registry_lock);
    if (registry.late == NULL && make) {
        registry.late = registry_new();
        if (registry.late != NULL)
            ac_heap_setup(registry.late, AC_HEAP_SHARED);
    }
    struct ac_heap *late = registry.late;

    ac_lock_give(&ac_registry_lock);
    return late;
}

/* --- The end of a thread -------------------------------------------------- */

/* Move every page that still has used blocks to the orphans. */
static void heap_abandon_pages(struct ac_heap *heap)
{
    ac_lock_take(&ac_orphan_lock);
    if (ac_heap_orphans.key == 0) { /* the first thread that ends */
        ac_heap_setup(&ac_heap_orphans, AC_HEAP_SHARED);
        ac_heap_setup(&ac_heap_dead, AC_HEAP_DEAD);
    }
    while (heap->pages != NULL) {
        struct ac_page *page = heap->pages;

        if (page->state == AC_PAGE_AVAILABLE)
            ac_avail_remove(heap, page);
        ac_page_detach(heap, page);
        ac_page_attach(&ac_heap_orphans, page);
        if (page->free != NULL || page->carved < page->capacity)
            ac_avail_push(&ac_heap_orphans, page);
    }
    ac_lock_give(&ac_orphan_lock);
}

void ac_heap_thread_end(struct ac_heap *heap)
{
    ac_heap_trim(heap);
    heap_abandon_pages(heap);
    (void)ac_remote_drain(heap); /* what came meanwhile goes to the new owners */
    ac_heap_self = &ac_heap_dead;
    ac_heap_put(heap);
}

struct ac_page *ac_orphan_adopt(struct ac_heap *heap, uint32_t cls)
{
    struct ac_page *page = NULL;

    /* Racy look first: most programs have no orphans. */
    if (heap->first_class != NULL ||
        atomic_load_explicit(&ac_orphan_count, memory_order_relaxed) == 0)
        return NULL;
    ac_lock_take(&ac_orphan_lock);
    (void)ac_remote_drain(&ac_heap_orphans);
    page = ac_heap_orphans.slow[cls].avail;
    if (page != NULL) {
        ac_avail_remove(&ac_heap_orphans, page);
        ac_page_detach(&ac_heap_orphans, page);
        ac_page_attach(heap, page);
    }
    ac_lock_give(&ac_orphan_lock);
    return page;
}

/* After a fork the child has one thread.  The heaps of the others were perhaps in the
 * middle of a step: they stay as they are, for ever.  Their pages take back blocks by
 * their remote words, but nobody collects them. */
