/* stress.c -- threads that come and go, keep some objects and exchange others.
 *
 * After the description of mimalloc's stress test: sizes are mostly small and
 * rarely large, an object in a hundred goes to a table that all threads share,
 * half of what a thread keeps lives until the thread ends, and all threads are
 * started anew in each iteration.
 *
 *   stress [THREADS]
 */
#include "../kit.h"

#include <stdatomic.h>

#define ITERATIONS 40u
#define STEPS 800000u
#define SHARED 1000u
#define KEPT 4000u

static _Atomic(void *) shared[SHARED];

struct worker {
    unsigned seed, steps;
};

/* 8 to 128 words mostly; one in a hundred 64 times as much, one in ten thousand
 * 1024 times. */
static size_t worker_size(struct kit_random *r)
{
    size_t words = 1 + kit_below(r, 1u << (3 + kit_below(r, 5)));
    unsigned rare = kit_below(r, 10000);

    if (rare == 0)
        words *= 1024;
    else if (rare < 100)
        words *= 64;
    return words * sizeof(void *);
}

static void *worker_body(void *arg)
{
    const struct worker *w = arg;
    struct kit_random r = kit_seed(w->seed);
    void **kept = calloc(KEPT, sizeof *kept);

    if (kept == NULL)
        kit_die("out of memory");
    for (unsigned i = 0; i < w->steps; i++) {
        void *p = kit_alloc(worker_size(&r));
        uint32_t dice = kit_below(&r, 100);

        if (dice == 0) {
            free(atomic_exchange(&shared[kit_below(&r, SHARED)], p));
        } else if (dice < 50) {
            void **slot = &kept[kit_below(&r, KEPT / 2)];

            free(*slot);
            *slot = p;
        } else if (kept[KEPT / 2 + dice] == NULL || dice == 99) {
            free(kept[KEPT / 2 + dice]);
            kept[KEPT / 2 + dice] = p;
        } else {
            free(p);
        }
    }
    for (unsigned i = 0; i < KEPT; i++)
        free(kept[i]);
    free(kept);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned threads = kit_argument(argc, argv, 1, 4);
    struct worker *workers = kit_alloc(threads * sizeof *workers);
    pthread_t *ids = kit_alloc(threads * sizeof *ids);

    for (unsigned k = 0; k < ITERATIONS; k++) {
        for (unsigned i = 0; i < threads; i++) {
            workers[i] = (struct worker){k * threads + i, STEPS / threads};
            ids[i] = kit_thread(worker_body, &workers[i]);
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(ids[i], NULL);
    }
    for (unsigned i = 0; i < SHARED; i++)
        free(atomic_exchange(&shared[i], NULL));
    free(workers);
    free(ids);
    printf("operations %u\n", ITERATIONS * STEPS);
    kit_finish(argc, argv);
    return 0;
}
