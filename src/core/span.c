/* span.c -- allocate, split, merge and find spans.  See span.h.
 *
 *   page.c, large.c -> [span.c] -> area.c (fresh memory) -> os/os.h
 *                         `-> purge.c (memory that goes back)
 */
#include "core/span.h"
#include "core/meta.h"

#include <errno.h>

#define SPAN_SEARCH 16 /* spans looked at in the bin that may be too small */

struct ac_lock ac_span_lock = AC_LOCK_INIT(AC_RANK_SPAN);
struct ac_area ac_areas[2];
struct ac_span *ac_spans;
_Atomic(size_t) ac_span_used;

static struct {
    struct ac_meta meta[3]; /* descriptors, map of units, map of large */
    uint32_t limit;         /* descriptors at most */
    uint32_t count;         /* descriptors ever used; 0 is none */
    uint32_t spare;         /* list of unused descriptors */
    size_t used_peak;
    size_t large_count;
    size_t large_bytes;
    size_t large_mallocs;
} span_state;

/* --- Descriptors ---------------------------------------------------------- */

int ac_span_arrays_init(size_t units_bytes, size_t large_bytes)
{
    size_t units = units_bytes >> ac_areas[AC_AREA_UNITS].shift;
    size_t granules = large_bytes >> ac_areas[AC_AREA_LARGE].shift;
    /* Large spans are 9 granules at least, and free ones lie between used ones. */
    size_t spans = 2 * units + granules / 4 + 64;
    size_t limits[3] = {spans * sizeof(struct ac_span), units * sizeof(uint32_t),
                        granules * sizeof(uint32_t)};
    int error = ac_meta_init(span_state.meta, limits, 3);

    if (error != 0)
        return error;
    span_state.limit = (uint32_t)ac_min(spans, UINT32_MAX);
    span_state.count = 1;
    ac_spans = (struct ac_span *)span_state.meta[0].base;
    ac_areas[AC_AREA_UNITS].map = (uint32_t *)span_state.meta[1].base;
    ac_areas[AC_AREA_LARGE].map = (uint32_t *)span_state.meta[2].base;
    return 0;
}

int ac_span_ensure_maps(struct ac_area *area, uint32_t granules)
{
    struct ac_meta *meta = &span_state.meta[area == &ac_areas[AC_AREA_UNITS] ? 1 : 2];

    return ac_meta_ensure(meta, (size_t)granules * sizeof(uint32_t));
}

/* Descriptors for the next few steps are there, so that a split cannot fail. */
static int span_reserve_descriptors(uint32_t need)
{
    uint32_t want = span_state.count + need;

    if (want > span_state.limit)
        return ENOMEM;
    return ac_meta_ensure(&span_state.meta[0], (size_t)want * sizeof(struct ac_span));
}

static void span_map_ends(const struct ac_area *area, uint32_t span)
{
    const struct ac_span *s = &ac_spans[span];

    area->map[s->first] = span;
    area->map[s->first + s->count - 1] = span;
}

uint32_t ac_span_new(uint32_t area, uint32_t first, uint32_t count)
{
    uint32_t span = span_state.spare;

    if (span != 0)
        span_state.spare = ac_spans[span].next;
    else
        span = span_state.count++; /* span_reserve_descriptors made room */
    ac_spans[span].first = first;
    ac_spans[span].count = count;
    ac_spans[span].area = (uint8_t)area;
    ac_spans[span].touched = false;
    ac_spans[span].purged_ms = 0;
    ac_spans[span].first_class = NULL;
    span_map_ends(&ac_areas[area], span);
    return span;
}

void ac_span_forget(uint32_t span)
{
    AC_PUT(ac_spans[span].state, AC_SPAN_UNUSED);
    ac_spans[span].next = span_state.spare;
    span_state.spare = span;
}

/* --- Bins ----------------------------------------------------------------- */

