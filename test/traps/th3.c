/* T-th3: producers and consumers in a ring of four threads; each block is allocated by
 * one and freed by another, sizes shift over time; the RSS stays bounded. */
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 4, QUEUE = 512 };
static _Atomic(void *) queue[THREADS][QUEUE];
static long steps;
static pthread_barrier_t barrier;
static long early, late;

static void *worker(void *arg)
{
    int me = (int)(uintptr_t)arg, next = (me + 1) % THREADS;
    uint64_t seed = 77 + (uint64_t)me;
    for (int phase = 0; phase < 8; phase++) {
        size_t most = (size_t)64 << (phase % 4 * 3);
        for (long i = 0; i < steps; i++) {
            uint64_t r = check_random(&seed);
            size_t size = 8 + (r >> 16) % most;
            char *p = malloc(size);
            CHECK(p);
            p[0] = p[size - 1] = 1;
            free(atomic_exchange(&queue[next][r % QUEUE], p));
            free(atomic_exchange(&queue[me][(r >> 9) % QUEUE], NULL));
        }
        pthread_barrier_wait(&barrier);
        if (me == 0 && phase == 3)
            early = check_rss_kb();
        if (me == 0 && phase == 7)
            late = check_rss_kb();
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

int main(void)
{
    check_watchdog(50);
    steps = check_soak() ? 3000000 : 100000;
    pthread_barrier_init(&barrier, NULL, THREADS);
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, worker, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++)
        for (int k = 0; k < QUEUE; k++)
            free(queue[i][k]);
    CHECKF(late < early + early / 2 + 8192, "RSS grew from %ld to %ld KiB", early, late);
    return 0;
}
