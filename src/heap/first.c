/* first.c -- heaps as objects (include/acre/heap.h).
 *
 * Two kinds behind one handle.  One has pages and large spans of its own, taken from
 * the window by the same code as the heaps of threads, under the heap's lock.  The
 * other lives inside memory of the caller, managed by base/fit: no page, no system.
 *
 *   acre_heap_alloc -> [first.c] -> refill.c, core/span.c     (own pages)
 *                           `-> base/fit.c                    (caller's memory)
 */
#include "base/fit.h"
#include "core/fatal.h"
#include "heap/fast.h"

#include <acre/heap.h>

#include <errno.h>
#include <string.h>

#define HEAP_NAME_BYTES 32
#define HEAP_SIGNATURE 0x50414548u      /* "HEAP" */

struct acre_heap {
    uint32_t signature;         /* written last, broken first */
    struct ac_lock lock;        /* all below */
    char name[HEAP_NAME_BYTES];
    size_t limit;
    struct ac_fit *fit;         /* in caller's memory; then there is no `pages` */
    struct ac_heap *pages;      /* lists and pages, as a thread has them */
    struct acre_heap *next;     /* in the list of those with pages */
    struct acre_heap *prev;
    uint32_t large;             /* list of large spans, by ac_span.next */
    uint64_t large_bytes;
    uint64_t live;
    uint64_t live_peak;
    uint64_t malloc_count;
    uint64_t free_count;
};

static _Atomic(uint64_t) first_count;       /* of heaps in caller's memory */
static struct ac_lock first_lock = AC_LOCK_INIT(AC_RANK_FIRST_LIST);
static struct acre_heap *first_heaps;

static void first_list_add(struct acre_heap *heap)
{
    ac_lock_take(&first_lock);
    heap->next = first_heaps;
    if (heap->next != NULL)
        heap->next->prev = heap;
    first_heaps = heap;
    ac_lock_give(&first_lock);
}

static void first_list_remove(struct acre_heap *heap)
{
    ac_lock_take(&first_lock);
    if (heap->next != NULL)
        heap->next->prev = heap->prev;
    if (heap->prev != NULL)
        heap->prev->next = heap->next;
    else
        first_heaps = heap->next;
    ac_lock_give(&first_lock);
}

void ac_first_fork_begin(void)
{
    ac_lock_fork_begin(&first_lock);
    for (struct acre_heap *heap = first_heaps; heap != NULL; heap = heap->next)
        ac_lock_fork_begin(&heap->lock);
}

void ac_first_fork_end(bool child)
{
    for (struct acre_heap *heap = first_heaps; heap != NULL; heap = heap->next)
        ac_lock_fork_end(&heap->lock, child);
    ac_lock_fork_end(&first_lock, child);
}

/* --- Create and destroy ---------------------------------------------------- */

static bool options_read(const struct acre_heap_options *options,
                         struct acre_heap_options *out)
{
    *out = (struct acre_heap_options)ACRE_HEAP_OPTIONS_INIT;
    if (options == NULL)
        return true;
    if (options->size != sizeof *options) {
        errno = EINVAL;
        return false;
    }
    *out = *options;
    return true;
}

static void heap_fill(struct acre_heap *heap, const struct acre_heap_options *options)
{
    memset(heap, 0, sizeof *heap);
    heap->lock = (struct ac_lock)AC_LOCK_INIT(AC_RANK_FIRST_CLASS);
    heap->limit = options->limit == 0 ? SIZE_MAX : options->limit;
    if (options->name != NULL)
        strncpy(heap->name, options->name, HEAP_NAME_BYTES - 1);
    heap->signature = HEAP_SIGNATURE;
}

acre_heap *acre_heap_create(const struct acre_heap_options *options)
{
    struct acre_heap_options o;

    if (!options_read(options, &o))
        return NULL;
    struct acre_heap *heap = ac_malloc_fast(sizeof *heap);
    struct ac_heap *pages = heap != NULL ? ac_heap_take() : NULL;

    if (pages == NULL) {
        ac_free_fast(heap, "free");
        return ac_no_memory();
    }
    heap_fill(heap, &o);
    pages->first_class = heap;
    ac_heap_setup(pages, AC_HEAP_SHARED);
    heap->pages = pages;
    first_list_add(heap);
    return heap;
}