static uint32_t bin_of(uint32_t count)
{
    if (count <= 64)
        return count - 1;
    uint32_t log = ac_log2(count);

    return 64 + (log - 6) * 4 + ((count >> (log - 2)) & 3);
}

void ac_span_insert(uint32_t span, enum ac_span_state state)
{
    struct ac_span *s = &ac_spans[span];
    struct ac_area *area = &ac_areas[s->area];
    uint32_t kind = state == AC_SPAN_CLEAN;
    uint32_t bin = bin_of(s->count);

    AC_PUT(s->state, (uint8_t)state);
    s->prev = 0;
    s->next = area->bin[kind][bin];
    if (s->next != 0)
        ac_spans[s->next].prev = span;
    area->bin[kind][bin] = span;
    area->bin_bits[kind][bin / 64] |= (uint64_t)1 << (bin % 64);
    if (state == AC_SPAN_DIRTY)
        area->dirty_bytes += (size_t)s->count << area->shift;
    span_map_ends(area, span);
}

void ac_span_remove(uint32_t span)
{
    struct ac_span *s = &ac_spans[span];
    struct ac_area *area = &ac_areas[s->area];
    uint32_t kind = s->state == AC_SPAN_CLEAN;
    uint32_t bin = bin_of(s->count);

    if (s->next != 0)
        ac_spans[s->next].prev = s->prev;
    if (s->prev != 0) {
        ac_spans[s->prev].next = s->next;
    } else {
        area->bin[kind][bin] = s->next;
        if (s->next == 0)
            area->bin_bits[kind][bin / 64] &= ~((uint64_t)1 << (bin % 64));
    }
    if (s->state == AC_SPAN_DIRTY)
        area->dirty_bytes -= (size_t)s->count << area->shift;
}

/* The free neighbour of state `state` at granule `at`, or 0. */
static uint32_t span_neighbour(const struct ac_area *area, uint32_t at,
                               enum ac_span_state state)
{
    if (at >= area->top) /* also one before granule 0 */
        return 0;
    uint32_t span = area->map[at];
    const struct ac_span *s = &ac_spans[span];

    /* In a hole the map may hold what was there before. */
    return span != 0 && AC_GET(s->state) == state && &ac_areas[s->area] == area &&
                   (s->first == at || s->first + s->count - 1 == at)
               ? span
               : 0;
}

void ac_span_insert_merged(uint32_t span, enum ac_span_state state)
{
    struct ac_span *s = &ac_spans[span];
    const struct ac_area *area = &ac_areas[s->area];
    uint32_t before = span_neighbour(area, s->first - 1, state);
    uint32_t after = span_neighbour(area, s->first + s->count, state);

    if (before != 0) {
        ac_span_remove(before);
        s->touched |= ac_spans[before].touched;
        s->first = ac_spans[before].first;
        s->count += ac_spans[before].count;
        ac_span_forget(before);
    }
    if (after != 0) {
        ac_span_remove(after);
        s->touched |= ac_spans[after].touched;
        s->count += ac_spans[after].count;
        ac_span_forget(after);
    }
    ac_span_insert(span, state);
}

