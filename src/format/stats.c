/* stats.c -- struct acre_stats as text, JSON and OpenMetrics. */
#include "format/stats.h"

#include <errno.h>

/* --- Derived figures ---------------------------------------------------------- */

/* Figures of running threads may lag: a difference is never below zero. */
static uint64_t stats_minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

uint64_t ac_stats_rss_sum(const struct acre_stats *stats)
{
    uint64_t blocks = stats->requested + stats->rounding + stats->cached;

    return stats_minus(blocks + stats->free_in_pages + stats->unpurged +
                           stats->metadata + stats->outside,
                       stats->untouched);
}

uint64_t ac_stats_wasted(const struct acre_stats *stats)
{
    return stats_minus(stats->live, stats->requested);
}

uint64_t ac_stats_scattered(const struct acre_stats *stats)
{
    return stats_minus(stats->free_all, stats->free_largest);
}

uint64_t ac_stats_class_live(const struct acre_stats_class *one)
{
    return stats_minus(one->malloc_count, one->free_count);
}

static unsigned stats_class_count(const struct acre_stats *stats)
{
    return stats->class_count < ACRE_STATS_CLASSES_MAX ? stats->class_count
                                                       : ACRE_STATS_CLASSES_MAX;
}

/* --- Text ----------------------------------------------------------------------- */

static void stats_label(struct ac_text *text, const char *label)
{
    ac_text_string(text, "  ");
    ac_text_string_in(text, label, 15);
}

/* Blocks a second. */
static void stats_rate(struct ac_text *text, uint64_t count, uint64_t ns)
{
    uint64_t ms = ns / 1000000;

    if (ms == 0 || count > UINT64_MAX / 1000)
        return;
    ac_text_string(text, " (");
    ac_text_count(text, count * 1000 / ms, 0);
    ac_text_string(text, " a second)");
}

void ac_format_stats_memory(struct ac_text *text, const struct acre_stats *stats)
{
    stats_label(text, "live");
    ac_text_size(text, stats->live, 8);
    ac_text_string(text, " in ");
    ac_text_count(text, stats->live_count, 0);
    ac_text_string(text, stats->live_count == 1 ? " block" : " blocks");
    ac_text_string(text, "; peak ");
    ac_text_size(text, stats->used_peak, 0);
    ac_text_string(text, " of whole pages\n");
    stats_label(text, "allocations");
    ac_text_count(text, stats->malloc_count, 0);
    stats_rate(text, stats->malloc_count, stats->elapsed_ns);
    ac_text_string(text, ", freed ");
    ac_text_count(text, stats->free_count, 0);
    ac_text_char(text, '\n');
    stats_label(text, "requested");
    ac_text_size(text, stats->requested, 8);
    ac_text_string(text, ", allocated ");
    ac_text_size(text, stats->live, 0);
    ac_text_char(text, '\n');
    stats_label(text, "fragmentation");
    ac_text_string(text, "internal ");
    ac_text_percent(text, ac_stats_wasted(stats), stats->live, 0);
    ac_text_string(text, " of allocated, external ");
    ac_text_percent(text, ac_stats_scattered(stats), stats->free_all, 0);
    ac_text_string(text, " of free memory\n");
    stats_label(text, "page faults");
    ac_text_count(text, stats->fault_minor_count, 0);
    ac_text_string(text, " minor, ");
    ac_text_count(text, stats->fault_major_count, 0);
    ac_text_string(text, " major\n");
    stats_label(text, "huge pages");
    ac_text_size(text, stats->huge_rss, 8);
    ac_text_string(text, " of the resident memory\n");
    stats_label(text, "given back");
    ac_text_size(text, stats->purged_total, 8);
    ac_text_string(text, " in all; address space ");
    ac_text_size(text, stats->reserved, 0);
    ac_text_string(text, ", committed ");
    ac_text_size(text, stats->committed, 0);
    ac_text_char(text, '\n');
}

/* The one part that is taken away: "-1.50 MiB", no bar. */
static void stats_rss_less(struct ac_text *text, const char *name, uint64_t part,
                           uint64_t whole)
{
    const char *sign = part != 0 ? "-" : "";
    char number[32];
    struct ac_text cell;

    ac_text_string(text, "    ");
    ac_text_string_in(text, name, 32);
    ac_text_begin(&cell, number, sizeof number, NULL, NULL);
    ac_text_string(&cell, sign);
    ac_text_size(&cell, part, 0);
    ac_text_end(&cell);
    ac_text_string_right(text, number, 9);
    ac_text_begin(&cell, number, sizeof number, NULL, NULL);
    ac_text_string(&cell, sign);
    ac_text_percent(&cell, part, whole, 0);
    ac_text_end(&cell);
    ac_text_string_right(text, number, 10);
    ac_text_string(text, "  |");
    ac_text_fill(text, ' ', 28);
    ac_text_string(text, "|\n");
}

