/* T-api8, T-api9: realloc keeps the content over all size ranges, growing and shrinking,
 * in steps and in leaps, also of aligned blocks; calloc is zero on dirty memory that was
 * used before, in every size range, after trimming, and from other threads' memory. */
// run: preload, static
#include "check.h"
#include <malloc.h>
#include <pthread.h>

static unsigned char pattern(size_t i) { return (unsigned char)(i * 31 + (i >> 8) * 7 + 1); }

static void fill(unsigned char *p, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        p[i] = pattern(i);
}

static void verify(const unsigned char *p, size_t n, const char *what)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != pattern(i))
            CHECKF(0, "%s: byte %zu of %zu is lost", what, i, n);
}

static void *all_sizes(void *arg)
{
    static const size_t leap[] = {1, 15, 17, 100, 500, 1025, 4000, 9000, 32768, 33000, 70000,
                                  200000, 1 << 20, (1 << 20) + 1, 5 << 20};
    enum { N = sizeof leap / sizeof leap[0] };
    for (int i = 0; i < N; i++)
        for (int k = 0; k < N; k++) {
            size_t a = leap[i], b = leap[k];
            unsigned char *p = k % 2 ? malloc(a) : memalign(256, a);
            CHECK(p);
            fill(p, 0, a);
            p = realloc(p, b);
            CHECK(p);
            verify(p, a < b ? a : b, "leap");
            fill(p, 0, b);
            p = realloc(p, a);
            CHECK(p);
            verify(p, a < b ? a : b, "leap back");
            free(p);
        }
    return arg;
}

static void growth(void)
{
    unsigned char *p = NULL, *between[64] = {0};
    size_t n = 0;
    for (int step = 0; n < (size_t)24 << 20; step++) {
        size_t more = n + n / 9 + 13;
        p = realloc(p, more);
        CHECK(p);
        verify(p, n < 4096 ? n : 4096, "growth");
        fill(p, n, more);
        n = more;
        free(between[step % 64]);       /* a neighbour now and then forces a move */
        between[step % 64] = malloc(n / (size_t)(1 + step % 3));
    }
    verify(p, n, "growth, at the end");
    while (n > 10) {
        n = n * 4 / 5;
        p = realloc(p, n);
        CHECK(p);
        verify(p, n < 100000 ? n : 100000, "shrinking");
    }
    verify(p, n, "shrinking, at the end");
    free(p);
    for (int i = 0; i < 64; i++)
        free(between[i]);
}

static void zero(size_t size)
{
    enum { MOST = 256 };
    static unsigned char *p[MOST];
    size_t count = size > 100000 ? 8 : MOST;
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < count; i++) {
            CHECK((p[i] = round & 1 ? calloc(size, 1) : calloc(1, size)) != NULL);
            size_t usable = malloc_usable_size(p[i]);
            for (size_t k = 0; k < size; k++)
                if (p[i][k])
                    CHECKF(0, "calloc(%zu), round %d: byte %zu is %d", size, round, k, p[i][k]);
            memset(p[i], 0xee, usable);
        }
        for (size_t i = 0; i < count; i++)
            free(p[(i * 5) % count]);
        if (round == 2)
            malloc_trim(0);
    }
}

static void *dirty(void *arg)
{
    size_t size = *(size_t *)arg;
    unsigned char *p[64];
    for (int i = 0; i < 64; i++)
        memset(p[i] = malloc(size), 0xdd, size);
    for (int i = 0; i < 64; i++)
        free(p[i]);
    return NULL;
}

int main(void)
{
    check_watchdog(40);
    all_sizes(NULL);
    growth();
    for (size_t size = 1; size < (size_t)12 << 20; size += size / 5 + 1) {
        if (size < 300000) {            /* memory that another thread left dirty */
            pthread_t thread;
            CHECK(pthread_create(&thread, NULL, dirty, &size) == 0);
            pthread_join(thread, NULL);
        }
        zero(size);
    }
    for (size_t size = 1 << 20; size <= (size_t)64 << 20; size *= 2) {
        unsigned char *p = malloc(size);
        memset(p, 9, size);
        free(p);
        p = calloc(1, size);
        for (size_t k = 0; k < size; k += 61)
            CHECK(p[k] == 0);
        free(p);
    }
    return 0;
}
