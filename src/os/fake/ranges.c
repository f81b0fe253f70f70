/* ranges.c -- which page of the fake system is what.
 *
 * A sorted array of disjoint ranges; neighbours of one state are merged, as the
 * kernel merges mappings, so that their count means something.  Static and
 * moved by memmove: tests hold some thousands at most.
 */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>

#include "os/fake/state.h"

#define RANGES_MAX 65536

static struct {
    struct ac_fake_range all[RANGES_MAX];
    size_t count;
    size_t bytes[AC_FAKE_IS_MAPPED + 1]; /* in each state */
    size_t reserved_peak, committed_peak;
} ranges;

/* The index of the first range that ends behind `addr`. */
static size_t ranges_find(uintptr_t addr)
{
    size_t low = 0;
    size_t high = ranges.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ranges.all[middle].end > addr)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void ranges_insert(size_t at, struct ac_fake_range range)
{
    if (ranges.count == RANGES_MAX)
        ac_fake_trap_text("os/fake: more than 65536 ranges; enlarge RANGES_MAX");
    memmove(&ranges.all[at + 1], &ranges.all[at],
            (ranges.count - at) * sizeof ranges.all[0]);
    ranges.all[at] = range;
    ranges.count++;
}

static void ranges_remove(size_t at, size_t count)
{
    memmove(&ranges.all[at], &ranges.all[at + count],
            (ranges.count - at - count) * sizeof ranges.all[0]);
    ranges.count -= count;
}

/* Make `addr` a border between ranges. */
static void ranges_split(uintptr_t addr)
{
    size_t at = ranges_find(addr);

    if (at == ranges.count || ranges.all[at].start >= addr)
        return;
    struct ac_fake_range right = ranges.all[at];

    right.start = addr;
    ranges.all[at].end = addr;
    ranges_insert(at + 1, right);
}

/* Merge the range at `at` with the one after it, if they are alike. */
static void ranges_merge(size_t at)
{
    if (at + 1 >= ranges.count || ranges.all[at].end != ranges.all[at + 1].start ||
        ranges.all[at].state != ranges.all[at + 1].state)
        return;
    ranges.all[at].end = ranges.all[at + 1].end;
    ranges_remove(at + 1, 1);
}

static size_t ranges_committed(void)
{
    return ranges.bytes[AC_FAKE_IS_COMMITTED] + ranges.bytes[AC_FAKE_IS_FROZEN] +
           ranges.bytes[AC_FAKE_IS_MAPPED];
}

static size_t ranges_reserved(void)
{
    return ranges_committed() + ranges.bytes[AC_FAKE_IS_RESERVED] +
           ranges.bytes[AC_FAKE_IS_GUARD];
}

static void ranges_note_peaks(void)
{
    if (ranges_reserved() > ranges.reserved_peak)
        ranges.reserved_peak = ranges_reserved();
    if (ranges_committed() > ranges.committed_peak)
        ranges.committed_peak = ranges_committed();
}

void ac_fake_ranges_set(uintptr_t start, uintptr_t end, enum ac_fake_state state)
{
    if (start == end)
        return;
    ranges_split(start);
    ranges_split(end);

    size_t first = ranges_find(start);
    size_t after = first;

    while (after < ranges.count && ranges.all[after].start < end) {
        struct ac_fake_range *old = &ranges.all[after++];
        ranges.bytes[old->state] -= old->end - old->start;
    }
    ranges_remove(first, after - first);
    if (state != AC_FAKE_IS_NONE) {
        ranges.bytes[state] += end - start;
        ranges_insert(first, (struct ac_fake_range){start, end, state});
        ranges_merge(first);
        if (first > 0)
            ranges_merge(first - 1);
    }
    ranges_note_peaks();
}

/* Counts the mappings of a kernel along a walk over ranges.  Guards do not
 * split a mapping. */
struct ranges_walk {
    uintptr_t end;
    enum ac_fake_state state;
    size_t mappings;
};

static void ranges_walk_on(struct ranges_walk *walk, uintptr_t start, uintptr_t end,
                           enum ac_fake_state state)
{
    if (start >= end || state == AC_FAKE_IS_NONE)
        return;
    if (state == AC_FAKE_IS_GUARD)
        state = AC_FAKE_IS_COMMITTED;
    if (walk->end != start || walk->state != state)
        walk->mappings++;
    walk->end = end;
    walk->state = state;
}

/* How many mappings there were if [start, end) had this state. */
static size_t ranges_mappings(uintptr_t start, uintptr_t end, enum ac_fake_state state)
{
    struct ranges_walk walk = {0, AC_FAKE_IS_NONE, 0};
    size_t i = 0;

    for (; i < ranges.count && ranges.all[i].start < start; i++) {
        struct ac_fake_range r = ranges.all[i];
        ranges_walk_on(&walk, r.start, r.end < start ? r.end : start, r.state);
        if (r.end > end)
            break; /* its right part comes below */
    }
    ranges_walk_on(&walk, start, end, state);
    for (; i < ranges.count; i++) {
        struct ac_fake_range r = ranges.all[i];
        ranges_walk_on(&walk, r.start > end ? r.start : end, r.end, r.state);
    }
    return walk.mappings;
}

bool ac_fake_ranges_fit(uintptr_t start, uintptr_t end, enum ac_fake_state state)
{
    return ac_fake.mapping_limit == UINT32_MAX ||
           ranges_mappings(start, end, state) <= ac_fake.mapping_limit;
}

unsigned ac_fake_ranges_states(uintptr_t start, uintptr_t end)
{
    unsigned states = 0;

    for (size_t i = ranges_find(start); start < end; i++) {
        if (i == ranges.count || ranges.all[i].start > start)
            states |= 1u << AC_FAKE_IS_NONE;
        if (i == ranges.count || ranges.all[i].start >= end)
            break;
        states |= 1u << ranges.all[i].state;
        start = ranges.all[i].end;
    }
    return states;
}

struct ac_fake_range ac_fake_ranges_next(uintptr_t addr)
{
    size_t at = ranges_find(addr);

    if (at == ranges.count)
        return (struct ac_fake_range){UINTPTR_MAX, UINTPTR_MAX, AC_FAKE_IS_NONE};
    return ranges.all[at];
}

void ac_fake_ranges_count(struct ac_fake_held *held)
{
    held->reserved_bytes = ranges_reserved();
    held->committed_bytes = ranges_committed();
    held->guard_bytes = ranges.bytes[AC_FAKE_IS_GUARD];
    held->mapping_count = ranges_mappings(0, 0, AC_FAKE_IS_NONE);
    held->reserved_peak_bytes = ranges.reserved_peak;
    held->committed_peak_bytes = ranges.committed_peak;
}

enum ac_fake_state ac_fake_state_of(const void *addr)
{
    ac_fake_lock();
    struct ac_fake_range range = ac_fake_ranges_next((uintptr_t)addr);
    ac_fake_unlock();
    return range.start <= (uintptr_t)addr ? range.state : AC_FAKE_IS_NONE;
}

void ac_fake_ranges_reset(void)
{
    for (size_t i = 0; i < ranges.count; i++)
        munmap((void *)ranges.all[i].start, ranges.all[i].end - ranges.all[i].start);
    ranges.count = 0;
    memset(ranges.bytes, 0, sizeof ranges.bytes);
    ranges.reserved_peak = 0;
    ranges.committed_peak = 0;
}
