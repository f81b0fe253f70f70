/* acre.h -- one memory manager for the whole life of a program.
 *
 * The functions here are malloc's family under acre's own names: linking
 * libacre overrides nothing.  libacre-malloc is the drop-in. */
#ifndef ACRE_ACRE_H
#define ACRE_ACRE_H

#include <acre/heap.h>
#include <acre/stats.h>
#include <acre/version.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The general heap.  Each behaves as the C function of that name: 16-byte
 * alignment, NULL with ENOMEM, any thread, free leaves errno alone.  A pair of
 * malloc and free costs about 5 ns when the thread has freed such a block before. */
void *acre_malloc(size_t size);
void *acre_calloc(size_t count, size_t size);
void *acre_realloc(void *block, size_t size);
void *acre_reallocarray(void *block, size_t count, size_t size);
void *acre_aligned_alloc(size_t align, size_t size);    /* EINVAL: not a power of two */
void acre_free(void *block);
void acre_free_sized(void *block, size_t size);
void acre_free_aligned_sized(void *block, size_t align, size_t size);
size_t acre_usable_size(const void *block);             /* 0 for NULL */

/* Give free memory back to the system now: the caller's lists, the spans of the
 * process, what ended threads have left.  Other threads give their lists back when
 * they next take a slow path; those of a thread that sleeps stay (a few KiB to some
 * MiB; acre_thread_idle before sleeping avoids that).  Returns the bytes given back.
 * About 0.2 us per 4 KiB returned.  Any thread; leaves errno alone. */
size_t acre_purge(void);

/* Tell acre that this thread will sleep: its cached blocks go back to their
 * pages, so that others and the purge can reach them.  Cannot fail. */
void acre_thread_idle(void);

/* The version of the library at run time, as ACRE_VERSION. */
unsigned acre_version(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
