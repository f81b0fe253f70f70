/* stats.h -- what the memory is used for, in numbers that add up. */
#ifndef ACRE_STATS_H
#define ACRE_STATS_H

#include <acre/version.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define ACRE_STATS_CLASSES_MAX 96

/* One size class.  `size` is the block size in bytes. */
struct acre_stats_class {
    uint64_t size;
    uint64_t malloc_count;      /* blocks ever handed out */
    uint64_t free_count;        /* blocks ever taken back */
    uint64_t cached_count;      /* free blocks in the lists of threads */
    uint64_t page_count;        /* pages that hold blocks of this class */
    uint64_t page_bytes;        /* address space of these pages */
    uint64_t slack_bytes;       /* rounding in live blocks, estimated (see below) */
};

/* All figures in bytes unless the name says count.  The parts of RSS:
 *
 *   requested + rounding - untouched + cached + free_in_pages + unpurged
 *             + metadata + outside = rss
 *
 * `requested` and `rounding` split the live bytes; the split is estimated from
 * the mallocs that took the slow path (slack_samples of them), their sum is
 * exact.  `outside` is resident memory that is not acre's: code, stacks, files.
 *
 * `used_peak` is the most that pages of small blocks and large blocks ever took as a
 * whole, so with what was free in these pages, plus the most that huge blocks (above
 * 32 MiB) ever took.  The two need not have been at one time: live bytes never were
 * more. */
struct acre_stats {
    size_t size;                /* sizeof(struct acre_stats), set by the caller */
    uint32_t version;           /* ACRE_VERSION of the library that filled it */
    uint32_t class_count;
    uint64_t malloc_count;      /* small, large and huge blocks ever handed out */
    uint64_t free_count;
    uint64_t live_count;
    uint64_t live;              /* bytes of blocks in use, rounded sizes */
    uint64_t used_peak;         /* whole pages and spans; see above */
    uint64_t requested;
    uint64_t rounding;
    uint64_t slack_samples;
    uint64_t cached;            /* free blocks that threads keep at hand */
    uint64_t free_in_pages;     /* free blocks and tails in pages, resident */
    uint64_t unpurged;          /* free spans that are still resident */
    uint64_t untouched;         /* bytes of blocks that are not resident: never
                                   written, or swapped out */
    uint64_t metadata;
    uint64_t outside;
    uint64_t rss;
    uint64_t rss_peak;
    uint64_t huge_rss;          /* part of rss that huge pages back */
    uint64_t swap;
    uint64_t free_largest;      /* largest free run of committed memory */
    uint64_t free_all;          /* all free memory inside the heap */
    uint64_t large_count;       /* live blocks with a span of their own */
    uint64_t large_bytes;
    uint64_t reserved;          /* address space */
    uint64_t committed;
    uint64_t purged_total;      /* ever given back to the system */
    uint64_t thread_heap_count; /* heaps of threads, in use and idle */
    uint64_t fault_minor_count;
    uint64_t fault_major_count;
    uint64_t elapsed_ns;        /* since the library started */
    struct acre_stats_class classes[ACRE_STATS_CLASSES_MAX];
};

/* Fill *stats, of which the caller has set `size`.  EINVAL: size is too small.
 * Reads /proc once when it is there (without it, rss and outside are 0), and asks the
 * system what is resident: 0.4 ms for a small heap, 30 ms for one of 1 GiB; threads
 * that need new pages wait for a part of it.  Any thread.  While others run, a figure of
 * theirs may be some steps old; the parts add up all the same. */
int acre_stats_get(struct acre_stats *stats);

enum acre_stats_format {
    ACRE_STATS_TEXT,
    ACRE_STATS_JSON,
    ACRE_STATS_OPENMETRICS
};

/* Write the statistics through `write(arg, text, size)`, in pieces.  Does not
 * allocate.  EINVAL: no such format. */
int acre_stats_print(enum acre_stats_format format,
                     void (*write)(void *arg, const char *text, size_t size),
                     void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
