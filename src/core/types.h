/* types.h -- the one file to read: every structure of the general heap.
 *
 *   window    the address space of all small and large blocks: two areas.
 *   area      a half of the window: `units` (small pages) or `large`.
 *   granule   what an area deals in: 64 KiB in units, 4 KiB in large.
 *   span      a run of granules, in use or free.
 *   unit      64 KiB at a multiple of 64 KiB; has one entry in the unit map.
 *   page      1 to 4 units, cut into blocks of one class.
 *   class     a block size, 16 to 32768 bytes; number 1 to AC_CLASS_LAST.
 *   entry     what the unit map says of a unit: 0, or class and place in the page.
 *   block     what malloc returns.  Free blocks carry a link and a seal.
 *   list      free blocks of one class in a thread heap, last in first out.
 *   heap      what a thread has: lists and pages.  Also a first-class heap.
 *   huge      a block with a mapping of its own, outside the window.
 *
 * Metadata lies apart from blocks: unit map, pages, spans and heaps are in
 * reservations of their own (core/meta.h), never beside what a program writes.
 *
 * Who may touch a field stands beside it: [o] owner of the heap or page only,
 * [s] holder of the span lock, [a] any thread, atomically, [c] constant after start.
 */
#ifndef AC_CORE_TYPES_H
#define AC_CORE_TYPES_H

#include "base/base.h"
#include "core/class.h"
#include "core/lock.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AC_UNIT_SHIFT 16
#define AC_UNIT_BYTES ((size_t)1 << AC_UNIT_SHIFT)
#define AC_SMALL_MAX 32768u     /* the largest block that lies in a page */

/* --- Blocks --------------------------------------------------------------- */

/* A free block.
 *
 *      +0            +8                              +16
 *      | next        | key ^ address ^ (32 bits) next | old content ...
 *
 * The seal shows whether the block is free, and whether its link was written to.
 * malloc checks it before a block goes out and clears it; so a block that is freed
 * twice is caught, at the latest, at its second hand-out. */
struct ac_block {
    struct ac_block *next;
    uintptr_t seal;
};

/* --- Pages ---------------------------------------------------------------- */

enum ac_page_state {
    AC_PAGE_NONE,       /* the unit holds no page */
    AC_PAGE_FULL,       /* no free block in the page */
    AC_PAGE_AVAILABLE,  /* in its heap's list of the class */
};

/* One for each unit; a page uses that of its first unit.  All blocks of a page
 * are: live, in a list of a thread, on `remote`, on `free`, or not carved yet.
 *
 *   P1  used = blocks that are live, in lists or on `remote`
 *   P2  used + free_count + (capacity - carved) = capacity
 *   P3  a page with remote blocks is, or is about to be, on exactly one pending
 *       stack; who pops it from there, and nobody else, collects `remote`
 *   P4  a page with used = 0 has no remote blocks, so its owner may release it */
struct ac_page {
    struct ac_block *free;              /* [o] */
    uint32_t used;                      /* [o] */
    uint32_t free_count;                /* [o] */
    uint32_t carved;                    /* [o] blocks ever linked, from the start */
    uint32_t capacity;
    uint8_t cls;
    uint8_t units;
    uint8_t state;                      /* [o] enum ac_page_state */
    bool empty;                         /* [o] counted as a retained empty page */
    uint32_t span;
    struct ac_page *next;               /* [o] in the heap's list of the class */
    struct ac_page *prev;
    _Atomic(struct ac_heap *) owner;    /* [a] changes only when a thread ends */
    /* The second line: what other threads write, and what is seldom used. */
    _Alignas(64) _Atomic(uint64_t) remote;      /* [a] count << 48 | first block */
    struct ac_page *pending_next;               /* link of the pending stack */
    struct ac_page *all_next;                   /* [o] every page of the heap */
    struct ac_page *all_prev;
    struct acre_heap *first_class;              /* the heap object it belongs to */
};