acre_heap *acre_heap_create_in(void *memory, size_t size,
                               const struct acre_heap_options *options)
{
    struct acre_heap_options o;
    uintptr_t start = ac_align_up((uintptr_t)memory, 64);
    size_t record = ac_align_up(sizeof(struct acre_heap), 64);
    size_t used = start - (uintptr_t)memory + record;

    if (!options_read(options, &o))
        return NULL;
    struct ac_fit *fit = NULL;

    if (memory != NULL && size > used)
        fit = ac_fit_init((char *)memory + used, size - used);
    if (fit == NULL) {
        errno = EINVAL;
        return NULL;
    }
    /* Pointers of an earlier heap in the same memory shall be known as invalid. */
    ac_fit_rekey(fit, ac_mix(ac_heap_key ^ atomic_fetch_add_explicit(
                                               &first_count, 1, memory_order_relaxed)));
    struct acre_heap *heap = (struct acre_heap *)start;

    heap_fill(heap, &o);
    heap->fit = fit;
    return heap;
}

static void heap_release_all(struct acre_heap *heap)
{
    struct ac_heap *pages = heap->pages;

    while (heap->large != 0) {
        uint32_t span = heap->large;

        heap->large = ac_spans[span].next;
        (void)ac_span_free(span, AC_SPAN_LARGE);
    }
    while (pages->pages != NULL) {
        struct ac_page *page = pages->pages;

        ac_page_detach(pages, page);
        page->used = 0;
        ac_page_release(page);
    }
    ac_heap_reset(pages);
}

void acre_heap_destroy(acre_heap *heap)
{
    if (heap == NULL)
        return;
    if (heap->pages != NULL)
        first_list_remove(heap);
    ac_lock_take(&heap->lock);
    heap->signature = 0;
    if (heap->pages != NULL) {
        heap_release_all(heap);
        ac_lock_give(&heap->lock);
        ac_heap_put(heap->pages);
        ac_free_fast(heap, "acre_heap_destroy");
        return;
    }
    ac_lock_give(&heap->lock);
}

/* --- Blocks; the lock is held ----------------------------------------------- */

static void *pages_alloc_large(struct acre_heap *heap, size_t size, size_t align)
{
    const struct ac_area *area = &ac_areas[AC_AREA_LARGE];
    size_t part = size & (((size_t)1 << area->shift) - 1);
    size_t granules = (size >> area->shift) + (part != 0);
    bool zero;

    if (granules > area->limit || align >> area->shift > area->limit)
        return NULL;
    uint32_t align_granules = (uint32_t)ac_max(align >> area->shift, 1);
    uint32_t span = ac_span_alloc(AC_AREA_LARGE, (uint32_t)granules, align_granules,
                                  AC_SPAN_LARGE, &zero);

    if (span == 0)
        return NULL;
    struct ac_span *s = &ac_spans[span];

    atomic_store_explicit(&s->requested, size, memory_order_relaxed);
    s->first_class = heap;
    s->prev = 0;
    s->next = heap->large;
    if (s->next != 0)
        ac_spans[s->next].prev = span;
    heap->large = span;
    heap->large_bytes += ac_span_bytes(span);
    return ac_span_address(span);
}

static void *pages_alloc(struct acre_heap *heap, size_t size, size_t align)
{
    bool event = false;
    uint32_t cls = ac_class_aligned(align, size);

    if (cls != 0)
        return ac_heap_alloc_small(heap->pages, ac_class_sizes[cls], &event);
    return pages_alloc_large(heap, ac_max(size, AC_SMALL_MAX + 1), align);
}

/* Usable bytes of a live block of the heap, else 0. */
static size_t heap_usable(const struct acre_heap *heap, const void *block)
{
    if (heap->fit != NULL)
        return ac_fit_usable(heap->fit, block);
    const struct ac_page *page = ac_page_around(block);

    if (page == NULL) {
        uint32_t span = ac_span_find(block);

        return span != 0 && ac_spans[span].first_class == heap ? ac_span_bytes(span)
                                                               : 0;
    }
    if (page->first_class != heap || !ac_page_is_start(page, block) ||
        ac_block_is_free((const struct ac_block *)block, ac_heap_key))
        return 0;
    return ac_class_sizes[page->cls];
}

