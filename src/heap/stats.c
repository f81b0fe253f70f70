/* stats.c -- acre_stats_get: what the memory is used for, from our books and from
 * what the system says is resident (resident.c), so that the parts add up to RSS. */
#include "format/stats.h"
#include "heap/heap.h"

#include <acre/stats.h>
#include <errno.h>
#include <string.h>

/* --- What /proc says ---------------------------------------------------------- */

#define PROC_LINE_BYTES 512     /* this may run on a small signal stack */

typedef void proc_line_fn(const char *line, struct acre_stats *stats);

static uint64_t proc_number(const char *at)
{
    uint64_t value = 0;

    while (*at == ' ' || *at == '\t')
        at++;
    for (; *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

/* "Key:   123 kB" */
static void proc_take_kib(const char *line, const char *key, uint64_t *bytes)
{
    size_t length = strlen(key);

    if (strncmp(line, key, length) == 0 && proc_number(line + length) != 0)
        *bytes = proc_number(line + length) << 10;
}

static void proc_status(const char *line, struct acre_stats *stats)
{
    proc_take_kib(line, "VmHWM:", &stats->rss_peak);
    proc_take_kib(line, "VmRSS:", &stats->rss);
    proc_take_kib(line, "VmSwap:", &stats->swap);
}

/* It walks the page tables, where VmRSS adds up counters that lag behind. */
static void proc_smaps_rollup(const char *line, struct acre_stats *stats)
{
    proc_take_kib(line, "Rss:", &stats->rss);
    proc_take_kib(line, "AnonHugePages:", &stats->huge_rss);
}

/* Fields 10 and 12 behind the command's name in parentheses. */
static void proc_stat(const char *line, struct acre_stats *stats)
{
    const char *at = strrchr(line, ')');

    for (int field = 2; at != NULL && field < 10; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return;
    stats->fault_minor_count = proc_number(at);
    at = strchr(at + 1, ' ');
    at = at != NULL ? strchr(at + 1, ' ') : NULL;
    stats->fault_major_count = at != NULL ? proc_number(at) : 0;
}

/* Hand over the whole lines in the buffer; returns how much is left of the last. */
static size_t proc_lines(char *buffer, size_t used, proc_line_fn *line,
                         struct acre_stats *stats)
{
    char *start = buffer;
    char *end;

    while ((end = memchr(start, '\n', used - (size_t)(start - buffer))) != NULL) {
        *end = '\0';
        line(start, stats);
        start = end + 1;
    }
    used -= (size_t)(start - buffer);
    memmove(buffer, start, used);
    return used;
}

/* A line that does not fit is no line that we want: its parts look like none. */
static void proc_read(const char *path, proc_line_fn *line, struct acre_stats *stats)
{
    char buffer[PROC_LINE_BYTES];
    int fd = ac_os_open_file(path, NULL);
    size_t used = 0;
    size_t got = 1;

    while (fd >= 0 && got != 0) {
        if (ac_os_read(fd, buffer + used, sizeof buffer - 1 - used, &got) != 0)
            break;
        used = proc_lines(buffer, used + got, line, stats);
        if (used == sizeof buffer - 1)
            used = 0;
    }
    if (fd >= 0)
        ac_os_close(fd);
    buffer[used] = '\0';
    line(buffer, stats);
}

static void stats_proc(struct acre_stats *stats)
{
    proc_read("/proc/self/stat", proc_stat, stats);
    proc_read("/proc/self/status", proc_status, stats);
    proc_read("/proc/self/smaps_rollup", proc_smaps_rollup, stats);
    stats->rss_peak = ac_max(stats->rss_peak, stats->rss);
}

/* --- Our books ----------------------------------------------------------------- */

#define LIST_TRIES 8

/* The counters of a list, which its owner may be moving: read until nothing that a
 * slow path writes has changed meanwhile.  What is wrong all the same is below 0, and
 * taken for 0. */
static void stats_add_list(struct acre_stats_class *one, const struct ac_heap *heap,
                           uint32_t cls)
{
    const struct ac_list *list = &heap->list[cls];
    const struct ac_list_slow *slow = &heap->slow[cls];
    uint64_t malloc_count = 0;
    uint64_t free_count = 0;
    uint32_t mallocs = 0;
    uint32_t frees = 0;
    uint32_t length = 0;

    for (int i = 0; i < LIST_TRIES; i++) {
        malloc_count = AC_GET(slow->malloc_count);
        free_count = AC_GET(slow->free_count);
        length = AC_GET(slow->length);
        uint32_t left_start = AC_GET(slow->left_start);
        uint32_t room_start = AC_GET(slow->room_start);

        atomic_thread_fence(memory_order_acquire);  /* these first, then the lists */
        mallocs = left_start - AC_GET(list->left);
        frees = room_start - AC_GET(list->room);
        atomic_thread_fence(memory_order_acquire);
        if (malloc_count == AC_GET(slow->malloc_count) &&
            free_count == AC_GET(slow->free_count) && length == AC_GET(slow->length) &&
            left_start == AC_GET(slow->left_start) &&
            room_start == AC_GET(slow->room_start))
            break;
    }
    mallocs = mallocs <= INT32_MAX ? mallocs : 0;
    frees = frees <= INT32_MAX ? frees : 0;
    one->malloc_count += malloc_count + mallocs;
    one->free_count += free_count + frees;
    if ((uint64_t)length + frees > mallocs)
        one->cached_count += (uint64_t)length + frees - mallocs;
    one->cached_count += AC_GET(slow->cold_count);
    one->page_count += AC_GET(slow->page_count);
}

/* Sums over heaps of slack_sum and slack_count for a class. */
static uint64_t stats_slack(uint32_t cls, uint64_t live, uint64_t *samples)
{
    uint64_t sum = 0;
    uint64_t count = 0;

    for (uint32_t i = 0; i < ac_heap_count(); i++) {
        const struct ac_list_slow *slow = &ac_heap_at(i)->slow[cls];

        sum += AC_GET(slow->slack_sum);
        count += AC_GET(slow->slack_count);
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
    one->page_count += AC_GET(ac_heap_orphans.slow[cls].page_count);
    one->page_bytes = one->page_count * ac_class_units[cls] * AC_UNIT_BYTES;
    /* Caught in the middle of a step: no more than there can be. */
    one->free_count = ac_min(one->free_count, one->malloc_count);
    uint64_t live = one->malloc_count - one->free_count;
    uint64_t room = one->page_bytes / one->size;

    one->cached_count = ac_min(one->cached_count, room - ac_min(room, live));
    one->slack_bytes = ac_min(stats_slack(cls, live, &stats->slack_samples),
                              live * one->size);
    stats->malloc_count += one->malloc_count;
    stats->free_count += one->free_count;
    stats->live_count += live;
    stats->live += live * one->size;
    stats->rounding += one->slack_bytes;
    stats->cached += one->cached_count * one->size;
}

static void stats_large(struct acre_stats *stats, const struct ac_span_totals *span,
                        const struct ac_resident *large,
                        const struct ac_huge_totals *huge)
{
    uint64_t mallocs = span->large_mallocs + huge->mallocs;

    for (uint32_t i = 0; i < ac_heap_count(); i++)
        mallocs += AC_GET(ac_heap_at(i)->cached_mallocs);
    stats->large_count = large->large_count + huge->count;
    stats->large_bytes = large->large_bytes + huge->bytes;
    mallocs = ac_max(mallocs, stats->large_count);
    stats->malloc_count += mallocs;
    stats->free_count += mallocs - stats->large_count;
    stats->live_count += stats->large_count;
    stats->live += stats->large_bytes;
    stats->rounding += large->large_bytes - large->large_requested;
    stats->rounding += huge->bytes - ac_min(huge->requested, huge->bytes);
    stats->cached += large->cached_bytes;
}

/* --- The parts of RSS ------------------------------------------------------------ */

/* Take up to `excess` off a part; returns what is left of the excess. */
static uint64_t parts_less(uint64_t *part, uint64_t excess)
{
    uint64_t less = ac_min(*part, excess);

    *part -= less;
    return excess - less;
}

/* Blocks on their way between threads are in nobody's books: free in pages.  When
 * threads ran on while we counted, the system's figure wins. */
static void parts_balance(struct acre_stats *stats, uint64_t ours)
{
    uint64_t plus = stats->live + stats->cached + stats->free_in_pages + stats->unpurged;
    uint64_t sum = plus - ac_min(plus, stats->untouched);

    if (sum < ours) {
        stats->free_in_pages += ours - sum;
        return;
    }
    uint64_t excess = parts_less(&stats->free_in_pages, sum - ours);

    stats->untouched += excess;
}

/* RSS was read last, and may be below what we found: memory that another thread gave
 * back meanwhile, or, on a system that does not tell, pages that were only read. */
static void parts_outside(struct acre_stats *stats, uint64_t ours)
{
    uint64_t known = ours + stats->metadata;

    if (stats->rss == 0)
        return;
    if (stats->rss >= known) {
        stats->outside = stats->rss - known;
        return;
    }
    uint64_t blocks = stats->live + stats->cached;
    uint64_t touched = blocks - ac_min(blocks, stats->untouched);
    uint64_t excess = known - stats->rss;

    stats->untouched += touched;
    excess = parts_less(&touched, excess);
    stats->untouched -= touched;
    excess = parts_less(&stats->unpurged, excess);
    excess = parts_less(&stats->free_in_pages, excess);
    (void)parts_less(&stats->metadata, excess);
}

static void stats_parts(struct acre_stats *stats, const struct ac_resident *resident)
{
    uint64_t ours = resident->pages + resident->large + resident->unpurged;

    stats->unpurged = resident->unpurged;
    stats->metadata = resident->metadata;
    stats->untouched = resident->untouched;
    stats->free_in_pages = resident->page_free;
    parts_balance(stats, ours);
    parts_outside(stats, ours);
}

int acre_stats_get(struct acre_stats *stats)
{
    struct ac_span_totals span;
    struct ac_huge_totals huge;
    struct ac_resident resident;

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
    ac_resident_get(&resident, &huge);
    stats_large(stats, &span, &resident, &huge);
    stats->requested = stats->live - ac_min(stats->rounding, stats->live);
    stats->rounding = stats->live - stats->requested;
    stats->used_peak = ac_max(stats->live, span.used_peak + huge.peak);
    stats_proc(stats);
    stats_parts(stats, &resident);
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
