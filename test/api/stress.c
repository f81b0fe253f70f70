/* Threads that allocate, resize and free at random and hand blocks to each other through a
 * shared table (Larson's server); threads end and are replaced.  Every block carries a
 * pattern that its last owner verifies.  Free of data races, so usable under TSan.
 * THREADS, ROUNDS and SEED by environment. */
// run: preload, static
// timeout: 90
#include "check.h"
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

enum { TABLE = 2048 };
struct block { size_t size; uint64_t tag; };    /* at the start of every block */
static _Atomic(struct block *) table[TABLE];
static uint64_t base_seed;
static long steps;

static struct block *create(uint64_t r)
{
    size_t size = (r >> 8) % ((r & 15) ? 1024 : (r & 16) ? 40000 : 600000) + sizeof(struct block);
    struct block *b;
    switch ((r >> 40) & 7) {
    case 0:
        b = calloc(1, size);
        break;
    case 1:
        b = memalign((size_t)32 << ((r >> 44) & 7), size);
        break;
    default:
        b = malloc(size);
    }
    CHECK(b);
    b->size = size;
    b->tag = r;
    if (size > sizeof *b)
        memset(b + 1, (int)(r & 255), size - sizeof *b < 512 ? size - sizeof *b : 512);
    ((unsigned char *)b)[size - 1] ^= size > sizeof *b ? 0xff : 0;
    return b;
}

static void destroy(struct block *b)
{
    if (!b)
        return;
    size_t room = b->size - sizeof *b;
    const unsigned char *p = (unsigned char *)(b + 1);
    for (size_t i = 0; i < room && i < 512; i++)
        CHECKF(i == room - 1 || p[i] == (b->tag & 255), "SEED=%llu: byte %zu of a block of %zu",
               (unsigned long long)base_seed, i, b->size);
    free(b);
}

static void *worker(void *arg)
{
    uint64_t seed = base_seed + (uintptr_t)arg * 7919 + 1;
    struct block *own[100] = {0};
    for (long i = 0; i < steps; i++) {
        uint64_t r = check_random(&seed);
        int n = (int)((r >> 52) % 100);
        switch (r >> 49 & 7) {
        case 0:
        case 1:
            destroy(atomic_exchange(&table[(r >> 20) % TABLE], create(r)));
            break;
        case 2:
            destroy(own[n]);
            own[n] = atomic_exchange(&table[(r >> 20) % TABLE], NULL);
            break;
        case 3:
            if (own[n]) {
                size_t more = own[n]->size + (r >> 30) % 3000;
                uint64_t tag = own[n]->tag;
                struct block *b = realloc(own[n], more);
                CHECK(b && b->tag == tag);
                own[n] = NULL;
                free(b);
            }
            break;
        default:
            destroy(own[n]);
            own[n] = create(r);
        }
    }
    for (int n = 0; n < 100; n++)       /* what it has left becomes the heirs' */
        destroy(atomic_exchange(&table[(n * 17 + (int)(uintptr_t)arg) % TABLE], own[n]));
    return NULL;
}

static long number(const char *name, long otherwise)
{
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

int main(void)
{
    check_watchdog(75);
    enum { MOST = 64 };
    long threads = number("THREADS", 8), rounds = number("ROUNDS", check_soak() ? 400 : 12);
    base_seed = (uint64_t)number("SEED", 5);
    steps = number("STEPS", 20000);
    CHECK(threads > 0 && threads <= MOST);
    uintptr_t serial = 0;
    for (long round = 0; round < rounds; round++) {
        pthread_t thread[MOST];
        for (long i = 0; i < threads; i++)
            CHECK(pthread_create(&thread[i], NULL, worker, (void *)serial++) == 0);
        for (long i = 0; i < threads; i++)
            CHECK(pthread_join(thread[i], NULL) == 0);
    }
    for (int i = 0; i < TABLE; i++)
        destroy(table[i]);
    return 0;
}
