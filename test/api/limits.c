/* T-api2, T-api3, T-api4: malloc(0) and its kin, realloc(NULL, n), realloc(p, 0) as the
 * host libc has it; everything above PTRDIFF_MAX and each overflow gives NULL and ENOMEM
 * and leaves the old block alone. */
// run: preload, static
// cflags: -Wno-alloc-size-larger-than -Wno-unused-result -Wno-use-after-free
#include "check.h"
#include <malloc.h>

static volatile size_t big[] = {
    (size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX, (size_t)PTRDIFF_MAX - 1,
    (size_t)PTRDIFF_MAX - 4096, (size_t)PTRDIFF_MAX - 65536, (size_t)PTRDIFF_MAX - (1 << 22),
    SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 8, SIZE_MAX - 15, SIZE_MAX - 16, SIZE_MAX - 31,
    SIZE_MAX - 4095, SIZE_MAX - 4096, SIZE_MAX - 65535, SIZE_MAX - (1 << 22),
    (size_t)1 << 62, (size_t)1 << 63, (size_t)1 << 48,
};

#define NO_MEMORY(call) do { \
        errno = 0; \
        void *none = (void *)(call); \
        CHECKF(none == NULL && errno == ENOMEM, "%s with %zx: %p, errno %d", #call, n, none, \
               errno); \
    } while (0)

int main(void)
{
    check_watchdog(20);
    for (size_t i = 0; i < sizeof big / sizeof big[0]; i++) {
        size_t n = big[i];
        char *old = malloc(100);
        memset(old, 5, 100);
        NO_MEMORY(malloc(n));
        NO_MEMORY(calloc(1, n));
        NO_MEMORY(calloc(n, 1));
        NO_MEMORY(realloc(NULL, n));
        NO_MEMORY(realloc(old, n));
        NO_MEMORY(reallocarray(old, 1, n));
        NO_MEMORY(reallocarray(NULL, n, 1));
        NO_MEMORY(memalign(16, n));
        NO_MEMORY(memalign(4096, n));
        NO_MEMORY(aligned_alloc(64, n));
        NO_MEMORY(valloc(n));
        NO_MEMORY(pvalloc(n));
        void *p = old;
        CHECK(posix_memalign(&p, 64, n) == ENOMEM && p == old);
        for (int k = 0; k < 100; k++)
            CHECK(old[k] == 5);
        free(old);
        char *large = malloc(3 << 20);
        memset(large, 6, 3 << 20);
        NO_MEMORY(realloc(large, n));
        CHECK(large[0] == 6 && large[(3 << 20) - 1] == 6);
        free(large);
    }
    static const size_t pair[][2] = {
        {SIZE_MAX, 2}, {2, SIZE_MAX}, {(size_t)1 << 32, (size_t)1 << 32},
        {(size_t)1 << 33, (size_t)1 << 31}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX / 3 + 1, 3},
        {((size_t)1 << 60) + 1, 16}, {SIZE_MAX, SIZE_MAX}, {(size_t)PTRDIFF_MAX, 3},
    };
    for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++) {
        volatile size_t n = pair[i][0], m = pair[i][1];
        char *old = malloc(64);
        memset(old, 7, 64);
        NO_MEMORY(calloc(n, m));
        NO_MEMORY(reallocarray(NULL, n, m));
        NO_MEMORY(reallocarray(old, n, m));
        CHECK(old[0] == 7 && old[63] == 7);
        free(old);
    }

    /* zero sizes */
    void *zero[1000];
    for (int i = 0; i < 1000; i++) {
        errno = 4711;
        zero[i] = i % 4 == 0 ? malloc(0) : i % 4 == 1 ? calloc(0, 10) :
                  i % 4 == 2 ? realloc(NULL, 0) : calloc(10, 0);
        CHECKF(zero[i], "kind %d gives NULL", i % 4);
        CHECK(errno == 4711);
        for (int k = 0; k < i; k++)
            CHECKF(zero[k] != zero[i], "two blocks of no bytes are the same");
    }
    for (int i = 0; i < 1000; i++)
        free(zero[i]);
    void *p = memalign(64, 0);
    CHECK(p);
    free(p);
    p = reallocarray(NULL, 0, 10);
    CHECK(p);
    free(p);

    /* realloc(NULL, n) is malloc(n); realloc(p, 0) frees and gives NULL, as glibc */
    p = realloc(NULL, 1000);
    CHECK(p && malloc_usable_size(p) >= 1000);
    errno = 4711;
    p = realloc(p, 0);
    CHECKF(p == NULL, "realloc(p, 0) = %p", p);
    CHECK(errno == 4711);
    for (size_t n = 1; n < 3000000; n = n * 2 + 1) {
        for (int i = 0; i < 200; i++)           /* really freed: no growth, no NULL */
            CHECK(realloc(malloc(n), 0) == NULL);
        CHECK(reallocarray(malloc(n), 0, 8) == NULL);
        CHECK(reallocarray(malloc(n), 8, 0) == NULL);
    }
    CHECKF(check_rss_kb() < 64 << 10, "realloc(p, 0) does not free");
    free(NULL);
    return 0;
}
