/* T-th2: a thread that only frees, and one that only allocates: memory is reused, the
 * RSS stays bounded however long it goes on. */
#include "check.h"
#include <pthread.h>
#include <semaphore.h>

enum { BATCH = 2000 };
static void *box[2][BATCH];
static sem_t full, empty;
static long rounds;

static void *freer(void *arg)
{
    for (long r = 0; r < rounds; r++) {
        while (sem_wait(&full) != 0)
            ;
        for (int i = 0; i < BATCH; i++)
            free(box[r & 1][i]);
        sem_post(&empty);
    }
    return arg;
}

int main(void)
{
    check_watchdog(50);
    rounds = check_soak() ? 20000 : 1500;
    sem_init(&full, 0, 0);
    sem_init(&empty, 0, 2);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, freer, NULL) == 0);
    long early = 0;
    uint64_t seed = 3;
    for (long r = 0; r < rounds; r++) {
        while (sem_wait(&empty) != 0)
            ;
        for (int i = 0; i < BATCH; i++) {
            size_t size = 16 + check_random(&seed) % (i % 50 ? 1000 : 40000);
            CHECK((box[r & 1][i] = malloc(size)) != NULL);
            memset(box[r & 1][i], 1, size);
        }
        sem_post(&full);
        if (r == rounds / 4)
            early = check_rss_kb();
    }
    pthread_join(thread, NULL);
    long late = check_rss_kb();
    CHECKF(late < early + early / 4 + 8192, "RSS grew from %ld to %ld KiB", early, late);
    /* at most 5 MiB are live at any time */
    CHECKF(late < 48 << 10, "RSS is %ld KiB for 5 MiB of blocks", late);
    return 0;
}
