/* micro.h -- one table of tests, made in two files. */
#ifndef BENCH_MICRO_H
#define BENCH_MICRO_H

#include "kit.h"

struct micro_plan {
    unsigned rounds;   /* the minimum over these is reported */
    unsigned long ops; /* 0: the test's own number */
};

struct micro_test {
    const char *name;
    void (*run)(const struct micro_test *, struct micro_plan);
    size_t size;       /* bytes, 0 = the size mix of kit.h */
    unsigned count;    /* slots, objects in a batch; 0 = the test decides */
    unsigned long ops; /* in one round */
};

/* The best round so far. */
struct micro_best {
    double cpu_ns, wall_ns;     /* start of the running round */
    double best_cpu, best_wall; /* per operation, 0 = none yet */
};

void micro_begin(struct micro_best *best, clockid_t cpu);
void micro_end(struct micro_best *best, clockid_t cpu, unsigned long ops);

extern const struct micro_test micro_threaded[];

#endif