static void pages_free_large(struct acre_heap *heap, uint32_t span)
{
    struct ac_span *s = &ac_spans[span];

    if (s->prev != 0)
        ac_spans[s->prev].next = s->next;
    else
        heap->large = s->next;
    if (s->next != 0)
        ac_spans[s->next].prev = s->prev;
    heap->large_bytes -= ac_span_bytes(span);
    (void)ac_span_free(span, AC_SPAN_LARGE);
}

static void pages_free(struct acre_heap *heap, void *block)
{
    const struct ac_page *page = ac_page_around(block);

    if (page == NULL)
        pages_free_large(heap, ac_span_find(block));
    else
        ac_heap_free_small(heap->pages, page->cls, (struct ac_block *)block);
}

static void heap_give(struct acre_heap *heap, void *block)
{
    if (heap->fit != NULL)
        (void)ac_fit_free(heap->fit, block);
    else
        pages_free(heap, block);
}

/* The limit is one of `live`, which counts rounded blocks: the request shows what is
 * hopeless, the block decides. */
static void *heap_alloc(struct acre_heap *heap, size_t size, size_t align)
{
    if (size > PTRDIFF_MAX || size > heap->limit - heap->live)
        return NULL;
    void *block = heap->fit != NULL ? ac_fit_alloc(heap->fit, size, align)
                                    : pages_alloc(heap, size, align);

    if (block == NULL)
        return NULL;
    size_t usable = heap_usable(heap, block);

    if (usable > heap->limit - heap->live) {
        heap_give(heap, block);
        return NULL;
    }
    heap->live += usable;
    heap->malloc_count++;
    if (heap->live > heap->live_peak)
        heap->live_peak = heap->live;
    return block;
}

static void heap_free(struct acre_heap *heap, void *block, size_t usable)
{
    heap->live -= usable;
    heap->free_count++;
    heap_give(heap, block);
}

/* The heap's own words for a block that is not live in it. */
static void heap_free_invalid(struct acre_heap *heap, void *block, const char *function)
{
    const struct ac_page *page = heap->fit == NULL ? ac_page_around(block) : NULL;

    if (page != NULL && page->first_class == heap) {
        size_t size = ac_class_sizes[page->cls];
        size_t offset = ((uintptr_t)block - ac_page_address(page)) % size;

        ac_fatal(offset == 0 ? AC_FATAL_DOUBLE_FREE : AC_FATAL_INVALID_FREE, function,
                 (struct ac_fatal_block){ block, (char *)block - offset, size });
    }
    ac_fatal(AC_FATAL_INVALID_FREE, function, (struct ac_fatal_block){ block, NULL, 0 });
}

/* --- The public face --------------------------------------------------------- */

static void *heap_alloc_locked(acre_heap *heap, size_t size, size_t align)
{
    ac_lock_take(&heap->lock);
    void *block = heap_alloc(heap, size, align);

    ac_lock_give(&heap->lock);
    return block != NULL ? block : ac_no_memory();
}

void *acre_heap_alloc(acre_heap *heap, size_t size)
{
    return heap_alloc_locked(heap, size, 16);
}

void *acre_heap_alloc_aligned(acre_heap *heap, size_t size, size_t align)
{
    if (!ac_is_power_of_two(align)) {
        errno = EINVAL;
        return NULL;
    }
    return heap_alloc_locked(heap, size, ac_max(align, 16));
}

void *acre_heap_calloc(acre_heap *heap, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return ac_no_memory();
    void *block = acre_heap_alloc(heap, total);

    return block != NULL ? memset(block, 0, total) : NULL;
}

void ac_first_free(struct acre_heap *heap, void *block, const char *function)
{
    int saved = errno;

    ac_lock_take(&heap->lock);
    size_t usable = heap_usable(heap, block);

    if (usable == 0)
        heap_free_invalid(heap, block, function);
    heap_free(heap, block, usable);
    ac_lock_give(&heap->lock);
    errno = saved;
}

