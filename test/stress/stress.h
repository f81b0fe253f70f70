/* stress.h -- what the stress tests share: seeds, threads, blocks that tell their owner.
 *
 * Written against include/acre only.  Include it in a program of one file. */
#ifndef TEST_STRESS_STRESS_H
#define TEST_STRESS_STRESS_H

#include <acre/acre.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))
#define CHECK(x) ((x) ? (void)0 : stress_failed(#x, __FILE__, __LINE__))
#define WATCHDOG_SECONDS 550u

static uint64_t stress_seed;
static uint32_t stress_passed;

static _Noreturn UNUSED void stress_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s; ACRE_TEST_SEED=%llu\n", file, line, what,
            (unsigned long long)stress_seed);
    fflush(stderr);
    abort();
}

static UNUSED uint64_t stress_number(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? strtoull(value, NULL, 0) : otherwise;
}

static UNUSED uint32_t scaled(uint32_t steps)
{
    return steps * (uint32_t)stress_number("ACRE_TEST_SCALE", 1);
}

/* splitmix64 */
static UNUSED uint64_t stress_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static UNUSED void stress_begin(void)
{
    stress_seed = stress_number("ACRE_TEST_SEED", 1);
    alarm(WATCHDOG_SECONDS);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static UNUSED int stress_end(void)
{
    printf("%u passed, 0 failed\n", stress_passed);
    return 0;
}

static UNUSED void stress_done(const char *what)
{
    stress_passed++;
    printf("ok %s\n", what);
}

/* Run body(number + first) in `count` threads and wait for them. */
static UNUSED void run_threads(uint32_t count, void *(*body)(void *arg), uintptr_t first)
{
    pthread_t threads[64];

    CHECK(count <= 64);
    for (uint32_t i = 0; i < count; i++)
        CHECK(pthread_create(&threads[i], NULL, body, (void *)(first + i)) == 0);
    for (uint32_t i = 0; i < count; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

/* --- Blocks that know their size ------------------------------------------ */

struct block {
    uint64_t check; /* mixes address and size: a block that two own is seen */
    uint32_t size;  /* 16 at least */
    uint32_t tail;  /* bytes at the end that are painted */
};

static UNUSED uint64_t block_check(const struct block *b)
{
    uint64_t state = (uintptr_t)b ^ (uint64_t)b->size << 40 ^ b->tail;

    return stress_random(&state);
}

static UNUSED struct block *block_sign(void *memory, size_t size)
{
    struct block *b = memory;

    CHECK(b != NULL);
    CHECK((uintptr_t)b % 16 == 0);
    b->size = (uint32_t)size;
    b->tail = size - sizeof *b < 32 ? (uint32_t)(size - sizeof *b) : 32;
    b->check = block_check(b);
    memset((char *)b + size - b->tail, (int)(b->check & 0xff), b->tail);
    return b;
}

static UNUSED void block_verify(const struct block *b)
{
    CHECK(b->check == block_check(b));
    for (uint32_t i = b->size - b->tail; i < b->size; i++)
        CHECK(((const unsigned char *)b)[i] == (b->check & 0xff));
}

/* Before free: whoever still believes that it is his must see that it is not. */
static UNUSED void block_unsign(struct block *b)
{
    block_verify(b);
    memset((char *)b + b->size - b->tail, 0xdd, b->tail);
    b->check = ~b->check;
}

/* Most are small, some large, few huge. */
static UNUSED size_t stress_size(uint64_t r)
{
    uint32_t kind = (uint32_t)(r % 1000);

    if (kind < 900)
        return 16 + (size_t)(r >> 12) % 1000;
    if (kind < 985)
        return 16 + (size_t)(r >> 12) % 33000;
    if (kind < 999)
        return 32768 + (size_t)(r >> 12) % 500000;
    return ((size_t)33 << 20) + (size_t)(r >> 12) % 100000;
}

/* A new block by one of malloc's ways. */
static UNUSED struct block *block_new(uint64_t r)
{
    size_t size = stress_size(r);
    void *memory;

    switch (r >> 61) {
    case 0:
        memory = acre_calloc(1, size);
        CHECK(memory != NULL && ((const char *)memory)[size - 1] == 0);
        break;
    case 1:
        memory = acre_aligned_alloc((size_t)16 << (r >> 32) % 9, size);
        break;
    case 2:
        memory = acre_realloc(acre_malloc(size / 2 + 1), size);
        break;
    default:
        memory = acre_malloc(size);
        break;
    }
    return block_sign(memory, size);
}

static UNUSED void block_free(struct block *b)
{
    if (b == NULL)
        return;
    block_unsign(b);
    acre_free(b);
}

/* Larger or smaller, as an other thread's block may be too. */
static UNUSED struct block *block_resize(struct block *b, uint64_t r)
{
    size_t size = stress_size(r);
    uint32_t old = b->size;
    uint64_t check = b->check;

    block_verify(b);
    struct block *moved = acre_realloc(b, size);

    CHECK(moved != NULL);
    CHECK(moved->size == old && moved->check == check);
    return block_sign(moved, size);
}

#endif