static void stats_rss_row(struct ac_text *text, const char *name, uint64_t part,
                          uint64_t whole)
{
    ac_text_string(text, "    ");
    ac_text_string_in(text, name, 32);
    ac_text_size(text, part, 9);
    ac_text_percent(text, part, whole, 10);
    ac_text_string(text, "  |");
    ac_text_bar(text, part, whole, 28);
    ac_text_string(text, "|\n");
}

void ac_format_stats_rss(struct ac_text *text, const struct acre_stats *stats)
{
    uint64_t sum = ac_stats_rss_sum(stats);
    uint64_t rss = stats->rss;
    uint64_t off = sum > rss ? sum - rss : rss - sum;

    if (rss == 0) {
        ac_text_string(text, "  resident memory: unknown (no /proc in that process)\n");
        return;
    }
    ac_text_string(text, "  resident memory ");
    ac_text_size(text, rss, 0);
    ac_text_string(text, ", peak ");
    ac_text_size(text, stats->rss_peak, 0);
    ac_text_string(text, ", explained:\n");
    stats_rss_row(text, "requested by the program", stats->requested, rss);
    stats_rss_row(text, "rounding to block sizes", stats->rounding, rss);
    stats_rss_row(text, "free, kept by threads", stats->cached, rss);
    stats_rss_less(text, "of these three, never touched", stats->untouched, rss);
    stats_rss_row(text, "free, in pages with live blocks", stats->free_in_pages, rss);
    stats_rss_row(text, "free, not yet given back", stats->unpurged, rss);
    stats_rss_row(text, "acre's own tables", stats->metadata, rss);
    stats_rss_row(text, "not acre's: code, stacks, files", stats->outside, rss);
    ac_text_string(text, "    ");
    ac_text_string_in(text, "sum", 32);
    ac_text_size(text, sum, 9);
    ac_text_percent(text, sum, rss, 10);
    ac_text_string(text, "   difference ");
    ac_text_string(text, sum > rss ? "+" : sum < rss ? "-" : "");
    ac_text_size(text, off, 0);
    ac_text_string(text, " (");
    ac_text_percent(text, off, rss, 0);
    ac_text_string(text, off <= rss / 100 ? ")\n" : ", MORE THAN 1%)\n");
}

/* Is class a shown before class b?  By live bytes, then by traffic. */
static bool stats_class_before(const struct acre_stats_class *a,
                               const struct acre_stats_class *b)
{
    uint64_t a_live = ac_stats_class_live(a) * a->size;
    uint64_t b_live = ac_stats_class_live(b) * b->size;

    return a_live != b_live ? a_live > b_live : a->malloc_count > b->malloc_count;
}

/* The first class in that order that comes after `last` (NULL: the very first). */
static const struct acre_stats_class *stats_class_next(
    const struct acre_stats *stats, const struct acre_stats_class *last)
{
    const struct acre_stats_class *best = NULL;

    for (unsigned i = 0; i < stats_class_count(stats); i++) {
        const struct acre_stats_class *one = &stats->classes[i];

        if (one->malloc_count == 0)
            continue;
        if (last != NULL && (one == last || stats_class_before(one, last) ||
                             (!stats_class_before(last, one) && one < last)))
            continue;
        if (best == NULL || stats_class_before(one, best))
            best = one;
    }
    return best;
}

static void stats_class_row(struct ac_text *text, const struct acre_stats_class *one,
                            uint64_t bytes)
{
    uint64_t live = ac_stats_class_live(one);

    ac_text_count(text, live, 14);
    ac_text_char(text, ' ');
    ac_text_size(text, bytes, 10);
    ac_text_count(text, one->malloc_count, 16);
    ac_text_count(text, one->cached_count, 10);
    ac_text_char(text, ' ');
    ac_text_size(text, one->page_bytes, 9);
    ac_text_percent(text, one->slack_bytes, bytes, 10);
    ac_text_char(text, '\n');
}

