/* stats.h -- struct acre_stats as text, JSON, OpenMetrics, and as a record.
 *
 * The process writes the statistics itself (acre_stats_print, malloc_stats, the
 * end of the program); the command reads the record and shows the same page.
 * Nothing here allocates, fails or takes a lock, but for the parser, which gives
 * an error that names the place.
 */
#ifndef AC_FORMAT_STATS_H
#define AC_FORMAT_STATS_H

#include "format/text.h"

#include <acre/stats.h>
#include <stddef.h>
#include <stdint.h>

/* Write *stats through `write(arg, text, size)` in pieces of up to 512 bytes.
 * EINVAL: no such format. */
int ac_format_stats(const struct acre_stats *stats, enum acre_stats_format format,
                    ac_text_flush_fn *write, void *arg);

/* Parts of the page, for those who put it together. */
void ac_format_stats_memory(struct ac_text *text, const struct acre_stats *stats);
void ac_format_stats_rss(struct ac_text *text, const struct acre_stats *stats);
void ac_format_stats_classes(struct ac_text *text, const struct acre_stats *stats,
                             unsigned rows_max);
/* The members of a JSON object, without its braces. */
void ac_format_stats_json_members(struct ac_text *text, const struct acre_stats *stats);

/* --- Derived figures: formulas in one place ---------------------------------- */

uint64_t ac_stats_rss_sum(const struct acre_stats *stats);
/* allocated - requested, of which internal fragmentation is the share of live. */
uint64_t ac_stats_wasted(const struct acre_stats *stats);
/* all free - largest free, of which external fragmentation is the share of all
 * free: 1 - largest / all. */
uint64_t ac_stats_scattered(const struct acre_stats *stats);
uint64_t ac_stats_class_live(const struct acre_stats_class *one);

/* --- The record: what a process leaves when it ends ----------------------------
 *
 *   acre-stats 1
 *   pid=4711
 *   program=sqlite3
 *   options=mode=fast,...
 *   acre_version=1000
 *   malloc_count=12                one line for each row of stats_fields.def
 *   class=16 12 3 0 1 4096 0       one for each class: the rows of AC_STAT_CLASS
 *   end
 *
 * Keys that the reader does not know are skipped, so fields can be added;
 * the number in the first line changes when that is not enough. */
#define AC_STATS_RECORD_VERSION 1
#define AC_STATS_NAME_BYTES 64

struct ac_stats_who {
    uint32_t pid;
    const char *program; /* NULL: unknown; cut to 63 bytes */
    const char *options; /* NULL: unknown; see ac_options_text */
};

struct ac_stats_record {
    uint32_t pid;
    char program[AC_STATS_NAME_BYTES];
    struct acre_stats stats;
};

struct ac_stats_error {
    unsigned line;  /* from 1 */
    size_t offset;  /* in bytes from the start of the file */
    char text[160]; /* "line 3, offset 40: expected ..., found '...'" */
};

void ac_format_stats_record_write(const struct acre_stats *stats,
                                  const struct ac_stats_who *who, ac_text_flush_fn *write,
                                  void *arg);
/* Read a whole record.  EINVAL: it is none, cut off, damaged or of a newer
 * version; then *record is unchanged and *error says where and what. */
int ac_format_stats_record_parse(const char *bytes, size_t size,
                                 struct ac_stats_record *record,
                                 struct ac_stats_error *error);

/* stat_file with each %p replaced by `pid` and %% by %: ENAMETOOLONG when it does
 * not fit in `capacity`. */
int ac_format_stats_path(const char *pattern, uint32_t pid, char *out, size_t capacity);

#endif
