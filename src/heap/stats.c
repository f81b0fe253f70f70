/* stats.c -- acre_stats_get: what the memory is used for, from our books and from
 * what the system says is resident, so that the parts add up to RSS. */
#include "core/meta.h"
#include "format/stats.h"
#include "heap/heap.h"

#include <acre/stats.h>
#include <errno.h>
#include <string.h>

/* --- What /proc says ---------------------------------------------------------- */

/* The number behind `key` in the text, or 0. */
static uint64_t proc_number(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    uint64_t value = 0;

    if (at == NULL)
        return 0;
    for (at += strlen(key); *at == ' ' || *at == '\t'; at++)
        ;
    for (; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

static bool proc_read(const char *path, char *text, size_t capacity)
{
    int fd = ac_os_open_file(path, NULL);
    size_t used = 0;
    size_t got = 1;

    if (fd < 0)
        return false;
    while (got != 0 && used < capacity - 1) {
        if (ac_os_read(fd, text + used, capacity - 1 - used, &got) != 0)
            got = 0;
        used += got;
    }
    ac_os_close(fd);
    text[used] = '\0';
    return used != 0;
}

/* Fields 10 and 12 behind the command's name in parentheses. */
static void proc_faults(const char *text, struct acre_stats *stats)
{
    const char *at = strrchr(text, ')');

    for (int field = 2; at != NULL && field < 10; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return;
    stats->fault_minor_count = proc_number(at, " ");
    at = strchr(at + 1, ' ');
    at = at != NULL ? strchr(at + 1, ' ') : NULL;
    stats->fault_major_count = at != NULL ? proc_number(at, " ") : 0;
}

static void stats_proc(struct acre_stats *stats)
{
    char text[4096];

    if (proc_read("/proc/self/stat", text, sizeof text))
        proc_faults(text, stats);
    if (proc_read("/proc/self/status", text, sizeof text)) {
        stats->rss_peak = proc_number(text, "VmHWM:") << 10;
        stats->rss = proc_number(text, "VmRSS:") << 10;
        stats->swap = proc_number(text, "VmSwap:") << 10;
    }
    if (proc_read("/proc/self/smaps_rollup", text, sizeof text)) {
        stats->rss = proc_number(text, "Rss:") << 10;
        stats->huge_rss = proc_number(text, "AnonHugePages:") << 10;
    }
}

/* --- Our books ----------------------------------------------------------------- */

/* Another thread may be at work on these counters: each is read once, and the sums
 * are good to within its latest steps. */
static void stats_add_list(struct acre_stats_class *one, const struct ac_heap *heap,
                           uint32_t cls)
{
    const struct ac_list_slow *slow = &heap->slow[cls];
    uint32_t left = __atomic_load_n(&heap->list[cls].left, __ATOMIC_RELAXED);
    uint32_t room = __atomic_load_n(&heap->list[cls].room, __ATOMIC_RELAXED);
    uint32_t mallocs = __atomic_load_n(&slow->left_start, __ATOMIC_RELAXED) - left;
    uint32_t frees = __atomic_load_n(&slow->room_start, __ATOMIC_RELAXED) - room;
    uint32_t length = __atomic_load_n(&slow->length, __ATOMIC_RELAXED) + frees - mallocs;

    one->malloc_count += __atomic_load_n(&slow->malloc_count, __ATOMIC_RELAXED) + mallocs;
    one->free_count += __atomic_load_n(&slow->free_count, __ATOMIC_RELAXED) + frees;
    one->cached_count += length + __atomic_load_n(&slow->cold_count, __ATOMIC_RELAXED);
    one->page_count += __atomic_load_n(&slow->page_count, __ATOMIC_RELAXED);
}

/* Sums over heaps of slack_sum and slack_count for a class. */
static uint64_t stats_slack(uint32_t cls, uint64_t live, uint64_t *samples)
{
    uint64_t sum = 0;
    uint64_t count = 0;

    for (uint32_t i = 0; i < ac_heap_count(); i++) {
        const struct ac_list_slow *slow = &ac_heap_at(i)->slow[cls];

        sum += __atomic_load_n(&slow->slack_sum, __ATOMIC_RELAXED);
        count += __atomic_load_n(&slow->slack_count, __ATOMIC_RELAXED);
    }
    *samples += count;
    return count != 0 ? (uint64_t)((double)live * (double)sum / (double)count) : 0;
}

static void stats_class(struct acre_stats *stats, uint32_t cls)
{
    struct acre_stats_class *one = &stats->classes[cls - 1];

    memset(one, 0, sizeof *one);
    one->size = ac_class_sizes[cls];
    for (uint32_t i = 0; i < ac_heap_count(); i++)
        stats_add_list(one, ac_heap_at(i), cls);
    one->free_count += atomic_load_explicit(&ac_late_frees[cls], memory_order_relaxed);
    one->page_count += ac_heap_orphans.slow[cls].page_count;
    one->page_bytes = one->page_count * ac_class_units[cls] * AC_UNIT_BYTES;
    if (one->free_count > one->malloc_count)    /* caught in the middle of a step */
        one->free_count = one->malloc_count;
    uint64_t live = one->malloc_count - one->free_count;

    one->slack_bytes = stats_slack(cls, live, &stats->slack_samples);
    stats->malloc_count += one->malloc_count;
    stats->free_count += one->free_count;
    stats->live_count += live;
    stats->live += live * one->size;
    stats->rounding += one->slack_bytes;
    stats->cached += one->cached_count * one->size;
}

static void stats_large(struct acre_stats *stats, const struct ac_span_totals *span,
                        const struct ac_huge_totals *huge)
{
    stats->large_count = span->large_count + huge->count;
    stats->large_bytes = span->large_bytes + huge->bytes;
    stats->malloc_count += span->large_mallocs + huge->mallocs;
    stats->free_count += span->large_mallocs + huge->mallocs - stats->large_count;
    stats->live_count += stats->large_count;
    stats->live += stats->large_bytes;
    stats->rounding += span->large_bytes - ac_min(span->large_requested, span->large_bytes);
}

static size_t stats_resident(const struct ac_area *area)
{
    size_t top = area->top;

    return ac_os_resident((void *)area->base, top << area->shift);
}

/* Resident memory, part by part: pages of small blocks hold live blocks, cached ones,
 * and the rest; live memory that was never touched is not resident. */
static void stats_parts(struct acre_stats *stats, const struct ac_span_totals *span,
                        const struct ac_huge_totals *huge)
{
    size_t in_units = stats_resident(&ac_areas[AC_AREA_UNITS]);
    size_t in_large = stats_resident(&ac_areas[AC_AREA_LARGE]);
    size_t ours = in_units + in_large + huge->resident;
    uint64_t live_large = span->large_bytes + huge->bytes;
    uint64_t small = stats->live - live_large + stats->cached;
    size_t in_large_blocks = span->large_resident + huge->resident;
    size_t in_pages = ours - ac_min(ours, span->dirty_resident + in_large_blocks);

    stats->unpurged = span->dirty_resident;
    stats->metadata = ac_meta_resident();
    stats->untouched = live_large - ac_min(live_large, in_large_blocks);
    stats->free_in_pages = in_pages > small ? in_pages - small : 0;
    stats->untouched += small > in_pages ? small - in_pages : 0;
    uint64_t known = ours + stats->metadata;

    stats->outside = stats->rss > known ? stats->rss - known : 0;
}

int acre_stats_get(struct acre_stats *stats)
{
    struct ac_span_totals span;
    struct ac_huge_totals huge;

    if (stats->size != sizeof *stats)
        return EINVAL;
    memset(stats, 0, sizeof *stats);
    stats->size = sizeof *stats;
    stats->version = ACRE_VERSION;
    if (ac_map.unit_count == 0)
        return 0;
    stats->class_count = AC_CLASS_LAST;
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++)
        stats_class(stats, cls);
    ac_span_totals_get(&span);
    ac_huge_totals_get(&huge);
    stats_large(stats, &span, &huge);
    stats->requested = stats->live - ac_min(stats->rounding, stats->live);
    stats->live_peak = ac_max(stats->live, span.used_peak);
    stats_proc(stats);
    stats_parts(stats, &span, &huge);
    stats->free_largest = span.free_largest;
    stats->free_all = stats->cached + stats->free_in_pages + span.dirty;
    stats->free_largest = ac_min(stats->free_largest, stats->free_all);
    stats->reserved = span.reserved + huge.bytes;
    stats->committed = span.committed + huge.bytes;
    stats->purged_total = span.purged;
    stats->thread_heap_count = ac_heap_count();
    stats->elapsed_ns = ac_os_now_ns() - ac_heap_started_ns;
    return 0;
}

int acre_stats_print(enum acre_stats_format format,
                     void (*write)(void *arg, const char *text, size_t size), void *arg)
{
    struct acre_stats stats = { .size = sizeof stats };
    int error = acre_stats_get(&stats);

    return error != 0 ? error : ac_format_stats(&stats, format, write, arg);
}
