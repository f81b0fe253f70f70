/* T-api7: malloc_usable_size: 0 for NULL, at least what was asked, the same for the
 * block's life, and all of it usable, also under _FORTIFY_SOURCE=3, where the compiler
 * believes the size that was asked (systemd's and redis's way of using it). */
// run: preload, static
// cflags: -O2 -D_FORTIFY_SOURCE=3
#include "check.h"
#include <malloc.h>

/* As systemd does: tell the compiler that the block is as large as it really is. */
__attribute__((alloc_size(2), noinline)) static void *expand(void *p, size_t size)
{
    (void)size;
    __asm__("" : "+r"(p));
    return p;
}
/* As redis does: zmalloc_usable. */
__attribute__((noinline)) static char *zmalloc_usable(size_t n, size_t *usable)
{
    void *p = malloc(n);
    CHECK(p);
    *usable = malloc_usable_size(p);
    return expand(p, *usable);
}

int main(void)
{
    check_watchdog(30);
    CHECK(malloc_usable_size(NULL) == 0);
    enum { COUNT = 800 };
    static unsigned char *block[COUNT];
    static size_t size[COUNT], usable[COUNT];
    uint64_t seed = 12;
    for (int i = 0; i < COUNT; i++) {
        size[i] = i < 400 ? (size_t)i : check_random(&seed) % ((size_t)1 << (8 + i % 14));
        block[i] = (unsigned char *)zmalloc_usable(size[i], &usable[i]);
        CHECKF(usable[i] >= size[i], "%zu of %zu", usable[i], size[i]);
        memset(expand(block[i], usable[i]), i, usable[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK(malloc_usable_size(block[i]) == usable[i]);
        for (size_t k = 0; k < usable[i]; k++)
            CHECKF(block[i][k] == (unsigned char)i, "byte %zu of %zu (%zu) is shared", k,
                   usable[i], size[i]);
    }
    /* waste: at most 12.5% (25% below 64 bytes) and the step of 16 (FEATURES M2) */
    for (size_t n = 1; n < 100000; n += n / 50 + 1) {
        void *p = malloc(n);
        size_t u = malloc_usable_size(p), most = n < 64 ? n + n / 4 + 16 : n + n / 7 + 16;
        CHECKF(getenv("ACRE_PEER") || u <= most || u <= 4096 * ((n + 4095) / 4096),
               "malloc(%zu) takes %zu", n, u);
        free(p);
    }
    for (int i = 0; i < COUNT; i++)
        free(block[i]);
    for (size_t n = 1; n < (size_t)16 << 20; n = n * 3 / 2 + 1) {
        char *p = memalign((size_t)64 << (n % 7), n);
        size_t u = malloc_usable_size(p);
        CHECK(u >= n);
        memset(expand(p, u), 3, u);
        CHECK(malloc_usable_size(p) == u);
        p = realloc(p, u);              /* to what it has: no reason to move is required */
        CHECK(p && p[u - 1] == 3 && malloc_usable_size(p) >= u);
        free(p);
        p = calloc(1, n);
        u = malloc_usable_size(p);
        memset(expand(p, u), 4, u);
        free(p);
    }
    return 0;
}
