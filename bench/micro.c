/* micro.c -- what one malloc, free, calloc or realloc costs.
 *
 *   micro [--rounds N] [--ops N] TEST...     prints "name nanoseconds"
 *   micro --list
 *
 * Time is the CPU time of the thread, or of the process for tests with more
 * than one thread (NAME.cpu; NAME alone is then elapsed time).  Each figure is
 * the minimum over the rounds, per malloc+free pair unless said otherwise.
 */
#include "micro.h"

#include <malloc.h>

#define BATCH_BYTES ((size_t)64 << 20)
#define BATCH_OBJECTS 1000u

static size_t micro_size(const struct micro_test *t, struct kit_random *r)
{
    return t->size != 0 ? t->size : kit_mixed_size(kit_next(r));
}

void micro_begin(struct micro_best *best, clockid_t cpu)
{
    best->wall_ns = kit_wall_ns();
    best->cpu_ns = kit_clock_ns(cpu);
}

void micro_end(struct micro_best *best, clockid_t cpu, unsigned long ops)
{
    double c = (kit_clock_ns(cpu) - best->cpu_ns) / (double)ops;
    double w = (kit_wall_ns() - best->wall_ns) / (double)ops;

    if (best->best_cpu <= 0 || c < best->best_cpu)
        best->best_cpu = c;
    if (best->best_wall <= 0 || w < best->best_wall)
        best->best_wall = w;
}

static void micro_print(const struct micro_test *t, const struct micro_best *best)
{
    printf("%s %.3f\n", t->name, best->best_cpu);
}

/* pair: the same block again and again. */
static void pair_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        for (unsigned long i = 0; i < plan.ops; i++) {
            void *p = kit_alloc(t->size);

            kit_keep(p);
            free(p);
        }
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, plan.ops);
    }
    micro_print(t, &best);
}

/* lifo, fifo: a batch is allocated, then freed backwards or forwards. */
static unsigned batch_count(const struct micro_test *t)
{
    size_t fits = BATCH_BYTES / t->size;

    return fits < BATCH_OBJECTS ? (unsigned)fits : BATCH_OBJECTS;
}

static void batch_free(void **objects, unsigned count, int backwards)
{
    if (backwards)
        for (unsigned i = count; i-- > 0;)
            free(objects[i]);
    else
        for (unsigned i = 0; i < count; i++)
            free(objects[i]);
}

static void batch_run(const struct micro_test *t, struct micro_plan plan)
{
    static void *objects[BATCH_OBJECTS];
    struct micro_best best = {0};
    unsigned count = batch_count(t);
    unsigned long batches = plan.ops / count + 1;
    int backwards = t->name[0] == 'l';

    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        for (unsigned long b = 0; b < batches; b++) {
            for (unsigned i = 0; i < count; i++)
                objects[i] = kit_alloc(t->size);
            kit_keep(objects);
            batch_free(objects, count, backwards);
        }
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, batches * count);
    }
    micro_print(t, &best);
}

/* rand: a table of live objects; each step replaces a random one. */
static void **random_fill(const struct micro_test *t, struct kit_random *r)
{
    void **slots = calloc(t->count, sizeof *slots);

    if (slots == NULL)
        kit_die("out of memory");
    for (unsigned i = 0; i < t->count; i++)
        slots[i] = kit_alloc(micro_size(t, r));
    return slots;
}

static void random_steps(void **slots, unsigned count, size_t size, unsigned long ops,
                         struct kit_random *random)
{
    struct kit_random r = *random;

    for (unsigned long i = 0; i < ops; i++) {
        void **slot = &slots[kit_below(&r, count)];

        free(*slot);
        *slot = kit_alloc(size != 0 ? size : kit_mixed_size(kit_next(&r)));
    }
    *random = r;
}