void ac_format_stats_classes(struct ac_text *text, const struct acre_stats *stats,
                             unsigned rows_max)
{
    struct acre_stats_class others = {0};
    uint64_t others_bytes = 0;
    const struct acre_stats_class *one = NULL;

    ac_text_string(text, "  block size          live      bytes      handed out    cached"
                         "     pages  rounding\n");
    for (unsigned row = 0; (one = stats_class_next(stats, one)) != NULL; row++) {
        uint64_t bytes = ac_stats_class_live(one) * one->size;

        if (row < rows_max) {
            ac_text_count(text, one->size, 12);
            stats_class_row(text, one, bytes);
            continue;
        }
        others.size++; /* how many they are */
        others.malloc_count += one->malloc_count;
        others.free_count += one->malloc_count - ac_stats_class_live(one);
        others.cached_count += one->cached_count;
        others.page_bytes += one->page_bytes;
        others.slack_bytes += one->slack_bytes;
        others_bytes += bytes;
    }
    if (others.size != 0) {
        ac_text_u64_in(text, others.size, 5);
        ac_text_string(text, " others");
        stats_class_row(text, &others, others_bytes);
    }
    ac_text_string(text, "  large blocks");
    ac_text_count(text, stats->large_count, 12);
    ac_text_char(text, ' ');
    ac_text_size(text, stats->large_bytes, 10);
    ac_text_char(text, '\n');
}

static void stats_text(struct ac_text *text, const struct acre_stats *stats)
{
    ac_text_string(text, "acre statistics after ");
    ac_text_seconds(text, stats->elapsed_ns);
    ac_text_string(text, " s\n");
    ac_format_stats_memory(text, stats);
    ac_text_char(text, '\n');
    ac_format_stats_rss(text, stats);
    ac_text_char(text, '\n');
    ac_format_stats_classes(text, stats, 12);
}

/* --- JSON ------------------------------------------------------------------------ */

static void stats_json_number(struct ac_text *text, const char *name, uint64_t value)
{
    ac_text_char(text, '"');
    ac_text_string(text, name);
    ac_text_string(text, "\":");
    ac_text_u64(text, value);
}

