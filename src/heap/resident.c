/* resident.c -- what of acre's memory is resident, and as what, in the system's words.
 *
 *   stats.c -> [resident.c] -> core/span.h (walk), os/os.h (mincore, pagemap)
 *
 * Every span is asked for by itself, under the span lock: so a hole of the program's in
 * the window never counts, and what is free, live or a page is told apart to the page
 * of memory.  In a page of blocks, blocks that are not free are taken to be resident
 * before free ones.
 *
 * Memory that was read and never written is nobody's: not resident.  Where there is
 * some in an area (seldom), each span is asked for that, too. */
#include "core/meta.h"
#include "heap/heap.h"

static void resident_page(const struct ac_span *s, size_t resident,
                          struct ac_resident *out)
{
    const struct ac_page *page = &ac_map.pages[s->first];
    size_t bytes = (size_t)s->count << AC_UNIT_SHIFT;
    /* Its owner may be at work: whatever these two are, the result stays in bounds. */
    uint32_t cls = AC_GET(page->cls);
    size_t used = AC_GET(page->used);

    used = cls <= AC_CLASS_LAST ? ac_min(used * ac_class_sizes[cls], bytes) : 0;
    out->pages += resident;
    if (resident > used)
        out->page_free += resident - used;
    else
        out->untouched += used - resident;
}

/* `pagemap` is -1 where there are no pages of zeros. */
static size_t resident_of(const void *address, size_t bytes, int pagemap)
{
    size_t resident = ac_os_resident(address, bytes);
    size_t zero = pagemap >= 0 ? ac_os_zero_mapped(pagemap, address, bytes) : 0;

    return resident - ac_min(zero, resident);
}

static void resident_span(uint32_t span, int pagemap, struct ac_resident *out)
{
    const struct ac_span *s = &ac_spans[span];
    size_t bytes = ac_span_bytes(span);
    size_t resident = resident_of(ac_span_address(span), bytes, pagemap);
    size_t requested = atomic_load_explicit(&s->requested, memory_order_relaxed);

    switch (AC_GET(s->state)) {
    case AC_SPAN_PAGE:
        resident_page(s, resident, out);
        break;
    case AC_SPAN_LARGE:
        out->large_count++;
        out->large_bytes += bytes;
        out->large_requested += ac_min(requested, bytes);
        out->large += resident;
        out->untouched += bytes - ac_min(resident, bytes);
        break;
    case AC_SPAN_CACHED:
        out->cached_bytes += bytes;
        out->large += resident;
        out->untouched += bytes - ac_min(resident, bytes);
        break;
    default:    /* huge pages make clean memory resident as well */
        out->unpurged += resident;
        break;
    }
}

static void resident_area(const struct ac_area *area, int pagemap,
                          struct ac_resident *out)
{
    uint32_t top = area->top;
    uint32_t at = 0;

    if (ac_os_zero_mapped(pagemap, (const void *)area->base,
                          (size_t)area->committed << area->shift) == 0)
        pagemap = -1;
    while (at < top) {
        uint32_t span = area->map[at];
        const struct ac_span *s = &ac_spans[span];

        if (span == 0 || AC_GET(s->state) == AC_SPAN_UNUSED || s->first != at ||
            &ac_areas[s->area] != area) {
            at++;       /* a hole, or a span that is on its way to the system */
            continue;
        }
        resident_span(span, pagemap, out);
        at += s->count;
    }
    if (area->committed > top)  /* a huge page may reach above the last span */
        out->unpurged +=
            resident_of((const void *)(area->base + ((uintptr_t)top << area->shift)),
                        (size_t)(area->committed - top) << area->shift, pagemap);
}

void ac_resident_get(struct ac_resident *out, struct ac_huge_totals *huge)
{
    int pagemap = ac_os_pagemap_open();

    *out = (struct ac_resident){ 0 };
    ac_huge_totals_get(huge, pagemap);
    ac_lock_take(&ac_span_lock);
    resident_area(&ac_areas[AC_AREA_UNITS], pagemap, out);
    resident_area(&ac_areas[AC_AREA_LARGE], pagemap, out);
    ac_lock_give(&ac_span_lock);
    out->large += huge->resident;
    out->untouched += huge->bytes - ac_min(huge->resident, huge->bytes);
    out->metadata = ac_meta_resident(pagemap);
    if (pagemap >= 0)
        ac_os_close(pagemap);
}
