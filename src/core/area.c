/* area.c -- the window: address space for all blocks, committed as it is used.
 *
 * Without a limit on address space the whole window is reserved at once: one
 * mapping, no permission, no cost.  Under RLIMIT_AS a window of the size of the
 * limit is chosen where nothing is mapped, and reserved piece by piece, so that the
 * program keeps what it needs for itself.
 *
 *      base                      base + half                    base + window
 *      | units: pages of blocks  |  large: blocks of pages      |
 *      |<- top ->|<- committed ->|<- reserved -> no access      |
 */
#include "core/span.h"
#include "core/meta.h"
#include "core/options.h"

#include <errno.h>

#define WINDOW_MIN ((size_t)16 << 20)
#define WINDOW_AUTO ((size_t)64 << 30)
#define WINDOW_MAX ((size_t)64 << 40)
#define COMMIT_FIRST ((size_t)1 << 20)
#define COMMIT_MAX ((size_t)32 << 20)
#define GROW_TRIES 64

struct ac_os_info ac_os;

static bool area_whole; /* the window is reserved as a whole */

static size_t area_heap_bytes(void)
{
    return ((size_t)ac_areas[0].top << ac_areas[0].shift) +
           ((size_t)ac_areas[1].top << ac_areas[1].shift);
}

/* Reserve up to `to`, in a window that is not reserved as a whole. */
static int area_reserve(struct ac_area *area, uint32_t to)
{
    uintptr_t at = area->base + ((uintptr_t)area->reserved << area->shift);
    int error =
        ac_os_reserve_at((void *)at, (size_t)(to - area->reserved) << area->shift);

    if (error == 0)
        area->reserved = to;
    return error;
}

/* Something of the program's lies above the reserved part: leave a hole that no span
 * covers. */
static bool area_skip(struct ac_area *area, uint32_t step)
{
    if (area->limit - area->reserved <= step ||
        ac_span_ensure_maps(area, area->reserved + step) != 0)
        return false;
    area->reserved += step;
    area->committed = area->reserved;
    area->top = area->reserved;
    return true;
}

/* Make [top, top + count) reserved; the top may move. */
static bool area_ensure_reserved(struct ac_area *area, uint32_t count)
{
    uint32_t step = (uint32_t)(COMMIT_FIRST >> area->shift);

    for (int tries = 0; tries < GROW_TRIES; tries++) {
        if (count > area->limit - area->top)
            return false;
        uint32_t upto = area->top + count;

        if (upto <= area->reserved)
            return true;
        int error = area->limit - upto < step ? ENOMEM : area_reserve(area, upto + step);

        if (error == ENOMEM) /* as little as possible, then */
            error = area_reserve(area, upto);
        if (error == 0)
            return true;
        if (error != EEXIST || !area_skip(area, step))
            return false;
    }
    return false;
}

static size_t area_commit_step(const struct ac_area *area)
{
    size_t committed = (size_t)area->committed << area->shift;

    if (!area_whole)
        return COMMIT_FIRST / 4;
    size_t step = ac_min(ac_max(committed / 4, COMMIT_FIRST), COMMIT_MAX);

    return (size_t)1 << ac_log2(step);
}

/* Memory that is being committed, [from, committed): huge pages where the heap is
 * large, and not before.  Older memory stays as it is: what is sparse there would be
 * filled up.  `always` in the system is turned off for small heaps. */
static void area_advise(const struct ac_area *area, uint32_t from_granule)
{
    size_t huge = ac_os.huge_bytes;
    bool now = ac_option(huge_pages) == AC_HUGE_PAGES_ALWAYS ||
               (ac_option(huge_pages) == AC_HUGE_PAGES_AUTO &&
                area_heap_bytes() >= ac_option(huge_start));
    uintptr_t from = area->base + ((uintptr_t)from_granule << area->shift);
    uintptr_t to = area->base + ((uintptr_t)area->committed << area->shift);

    if (huge == 0 || to - area->base < huge || (!now && !ac_os_huge_always()))
        return;
    if (now) {
        from = ac_align_up(from, huge);
        to = ac_align_down(to, huge);
    }
    if (from < to)
        (void)ac_os_huge((void *)from, to - from, now);
}

static bool area_ensure_committed(struct ac_area *area, uint32_t upto)
{
    if (upto <= area->committed)
        return true;
    if (ac_span_ensure_maps(area, upto) != 0)
        return false;
    size_t step = area_commit_step(area);
    /* Whole huge pages, so that the advice comes before the first touch. */
    size_t round = area_whole && area->committed != 0 ? ac_os.huge_bytes : 0;
    size_t end = ac_align_up((size_t)upto << area->shift, ac_max(round, step));
    uint32_t want = (uint32_t)(end >> area->shift);
    want = want > area->reserved ? area->reserved : want;
    for (;;) {
        uintptr_t at = area->base + ((uintptr_t)area->committed << area->shift);
        size_t bytes = (size_t)(want - area->committed) << area->shift;

        if (ac_span_ensure_maps(area, want) == 0 && ac_os_commit((void *)at, bytes) == 0)
            break;
        if (want == upto)
            return false;
        want = upto; /* as little as possible, then */
    }
    uint32_t from = area->committed;

    ac_os_dump((void *)(area->base + ((uintptr_t)from << area->shift)),
               (size_t)(want - from) << area->shift, true);
    area->committed = want;
    area_advise(area, from);
    return true;
}

/* Granule 0 of each area is never handed out, but may be read: where two allocators
 * meet (a plugin opened with RTLD_DEEPBIND), the other looks for a header in front of
 * our block, and shall complain about what it reads there, not fault. */
