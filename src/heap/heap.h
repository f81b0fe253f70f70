/* heap.h -- what the files of this folder need of each other.
 *
 *   alloc.c    malloc: the slow entry, calloc, aligned
 *   refill.c   an empty list: cold list, pages, remote frees, orphans, a new page
 *   free.c     free: the slow entry, full lists
 *   remote.c   blocks that go back to their pages, own or foreign
 *   retire.c   lists of pages; empty pages; trimming what is idle
 *   large.c    blocks with a span or a mapping of their own
 *   realloc.c  in place if it can be
 *   thread.c   heaps of threads: begin, end, orphans, the late heap
 *   first.c    heaps as objects, with pages of their own or in caller's memory
 *   api.c      acre_malloc and so on
 *   emergency.c  blocks for a thread that is interrupted inside acre
 *   stats.c    acre_stats_get; resident.c: what of our memory is resident
 */
#ifndef AC_HEAP_HEAP_H
#define AC_HEAP_HEAP_H

#include "core/page.h"
#include "core/span.h"
#include "core/types.h"

/* --- thread.c ------------------------------------------------------------- */

/* This thread's heap: ac_heap_empty before it has one, ac_heap_dead after its end. */
extern _Thread_local AC_HIDDEN struct ac_heap *ac_heap_self;
extern struct ac_heap ac_heap_empty;
extern struct ac_heap ac_heap_dead;
extern struct ac_heap ac_heap_orphans;      /* pages of ended threads */
extern _Atomic(uint32_t) ac_orphan_count;    /* how many they are */
extern struct ac_lock ac_orphan_lock;
extern struct ac_lock ac_registry_lock;
extern struct ac_lock ac_late_lock;
extern uintptr_t ac_heap_key;
extern uint64_t ac_heap_started_ns;

/* Defined by boot.  Start the library: called at the first malloc of the process;
 * false when there is no memory to start with. */
extern bool (*const ac_heap_start_hook)(void);
/* Have ac_heap_thread_end(heap) called when this thread ends. */
extern void (*const ac_heap_thread_hook)(struct ac_heap *heap);

int ac_heap_init(void);
/* The heap of this thread, made if needed.  NULL: past its end, or no memory. */
struct ac_heap *ac_heap_get(void);
void ac_heap_thread_end(struct ac_heap *heap);
/* The heap for threads past their end, to be used under ac_late_lock; or NULL. */
struct ac_heap *ac_heap_late(bool make);
void ac_heap_setup(struct ac_heap *heap, enum ac_heap_state state);
/* A heap record from the registry, and back to it without pages and lists. */
struct ac_heap *ac_heap_take(void);
void ac_heap_put(struct ac_heap *heap);
/* Forget lists and pages; all blocks count as freed. */
void ac_heap_reset(struct ac_heap *heap);
uint32_t ac_heap_count(void);
struct ac_heap *ac_heap_at(uint32_t index);

/* How long a slow path waits for a lock before it believes that its holder stands
 * still in a debugger, or was left by siglongjmp. */
#define AC_SETTLE_NS 1000000000u

/* Begin a slow path: marks the thread's heap (*heap, NULL when it has none) as busy.
 * False when this thread is inside acre already: a signal handler has interrupted
 * it, or a debugger calls while a lock is held; no lock may be taken then. */
bool ac_enter(struct ac_heap **heap);

AC_INLINE void ac_leave(struct ac_heap *heap)
{
    if (heap != NULL)
        heap->busy = false;
}

/* --- alloc.c, free.c: for the owner of the heap ---------------------------- */

/* A small block; *event says that the sampling countdown ran out. */
void *ac_heap_alloc_small(struct ac_heap *heap, size_t size, bool *event);
void ac_heap_free_small(struct ac_heap *heap, uint32_t cls, struct ac_block *block);
/* Blocks that went back without a list, by threads past their end. */
extern _Atomic(uint64_t) ac_late_frees[AC_CLASS_LAST + 1];
/* free of a block of class `cls` when the list wants to be looked at. */
void ac_free_full(struct ac_block *block, uint32_t cls);

/* --- refill.c ------------------------------------------------------------- */

void ac_list_sync(struct ac_heap *heap, uint32_t cls);
void ac_list_arm(struct ac_heap *heap, uint32_t cls, uint32_t room);
/* The list holds `count` blocks now. */
void ac_list_set(struct ac_heap *heap, uint32_t cls, struct ac_block *head,
                 uint32_t count);
/* The bound doubles, as long as a full list has at most `bytes` (or list_max says). */
void ac_list_grow(struct ac_heap *heap, uint32_t cls, size_t bytes);
/* A list that fills up and runs empty in turn is too short: let it grow far. */
#define AC_LIST_SWING_BYTES SIZE_MAX
/* Blocks wander between threads: hand them over in batches, but hoard little. */
#define AC_LIST_WANDER_BYTES ((size_t)16 << 10)
/* Fill an empty list; false when there is no memory. */
bool ac_refill(struct ac_heap *heap, uint32_t cls);
/* Adopt a page of an ended thread. */
struct ac_page *ac_orphan_adopt(struct ac_heap *heap, uint32_t cls);

/* --- remote.c, retire.c --------------------------------------------------- */

/* Give a chain of `count` blocks of one class back to their pages.  Returns how many
 * belonged to other heaps; with heap = NULL all do.  A damaged chain is fatal. */
uint32_t ac_give_back(struct ac_heap *heap, struct ac_block *chain, uint32_t count);
/* Collect what other threads freed; returns the number of blocks.  Owner only. */
uint32_t ac_remote_drain(struct ac_heap *heap);

