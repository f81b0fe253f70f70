/* heaps.c -- heap objects that several threads use, make and destroy. */
#include "stress/stress.h"

#include <signal.h>

#define SLOTS 256u

static _Alignas(64) unsigned char region[8 << 20];

struct shared {
    acre_heap *heap;
    bool plain_free; /* acre_free may take its blocks */
    _Atomic(struct block *) slots[SLOTS];
};

static struct shared shared[2];
static uint32_t steps;

static void shared_free(struct shared *s, struct block *b, uint64_t r)
{
    if (b == NULL)
        return;
    CHECK(acre_heap_usable_size(s->heap, b) >= b->size);
    CHECK(!s->plain_free || acre_usable_size(b) >= b->size);
    block_unsign(b);
    if (s->plain_free && r % 4 == 0)
        acre_free(b);
    else
        acre_heap_free(s->heap, b);
}

static struct block *shared_new(const struct shared *s, uint64_t r)
{
    size_t size = r % 100 == 0 ? 16 + (size_t)(r >> 12) % 100000
                               : 16 + (size_t)(r >> 12) % 700;
    void *memory;

    if (r >> 60 == 0)
        memory = acre_heap_calloc(s->heap, 1, size);
    else if (r >> 60 == 1)
        memory = acre_heap_alloc_aligned(s->heap, size, 256);
    else
        memory = acre_heap_alloc(s->heap, size);
    return memory != NULL ? block_sign(memory, size) : NULL; /* full: region only */
}

static struct block *shared_resize(const struct shared *s, struct block *b, uint64_t r)
{
    size_t size = 16 + (size_t)(r >> 12) % 5000;

    block_verify(b);
    void *moved = acre_heap_realloc(s->heap, b, size);

    return moved != NULL ? block_sign(moved, size) : b;
}

static void *worker(void *arg)
{
    uint64_t seed = stress_seed * 7919 + (uintptr_t)arg;

    for (uint32_t i = 0; i < steps; i++) {
        uint64_t r = stress_random(&seed);
        struct shared *s = &shared[r >> 63];
        struct block *b = NULL;

        if ((r >> 40) % 3 != 0)
            b = shared_new(s, stress_random(&seed));
        b = atomic_exchange(&s->slots[(r >> 8) % SLOTS], b);
        if (b != NULL && (r >> 44) % 4 == 0)
            b = shared_resize(s, b, r * 17);
        shared_free(s, b, r);
        if (i % 5000 == 0)
            CHECK(acre_heap_check(s->heap) == 0);
        if (i % 64 == 0)
            acre_free(acre_malloc((size_t)(r >> 16) % 2000));
    }
    return NULL;
}

static void use(void)
{
    for (uint32_t round = 0; round < 3; round++) {
        shared[0] = (struct shared){.heap = acre_heap_create(NULL), .plain_free = true};
        shared[1] =
            (struct shared){.heap = acre_heap_create_in(region, sizeof region, NULL)};
        steps = scaled(20000);
        run_threads(6, worker, 1 + 6 * round);
        for (uint32_t k = 0; k < 2; k++) {
            struct acre_heap_stats stats = {.size = sizeof stats};

            CHECK(acre_heap_check(shared[k].heap) == 0);
            for (uint32_t i = 0; round != 1 && i < SLOTS; i++)
                shared_free(&shared[k], atomic_exchange(&shared[k].slots[i], NULL), i);
            CHECK(acre_heap_stats_get(shared[k].heap, &stats) == 0);
            CHECK(round == 1 || (stats.live == 0 && stats.live_count == 0));
            acre_heap_destroy(shared[k].heap);
        }
    }
    stress_done("two heaps, six threads");
}

/* --- Made by one, destroyed by another ------------------------------------ */

static _Atomic(acre_heap *) passing[8];

static void *maker(void *arg)
{
    uint64_t seed = stress_seed * 31 + (uintptr_t)arg;

    for (uint32_t i = 0; i < steps; i++) {
        uint64_t r = stress_random(&seed);
        acre_heap *heap = acre_heap_create(NULL);

        CHECK(heap != NULL);
        for (uint32_t k = 0; k < r % 200; k++) {
            size_t size = 16 + (size_t)(r >> 20) % 3000 * (k % 7);

            block_sign(acre_heap_alloc(heap, size), size);
        }
        heap = atomic_exchange(&passing[r >> 61], heap);
        if (heap != NULL)
            CHECK(acre_heap_alloc(heap, 100) != NULL);
        acre_heap_destroy(heap);
    }
    return NULL;
}

static void passed_on(void)
{
    static struct acre_stats stats = {.size = sizeof stats};

    steps = scaled(600);
    run_threads(6, maker, 1);
    for (uint32_t i = 0; i < 8; i++)
        acre_heap_destroy(atomic_exchange(&passing[i], NULL));
    CHECK(acre_stats_get(&stats) == 0);
    CHECK(stats.live_count == 0);
    stress_done("heaps passed on");
}

int main(void)
{
    stress_begin();
    use();
    passed_on();
    return stress_end();
}