void acre_heap_free(acre_heap *heap, void *block)
{
    if (block != NULL)
        ac_first_free(heap, block, "acre_heap_free");
}

size_t ac_first_usable(const struct acre_heap *heap, const void *block)
{
    return heap_usable(heap, block);
}

size_t acre_heap_usable_size(acre_heap *heap, const void *block)
{
    ac_lock_take(&heap->lock);
    size_t usable = block != NULL ? heap_usable(heap, block) : 0;

    ac_lock_give(&heap->lock);
    return usable;
}

/* In place: the class stays, or base/fit has room behind the block. */
static bool heap_resize(struct acre_heap *heap, void *block, size_t old, size_t size)
{
    if (heap->fit == NULL)
        return size <= old && size > old / 2;
    if (!ac_fit_resize(heap->fit, block, size))
        return false;
    size_t usable = ac_fit_usable(heap->fit, block);

    if (usable > old && usable - old > heap->limit - heap->live) {
        (void)ac_fit_resize(heap->fit, block, old);     /* as it was */
        return false;
    }
    heap->live += usable - old;
    if (heap->live > heap->live_peak)
        heap->live_peak = heap->live;
    return true;
}

void *acre_heap_realloc(acre_heap *heap, void *block, size_t size)
{
    if (block == NULL)
        return acre_heap_alloc(heap, size);
    ac_lock_take(&heap->lock);
    size_t old = heap_usable(heap, block);

    if (old == 0)
        heap_free_invalid(heap, block, "acre_heap_realloc");
    bool fits = size <= old || size - old <= heap->limit - heap->live;
    bool done = fits && heap_resize(heap, block, old, size);
    void *moved = done ? block : heap_alloc(heap, size, 16);

    if (!done && moved != NULL) {
        memcpy(moved, block, ac_min(old, size));
        heap_free(heap, block, old);
    }
    ac_lock_give(&heap->lock);
    return moved != NULL ? moved : ac_no_memory();
}

/* --- Questions ---------------------------------------------------------------- */

int acre_heap_stats_get(acre_heap *heap, struct acre_heap_stats *stats)
{
    if (stats->size != sizeof *stats)
        return EINVAL;
    ac_lock_take(&heap->lock);
    stats->live_count = heap->malloc_count - heap->free_count;
    stats->live = heap->live;
    stats->live_peak = heap->live_peak;
    stats->malloc_count = heap->malloc_count;
    stats->free_count = heap->free_count;
    stats->free_largest = 0;
    if (heap->fit != NULL) {
        struct ac_fit_stats fit = ac_fit_stats(heap->fit);

        stats->held = fit.total;
        stats->free_largest = fit.free_largest;
    } else {
        stats->held = heap->large_bytes;
        for (const struct ac_page *p = heap->pages->pages; p != NULL; p = p->all_next) {
            stats->held += ac_page_bytes(p);
            if (p->used < p->capacity && ac_class_sizes[p->cls] > stats->free_largest)
                stats->free_largest = ac_class_sizes[p->cls];
        }
    }
    ac_lock_give(&heap->lock);
    return 0;
}

/* P1 and P2 of types.h, and every link of the page's free list. */
static bool page_is_sound(const struct ac_page *page)
{
    uint32_t count = 0;

    if (page->used + page->free_count != page->carved || page->carved > page->capacity)
        return false;
    for (const struct ac_block *b = page->free; b != NULL; b = b->next)
        if (++count > page->free_count || ac_page_around(b) != page ||
            !ac_block_is_free(b, ac_heap_key))
            return false;
    return count == page->free_count;
}

int acre_heap_check(acre_heap *heap)
{
    bool sound = heap->signature == HEAP_SIGNATURE;

    if (!sound)
        return EFAULT;
    ac_lock_take(&heap->lock);
    if (heap->fit != NULL)
        sound = ac_fit_check(heap->fit) == AC_FIT_SOUND;
    else
        for (const struct ac_page *p = heap->pages->pages; sound && p != NULL;
             p = p->all_next)
            sound = page_is_sound(p);
    ac_lock_give(&heap->lock);
    return sound ? 0 : EFAULT;
}