static void stats_json_class(struct ac_text *text, const struct acre_stats_class *one)
{
    const char *between = "{";

#define AC_STAT_CLASS(field, KIND, metric, help)                                         \
    ac_text_string(text, between);                                                       \
    stats_json_number(text, #field, one->field);                                         \
    between = ",";
#include "format/stats_fields.def"
    (void)between;
    ac_text_char(text, ',');
    stats_json_number(text, "live_count", ac_stats_class_live(one));
    ac_text_char(text, '}');
}

void ac_format_stats_json_members(struct ac_text *text, const struct acre_stats *stats)
{
    uint64_t sum = ac_stats_rss_sum(stats);

    stats_json_number(text, "acre_version", stats->version);
    ac_text_char(text, ',');
#define AC_STAT(field, KIND, metric, help)                                               \
    stats_json_number(text, #field, stats->field);                                       \
    ac_text_char(text, ',');
#include "format/stats_fields.def"
    stats_json_number(text, "rss_sum", sum);
    ac_text_string(text, ",\"rss_difference\":");
    ac_text_i64(text, (int64_t)(sum - stats->rss));
    ac_text_string(text, ",\"internal_fragmentation\":");
    ac_text_ratio(text, ac_stats_wasted(stats), stats->live);
    ac_text_string(text, ",\"external_fragmentation\":");
    ac_text_ratio(text, ac_stats_scattered(stats), stats->free_all);
    ac_text_string(text, ",\"classes\":[");
    const char *between = "";

    for (unsigned i = 0; i < stats_class_count(stats); i++)
        if (stats->classes[i].malloc_count != 0 || stats->classes[i].page_count != 0) {
            ac_text_string(text, between);
            stats_json_class(text, &stats->classes[i]);
            between = ",";
        }
    ac_text_char(text, ']');
}

static void stats_json(struct ac_text *text, const struct acre_stats *stats)
{
    ac_text_string(text, "{\"format\":\"acre-stats\",\"format_version\":1,");
    ac_format_stats_json_members(text, stats);
    ac_text_string(text, "}\n");
}

/* --- OpenMetrics ------------------------------------------------------------------ */

enum stats_kind {
    STATS_BYTES,
    STATS_FLOW,
    STATS_COUNT,
    STATS_TOTAL,
    STATS_NS
};

/* "# TYPE", "# UNIT" and "# HELP" of one metric. */
static void stats_metric(struct ac_text *text, const char *metric, enum stats_kind kind,
                         const char *help)
{
    bool counter = kind == STATS_FLOW || kind == STATS_TOTAL;
    const char *unit = kind == STATS_BYTES || kind == STATS_FLOW ? "bytes"
                       : kind == STATS_NS                        ? "seconds"
                                                                 : NULL;

    ac_text_string(text, "# TYPE acre_");
    ac_text_string(text, metric);
    ac_text_string(text, counter ? " counter\n" : " gauge\n");
    if (unit != NULL) {
        ac_text_string(text, "# UNIT acre_");
        ac_text_string(text, metric);
        ac_text_char(text, ' ');
        ac_text_string(text, unit);
        ac_text_char(text, '\n');
    }
    ac_text_string(text, "# HELP acre_");
    ac_text_string(text, metric);
    ac_text_char(text, ' ');
    ac_text_string(text, help);
    ac_text_char(text, '\n');
}

/* One sample; `size` is the block size of a class, 0 for none. */
static void stats_sample(struct ac_text *text, const char *metric, enum stats_kind kind,
                         uint64_t size, uint64_t value)
{
    ac_text_string(text, "acre_");
    ac_text_string(text, metric);
    ac_text_string(text, kind == STATS_FLOW || kind == STATS_TOTAL ? "_total" : "");
    if (size != 0) {
        ac_text_string(text, "{size=\"");
        ac_text_u64(text, size);
        ac_text_string(text, "\"}");
    }
    ac_text_char(text, ' ');
    if (kind == STATS_NS)
        ac_text_fixed(text, value, 9);
    else
        ac_text_u64(text, value);
    ac_text_char(text, '\n');
}

static void stats_class_metric(struct ac_text *text, const struct acre_stats *stats,
                               size_t field, const char *metric, enum stats_kind kind,
                               const char *help)
{
    if (field == offsetof(struct acre_stats_class, size))
        return; /* the label of the others */
    stats_metric(text, metric, kind, help);
    for (unsigned i = 0; i < stats_class_count(stats); i++) {
        const struct acre_stats_class *one = &stats->classes[i];

        if (one->malloc_count != 0 || one->page_count != 0)
            stats_sample(text, metric, kind, one->size,
                         *(const uint64_t *)(const void *)((const char *)one + field));
    }
}

static void stats_ratio_metric(struct ac_text *text, const char *metric, const char *help,
                               uint64_t part, uint64_t whole)
{
    stats_metric(text, metric, STATS_COUNT, help);
    ac_text_string(text, "acre_");
    ac_text_string(text, metric);
    ac_text_char(text, ' ');
    ac_text_ratio(text, part, whole);
    ac_text_char(text, '\n');
}

static void stats_openmetrics(struct ac_text *text, const struct acre_stats *stats)
{
    ac_text_string(text, "# TYPE acre_build info\nacre_build_info{version=\"");
    ac_text_u64(text, stats->version / 1000000);
    ac_text_char(text, '.');
    ac_text_u64(text, stats->version / 1000 % 1000);
    ac_text_char(text, '.');
    ac_text_u64(text, stats->version % 1000);
    ac_text_string(text, "\"} 1\n");
#define AC_STAT(field, KIND, metric, help)                                               \
    stats_metric(text, metric, STATS_##KIND, help);                                      \
    stats_sample(text, metric, STATS_##KIND, 0, stats->field);
#include "format/stats_fields.def"
    stats_ratio_metric(text, "internal_fragmentation_ratio",
                       "(allocated - requested) / allocated.", ac_stats_wasted(stats),
                       stats->live);
    stats_ratio_metric(text, "external_fragmentation_ratio",
                       "1 - largest free / all free.", ac_stats_scattered(stats),
                       stats->free_all);
#define AC_STAT_CLASS(field, KIND, metric, help)                                         \
    stats_class_metric(text, stats, offsetof(struct acre_stats_class, field), metric,    \
                       STATS_##KIND, help);
#include "format/stats_fields.def"
    ac_text_string(text, "# EOF\n");
}

int ac_format_stats(const struct acre_stats *stats, enum acre_stats_format format,
                    ac_text_flush_fn *write, void *arg)
{
    char buffer[512];
    struct ac_text text;

    ac_text_begin(&text, buffer, sizeof buffer, write, arg);
    switch (format) {
    case ACRE_STATS_TEXT:
        stats_text(&text, stats);
        break;
    case ACRE_STATS_JSON:
        stats_json(&text, stats);
        break;
    case ACRE_STATS_OPENMETRICS:
        stats_openmetrics(&text, stats);
        break;
    default:
        return EINVAL;
    }
    ac_text_end(&text);
    return 0;
}
