/* micro_threads.c -- tests with more than one thread.
 *
 * NAME is elapsed time per operation, NAME.cpu the CPU time of the process.
 * Each of the two threads has a processor of its own: on the same one they
 * would take turns, with all blocks warm in one cache, and measure that.
 */
#include "micro.h"

#include <stdatomic.h>

#define THREADS 2
#define RING_SLOTS 1024u
#define EXCHANGE_SLOTS 4096u
#define SPAWN_OBJECTS 100

static void threads_print(const struct micro_test *t, const struct micro_best *best)
{
    printf("%s %.3f\n%s.cpu %.3f\n", t->name, best->best_wall, t->name, best->best_cpu);
}

static size_t threads_size(const struct micro_test *t, struct kit_random *r)
{
    return t->size != 0 ? t->size : kit_mixed_size(kit_next(r));
}

/* One thread's share of a round.  Both start together: else one could be done
 * before the other begins.  The wait is not counted. */
struct share {
    const struct micro_test *test;
    void (*body)(const struct share *);
    unsigned long ops;
    unsigned number;
    atomic_uint *ready;
    double cpu_ns, start_ns, end_ns;
};

static void *share_body(void *arg)
{
    struct share *s = arg;

    kit_pin(s->number);
    atomic_fetch_add(s->ready, 1);
    while (atomic_load(s->ready) < THREADS)
        continue;
    s->start_ns = kit_wall_ns();
    s->cpu_ns = kit_thread_ns();
    s->body(s);
    s->cpu_ns = kit_thread_ns() - s->cpu_ns;
    s->end_ns = kit_wall_ns();
    return NULL;
}

static void share_note(struct micro_best *best, const struct share *a,
                       const struct share *b, double ops)
{
    double start = a->start_ns < b->start_ns ? a->start_ns : b->start_ns;
    double end = a->end_ns > b->end_ns ? a->end_ns : b->end_ns;
    double cpu = (a->cpu_ns + b->cpu_ns) / ops;
    double wall = (end - start) / ops;

    if (best->best_cpu <= 0 || cpu < best->best_cpu)
        best->best_cpu = cpu;
    if (best->best_wall <= 0 || wall < best->best_wall)
        best->best_wall = wall;
}

/* Run `body` in two threads, `plan.ops` operations in all. */
static void share_run(const struct micro_test *t, struct micro_plan plan,
                      void (*body)(const struct share *))
{
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        struct share shares[THREADS];
        pthread_t ids[THREADS];
        atomic_uint ready = 0;

        for (unsigned i = 0; i < THREADS; i++) {
            shares[i] = (struct share){t, body, plan.ops / THREADS, i, &ready, 0, 0, 0};
            ids[i] = kit_thread(share_body, &shares[i]);
        }
        for (unsigned i = 0; i < THREADS; i++)
            pthread_join(ids[i], NULL);
        share_note(&best, &shares[0], &shares[1], (double)plan.ops);
    }
    threads_print(t, &best);
}

/* pair2thr: the pair test in two threads at once; they share nothing. */
static void pair_body(const struct share *s)
{
    for (unsigned long i = 0; i < s->ops; i++) {
        void *p = kit_alloc(s->test->size);

        kit_keep(p);
        free(p);
    }
}

static void pair2_run(const struct micro_test *t, struct micro_plan plan)
{
    share_run(t, plan, pair_body);
}

/* prodcons: one thread allocates, the other frees.  The ring between them is
 * bounded; each side tells the other only once in a while how far it is. */
struct ring {
    const struct micro_test *test;
    unsigned long ops;
    _Alignas(64) atomic_ulong written;
    _Alignas(64) atomic_ulong taken;
    _Alignas(64) void *slots[RING_SLOTS];
};

static unsigned long ring_wait(atomic_ulong *word, unsigned long beyond)
{
    unsigned long seen;

    for (unsigned spins = 0;; spins++) {
        seen = atomic_load_explicit(word, memory_order_acquire);
        if (seen > beyond)
            return seen;
        if (spins > 100)
            sched_yield();
    }
}