/* The smallest bin from `bin` on that holds a span, or AC_BIN_COUNT. */
static uint32_t bin_next(const struct ac_area *area, uint32_t kind, uint32_t bin)
{
    for (uint32_t word = bin / 64; word < (AC_BIN_COUNT + 63) / 64; word++) {
        uint64_t bits = area->bin_bits[kind][word];

        if (word == bin / 64)
            bits &= ~(uint64_t)0 << (bin % 64);
        if (bits != 0)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return AC_BIN_COUNT;
}

/* --- Allocation ----------------------------------------------------------- */

/* Granules to leave out at the start of the span so that the rest is aligned;
 * UINT32_MAX when `count` granules do not fit behind them. */
static uint32_t span_fit(const struct ac_area *area, uint32_t span, uint32_t count,
                         uint32_t align)
{
    const struct ac_span *s = &ac_spans[span];
    uint64_t at = (area->base >> area->shift) + s->first;
    uint32_t lead = (uint32_t)(-at & (align - 1));

    return s->count >= count && s->count - count >= lead ? lead : UINT32_MAX;
}

static uint32_t span_search(const struct ac_area *area, uint32_t kind, uint32_t count,
                            uint32_t align, uint32_t *lead)
{
    for (uint32_t bin = bin_next(area, kind, bin_of(count)); bin < AC_BIN_COUNT;
         bin = bin_next(area, kind, bin + 1)) {
        uint32_t tries = SPAN_SEARCH;

        for (uint32_t span = area->bin[kind][bin]; span != 0 && tries != 0;
             span = ac_spans[span].next, tries--) {
            *lead = span_fit(area, span, count, align);
            if (*lead != UINT32_MAX)
                return span;
        }
    }
    return 0;
}

/* Cut [first, first + count) of a span off as a free span of its state. */
static void span_cut(uint32_t from, uint32_t first, uint32_t count,
                     enum ac_span_state state)
{
    const struct ac_span old = ac_spans[from];
    uint32_t span = ac_span_new(old.area, first, count);

    ac_spans[span].touched = old.touched;
    ac_spans[span].purged_ms = old.purged_ms;
    ac_span_insert(span, state);
}

static uint32_t span_take_free(uint32_t area_index, uint32_t kind, uint32_t count,
                               uint32_t align)
{
    struct ac_area *area = &ac_areas[area_index];
    uint32_t lead = 0;
    uint32_t span = span_search(area, kind, count, align, &lead);

    if (span == 0)
        return 0;
    struct ac_span *s = &ac_spans[span];
    enum ac_span_state state = kind ? AC_SPAN_CLEAN : AC_SPAN_DIRTY;

    ac_span_remove(span);
    if (lead != 0)
        span_cut(span, s->first, lead, state);
    if (s->count > lead + count)
        span_cut(span, s->first + lead + count, s->count - lead - count, state);
    s->first += lead;
    s->count = count;
    if (kind && s->touched)
        ac_purge_regret(s, (size_t)count << area->shift);
    return span;
}

static uint32_t span_take(uint32_t area, uint32_t count, uint32_t align, bool *zero)
{
    if (span_reserve_descriptors(4) != 0)
        return 0;
    *zero = false;
    uint32_t span = span_take_free(area, 0, count, align);

    if (span != 0)
        return span;
    *zero = true;
    span = span_take_free(area, 1, count, align);
    if (span != 0)
        return span;
    uint32_t first = ac_area_grow(area, count, align);

    return first != UINT32_MAX ? ac_span_new(area, first, count) : 0;
}

static void span_account(uint32_t span, bool in)
{
    const struct ac_span *s = &ac_spans[span];
    struct ac_area *area = &ac_areas[s->area];
    size_t bytes = (size_t)s->count << area->shift;

    area->used_bytes += in ? bytes : -bytes;
    if (s->area == AC_AREA_LARGE) {
        span_state.large_bytes += in ? bytes : -bytes;
        span_state.large_count += in ? 1 : (size_t)-1;
    }
    size_t used = ac_areas[0].used_bytes + ac_areas[1].used_bytes;

    atomic_store_explicit(&ac_span_used, used, memory_order_relaxed);
    if (used > span_state.used_peak)
        span_state.used_peak = used;
}

void ac_span_relieve(void)
{
    (void)ac_span_purge(0); /* clean memory merges to larger spans, and can be left */
    ac_lock_take(&ac_span_lock);
    ac_area_leave_top(&ac_areas[0]);
    ac_area_leave_top(&ac_areas[1]);
    ac_lock_give(&ac_span_lock);
}

size_t ac_span_used_peak(void)
{
    return span_state.used_peak;
}

uint32_t ac_span_alloc(uint32_t area, uint32_t count, uint32_t align,
                       enum ac_span_state state, bool *zero)
{
    ac_lock_take(&ac_span_lock);
    uint32_t span = span_take(area, count, align, zero);

    if (span == 0) {
        ac_lock_give(&ac_span_lock);
        ac_span_relieve();
        ac_lock_take(&ac_span_lock);
        span = span_take(area, count, align, zero);
    }
    while (span == 0 && ac_purge.busy != 0) { /* another thread has just the memory */
        ac_lock_give(&ac_span_lock);
        ac_os_yield();
        ac_lock_take(&ac_span_lock);
        span = span_take(area, count, align, zero);
    }
    if (span != 0) {
        AC_PUT(ac_spans[span].state, (uint8_t)state);
        ac_spans[span].first_class = NULL;
        span_state.large_mallocs += state == AC_SPAN_LARGE;
        span_map_ends(&ac_areas[area], span);
        span_account(span, true);
    }
    ac_lock_give(&ac_span_lock);
    return span;
}

/* Give the lock after memory became dirty; purge when it is too much. */
static void span_give_lock(void)
{
    size_t dirty = ac_areas[0].dirty_bytes + ac_areas[1].dirty_bytes;
    size_t allowance = ac_purge_allowance();

    ac_lock_give(&ac_span_lock);
    if (dirty > allowance)
        (void)ac_span_purge(allowance / 2);
}

bool ac_span_free(uint32_t span, enum ac_span_state state)
{
    ac_lock_take(&ac_span_lock);
    if (AC_GET(ac_spans[span].state) != state) {
        ac_lock_give(&ac_span_lock);
        return false;
    }
    span_account(span, false);
    ac_spans[span].touched = true;
    ac_span_insert_merged(span, AC_SPAN_DIRTY);
    span_give_lock();
    return true;
}

/* --- Resizing in place ---------------------------------------------------- */

/* Take `more` granules from a free neighbour behind the span. */
static bool span_extend_into(struct ac_area *area, uint32_t span, uint32_t more)
{
    struct ac_span *s = &ac_spans[span];
    uint32_t at = s->first + s->count;
    uint32_t next = span_neighbour(area, at, AC_SPAN_DIRTY);

    if (next == 0)
        next = span_neighbour(area, at, AC_SPAN_CLEAN);
    if (next == 0 || ac_spans[next].count < more || span_reserve_descriptors(1) != 0)
        return false;
    enum ac_span_state state = (enum ac_span_state)ac_spans[next].state;

    ac_span_remove(next);
    if (ac_spans[next].count > more)
        span_cut(next, at + more, ac_spans[next].count - more, state);
    ac_span_forget(next);
    return true;
}

/* Take `more` fresh granules; the top may have moved behind an obstacle. */
static bool span_extend_fresh(uint32_t span, uint32_t more)
{
    const struct ac_span *s = &ac_spans[span];

    if (span_reserve_descriptors(2) != 0)
        return false;
    uint32_t at = ac_area_grow(s->area, more, 1);

    if (at == s->first + s->count)
        return true;
    if (at != UINT32_MAX)
        ac_span_insert_merged(ac_span_new(s->area, at, more), AC_SPAN_CLEAN);
    return false;
}

bool ac_span_extend(uint32_t span, uint32_t count)
{
    struct ac_span *s = &ac_spans[span];
    struct ac_area *area = &ac_areas[s->area];

    ac_lock_take(&ac_span_lock);
    uint32_t more = count - s->count;
    bool done = span_extend_into(area, span, more);

    if (!done && s->first + s->count == area->top)
        done = span_extend_fresh(span, more);
    if (done) {
        span_account(span, false);
        s->count = count;
        span_map_ends(area, span);
        span_account(span, true);
    }
    ac_lock_give(&ac_span_lock);
    return done;
}

void ac_span_trim(uint32_t span, uint32_t count)
{
    struct ac_span *s = &ac_spans[span];

    ac_lock_take(&ac_span_lock);
    if (count < s->count && span_reserve_descriptors(1) == 0) {
        span_account(span, false);
        uint32_t tail = ac_span_new(s->area, s->first + count, s->count - count);

        s->count = count;
        span_map_ends(&ac_areas[s->area], span);
        ac_spans[tail].touched = true;
        ac_span_insert_merged(tail, AC_SPAN_DIRTY);
        span_account(span, true);
    }
    span_give_lock();
}

/* --- Questions ------------------------------------------------------------ */

static const struct ac_area *area_of_large(const void *address, uint32_t *granule)
{
    const struct ac_area *area = &ac_areas[AC_AREA_LARGE];
    uintptr_t offset = (uintptr_t)address - area->base;

    if (offset >> area->shift >= area->top)
        return NULL;
    *granule = (uint32_t)(offset >> area->shift);
    return area;
}

/* Reads without the lock: the caller owns the block, so its span cannot change;
 * for a stale or wild address the answer is a span that does not start there. */
uint32_t ac_span_find_state(const void *address, enum ac_span_state state)
{
    uint32_t granule = 0;
    const struct ac_area *area = area_of_large(address, &granule);

    if (area == NULL)
        return 0;
    uint32_t span = area->map[granule];

    if (span == 0 || ac_spans[span].first != granule ||
        AC_GET(ac_spans[span].state) != state || ac_spans[span].area != AC_AREA_LARGE ||
        ac_span_address(span) != address)
        return 0;
    return span;
}

uint32_t ac_span_around(const void *address)
{
    uint32_t granule = 0;
    const struct ac_area *area = area_of_large(address, &granule);
    uint32_t found = 0;

    if (area == NULL)
        return 0;
    ac_lock_take(&ac_span_lock);
    for (uint32_t at = granule + 1; at-- > 0;) {
        uint32_t span = area->map[at];

        if (span != 0 && span < span_state.count &&
            ac_spans[span].area == AC_AREA_LARGE && ac_spans[span].first <= granule &&
            granule - ac_spans[span].first < ac_spans[span].count) {
            if (ac_spans[span].state == AC_SPAN_LARGE)
                found = span;
            if (ac_spans[span].state != AC_SPAN_UNUSED)
                break;
        }
    }
    ac_lock_give(&ac_span_lock);
    return found;
}

static size_t span_free_largest(const struct ac_area *area)
{
    uint32_t largest = 0;

    for (uint32_t kind = 0; kind < 2; kind++)
        for (uint32_t bin = AC_BIN_COUNT; bin-- > 0;) {
            if (area->bin[kind][bin] == 0)
                continue;
            for (uint32_t s = area->bin[kind][bin]; s != 0; s = ac_spans[s].next)
                largest = ac_spans[s].count > largest ? ac_spans[s].count : largest;
            break;
        }
    return (size_t)largest << area->shift;
}

void ac_span_totals_get(struct ac_span_totals *out)
{
    ac_lock_take(&ac_span_lock);
    *out = (struct ac_span_totals){
        .used = ac_areas[0].used_bytes + ac_areas[1].used_bytes,
        .used_peak = span_state.used_peak,
        .dirty = ac_areas[0].dirty_bytes + ac_areas[1].dirty_bytes,
        .purged = ac_purge.purged_bytes,
        .free_largest =
            ac_max(span_free_largest(&ac_areas[0]), span_free_largest(&ac_areas[1])),
        .large_count = span_state.large_count,
        .large_bytes = span_state.large_bytes,
        .large_mallocs = span_state.large_mallocs,
    };
    for (uint32_t i = 0; i < 2; i++) {
        out->reserved += (size_t)ac_areas[i].reserved << ac_areas[i].shift;
        out->committed += (size_t)ac_areas[i].committed << ac_areas[i].shift;
    }
    ac_lock_give(&ac_span_lock);
}
