/* T-th4: threads end while others free their blocks: no hang, no spin, nothing lost.
 * 20,000 threads leave blocks behind that main and their successors free; the heap of
 * the dead is reused, so the RSS stays flat. */
// timeout: 80
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { SHELF = 4096 };
static _Atomic(void *) shelf[SHELF];

static void *brief(void *arg)
{
    uint64_t seed = (uintptr_t)arg * 2654435761u + 1;
    for (int i = 0; i < 60; i++) {
        uint64_t r = check_random(&seed);
        size_t size = 16 + (r >> 20) % (i % 20 ? 2000 : 60000);
        char *p = malloc(size);
        CHECK(p);
        p[size - 1] = 1;
        free(atomic_exchange(&shelf[r % SHELF], p));
    }
    return NULL;
}

static void run(int count)
{
    static uintptr_t number;
    pthread_t thread[8];
    for (int i = 0; i < count; i += 8) {
        for (int k = 0; k < 8; k++)
            CHECK(pthread_create(&thread[k], NULL, brief, (void *)number++) == 0);
        for (int k = 0; k < 8; k++) {
            free(atomic_exchange(&shelf[(number + (uintptr_t)k * 97) % SHELF], NULL));
            CHECK(pthread_join(thread[k], NULL) == 0);
        }
    }
}

int main(void)
{
    check_watchdog(60);
    run(4000);
    long early = check_rss_kb();
    run(check_soak() ? 400000 : 16000);
    long late = check_rss_kb();
    CHECKF(late < early + early / 2 + 6144, "RSS grew from %ld to %ld KiB", early, late);
    /* the shelf holds about 10 MiB */
    CHECKF(late < 64 << 10, "RSS is %ld KiB for 10 MiB of blocks", late);
    for (int i = 0; i < SHELF; i++)
        free(shelf[i]);
    return 0;
}
