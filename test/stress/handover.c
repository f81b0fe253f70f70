/* handover.c -- threads that give each other blocks, come and go, resize what others
 * made, while one purges and one reads the statistics. */
#include "stress/stress.h"

#define SLOTS 2048u
#define WORKERS 6u

static _Atomic(struct block *) slots[SLOTS];
static _Atomic bool stop;
static uint32_t steps;

/* Put a block where another is, and take care of that one. */
static void swap(uint64_t r, struct block *mine)
{
    struct block *old = atomic_exchange(&slots[r % SLOTS], mine);

    if (old != NULL && (r >> 20) % 16 == 0)
        old = block_resize(old, r * 31);
    if (old != NULL && (r >> 24) % 4 == 0)
        old = atomic_exchange(&slots[(r >> 40) % SLOTS], old);
    block_free(old);
}

static void *worker(void *arg)
{
    uint64_t seed = stress_seed * 1000003 + (uintptr_t)arg;

    for (uint32_t i = 0; i < steps; i++) {
        uint64_t r = stress_random(&seed);

        if (r >> 63)
            swap(r, block_new(stress_random(&seed)));
        else
            swap(r, NULL);
        if (i % 10000 == 9999)
            acre_thread_idle();
    }
    return NULL;
}

static void *purger(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        (void)acre_purge();
        usleep(1000);
    }
    return NULL;
}

static void drop(void *arg, const char *text, size_t size)
{
    *(size_t *)arg += size + (text != NULL);
}

static void *reader(void *arg)
{
    static struct acre_stats stats;
    size_t written = 0;

    (void)arg;
    while (!atomic_load(&stop)) {
        stats.size = sizeof stats;
        CHECK(acre_stats_get(&stats) == 0);
        CHECK(stats.class_count <= ACRE_STATS_CLASSES_MAX);
        CHECK(acre_stats_print(ACRE_STATS_JSON, drop, &written) == 0);
        usleep(20000);
    }
    CHECK(written > 0);
    return NULL;
}

static void drain(void)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        block_free(atomic_exchange(&slots[i], NULL));
}

static void exchange(void)
{
    pthread_t helpers[2];

    CHECK(pthread_create(&helpers[0], NULL, purger, NULL) == 0);
    CHECK(pthread_create(&helpers[1], NULL, reader, NULL) == 0);
    steps = scaled(60000);
    run_threads(WORKERS, worker, 1);
    atomic_store(&stop, true);
    for (uint32_t i = 0; i < 2; i++)
        CHECK(pthread_join(helpers[i], NULL) == 0);
    drain();
    stress_done("exchange");
}

/* Threads live for a moment; what they made is freed by those who come later. */
static void storms(void)
{
    steps = 300;
    for (uint32_t i = 0; i < scaled(120); i++)
        run_threads(8, worker, 1000 + 8 * i);
    drain();
    stress_done("thread storms");
}

/* --- One makes, others free ----------------------------------------------- */

#define QUEUE 256u

static _Atomic(struct block *) queue[QUEUE];

static void *producer(void *arg)
{
    uint64_t seed = stress_seed + (uintptr_t)arg;

    for (uint32_t i = 0; i < steps; i++) {
        struct block *b = block_new(stress_random(&seed) % 900 | 1ull << 63);
        struct block *none = NULL;

        while (!atomic_compare_exchange_weak(&queue[i % QUEUE], &none, b)) {
            none = NULL;
            sched_yield();
        }
    }
    return NULL;
}

static void *consumer(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < steps; i++) {
        struct block *b;

        while ((b = atomic_exchange(&queue[i % QUEUE], NULL)) == NULL)
            sched_yield();
        block_free(b);
    }
    return NULL;
}

static void *producer_or_consumer(void *arg)
{
    return (uintptr_t)arg == 0 ? producer(arg) : consumer(arg);
}

static void one_way(void)
{
    static struct acre_stats stats = {.size = sizeof stats};

    steps = scaled(200000);
    run_threads(2, producer_or_consumer, 0);
    (void)acre_purge();
    CHECK(acre_stats_get(&stats) == 0);
    CHECK(stats.live_count == 0);
    stress_done("one way");
}

int main(void)
{
    stress_begin();
    exchange();
    storms();
    one_way();
    return stress_end();
}
