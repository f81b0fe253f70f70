/* fit.h -- a two-level segregated fit over memory that the caller gives.
 *
 * No state of its own, no system, no lock: one thread at a time.  Freestanding.
 * Everything but init, add, reset, check and walk is O(1), whatever happened before.
 * Instructions at most, at -O2 on x86-64 (test/unit/base/fit_steps.c counts them):
 *   alloc 150, with an alignment above 16: 215; free 130; resize 155
 *   in pools below 4 GiB; alloc 4 more for each factor of 16 beyond, and all that
 *   look up a block some more for each pool that was added.
 *
 * What a block costs: 8 bytes in front of it, rounding to 16, 32 at least, and
 * at most 16 more when the rest would be too small to be a block.  So the block
 * of a request of n bytes takes at most max(32, n + 8 + 15) + 16.
 *
 * What fragmentation can cost: the search passes over a free block that would fit
 * only when it is in the request's own class, so less than 1/16 too large (1/2^SLI
 * in the papers), and not the first of its list.  An alignment counts as size.
 * But for that it is a best fit, whose worst case is bad: with at most M bytes live, in
 * blocks of 1 to n units, about M (n - 2) can be needed (Robson).  On the loads of the
 * TLSF papers the mean is below 15%, the worst below 25%.  Here, random sizes 16 to
 * 8192 (uniform logarithm), 10000 live: 7% between peak and span, headers included.
 *   M. Masmano, I. Ripoll, A. Crespo, J. Real.  TLSF: a new dynamic memory
 *     allocator for real-time systems.  ECRTS 2004.
 *   J. M. Robson.  Worst case fragmentation of first fit and best fit storage
 *     allocation strategies.  The Computer Journal 20(3), 1977.
 */
#ifndef AC_BASE_FIT_H
#define AC_BASE_FIT_H

#include "base/base.h"

#define AC_FIT_ALIGN 16u /* of every block, without asking */
#define AC_FIT_WORDS 11  /* of 64 classes each: blocks below 2^48 bytes */

/* What ac_fit_free thinks of its argument. */
enum ac_fit_verdict {
    AC_FIT_OK,      /* freed (or NULL) */
    AC_FIT_DOUBLE,  /* it was a block, and is free already */
    AC_FIT_INVALID, /* no start of a block here, or its or a neighbour's header is gone */
};

/* What ac_fit_check found first. */
enum ac_fit_flaw {
    AC_FIT_SOUND = 0,
    AC_FIT_FLAW_SIGNATURE, /* not initialised, or overwritten */
    AC_FIT_FLAW_HEADER,    /* a header's size leads out of its pool */
    AC_FIT_FLAW_FLAG,      /* a block is wrong about the one before it */
    AC_FIT_FLAW_TAG,       /* a free block's last word does not name it */
    AC_FIT_FLAW_UNMERGED,  /* two free blocks side by side */
    AC_FIT_FLAW_LINK,      /* a free list leads astray */
    AC_FIT_FLAW_CLASS,     /* a free block is in another class's list */
    AC_FIT_FLAW_MAP,       /* a bit disagrees with its list */
    AC_FIT_FLAW_LOST,      /* a free block is in no list */
    AC_FIT_FLAW_STATS,     /* counters disagree with the blocks */
};

/* What ac_fit_stats gives.  Bytes of blocks count their 8-byte headers, so that
 * live + free_all + control == total, always. */
struct ac_fit_stats {
    size_t live;          /* bytes of blocks in use */
    size_t live_peak;     /* the most they ever were, across resets */
    size_t live_count;    /* blocks in use */
    uint64_t alloc_count; /* blocks ever handed out */
    uint64_t free_count;  /* and taken back, by free or by reset */
    size_t free_all;      /* bytes of free blocks */
    size_t free_largest;  /* alloc without alignment succeeds up to this; 0: none free */
    size_t control;       /* bytes that no block can have */
    size_t total;         /* bytes given by init and add */
    size_t pool_count;
};

struct ac_fit_block; /* fit_block.h draws it */

/* One piece of memory.  The first lies in struct ac_fit, others at the start of
 * their memory. */
struct ac_fit_pool {
    struct ac_fit_pool *next; /* NULL in the last */
    uintptr_t memory;         /* where the piece begins, this record included */
    uintptr_t first;          /* the first block */
    size_t length;            /* from there to the closing header */
};

