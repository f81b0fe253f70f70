/* The model test with threads: blocks are handed between threads through locked queues, and
 * every call of the family acts on blocks that another thread made (free, realloc,
 * usable_size, free_sized), with whole contents verified. SEED by environment. */
// timeout: 90
#include "check.h"
#include <malloc.h>
#include <pthread.h>

void free_sized(void *, size_t) MAY_MISS;
enum { THREADS = 6, ROOM = 300 };
struct item { unsigned char *p; size_t size; unsigned char tag; };
struct queue { pthread_mutex_t lock; struct item item[ROOM]; int count; };
static struct queue queue[THREADS];
static unsigned long long first_seed;

static void verify(struct item it, size_t upto)
{
    for (size_t i = 0; i < upto; i++)
        CHECKF(it.p[i] == (unsigned char)(it.tag + i), "SEED=%llu: byte %zu of %zu at %p",
               first_seed, i, it.size, (void *)it.p);
}

static struct item make(uint64_t r)
{
    struct item it = {NULL, 1 + (r >> 8) % ((r & 31) ? 2000 : 60000), (unsigned char)r};
    size_t align = (size_t)16 << ((r >> 40) & 7);
    it.p = r & (1ull << 50) ? memalign(align, it.size) : malloc(it.size);
    CHECK(it.p);
    for (size_t i = 0; i < it.size; i++)
        it.p[i] = (unsigned char)(it.tag + i);
    return it;
}

static void use(struct item it, uint64_t r)
{
    CHECK(malloc_usable_size(it.p) >= it.size);
    if (r & 3) {
        size_t size = 1 + (r >> 8) % 3000, keep = size < it.size ? size : it.size;
        if (r & 4) {
            it.p = realloc(it.p, size);
            CHECK(it.p);
            it.size = size;
        } else
            keep = it.size;
        verify(it, keep);
    } else
        verify(it, it.size);
    if (free_sized && (r & 8))
        free_sized(it.p, it.size);
    else
        free(it.p);
}

static void *worker(void *arg)
{
    int me = (int)(uintptr_t)arg;
    uint64_t seed = first_seed + (uint64_t)me * 31337 + 1;
    long steps = check_soak() ? 3000000 : 150000;
    for (long i = 0; i < steps; i++) {
        uint64_t r = check_random(&seed);
        struct queue *q = &queue[(r >> 56) % THREADS];
        struct item it = {0}, mine = make(r);
        pthread_mutex_lock(&q->lock);
        if (q->count == ROOM || (q->count && (r & (1ull << 49))))
            it = q->item[--q->count];
        if (q->count < ROOM) {
            q->item[q->count++] = mine;
            mine.p = NULL;
        }
        pthread_mutex_unlock(&q->lock);
        if (it.p)
            use(it, r >> 3);
        if (mine.p)
            use(mine, r >> 3);
    }
    return NULL;
}

int main(void)
{
    check_watchdog(75);
    const char *text = getenv("SEED");
    first_seed = text ? strtoull(text, NULL, 10) : 99;
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_mutex_init(&queue[i].lock, NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, worker, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++)
        while (queue[i].count)
            use(queue[i].item[--queue[i].count], 0);
    return 0;
}
