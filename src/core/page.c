/* page.c -- see page.h.
 *
 *   refill.c -> [page.c] -> span.c -> os/os.h
 */
#include "core/page.h"
#include "core/meta.h"
#include "core/span.h"

struct ac_map ac_map;

static struct ac_meta page_meta[2];     /* unit map, pages */
struct ac_lock ac_page_meta_lock = AC_LOCK_INIT(AC_RANK_META);

int ac_page_init(void)
{
    size_t units = ac_areas[AC_AREA_UNITS].limit;
    size_t limits[2] = { units * sizeof(uint64_t), units * sizeof(struct ac_page) };
    int error = ac_meta_init(page_meta, limits, 2);

    /* The whole unit map, so that a free of any address may read it. */
    if (error == 0)
        error = ac_meta_ensure(&page_meta[0], limits[0]);
    if (error != 0)
        return error;
    ac_map.units = (_Atomic(uint64_t) *)page_meta[0].base;
    ac_map.pages = (struct ac_page *)page_meta[1].base;
    ac_map.base = ac_areas[AC_AREA_UNITS].base;
    ac_map.first_unit = ac_map.base >> AC_UNIT_SHIFT;
    ac_map.unit_count = units;
    return 0;
}

static bool page_ensure(size_t unit_end)
{
    ac_lock_take(&ac_page_meta_lock);
    int error = ac_meta_ensure(&page_meta[1], unit_end * sizeof(struct ac_page));

    ac_lock_give(&ac_page_meta_lock);
    return error == 0;
}

struct ac_page *ac_page_new(uint32_t cls)
{
    uint32_t units = ac_class_units[cls];
    bool zero = false;
    uint32_t span = ac_span_alloc(AC_AREA_UNITS, units, 1, AC_SPAN_PAGE, &zero);

    if (span == 0)
        return NULL;
    uint32_t first = ac_spans[span].first;

    if (!page_ensure(first + units)) {
        (void)ac_span_free(span, AC_SPAN_PAGE);
        return NULL;
    }
    struct ac_page *page = &ac_map.pages[first];

    page->free = NULL;
    AC_PUT(page->used, 0);
    page->free_count = 0;
    AC_PUT(page->carved, 0);
    page->capacity = (uint32_t)(((size_t)units << AC_UNIT_SHIFT) / ac_class_sizes[cls]);
    AC_PUT(page->cls, (uint8_t)cls);
    page->units = (uint8_t)units;
    page->state = AC_PAGE_NONE;
    page->empty = false;
    page->span = span;
    page->first_class = NULL;
    atomic_store_explicit(&page->remote, 0, memory_order_relaxed);
    return page;
}

/* Entry of unit `i` of the page, as far as it is carved now. */
static uint64_t page_entry(const struct ac_page *page, uint32_t i)
{
    uint64_t cls = page->cls;
    size_t end = page->first_class != NULL
                     ? 0    /* every free of its blocks takes the slow path */
                     : (size_t)page->carved * ac_class_sizes[cls];
    size_t before = (size_t)i << AC_UNIT_SHIFT;
    uint64_t here = end > before ? ac_min(end - before, AC_UNIT_BYTES) : 0;
    uint64_t entry = (uint64_t)i << 56 | cls << 48 |
                     (uint64_t)ac_class_phase(page->cls, i) << 32;

    return here != 0 ? entry | (here - 1) << 16 | cls * sizeof(struct ac_list) : entry;
}

void ac_page_map(struct ac_page *page)
{
    size_t unit = (size_t)(page - ac_map.pages);

    for (uint32_t i = 0; i < page->units; i++)
        atomic_store_explicit(&ac_map.units[unit + i], page_entry(page, i),
                              memory_order_relaxed);
}

void ac_page_release(struct ac_page *page)
{
    size_t unit = (size_t)(page - ac_map.pages);

    AC_ASSERT(page->used == 0);
    for (uint32_t i = 0; i < page->units; i++)
        atomic_store_explicit(&ac_map.units[unit + i], 0, memory_order_relaxed);
    page->state = AC_PAGE_NONE;
    (void)ac_span_free(page->span, AC_SPAN_PAGE);
}

struct ac_page *ac_page_around(const void *address)
{
    size_t unit = ((uintptr_t)address - ac_map.base) >> AC_UNIT_SHIFT;

    if (unit >= ac_map.unit_count)
        return NULL;
    uint64_t entry = atomic_load_explicit(&ac_map.units[unit], memory_order_relaxed);

    return entry != 0 ? &ac_map.pages[unit - AC_ENTRY_PLACE(entry)] : NULL;
}

struct ac_block *ac_page_carve(struct ac_page *page, uint32_t want, uintptr_t key,
                               struct ac_block **last, uint32_t *count)
{
    size_t size = ac_class_sizes[page->cls];
    uint32_t n = (uint32_t)ac_min(want, page->capacity - page->carved);
    uintptr_t at = ac_page_address(page) + (size_t)page->carved * size;
    struct ac_block *first = (struct ac_block *)at;

    AC_ASSERT(n != 0);
    for (uint32_t i = 1; i < n; i++, at += size)
        ac_block_link((struct ac_block *)at, (struct ac_block *)(at + size), key);
    *last = (struct ac_block *)at;
    ac_block_link(*last, NULL, key);
    *count = n;
    AC_ADD(page->carved, n);
    ac_page_map(page);
    return first;
}
