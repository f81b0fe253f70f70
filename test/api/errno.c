/* T-api1: free, free_sized, free_aligned_sized never change errno, in no slow path: every
 * size, aligned blocks, other threads' blocks, after bursts, in malloc_trim; a successful
 * allocation leaves it alone, too. (With failing system calls: traps/os10, os3_inject.) */
// run: preload, static
#include "check.h"
#include <malloc.h>
#include <pthread.h>

void free_sized(void *, size_t) MAY_MISS;
void free_aligned_sized(void *, size_t, size_t) MAY_MISS;
enum { MARK = 12345, COUNT = 3000 };
static void *block[COUNT];

#define KEEPS(statement) do { \
        errno = MARK; \
        statement; \
        CHECKF(errno == MARK, "%s (%zu bytes) set errno to %d", #statement, n, errno); \
    } while (0)

static void *burst(void *arg)
{
    size_t n = *(size_t *)arg;
    KEEPS(for (int i = 0; i < COUNT; i++) block[i] = malloc(n));
    return NULL;
}

static void *release(void *arg)
{
    size_t n = *(size_t *)arg;
    KEEPS(for (int i = 0; i < COUNT; i++) free(block[i]));
    return NULL;
}

static void in_thread(void *(*body)(void *), size_t *n)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, n) == 0);
    pthread_join(thread, NULL);
}

int main(void)
{
    check_watchdog(30);
    size_t n = 0;
    KEEPS(free(NULL));
    KEEPS(free(malloc(1)));
    for (n = 1; n < (size_t)200 << 20; n = n * 3 / 2 + 1) {
        void *p;
        KEEPS(p = malloc(n));
        KEEPS(free(p));
        KEEPS(p = calloc(1, n));
        KEEPS(free(p));
        KEEPS(p = memalign(4096, n));
        KEEPS(p = realloc(p, n + n / 2));
        KEEPS(p = realloc(p, n / 2 + 1));
        KEEPS(free(p));
        KEEPS(p = memalign((size_t)1 << 21, n));
        KEEPS(free(p));
        KEEPS((void)malloc_usable_size(p = malloc(n)));
        if (free_sized)
            KEEPS(free_sized(p, n));
        p = aligned_alloc(64, n);
        if (free_aligned_sized)
            KEEPS(free_aligned_sized(p, 64, n));
        KEEPS(CHECK(posix_memalign(&p, 64, n) == 0));
        KEEPS(free(p));
        KEEPS(malloc_trim(0));
    }
    for (n = 16; n < 100000; n = n * 5 / 2) {
        burst(&n);
        release(&n);
        in_thread(burst, &n);
        release(&n);
        burst(&n);
        in_thread(release, &n);
        in_thread(burst, &n);
        in_thread(release, &n);
        KEEPS(malloc_trim(0));
    }
    return 0;
}