static void random_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};
    struct kit_random r = kit_seed(7);
    void **slots = random_fill(t, &r);

    random_steps(slots, t->count, t->size, t->count, &r);
    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        random_steps(slots, t->count, t->size, plan.ops, &r);
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, plan.ops);
    }
    micro_print(t, &best);
    for (unsigned i = 0; i < t->count; i++)
        free(slots[i]);
    free(slots);
}

/* The loop of rand without malloc and free: what the test itself costs. */
static void noalloc_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};
    struct kit_random r = kit_seed(7);
    void **slots = random_fill(t, &r);
    size_t sum = 0;

    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        for (unsigned long i = 0; i < plan.ops; i++) {
            size_t *p = slots[kit_below(&r, t->count)];

            *p = sum += micro_size(t, &r);
        }
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, plan.ops);
    }
    micro_print(t, &best);
    for (unsigned i = 0; i < t->count; i++)
        free(slots[i]);
    free(slots);
}

static void calloc_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        for (unsigned long i = 0; i < plan.ops; i++) {
            char *p = calloc(1, t->size);

            if (p == NULL || p[0] != 0)
                kit_die("calloc");
            p[0] = 1;
            kit_keep(p);
            free(p);
        }
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, plan.ops);
    }
    micro_print(t, &best);
}

static void aligned_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        for (unsigned long i = 0; i < plan.ops; i++) {
            char *p = aligned_alloc(64, t->size);

            if (p == NULL || ((uintptr_t)p & 63) != 0)
                kit_die("aligned_alloc");
            p[0] = 1;
            kit_keep(p);
            free(p);
        }
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, plan.ops);
    }
    micro_print(t, &best);
}

static void usable_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};
    void *p = kit_alloc(t->size);

    for (unsigned round = 0; round < plan.rounds; round++) {
        size_t sum = 0;

        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        for (unsigned long i = 0; i < plan.ops; i++) {
            kit_keep(p);
            sum += malloc_usable_size(p);
        }
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, plan.ops);
        if (sum < t->size * plan.ops)
            kit_die("malloc_usable_size");
    }
    micro_print(t, &best);
    free(p);
}

/* regrow: `count` arrays grow in turn by half up to `size`; cost per step.
 * A lone array may sit at the end of the heap, two in turn never both do. */
static unsigned regrow_once(size_t limit, unsigned count)
{
    char *arrays[2] = {NULL, NULL};
    unsigned steps = 0;

    for (size_t n = 16; n <= limit; n += n / 2) {
        for (unsigned i = 0; i < count; i++) {
            char *p = realloc(arrays[i], n);

            if (p == NULL)
                kit_die("out of memory");
            p[0] = p[n - 1] = 1;
            arrays[i] = p;
            steps++;
        }
        kit_keep(arrays);
    }
    for (unsigned i = 0; i < count; i++)
        free(arrays[i]);
    return steps;
}

static void regrow_run(const struct micro_test *t, struct micro_plan plan)
{
    struct micro_best best = {0};

    for (unsigned round = 0; round < plan.rounds; round++) {
        unsigned long steps = 0;

        micro_begin(&best, CLOCK_THREAD_CPUTIME_ID);
        while (steps < plan.ops)
            steps += regrow_once(t->size, t->count);
        micro_end(&best, CLOCK_THREAD_CPUTIME_ID, steps);
    }
    micro_print(t, &best);
}