static int area_start(struct ac_area *area)
{
    if (area->top != 0)
        return 0;
    if (!area_ensure_reserved(area, 1) || !area_ensure_committed(area, area->top + 1))
        return ENOMEM;
    area->top++;
    return 0;
}

uint32_t ac_area_grow(uint32_t index, uint32_t count, uint32_t align)
{
    struct ac_area *area = &ac_areas[index];
    uint64_t base = area->base >> area->shift;

    if (area->top == 0 && area_start(area) != 0)
        return UINT32_MAX;
    if (count > area->limit || align > area->limit)
        return UINT32_MAX;
    uint32_t lead = (uint32_t)(-(base + area->top) & (align - 1));

    if (!area_ensure_reserved(area, lead + count))
        return UINT32_MAX;
    lead = (uint32_t)(-(base + area->top) & (align - 1)); /* the top may have moved */
    if (!area_ensure_reserved(area, lead + count) ||
        !area_ensure_committed(area, area->top + lead + count))
        return UINT32_MAX;
    uint32_t first = area->top + lead;
    uint32_t gap = area->top;

    area->top = first + count;
    if (lead != 0) /* descriptors were reserved by the caller */
        ac_span_insert_merged(ac_span_new(index, gap, lead), AC_SPAN_CLEAN);
    return first;
}

void ac_area_leave_top(struct ac_area *area)
{
    uint32_t span = area->top > 1 ? area->map[area->top - 1] : 0;
    uint32_t first = area->top;

    if (span != 0 && ac_spans[span].state == AC_SPAN_CLEAN &&
        ac_spans[span].first + ac_spans[span].count == area->top)
        first = ac_spans[span].first;
    uintptr_t at = area->base + ((uintptr_t)first << area->shift);

    uint32_t end = area_whole ? area->committed : area->reserved;
    size_t bytes = first < end ? (size_t)(end - first) << area->shift : 0;

    if (bytes == 0 || (area_whole ? ac_os_decommit((void *)at, bytes)
                                  : ac_os_release((void *)at, bytes)) != 0)
        return;
    if (first < area->top) {
        ac_span_remove(span);
        ac_span_forget(span);
    }
    area->top = first;
    area->reserved = area_whole ? area->limit : first;
    area->committed = area->committed < first ? area->committed : first;
}

/* --- Start ---------------------------------------------------------------- */

static void area_place(uintptr_t base, size_t window)
{
    for (uint32_t i = 0; i < 2; i++) {
        struct ac_area *area = &ac_areas[i];

        area->base = base + i * (window / 2);
        area->limit = (uint32_t)ac_min(window / 2 >> area->shift, UINT32_MAX / 2);
        area->reserved = area_whole ? area->limit : 0;
        area->top = 0;
    }
}

static int area_init_whole(size_t window)
{
    int error = 0;
    void *at = ac_os_reserve(window, ac_max(ac_os.huge_bytes, AC_UNIT_BYTES), &error);

    if (at == NULL)
        return error;
    ac_os_dump(at, window, false);
    area_whole = true;
    area_place((uintptr_t)at, window);
    return 0;
}

/* A window below what the system maps next, found by a small reservation. */
static int area_init_pieces(size_t window)
{
    int error = 0;
    void *probe = ac_os_reserve(AC_UNIT_BYTES, AC_UNIT_BYTES, &error);

    if (probe == NULL)
        return error;
    (void)ac_os_release(probe, AC_UNIT_BYTES);
    uintptr_t base = ac_align_down((uintptr_t)probe, (size_t)2 << 20);

    if (base < 2 * (WINDOW_AUTO + window))
        return ENOMEM;
    area_whole = false;
    area_place(base - WINDOW_AUTO - window, window);
    return 0;
}

static size_t area_wanted(void)
{
    size_t wanted = ac_option(arena);

    if (wanted == 0) {
        wanted = WINDOW_AUTO;
        while (wanted < 4 * ac_os.ram_bytes && wanted < WINDOW_MAX)
            wanted *= 2;
    }
    return ac_max(ac_align_up(wanted, (size_t)4 << 20), WINDOW_MIN);
}

int ac_area_init(size_t window)
{
    uint32_t granule_shift = ac_log2(ac_max(ac_os.page_bytes, 4096));
    int error = ENOMEM;

    ac_areas[AC_AREA_UNITS].shift = AC_UNIT_SHIFT;
    ac_areas[AC_AREA_LARGE].shift = granule_shift;
    if (ac_os.as_limit_bytes == SIZE_MAX)
        error = area_init_whole(window);
    if (error != 0)
        error = area_init_pieces(window);
    if (error != 0)
        return error;
    error = ac_span_arrays_init((size_t)ac_areas[0].limit << AC_UNIT_SHIFT,
                                (size_t)ac_areas[1].limit << granule_shift);
    if (error != 0 && area_whole)
        (void)ac_os_release((void *)ac_areas[0].base, window);
    return error;
}

int ac_span_init(void)
{
    size_t window = area_wanted();

    /* Half the window is for each kind; a limit is a limit for both together. */
    if (ac_os.as_limit_bytes != SIZE_MAX)
        window = ac_min(window, ac_align_up(2 * ac_os.as_limit_bytes, (size_t)4 << 20));
    for (; ac_spans == NULL; window /= 2) {
        int error = ac_area_init(window);

        if (error != 0 && window <= WINDOW_MIN)
            return error;
    }
    return area_start(&ac_areas[AC_AREA_UNITS]);
}