/* --- Heaps ---------------------------------------------------------------- */

/* The list of one class: all that the fast paths touch, 16 bytes.
 *
 * Two counters, each counted down by one of the two only (a counter that both move
 * is a chain of two store forwards a pair: 1 ns).  When one runs out the slow path
 * learns from both how many mallocs and frees there were, so how long the list is.
 * A heap that is not started has head = NULL and room = 0 everywhere, so both fast
 * paths fall through. */
struct ac_list {
    struct ac_block *head;
    uint32_t room;      /* frees until the length is looked at */
    uint32_t left;      /* mallocs until the next event */
};

/* The rest of a list: what only slow paths touch. */
struct ac_list_slow {
    struct ac_block *cold;      /* a second list, in reserve */
    uint32_t cold_count;
    uint32_t bound;             /* length of a full list */
    uint32_t length;            /* of the list, when last synchronised */
    uint32_t left_start;        /* list.left and list.room at that time */
    uint32_t room_start;
    uint32_t armed;             /* room at the last look */
    uint64_t malloc_count;
    uint64_t free_count;
    uint64_t slack_sum;         /* size class minus request, of sampled mallocs */
    uint64_t slack_count;
    bool overflowed;            /* since the last refill */
    bool active;                /* since the last trim */
    bool begun;                 /* a block was handed out */
    bool drawn;                 /* `left` leads to a sample, not to a mere look */
    struct ac_page *avail;      /* pages with free blocks, first to last */
    struct ac_page *avail_last;
    uint32_t page_count;
    uint32_t empty_count;       /* avail pages without a used block */
};

#define AC_CACHED_SPANS 4u

enum ac_heap_state {
    AC_HEAP_EMPTY,      /* the static heap of threads that have none yet */
    AC_HEAP_DEAD,       /* the static heap of threads past their end */
    AC_HEAP_LIVE,
    AC_HEAP_IDLE,       /* its thread ended; waits for another */
    AC_HEAP_SHARED,     /* used under a lock: late, orphan and first-class heaps */
};

struct ac_heap {
    struct ac_list list[AC_CLASS_LAST + 1];     /* [o] */
    uintptr_t key;                      /* [c] secret of the seals */
    bool check_free;                    /* [a] check the seal on free */
    uint8_t state;                      /* enum ac_heap_state */
    bool busy;                          /* [o] in a slow path (signal handlers) */
    uint8_t exit_round;                 /* [o] how often our TSD destructor ran */
    uint32_t tick;                      /* [o] slow paths since the clock was read */
    uint64_t tick_ns;                   /* [o] when lists were last trimmed */
    uint32_t trim_epoch;                /* [o] the last acre_purge that it has followed */
    size_t empty_bytes;                 /* [o] bytes of retained empty pages */
    size_t page_bytes;                  /* [o] bytes of all pages */
    size_t lent_bytes;                  /* [o] of blocks that are not in pages */
    uint32_t shrink_frees;              /* [o] see heap_shrinks in free.c */
    uint32_t shrink_mallocs;
    uint32_t shrink_wait;               /* [o] looks to leave out */
    uint32_t shrink_backoff;            /* [o] as many after the next false alarm */
    bool shrinking;
    uint32_t cached[AC_CACHED_SPANS];   /* [o] large spans for the next malloc */
    size_t cached_bytes;                /* [o] */
    uint64_t cached_mallocs;            /* [o] large mallocs that took one of these */
    struct ac_page *pages;              /* [o] every page */
    struct ac_heap *next_idle;          /* registry lock */
    struct acre_heap *first_class;      /* [c] the heap object this is part of */
    uint64_t random;                    /* [o] state of the sampling distances */
    struct ac_list_slow slow[AC_CLASS_LAST + 1];
    _Alignas(64) _Atomic(struct ac_page *) pending;     /* [a] pages with remote blocks */
};

/* --- Spans and areas ------------------------------------------------------ */