static const struct micro_test micro_single[] = {
    {"pair-16", pair_run, 16, 0, 2000000},
    {"pair-64", pair_run, 64, 0, 2000000},
    {"pair-256", pair_run, 256, 0, 2000000},
    {"pair-1024", pair_run, 1024, 0, 2000000},
    {"pair-4096", pair_run, 4096, 0, 1000000},
    {"pair-32768", pair_run, 32768, 0, 1000000},
    {"pair-1048576", pair_run, 1048576, 0, 200000},
    {"lifo-16", batch_run, 16, 0, 1000000},
    {"lifo-64", batch_run, 64, 0, 1000000},
    {"lifo-256", batch_run, 256, 0, 1000000},
    {"lifo-1024", batch_run, 1024, 0, 1000000},
    {"lifo-4096", batch_run, 4096, 0, 100000},
    {"lifo-32768", batch_run, 32768, 0, 30000},
    {"lifo-1048576", batch_run, 1048576, 0, 10000},
    {"fifo-16", batch_run, 16, 0, 1000000},
    {"fifo-64", batch_run, 64, 0, 1000000},
    {"fifo-256", batch_run, 256, 0, 1000000},
    {"fifo-1024", batch_run, 1024, 0, 1000000},
    {"fifo-4096", batch_run, 4096, 0, 100000},
    {"fifo-32768", batch_run, 32768, 0, 30000},
    {"fifo-1048576", batch_run, 1048576, 0, 10000},
    {"rand10k-64", random_run, 64, 10000, 1000000},
    {"rand100k-64", random_run, 64, 100000, 1000000},
    {"rand1000k-64", random_run, 64, 1000000, 1000000},
    {"rand10k-mix", random_run, 0, 10000, 1000000},
    {"rand100k-mix", random_run, 0, 100000, 1000000},
    {"rand1000k-mix", random_run, 0, 1000000, 1000000},
    {"rand10k-noalloc", noalloc_run, 0, 10000, 1000000},
    {"rand100k-noalloc", noalloc_run, 0, 100000, 1000000},
    {"rand1000k-noalloc", noalloc_run, 0, 1000000, 1000000},
    {"calloc-16", calloc_run, 16, 0, 1000000},
    {"calloc-64", calloc_run, 64, 0, 1000000},
    {"calloc-1024", calloc_run, 1024, 0, 1000000},
    {"calloc-4096", calloc_run, 4096, 0, 300000},
    {"calloc-32768", calloc_run, 32768, 0, 50000},
    {"aligned64-128", aligned_run, 128, 0, 1000000},
    {"usable-100", usable_run, 100, 0, 2000000},
    {"regrow-1000000", regrow_run, 1000000, 1, 3000},
    {"regrow2-1000000", regrow_run, 1000000, 2, 3000},
    {NULL, NULL, 0, 0, 0},
};

static const struct micro_test *const micro_tables[] = {micro_single, micro_threaded};

static const struct micro_test *micro_find(const char *name)
{
    for (unsigned k = 0; k < sizeof micro_tables / sizeof micro_tables[0]; k++)
        for (const struct micro_test *t = micro_tables[k]; t->name != NULL; t++)
            if (strcmp(t->name, name) == 0)
                return t;
    return NULL;
}

static int micro_list(void)
{
    for (unsigned k = 0; k < sizeof micro_tables / sizeof micro_tables[0]; k++)
        for (const struct micro_test *t = micro_tables[k]; t->name != NULL; t++)
            puts(t->name);
    return 0;
}

static int micro_one(const char *name, struct micro_plan plan)
{
    const struct micro_test *t = micro_find(name);

    if (t == NULL) {
        fprintf(stderr, "micro: no test '%s'; try --list\n", name);
        return 2;
    }
    if (plan.ops == 0)
        plan.ops = t->ops;
    t->run(t, plan);
    return 0;
}

int main(int argc, char **argv)
{
    struct micro_plan plan = {7, 0};
    int i = 1;

    if (argc > 1 && strcmp(argv[1], "--list") == 0)
        return micro_list();
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        unsigned long n = strtoul(argv[i + 1], NULL, 10);

        if (strcmp(argv[i], "--rounds") == 0 && n > 0)
            plan.rounds = (unsigned)n;
        else if (strcmp(argv[i], "--ops") == 0)
            plan.ops = n;
        else
            break;
    }
    if (i >= argc || argv[i][0] == '-') {
        fputs("usage: micro [--rounds N] [--ops N] TEST... | --list\n", stderr);
        return 2;
    }
    for (; i < argc; i++) {
        int failed = micro_one(argv[i], plan);

        if (failed != 0)
            return failed;
    }
    return 0;
}