static void *ring_produce(void *arg)
{
    struct ring *ring = arg;
    struct kit_random r = kit_seed(3);
    unsigned long room = RING_SLOTS;

    kit_pin(0);
    for (unsigned long i = 0; i < ring->ops; i++) {
        if (i == room)
            room = ring_wait(&ring->taken, i - RING_SLOTS) + RING_SLOTS;
        ring->slots[i % RING_SLOTS] = kit_alloc(threads_size(ring->test, &r));
        if (i % 32 == 31)
            atomic_store_explicit(&ring->written, i + 1, memory_order_release);
    }
    atomic_store_explicit(&ring->written, ring->ops, memory_order_release);
    return NULL;
}

static void *ring_consume(void *arg)
{
    struct ring *ring = arg;
    unsigned long ready = 0, sum = 0;

    kit_pin(1);
    for (unsigned long i = 0; i < ring->ops; i++) {
        if (i == ready)
            ready = ring_wait(&ring->written, i);
        unsigned long *p = ring->slots[i % RING_SLOTS];

        sum += *p;
        free(p);
        if (i % 32 == 31)
            atomic_store_explicit(&ring->taken, i + 1, memory_order_release);
    }
    return (void *)sum;
}

static void prodcons_run(const struct micro_test *t, struct micro_plan plan)
{
    static struct ring ring;
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        memset(&ring, 0, sizeof ring);
        ring.test = t;
        ring.ops = plan.ops;
        micro_begin(&best, CLOCK_PROCESS_CPUTIME_ID);
        pthread_t consumer = kit_thread(ring_consume, &ring);
        pthread_t producer = kit_thread(ring_produce, &ring);

        pthread_join(producer, NULL);
        pthread_join(consumer, NULL);
        micro_end(&best, CLOCK_PROCESS_CPUTIME_ID, plan.ops);
    }
    threads_print(t, &best);
}

/* exchange: two threads put new blocks into random slots of one table and
 * free what they find there, whoever made it. */
static _Atomic(void *) exchange_slots[EXCHANGE_SLOTS];

static void exchange_body(const struct share *s)
{
    struct kit_random r = kit_seed(s->number);

    for (unsigned long i = 0; i < s->ops; i++) {
        void *p = kit_alloc(threads_size(s->test, &r));

        free(atomic_exchange(&exchange_slots[kit_below(&r, EXCHANGE_SLOTS)], p));
    }
}

static void exchange_run(const struct micro_test *t, struct micro_plan plan)
{
    share_run(t, plan, exchange_body);
    for (unsigned i = 0; i < EXCHANGE_SLOTS; i++)
        free(atomic_exchange(&exchange_slots[i], NULL));
}

/* threadspawn: a thread's whole life around 100 mallocs and frees. */
static void *spawn_body(void *arg)
{
    void *objects[SPAWN_OBJECTS];
    struct kit_random r = kit_seed(5);

    for (unsigned i = 0; i < SPAWN_OBJECTS; i++)
        objects[i] = kit_alloc(kit_mixed_size(kit_next(&r)));
    for (unsigned i = 0; i < SPAWN_OBJECTS; i++)
        free(objects[i]);
    return arg;
}

static void spawn_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_PROCESS_CPUTIME_ID);
        for (unsigned long i = 0; i < plan.ops; i++)
            pthread_join(kit_thread(spawn_body, NULL), NULL);
        micro_end(&best, CLOCK_PROCESS_CPUTIME_ID, plan.ops);
    }
    threads_print(t, &best);
}

const struct micro_test micro_threaded[] = {
    {"pair2thr-64", pair2_run, 64, 0, 4000000},
    {"pair2thr-1024", pair2_run, 1024, 0, 4000000},
    {"prodcons-64", prodcons_run, 64, 0, 1000000},
    {"prodcons-mix", prodcons_run, 0, 0, 1000000},
    {"prodcons-4096", prodcons_run, 4096, 0, 200000},
    {"exchange-mix", exchange_run, 0, 0, 1000000},
    {"threadspawn", spawn_run, 0, 0, 300},
    {NULL, NULL, 0, 0, 0},
};
