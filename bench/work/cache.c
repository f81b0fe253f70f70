/* cache.c -- does the allocator put two threads' objects on one cache line?
 *
 * After E. Berger et al., "Hoard: a scalable memory allocator" (ASPLOS 2000).
 * thrash (active false sharing): each thread allocates a small object, writes it
 * many times and frees it.  scratch (passive): the first object of each thread
 * was allocated by the main thread, next to those of the others.
 *
 *   cache thrash|scratch [THREADS]
 */
#include "../kit.h"

#define ROUNDS 1000000u
#define WRITES 1000u
#define SIZE 8u

struct worker {
    volatile char *given;
    unsigned rounds;
};

static void worker_write(volatile char *p)
{
    for (unsigned i = 0; i < WRITES; i++)
        p[i % SIZE]++;
}

static void *worker_body(void *arg)
{
    const struct worker *w = arg;

    if (w->given != NULL) {
        worker_write(w->given);
        free((void *)(uintptr_t)w->given);
    }
    for (unsigned i = 0; i < w->rounds; i++) {
        volatile char *p = kit_alloc(SIZE);

        worker_write(p);
        free((void *)(uintptr_t)p);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int scratch = argc > 1 && strcmp(argv[1], "scratch") == 0;
    unsigned threads = kit_argument(argc, argv, 2, 2);
    struct worker *workers = kit_alloc(threads * sizeof *workers);
    pthread_t *ids = kit_alloc(threads * sizeof *ids);

    for (unsigned i = 0; i < threads; i++) {
        workers[i].given = scratch ? kit_alloc(SIZE) : NULL;
        workers[i].rounds = ROUNDS / threads;
    }
    for (unsigned i = 0; i < threads; i++)
        ids[i] = kit_thread(worker_body, &workers[i]);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    free(workers);
    free(ids);
    printf("operations %u\n", ROUNDS);
    kit_finish(argc, argv);
    return 0;
}
