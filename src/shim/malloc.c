/* malloc.c -- the malloc family of libc, for preloading and linking.
 *
 * Everything that glibc's malloc.o defines and a program may refer to is here, so
 * that a static link never pulls that object in beside us.  The glibc manual, 3.2.5
 * "Replacing malloc", says what the set must be. */
#include "heap/fast.h"

#include <acre/acre.h>
#include <errno.h>
#include <stdio.h>

#define EXPORT __attribute__((visibility("default")))

/* <stdlib.h> and <malloc.h> differ between C libraries: declared by definition. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmissing-attributes"
#endif

EXPORT void *malloc(size_t size)
{
    return ac_malloc_fast(size);
}

EXPORT void free(void *block)
{
    ac_free_fast(block, "free");
}

EXPORT void *calloc(size_t count, size_t size)
{
    return ac_calloc(count, size);
}

EXPORT void *realloc(void *block, size_t size)
{
    return ac_realloc(block, size, "realloc");
}

EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
    size_t total;

    if (__builtin_mul_overflow(count, size, &total))
        return ac_no_memory();
    return ac_realloc(block, total, "reallocarray");
}

/* C17: any power of two, any size.  Others as glibc: EINVAL. */
EXPORT void *aligned_alloc(size_t align, size_t size)
{
    return acre_aligned_alloc(align, size);
}

/* As glibc: an alignment that is none is rounded up. */
EXPORT void *memalign(size_t align, size_t size)
{
    if (align > (size_t)PTRDIFF_MAX) {
        errno = EINVAL;
        return NULL;
    }
    while (!ac_is_power_of_two(align))
        align = align == 0 ? 1 : (align | (align - 1)) + 1;
    return ac_aligned(align, size);
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
    if (!ac_is_power_of_two(align) || align < sizeof(void *))
        return EINVAL;
    int saved = errno;
    void *block = ac_aligned(align, size);

    errno = saved;
    if (block == NULL)
        return ENOMEM;
    *out = block;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return ac_aligned(ac_os.page_bytes != 0 ? ac_os.page_bytes : 4096, size);
}

EXPORT void *pvalloc(size_t size)
{
    size_t page = ac_os.page_bytes != 0 ? ac_os.page_bytes : 4096;

    if (size > PTRDIFF_MAX)
        return ac_no_memory();
    return ac_aligned(page, ac_align_up(size == 0 ? 1 : size, page));
}

EXPORT size_t malloc_usable_size(void *block)
{
    return ac_usable(block, "malloc_usable_size");
}

/* C23.  A wrong size is not looked at in fast mode. */
EXPORT void free_sized(void *block, size_t size)
{
    (void)size;
    ac_free_fast(block, "free_sized");
}

EXPORT void free_aligned_sized(void *block, size_t align, size_t size)
{
    (void)align;
    (void)size;
    ac_free_fast(block, "free_aligned_sized");
}

EXPORT void cfree(void *block)
{
    ac_free_fast(block, "cfree");
}

/* --- Questions and knobs ------------------------------------------------------- */

/* As in <malloc.h>, which musl has only in part. */
struct mallinfo2 {
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
        keepcost;
};
struct mallinfo {
    int arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks,
        keepcost;
};

static struct mallinfo2 info_get(void)
{
    struct acre_stats stats = { .size = sizeof stats };
    struct mallinfo2 info = { 0 };

    if (acre_stats_get(&stats) != 0)
        return info;
    info.arena = stats.committed;
    info.ordblks = stats.free_all / 64;     /* free blocks: we do not count them */
    info.hblks = stats.large_count;
    info.hblkhd = stats.large_bytes;
    info.uordblks = stats.live - stats.large_bytes;
    info.fordblks = stats.free_all;
    info.keepcost = stats.unpurged;
    return info;
}

EXPORT struct mallinfo2 mallinfo2(void)
{
    return info_get();
}

static int info_int(size_t value)
{
    return value > INT32_MAX ? INT32_MAX : (int)value;
}

EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 from = info_get();

    return (struct mallinfo){
        .arena = info_int(from.arena),
        .ordblks = info_int(from.ordblks),
        .hblks = info_int(from.hblks),
        .hblkhd = info_int(from.hblkhd),
        .uordblks = info_int(from.uordblks),
        .fordblks = info_int(from.fordblks),
        .keepcost = info_int(from.keepcost),
    };
}


static void print_to_error(void *arg, const char *text, size_t size)
{
    (void)arg;
    (void)ac_os_write(2, text, size);
}

EXPORT void malloc_stats(void)
{
    (void)acre_stats_print(ACRE_STATS_TEXT, print_to_error, NULL);
}

/* The element names of glibc's output, with the figures that we have. */
EXPORT int malloc_info(int options, FILE *stream)
{
    struct acre_stats stats = { .size = sizeof stats };

    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    (void)acre_stats_get(&stats);
    fprintf(stream,
            "<malloc version=\"acre-" ACRE_VERSION_STRING "\">\n"
            "<heap nr=\"0\">\n<sizes>\n</sizes>\n</heap>\n"
            "<total type=\"fast\" count=\"0\" size=\"%llu\"/>\n"
            "<total type=\"rest\" count=\"0\" size=\"%llu\"/>\n"
            "<total type=\"mmap\" count=\"%llu\" size=\"%llu\"/>\n"
            "<system type=\"current\" size=\"%llu\"/>\n"
            "<system type=\"max\" size=\"%llu\"/>\n"
            "<aspace type=\"total\" size=\"%llu\"/>\n"
            "</malloc>\n",
            (unsigned long long)stats.cached, (unsigned long long)stats.free_all,
            (unsigned long long)stats.large_count, (unsigned long long)stats.large_bytes,
            (unsigned long long)stats.rss, (unsigned long long)stats.rss_peak,
            (unsigned long long)stats.reserved);
    return 0;
}

EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    return acre_purge() != 0;
}

/* glibc's knobs have no meaning here; asking is no error. */
EXPORT int mallopt(int parameter, int value)
{
    (void)parameter;
    (void)value;
    return 1;
}

/* glibc's own names for them: old programs and libraries that wrap malloc use
 * these. */
#define ALIAS(name) EXPORT __attribute__((alias(#name)))
ALIAS(malloc) void *__libc_malloc(size_t size);
ALIAS(free) void __libc_free(void *block);
ALIAS(calloc) void *__libc_calloc(size_t count, size_t size);
ALIAS(realloc) void *__libc_realloc(void *block, size_t size);
ALIAS(memalign) void *__libc_memalign(size_t align, size_t size);
ALIAS(valloc) void *__libc_valloc(size_t size);
ALIAS(pvalloc) void *__libc_pvalloc(size_t size);
ALIAS(posix_memalign) int __posix_memalign(void **out, size_t align, size_t size);

/* Old interfaces of glibc's malloc.o that programs still refer to. */
EXPORT void *malloc_get_state(void)
{
    errno = ENOSYS;
    return NULL;
}

EXPORT int malloc_set_state(void *state)
{
    (void)state;
    return -1;
}