/* `count` blocks have come to page->free: book them; may retire the page. */
void ac_page_settle(struct ac_heap *heap, struct ac_page *page, uint32_t count);
void ac_page_attach(struct ac_heap *heap, struct ac_page *page);
void ac_page_detach(struct ac_heap *heap, struct ac_page *page);
void ac_avail_push(struct ac_heap *heap, struct ac_page *page);
void ac_avail_append(struct ac_heap *heap, struct ac_page *page);
void ac_avail_remove(struct ac_heap *heap, struct ac_page *page);
/* Take `count` blocks out of the page's books: they go to a list. */
void ac_page_lend(struct ac_heap *heap, struct ac_page *page, uint32_t count);

/* Counted up by acre_purge: every heap trims itself in its next slow path. */
extern _Atomic(uint32_t) ac_trim_epoch;
/* Every so many slow paths: give back lists that nobody used for a second. */
void ac_heap_tick(struct ac_heap *heap);
/* Give all lists back to their pages and release empty pages.  Owner only. */
void ac_heap_trim(struct ac_heap *heap);

/* --- large.c -------------------------------------------------------------- */

#define AC_LARGE_MAX ((size_t)32 << 20)     /* above: a mapping of its own */

/* `heap` is the thread's, or NULL: it keeps a few spans for the next of their size. */
void *ac_large_alloc(struct ac_heap *heap, size_t size, size_t align, bool *zero);
/* False when it is neither a large nor a huge block. */
bool ac_large_free(struct ac_heap *heap, void *block);
/* Give back what the heap keeps. */
void ac_large_trim(struct ac_heap *heap);
/* Usable bytes, or 0 when it is neither large nor huge. */
size_t ac_large_usable(const void *block);
/* A mapping of its own, if that needs no waiting. */
void *ac_huge_try_alloc(size_t size, size_t align);
/* Resize without moving, or by moving pages; NULL when it takes a copy. */
void *ac_large_resize(void *block, size_t size);
/* The heap object that a large block belongs to, or NULL. */
struct acre_heap *ac_large_first_class(const void *block);
/* The huge block around an address, and its bytes, or NULL.  O(table). */
const void *ac_huge_around(const void *address, size_t *bytes);
/* Was a block of this address freed lately?  Its size, or 0. */
size_t ac_large_freed_size(const void *block);
extern struct ac_lock ac_huge_lock;

struct ac_huge_totals {
    size_t count;
    size_t bytes;
    size_t peak;        /* the most that `bytes` ever was */
    size_t requested;
    size_t mallocs;     /* ever */
    size_t resident;
};
/* `pagemap`: of ac_os_pagemap_open, or -1. */
void ac_huge_totals_get(struct ac_huge_totals *out, int pagemap);

/* --- the slow entries ----------------------------------------------------- */

void *ac_malloc_slow(size_t size);
void ac_free_slow(void *block, const char *function);
void *ac_calloc(size_t count, size_t size);
void *ac_aligned(size_t align, size_t size);
void *ac_realloc(void *block, size_t size, const char *function);
size_t ac_usable(const void *block, const char *function);
/* The smallest class whose blocks hold `size` and are all aligned, or 0. */
uint32_t ac_class_aligned(size_t align, size_t size);
/* NULL with errno ENOMEM. */
void *ac_no_memory(void);
/* End with the message that fits this address, or go on when options say so. */
void ac_free_invalid(void *block, const char *function);

/* End: a free block is damaged, or on two lists. */
_Noreturn void ac_corrupt(const char *function, const struct ac_block *block);

/* The link of a free block, checked: whoever links anew must not seal a block that is
 * in use. */
AC_INLINE struct ac_block *ac_block_next(struct ac_block *block)
{
    if (AC_UNLIKELY(!ac_block_is_free(block, ac_heap_key)))
        ac_corrupt("free", block);
    return block->next;
}

/* Memory for a thread that is interrupted inside acre. */
void *ac_emergency_alloc(size_t size, size_t align);
/* Such a thread frees a large block: done by whoever takes a slow path next. */
void ac_emergency_defer(void *block);
void ac_emergency_settle(void);
bool ac_emergency_owns(const void *block);
size_t ac_emergency_usable(const void *block);

/* Around fork: the locks of all heap objects with pages (not of those in caller's
 * memory, which acre does not keep track of). */
void ac_first_fork_begin(void);
void ac_first_fork_end(bool child);

/* --- first.c --------------------------------------------------------------- */

/* Free a block of a first-class heap that came to plain free. */
void ac_first_free(struct acre_heap *heap, void *block, const char *function);
/* 0 when it is not a live block of the heap. */
size_t ac_first_usable(const struct acre_heap *heap, const void *block);

/* --- resident.c ------------------------------------------------------------- */

struct ac_resident {
    size_t pages;       /* resident: pages of small blocks */
    size_t page_free;   /* resident there, beyond blocks live, in lists, or under way */
    size_t large;       /* resident: large and huge blocks, and those that threads keep */
    size_t unpurged;    /* resident: free memory */
    size_t metadata;    /* resident: tables */
    size_t untouched;   /* not resident: of blocks in pages, large and huge ones */
    size_t large_count; /* live large blocks */
    size_t large_bytes;
    size_t large_requested;
    size_t cached_bytes;    /* of large spans that threads keep */
};
/* O(spans + huge blocks) and a system call for each.  Takes both locks. */
void ac_resident_get(struct ac_resident *out, struct ac_huge_totals *huge);

#endif
