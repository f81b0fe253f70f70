/* heap.h -- heaps as objects: memory of its own, destroyed all at once.
 *
 * A heap may be used, and destroyed, from any thread.  Its pages hold no block
 * of another heap.  A heap made by acre_heap_create_in lives strictly inside
 * memory that the caller gives: no system call is made for it, ever. */
#ifndef ACRE_HEAP_H
#define ACRE_HEAP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct acre_heap acre_heap;

struct acre_heap_options {
    size_t size;                /* sizeof(struct acre_heap_options) */
    const char *name;           /* for reports; copied, 31 bytes at most */
    size_t limit;               /* of `live` below; more gives ENOMEM. 0: none */
};
#define ACRE_HEAP_OPTIONS_INIT { sizeof(struct acre_heap_options), NULL, 0 }

struct acre_heap_stats {
    size_t size;                /* sizeof(struct acre_heap_stats), set by the caller */
    uint64_t live_count;        /* blocks in use */
    uint64_t live;              /* their bytes, rounded */
    uint64_t live_peak;
    uint64_t malloc_count;      /* ever handed out */
    uint64_t free_count;
    uint64_t held;              /* bytes of pages and spans the heap holds */
    uint64_t free_largest;      /* largest block that needs no new memory */
};

/* A new empty heap; NULL `options` means defaults.  About 1 us.  NULL with
 * ENOMEM, or EINVAL when options->size is unknown. */
acre_heap *acre_heap_create(const struct acre_heap_options *options);

/* A heap inside [memory, memory + size), which stays the caller's: acre neither
 * maps, purges nor unmaps anything.  Its own record takes about 4 KiB of it.
 * NULL with EINVAL when the memory is too small (8 KiB at least). */
acre_heap *acre_heap_create_in(void *memory, size_t size,
                               const struct acre_heap_options *options);

/* Free every block of the heap and the heap itself.  O(pages).  No other thread
 * may use the heap any more.  NULL is ignored. */
void acre_heap_destroy(acre_heap *heap);

/* A block of `size` bytes, aligned to 16.  O(1); takes the heap's lock.  NULL with
 * ENOMEM when memory or the heap's limit is exhausted; the heap stays usable. */
void *acre_heap_alloc(acre_heap *heap, size_t size);
void *acre_heap_calloc(acre_heap *heap, size_t count, size_t size);
/* `align` is a power of two; otherwise NULL with EINVAL. */
void *acre_heap_alloc_aligned(acre_heap *heap, size_t size, size_t align);
/* As realloc: on failure the old block is untouched. */
void *acre_heap_realloc(acre_heap *heap, void *block, size_t size);
/* Any thread.  NULL is ignored; a block that is not the heap's is fatal. */
void acre_heap_free(acre_heap *heap, void *block);
/* Bytes usable in the block; at least what was asked for. */
size_t acre_heap_usable_size(acre_heap *heap, const void *block);

/* Fill *stats, of which the caller has set `size`.  EINVAL: size is unknown. */
int acre_heap_stats_get(acre_heap *heap, struct acre_heap_stats *stats);

/* Walk all structures of the heap; 0, or EFAULT when something is corrupt.
 * O(blocks). */
int acre_heap_check(acre_heap *heap);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
