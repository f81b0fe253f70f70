/* sizes.c -- one size after the other, or random sizes in several threads.
 *
 * After the descriptions of glibc's own benchmarks.  simple: for each of some
 * sizes, blocks are allocated up to a number and freed in the same order.
 * thread: each thread has a working set of 1,024 blocks and replaces random ones;
 * the chance of a size falls with its square.
 *
 *   sizes simple|thread [THREADS]
 */
#include "../kit.h"

#define WORKING_SET 1024u
#define STEPS 50000000u
#define LEAST 16u
#define MOST 4096u

struct worker {
    unsigned seed, steps;
};

static void simple_run(size_t size, unsigned count, unsigned blocks)
{
    static void *objects[1600];

    for (unsigned done = 0; done < blocks; done += count) {
        for (unsigned i = 0; i < count; i++)
            objects[i] = kit_alloc(size);
        for (unsigned i = 0; i < count; i++)
            free(objects[i]);
    }
}

static unsigned simple_all(void)
{
    static const unsigned counts[] = {1, 25, 100, 400, 1600};
    static const size_t sizes[] = {16, 32, 64, 128, 256, 512, 1024};
    const unsigned blocks = 1000000, kinds = sizeof counts / sizeof counts[0];
    const unsigned ways = sizeof sizes / sizeof sizes[0];

    for (unsigned i = 0; i < ways; i++)
        for (unsigned k = 0; k < kinds; k++)
            simple_run(sizes[i], counts[k], blocks);
    return blocks * kinds * ways;
}

/* With density proportional to 1 / size^2 between LEAST and MOST. */
static size_t thread_size(struct kit_random *r)
{
    double u = (double)kit_next(r) / 4294967296.0;

    return (size_t)(1.0 / (1.0 / LEAST - u * (1.0 / LEAST - 1.0 / MOST)));
}

static void *thread_body(void *arg)
{
    const struct worker *w = arg;
    struct kit_random r = kit_seed(w->seed);
    void *set[WORKING_SET] = {NULL};

    for (unsigned i = 0; i < w->steps; i++) {
        void **p = &set[kit_below(&r, WORKING_SET)];

        free(*p);
        *p = kit_alloc(thread_size(&r));
    }
    for (unsigned i = 0; i < WORKING_SET; i++)
        free(set[i]);
    return NULL;
}

static unsigned thread_all(unsigned threads)
{
    struct worker *workers = kit_alloc(threads * sizeof *workers);
    pthread_t *ids = kit_alloc(threads * sizeof *ids);

    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){i, STEPS / threads};
        ids[i] = kit_thread(thread_body, &workers[i]);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    free(workers);
    free(ids);
    return STEPS;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "thread") == 0)
        printf("operations %u\n", thread_all(kit_argument(argc, argv, 2, 2)));
    else
        printf("operations %u\n", simple_all());
    kit_finish(argc, argv);
    return 0;
}
