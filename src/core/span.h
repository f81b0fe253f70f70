/* span.h -- runs of granules: where pages and large blocks get their memory.
 *
 * Free spans are dirty (still resident) or clean (read as zero); warm memory goes
 * out first.  Neighbours of one kind merge at once: the map holds the span of its
 * first and of its last granule, as D. Knuth's boundary tags do (The Art of
 * Computer Programming, vol. 1, 2.5), but apart from the memory itself. */
#ifndef AC_CORE_SPAN_H
#define AC_CORE_SPAN_H

#include "core/types.h"
#include "os/os.h"

extern struct ac_lock ac_span_lock;
extern struct ac_os_info ac_os;     /* what ac_os_init found */
extern _Atomic(size_t) ac_span_used;    /* bytes in spans in use; relaxed reads */

/* Reserve the window and its metadata, as far as limits allow.  ENOMEM: may be called
 * again, and goes on where it failed. */
int ac_span_init(void);

/* A span of `count` granules whose first is a multiple of `align` granules (a
 * power of two), for `state` (AC_SPAN_PAGE or AC_SPAN_LARGE).  0 when there is no
 * memory.  *zero says that it reads as zero.  Takes the span lock; O(1) but for
 * growth and the rare purge before giving up. */
uint32_t ac_span_alloc(uint32_t area, uint32_t count, uint32_t align,
                       enum ac_span_state state, bool *zero);

/* Give a span back that is in use as `state`; false when it is not (a race of two
 * frees).  May purge what exceeds the retained amount. */
bool ac_span_free(uint32_t span, enum ac_span_state state);

/* Make a used span longer in place, out of a free neighbour or fresh memory. */
bool ac_span_extend(uint32_t span, uint32_t count);

/* Give back the granules behind the first `count`. */
void ac_span_trim(uint32_t span, uint32_t count);

/* Memory or address space is short: purge all, and leave what is free at the tops. */
void ac_span_relieve(void);

/* Purge dirty spans, largest first, until `keep` bytes stay.  Returns the bytes
 * purged.  Any thread. */
size_t ac_span_purge(size_t keep);

/* The span in this state (LARGE or CACHED) that starts at `address`, or 0. */
uint32_t ac_span_find_state(const void *address, enum ac_span_state state);
/* The large block's span that starts at `address`, or 0. */
AC_INLINE uint32_t ac_span_find(const void *address)
{
    return ac_span_find_state(address, AC_SPAN_LARGE);
}
/* The used large span around `address`, or 0.  O(length): for messages. */
uint32_t ac_span_around(const void *address);

struct ac_span_totals {
    size_t used;            /* bytes in spans in use */
    size_t used_peak;
    size_t dirty;
    size_t reserved;
    size_t committed;
    size_t purged;          /* ever */
    size_t free_largest;    /* largest free span */
    size_t large_count;     /* large blocks */
    size_t large_bytes;
    size_t large_mallocs;   /* ever */
};
void ac_span_totals_get(struct ac_span_totals *out);

AC_INLINE void *ac_span_address(uint32_t span)
{
    const struct ac_span *s = &ac_spans[span];
    const struct ac_area *area = &ac_areas[s->area];

    return (void *)(area->base + ((uintptr_t)s->first << area->shift));
}

AC_INLINE size_t ac_span_bytes(uint32_t span)
{
    const struct ac_span *s = &ac_spans[span];

    return (size_t)s->count << ac_areas[s->area].shift;
}

/* --- Inside core: span.c, area.c and purge.c; the span lock is held ------- */

/* What purging has cost lately: memory that was wanted again at once. */
struct ac_purge_state {
    size_t regret_bytes;    /* added to what is retained */
    uint64_t decayed_ns;    /* when it was last halved */
    size_t wanted_bytes;    /* purged and wanted again since the last cycle */
    uint32_t busy;          /* spans that are being purged, in no bin */
    uint32_t cycles;        /* of purging and wanting again, lately */
    size_t purged_bytes;    /* ever */
};
extern struct ac_purge_state ac_purge;

int ac_span_arrays_init(size_t units_bytes, size_t large_bytes);
int ac_span_ensure_maps(struct ac_area *area, uint32_t granules);
uint32_t ac_span_new(uint32_t area, uint32_t first, uint32_t count);
void ac_span_insert(uint32_t span, enum ac_span_state state);
void ac_span_remove(uint32_t span);
void ac_span_forget(uint32_t span);
/* Merge with free neighbours of the same state and put it in its bin. */
void ac_span_insert_merged(uint32_t span, enum ac_span_state state);

/* Fresh granules at the top of the area, aligned; UINT32_MAX when exhausted. */
uint32_t ac_area_grow(uint32_t area, uint32_t count, uint32_t align);
int ac_area_init(size_t window_bytes);
/* Where address space is short: give back what is free at the top of an area. */
void ac_area_leave_top(struct ac_area *area);

/* How much dirty memory may stay. */
size_t ac_purge_allowance(void);
void ac_purge_regret(const struct ac_span *span, size_t bytes);
/* The most that was ever in spans in use. */
size_t ac_span_used_peak(void);
uint32_t ac_purge_clock_ms(void);

#endif