/* The control structure, at the start of the memory.  Only fit.c looks inside. */
struct ac_fit {
    uint64_t signature;            /* written last */
    uint64_t key;                  /* in the mask of every header; new after reset */
    uint64_t filled[AC_FIT_WORDS]; /* bit c: heads[c] is not empty; bit class_count: 1 */
    struct ac_fit_block **heads;   /* one list of free blocks for each class */
    size_t class_count;            /* how many; the largest pool decides */
    struct ac_fit_pool pool;       /* the first; the others hang on it */
    size_t live;                   /* see struct ac_fit_stats */
    size_t live_peak;
    uint64_t alloc_count;
    uint64_t free_count;
    size_t capacity; /* live + free_all */
    size_t total;
    size_t pool_count;
};

/* Make an empty heap of [memory, memory + size).  The result lies at the start of
 * it and stays the caller's: there is no fini.  It takes 1 KiB of a region of 8 KiB,
 * 1.4 KiB of 64 KiB, 2.6 KiB of 64 MiB.  NULL when the memory is too small to hold
 * one block besides (512 bytes do), or wraps around.  O(classes).
 *
 * Where an earlier heap may have been in the same memory, call ac_fit_rekey next:
 * init knows no other key than its address gives, so pointers that the earlier heap
 * gave, and headers that it left, would count. */
struct ac_fit *ac_fit_init(void *memory, size_t size);

/* Give the heap one more piece of memory, of any size, for good.  No block spans two
 * pieces.  False, and nothing changed, when it is too small or overlaps a piece
 * that the heap has.  O(pools + classes). */
bool ac_fit_add(struct ac_fit *fit, void *memory, size_t size);

/* A block of at least `size` bytes, at a multiple of 16 and of `align` (0 or a
 * power of two).  Size 0 gives a block of its own too.  NULL when nothing fits or
 * `align` is no power of two; the heap is then as before.  O(1). */
void *ac_fit_alloc(struct ac_fit *fit, size_t size, size_t align);

/* Give `block` room for `size` bytes where it is; its contents up to the smaller size
 * stay.  What it had too much becomes free.  False, and nothing changed, when the room
 * behind it is in use or `block` is not in use.  O(1). */
bool ac_fit_resize(struct ac_fit *fit, void *block, size_t size);

/* Take `block` back; NULL is ignored.  `block` may be any pointer whatever: what
 * is not the start of a block in use gives a verdict and changes nothing.  (A word of
 * data passes for a header with 2^-20 in a pool of 16 TiB, 2^-38 in 64 MiB, and then
 * the one behind it must too.)  A block that was freed and handed out again is not
 * told apart; nor are list links verified that were overwritten after a free, which
 * is what ac_fit_check is for.  O(1). */
enum ac_fit_verdict ac_fit_free(struct ac_fit *fit, void *block);

/* Bytes usable in `block`, at least what was asked for; 0 when it is not the start of
 * a block in use.  O(1). */
size_t ac_fit_usable(const struct ac_fit *fit, const void *block);

/* Is `address` in a part of a piece from which blocks are made?  O(pools). */
bool ac_fit_owns(const struct ac_fit *fit, const void *address);

/* Forget all blocks; every pool is one free block again.  Pointers from before
 * are known as invalid from then on.  O(pools + classes). */
void ac_fit_reset(struct ac_fit *fit);

/* Reset, and mask headers with `key` from now on.  A random key makes headers hard to
 * forge; another key than an earlier heap in the same memory had makes its pointers
 * known as invalid. */
void ac_fit_rekey(struct ac_fit *fit, uint64_t key);

/* Verify everything: AC_FIT_SOUND, or the first flaw (enum ac_fit_flaw).  Never
 * follows a pointer out of the pools.  O(blocks + classes). */
int ac_fit_check(const struct ac_fit *fit);

/* Show every block, by address within each pool: its payload, the usable bytes
 * of it, and whether it is in use.  `visit` must not change the heap.  Stops at a
 * destroyed header. */
void ac_fit_walk(const struct ac_fit *fit,
                 void (*visit)(void *arg, void *block, size_t size, bool used),
                 void *arg);

/* Numbers of now.  O(1). */
struct ac_fit_stats ac_fit_stats(const struct ac_fit *fit);

#endif
