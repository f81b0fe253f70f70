/* handover.c -- random sizes up to 16,000 bytes, some freed by the next thread.
 *
 * After the description of rpmalloc's benchmark: sizes from 16 to 16,000 bytes,
 * small ones more likely; in each loop a thread replaces a part of its blocks in
 * a scattered order; now and then it leaves a bundle of blocks to another thread.
 *
 *   handover [THREADS]
 */
#include "../kit.h"

#include <stdatomic.h>

#define LIVE 3000u
#define LOOPS 40000u
#define PART 400u
#define BUNDLE 100u
#define MAILBOXES 16u

struct bundle {
    void *blocks[BUNDLE];
};

static _Atomic(struct bundle *) mailboxes[MAILBOXES];

struct worker {
    unsigned seed, loops;
};

/* The product of two uniform numbers leans to the small side. */
static size_t worker_size(struct kit_random *r)
{
    return 16 + ((size_t)kit_below(r, 128) * kit_below(r, 128) * kit_below(r, 128) >> 7);
}

static void bundle_free(struct bundle *b)
{
    if (b == NULL)
        return;
    for (unsigned i = 0; i < BUNDLE; i++)
        free(b->blocks[i]);
    free(b);
}

static void worker_hand_over(void **live, struct kit_random *r)
{
    struct bundle *b = kit_alloc(sizeof *b);

    for (unsigned i = 0; i < BUNDLE; i++) {
        unsigned k = kit_below(r, LIVE);

        b->blocks[i] = live[k];
        live[k] = kit_alloc(worker_size(r));
    }
    bundle_free(atomic_exchange(&mailboxes[kit_below(r, MAILBOXES)], b));
}

static void *worker_body(void *arg)
{
    const struct worker *w = arg;
    struct kit_random r = kit_seed(w->seed);
    void **live = kit_alloc(LIVE * sizeof *live);
    unsigned place = 0;

    for (unsigned i = 0; i < LIVE; i++)
        live[i] = kit_alloc(worker_size(&r));
    for (unsigned loop = 0; loop < w->loops; loop++) {
        for (unsigned i = 0; i < PART; i++) {
            place = (place + 997) % LIVE; /* a stride prime to LIVE */
            free(live[place]);
            live[place] = kit_alloc(worker_size(&r));
        }
        if (loop % 4 == 0)
            worker_hand_over(live, &r);
    }
    for (unsigned i = 0; i < LIVE; i++)
        free(live[i]);
    free(live);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned threads = kit_argument(argc, argv, 1, 4);
    struct worker *workers = kit_alloc(threads * sizeof *workers);
    pthread_t *ids = kit_alloc(threads * sizeof *ids);

    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){i, LOOPS / threads};
        ids[i] = kit_thread(worker_body, &workers[i]);
    }
    for (unsigned i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (unsigned i = 0; i < MAILBOXES; i++)
        bundle_free(atomic_exchange(&mailboxes[i], NULL));
    free(workers);
    free(ids);
    printf("operations %u\n", LOOPS * PART);
    kit_finish(argc, argv);
    return 0;
}
