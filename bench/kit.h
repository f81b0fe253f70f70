/* kit.h -- what every benchmark needs: clocks, random numbers, a size mix,
 * resident memory, and a barrier against the optimiser.
 *
 * Only libc names appear here, so that any malloc can be preloaded below it.
 */
#ifndef BENCH_KIT_H
#define BENCH_KIT_H

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The compiler must believe that `p` is used, so malloc and free stay. */
static inline void kit_keep(void *p)
{
    __asm__ volatile("" : : "g"(p) : "memory");
}

static inline double kit_clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline double kit_thread_ns(void)
{
    return kit_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static inline double kit_process_ns(void)
{
    return kit_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

static inline double kit_wall_ns(void)
{
    return kit_clock_ns(CLOCK_MONOTONIC);
}

_Noreturn static inline void kit_die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* A linear congruential generator; the upper bits are good. */
struct kit_random {
    uint64_t state;
};

static inline struct kit_random kit_seed(uint64_t seed)
{
    struct kit_random r = {seed * 0x9e3779b97f4a7c15u + 0x1234567u};

    return r;
}

static inline uint32_t kit_next(struct kit_random *r)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->state >> 32);
}

/* Uniform in [0, n). */
static inline uint32_t kit_below(struct kit_random *r, uint32_t n)
{
    return (uint32_t)(((uint64_t)kit_next(r) * n) >> 32);
}

/* The octaves 16, 32 ... 512 of the size mix, with falling weights (64ths:
 * 18 15 12 10 6 3): sizes 16 to 1023, 137 on average. */
static const unsigned char kit_octaves[64] = {
    4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5,
    5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6,
    6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 8, 8, 8, 8, 8, 9, 9, 9,
};

static inline size_t kit_mixed_size(uint32_t random)
{
    unsigned octave = kit_octaves[random >> 26];

    return ((size_t)1 << octave) + (random & (((size_t)1 << octave) - 1));
}

/* malloc that must succeed and whose first bytes are written. */
static inline void *kit_alloc(size_t size)
{
    unsigned char *p = malloc(size);

    if (p == NULL)
        kit_die("out of memory");
    if (size >= sizeof(uint64_t))
        *(uint64_t *)(void *)p = (uint64_t)size;
    else
        p[0] = (unsigned char)size;
    return p;
}

/* Resident bytes now, without stdio, so that no buffer is allocated. */
static inline size_t kit_resident_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    char *end;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        kit_die("cannot read /proc/self/statm");
    text[n] = 0;
    strtoul(text, &end, 10);
    return strtoul(end, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Sleeping must not call the allocator: it shows what comes back unasked. */
static inline void kit_sleep_ms(long ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&t, &t) != 0)
        continue;
}

/* The end of a workload: with `--settle`, resident memory one second later. */
static inline void kit_finish(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[argc - 1], "--settle") != 0)
        return;
    kit_sleep_ms(1000);
    printf("settled_kb %zu\n", kit_resident_bytes() >> 10);
}

static inline unsigned kit_argument(int argc, char **argv, int i, unsigned otherwise)
{
    return argc > i && argv[i][0] != '-' ? (unsigned)strtoul(argv[i], NULL, 10)
                                         : otherwise;
}

static inline pthread_t kit_thread(void *(*body)(void *), void *arg)
{
    pthread_t id;

    if (pthread_create(&id, NULL, body, arg) != 0)
        kit_die("cannot create a thread");
    return id;
}

/* Keep the calling thread on the n-th processor that we may use, so that two
 * threads that hand blocks to each other do run at the same time. */
static inline void kit_pin(unsigned nth)
{
    cpu_set_t allowed, one;
    unsigned left = nth;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return;
    CPU_ZERO(&one);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, &allowed) || left-- > 0)
            continue;
        CPU_SET(i, &one);
        sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

#endif