enum ac_span_state {
    AC_SPAN_UNUSED,     /* descriptor is free */
    AC_SPAN_DIRTY,      /* free, memory resident or believed so */
    AC_SPAN_CLEAN,      /* free, reads as zero, not resident */
    AC_SPAN_PAGE,       /* holds a page of small blocks */
    AC_SPAN_LARGE,      /* is a large block */
    AC_SPAN_CACHED,     /* was one; a thread keeps it for the next of its size */
};

struct ac_span {
    uint32_t first;             /* granule in the area */
    uint32_t count;             /* granules */
    uint8_t state;              /* enum ac_span_state */
    uint8_t area;               /* 0 units, 1 large */
    bool touched;               /* was resident once (clean: was purged) */
    uint32_t next;              /* [s] in the bin; used: in the heap object's list */
    uint32_t prev;
    uint32_t purged_ms;         /* when it was purged */
    _Atomic(size_t) requested;  /* [a] of a large block */
    struct acre_heap *first_class;
};

/* Bins: 1..64 granules exactly, then 4 for each doubling. */
#define AC_BIN_COUNT (64 + 4 * 20)

struct ac_area {
    uintptr_t base;             /* [c] */
    uint32_t shift;             /* [c] log2 of a granule */
    uint32_t limit;             /* [c] granules of address space */
    uint32_t reserved;          /* [s] granules reserved so far */
    uint32_t committed;         /* [s] granules committed so far */
    _Atomic(uint32_t) top;      /* [s], read by all: granules ever handed out */
    uint32_t *map;              /* [s] span at its first and last granule */
    size_t used_bytes;          /* [s] in spans in use */
    size_t dirty_bytes;         /* [s] in dirty free spans */
    uint64_t bin_bits[2][(AC_BIN_COUNT + 63) / 64];     /* [s] 0 dirty, 1 clean */
    uint32_t bin[2][AC_BIN_COUNT];                      /* [s] first span */
};

#define AC_AREA_UNITS 0
#define AC_AREA_LARGE 1

/* What the fast path of free needs, on one cache line.
 *
 * The entry of a unit, 0 for those without a page:
 *
 *      | place : 8 | class : 8 | phase : 16 | last : 16 | list : 16 |
 *
 * list   16 * class: where in a heap the list of the class lies; 0 when no block of
 *        the unit may take the fast path.  In the lowest bits, because the time from
 *        an address to its list is what a pair of malloc and free waits for.
 * last   the largest offset in the unit that lies in a block which was ever linked:
 *        an address beyond was never handed out.
 * phase  see class.h.  place: which unit of its page it is. */
struct ac_map {
    uintptr_t first_unit;           /* [c] base / 64 KiB */
    size_t unit_count;              /* [c] 0 before start: every lookup fails */
    _Atomic(uint64_t) *units;       /* [a] */
    uintptr_t base;                 /* [c] of the unit area */
    struct ac_page *pages;          /* [c] one a unit */
};

#define AC_ENTRY_LAST(entry) ((uint32_t)((entry) >> 16) & 0xffff)
#define AC_ENTRY_PHASE(entry) ((uint32_t)((entry) >> 32) & 0xffff)
#define AC_ENTRY_CLASS(entry) ((uint32_t)((entry) >> 48) & 0xff)
#define AC_ENTRY_PLACE(entry) ((uint32_t)((entry) >> 56))

extern AC_HIDDEN struct ac_map ac_map;
extern AC_HIDDEN struct ac_area ac_areas[2];
extern AC_HIDDEN struct ac_span *ac_spans;

AC_STATIC_ASSERT(sizeof(struct ac_block) == 16, "a 16-byte block holds link and seal");
AC_STATIC_ASSERT(sizeof(struct ac_list) == 16, "list entries are indexed by shifts");
AC_STATIC_ASSERT(sizeof(struct ac_page) == 128, "two cache lines");

#endif
