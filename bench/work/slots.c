/* slots.c -- random slots are filled and emptied, and what is in them is read.
 *
 * After the description of OLogN's alloc-test: a table of slots; each step picks
 * one, by a distribution in which few slots are busy and most are quiet; a free
 * slot gets a block of random size, a used one is read and freed.
 *
 *   slots [THREADS]     each thread has a table of its own
 */
#include "../kit.h"

#define SLOTS (1u << 15)
#define STEPS 20000000u

struct slot {
    unsigned char *block;
    uint32_t size;
};

struct worker {
    unsigned seed, steps;
    unsigned long sum;
};

/* Small ones are likely: up to 2 to the power of 4 to 10. */
static uint32_t worker_size(struct kit_random *r)
{
    return 1 + kit_below(r, 1u << (4 + (kit_next(r) >> 16) % 7));
}

/* Half of the steps go to a 32nd of the table. */
static unsigned worker_slot(struct kit_random *r)
{
    uint32_t n = kit_next(r);

    return (n >> 31) != 0 ? (n >> 8) % (SLOTS / 32) : (n >> 8) % SLOTS;
}

static void slot_fill(struct slot *s, uint32_t size)
{
    s->block = kit_alloc(size);
    s->size = size;
    memset(s->block, (int)size, size);
}

static unsigned long slot_empty(struct slot *s)
{
    unsigned long sum = 0;

    for (uint32_t i = 0; i < s->size; i += 64)
        sum += s->block[i];
    free(s->block);
    s->block = NULL;
    return sum;
}

static void *worker_body(void *arg)
{
    struct worker *w = arg;
    struct kit_random r = kit_seed(w->seed);
    struct slot *slots = calloc(SLOTS, sizeof *slots);

    if (slots == NULL)
        kit_die("out of memory");
    for (unsigned i = 0; i < w->steps; i++) {
        struct slot *s = &slots[worker_slot(&r)];

        if (s->block == NULL)
            slot_fill(s, worker_size(&r));
        else
            w->sum += slot_empty(s);
    }
    for (unsigned i = 0; i < SLOTS; i++)
        free(slots[i].block);
    free(slots);
    return NULL;
}

int main(int argc, char **argv)
{
    unsigned threads = kit_argument(argc, argv, 1, 1);
    struct worker *workers = calloc(threads, sizeof *workers);
    pthread_t *ids = kit_alloc(threads * sizeof *ids);
    unsigned long sum = 0;

    if (workers == NULL)
        kit_die("out of memory");
    for (unsigned i = 0; i < threads; i++) {
        workers[i].seed = i;
        workers[i].steps = STEPS / threads;
        ids[i] = kit_thread(worker_body, &workers[i]);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        sum += workers[i].sum;
    }
    free(workers);
    free(ids);
    printf("check %lu\n", sum);
    kit_finish(argc, argv);
    return 0;
}
