/* T-api5, T-api6: 16-byte alignment for every size from 0 to 4096 and samples to 64 MiB,
 * after frees too; aligned forms for every power of two to 1 GiB, with realloc, free,
 * free_sized on them; errors exactly as the standards say. */
// run: preload, static
// cflags: -Wno-alloc-size-larger-than
#include "check.h"
#include <malloc.h>

void free_sized(void *, size_t) MAY_MISS;
void free_aligned_sized(void *, size_t, size_t) MAY_MISS;

#define ALIGNED(p, a) (((uintptr_t)(p) & ((a) - 1)) == 0)

static void sixteen(void)
{
    static void *held[4097];
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n <= 4096; n++) {
            CHECK((held[n] = malloc(n)) != NULL);
            CHECKF(ALIGNED(held[n], 16), "malloc(%zu) = %p", n, held[n]);
            void *c = calloc(1, n), *r = realloc(malloc(1), n ? n : 1);
            CHECKF(c && ALIGNED(c, 16), "calloc(1, %zu) = %p", n, c);
            CHECKF(r && ALIGNED(r, 16), "realloc to %zu = %p", n, r);
            free(c);
            free(r);
        }
        for (size_t n = 0; n <= 4096; n++)
            free(held[(n * 1021) % 4097]);
    }
    for (size_t n = 4096; n <= (size_t)64 << 20; n += n / 7 + 1) {
        char *p = malloc(n);
        CHECKF(p && ALIGNED(p, 16), "malloc(%zu) = %p", n, (void *)p);
        p[0] = p[n - 1] = 1;
        free(p);
    }
    for (int i = 0; i < 20000; i++) {   /* sampled and guarded blocks must be aligned, too */
        void *p = malloc((size_t)(i % 40) + 1);
        CHECKF(ALIGNED(p, 16), "malloc(%d) = %p", i % 40 + 1, p);
        free(p);
    }
}

static void powers(void)
{
    for (size_t a = 1; a <= (size_t)1 << 30; a *= 2) {
        static const size_t sizes[] = {1, 7, 16, 100, 1000, 5000, 33000, 100000, 3 << 20};
        for (int i = 0; i < 9; i++) {
            size_t n = sizes[i];
            char *p = aligned_alloc(a, n);
            CHECKF(p && ALIGNED(p, a), "aligned_alloc(%zu, %zu) = %p", a, n, (void *)p);
            CHECK(malloc_usable_size(p) >= n);
            p[0] = 11, p[n - 1] = 22;
            p = realloc(p, n * 2 + 1);
            CHECK(p && p[n - 1] == 22 && (n == 1 || p[0] == 11) && ALIGNED(p, 16));
            p[n * 2] = 1;
            free(p);
            p = memalign(a, n);
            CHECKF(p && ALIGNED(p, a), "memalign(%zu, %zu) = %p", a, n, (void *)p);
            memset(p, 1, n);
            free_sized ? free_sized(p, n) : free(p);
            p = aligned_alloc(a, n);
            CHECK(p);
            free_aligned_sized ? free_aligned_sized(p, a, n) : free(p);
            void *q = NULL;
            if (a >= sizeof(void *)) {
                CHECK(posix_memalign(&q, a, n) == 0 && ALIGNED(q, a));
                free(q);
            }
        }
    }
    /* several at once: none may overlap, none shares its head with an ordinary block */
    char *many[200];
    for (size_t i = 0; i < 200; i++) {
        size_t a = (size_t)16 << (i % 12), n = 1 + i * 37 % 3000;
        CHECK((many[i] = memalign(a, n)) != NULL && ALIGNED(many[i], a));
        memset(many[i], (int)i, n);
    }
    for (size_t i = 0; i < 200; i++) {
        size_t n = 1 + i * 37 % 3000;
        for (size_t k = 0; k < n; k++)
            CHECK((unsigned char)many[i][k] == i);
        free(many[i]);
    }
}

static volatile size_t huge = (size_t)PTRDIFF_MAX;

static void errors(void)
{
    void *const mark = (void *)0x1234;
    static const size_t bad[] = {0, 1, 2, 4, 3, 12, 24, 7, 100, 4097, SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        void *p = mark;
        errno = 777;
        int error = posix_memalign(&p, bad[i], 100);
        CHECKF(error == EINVAL, "posix_memalign(%zu) gives %d", bad[i], error);
        CHECK(p == mark && errno == 777);
    }
    void *p = mark;
    errno = 777;
    CHECK(posix_memalign(&p, 64, huge) == ENOMEM);
    CHECK(p == mark && errno == 777);
    CHECK(posix_memalign(&p, 64, 0) == 0);
    free(p);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t n = 1; n < 5 * page; n += 777) {
        void *v = valloc(n), *w = pvalloc(n);
        CHECK(v && w && ALIGNED(v, page) && ALIGNED(w, page));
        CHECK(malloc_usable_size(w) >= (n + page - 1) / page * page);
        memset(w, 1, (n + page - 1) / page * page);
        free(v);
        free(w);
    }
    /* glibc's memalign rounds an odd alignment up to a power of two */
    p = memalign(24, 100);
    CHECKF(p && ALIGNED(p, 32), "memalign(24, 100) = %p", p);
    free(p);
    p = memalign(0, 100);
    CHECK(p && ALIGNED(p, 16));
    free(p);
    errno = 0;
    CHECK(aligned_alloc(64, huge) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(memalign((size_t)1 << 62, (size_t)1 << 62) == NULL && errno);
    errno = 0;
    CHECK(aligned_alloc((size_t)1 << 63, 16) == NULL && errno);
    p = aligned_alloc(4096, 10);        /* C17: the size need not be a multiple */
    CHECK(p && ALIGNED(p, 4096));
    free(p);
}

int main(void)
{
    check_watchdog(30);
    sixteen();
    powers();
    errors();
    return 0;
}
