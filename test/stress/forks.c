/* forks.c -- a process with busy threads forks: the child has one thread and all of the
 * memory, and must be able to go on allocating in every class, in the heap object that
 * others were using, and in threads of its own. */
#include "stress/stress.h"

#include <signal.h>
#include <sys/wait.h>

/* TSan cannot: "dup thread with used id".  ASan's own malloc, which pthread_create needs,
 * may have been locked by another thread at the moment of the fork. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define THREADS_AFTER_FORK 0
#else
#define THREADS_AFTER_FORK 1
#endif

#define SLOTS 512u
#define THREADS 4u

static _Atomic(struct block *) slots[SLOTS];
static _Atomic bool stop;
static acre_heap *heap;

static void *worker(void *arg)
{
    uint64_t seed = stress_seed + (uintptr_t)arg * 7;

    while (!atomic_load(&stop)) {
        uint64_t r = stress_random(&seed);
        size_t size = stress_size(r % 990 | (r & ~1023ull));

        if (size > 1 << 20)
            size = 100;
        struct block *b = block_sign(acre_malloc(size), size);

        block_free(atomic_exchange(&slots[r % SLOTS], b));
        if (r >> 60 == 0) {
            b = block_sign(acre_heap_alloc(heap, 200), 200);
            block_unsign(b);
            acre_heap_free(heap, b);
        }
    }
    return NULL;
}

static void *child_thread(void *arg)
{
    (void)arg;
    for (size_t size = 16; size < 100000; size = size * 2 + 16)
        block_free(block_sign(acre_malloc(size), size));
    return NULL;
}

/* Everything once, then what the parent left. */
static void child(void)
{
    struct block *mine[200];
    uint32_t count = 0;

    alarm(60);
    for (size_t size = 16; size < (size_t)40 << 20; size = size * 9 / 8 + 16)
        mine[count++] = block_sign(acre_malloc(size), size);
    for (uint32_t i = 0; i < count; i++)
        block_free(mine[i]);
    struct block *b = block_sign(acre_heap_alloc(heap, 300), 300);

    block_unsign(b);
    acre_heap_free(heap, b);
    for (uint32_t i = 0; i < SLOTS; i++) /* as they were at the moment of the fork */
        acre_free(atomic_exchange(&slots[i], NULL));
    if (!THREADS_AFTER_FORK)
        (void)child_thread(NULL);
    else
        run_threads(2, child_thread, 0);
    (void)acre_purge();
    _exit(0);
}

static void fork_often(uint32_t times)
{
    for (uint32_t i = 0; i < times; i++) {
        int status = -1;
        pid_t pid = fork();

        CHECK(pid >= 0);
        if (pid == 0)
            child();
        CHECK(waitpid(pid, &status, 0) == pid);
        if (status != 0)
            fprintf(stderr, "child %u ended with status 0x%x\n", i, (unsigned)status);
        CHECK(status == 0);
    }
}

int main(void)
{
    pthread_t threads[THREADS];

    stress_begin();
    heap = acre_heap_create(NULL);
    CHECK(heap != NULL);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)(i + 1)) == 0);
    fork_often(scaled(100));
    atomic_store(&stop, true);
    for (uint32_t i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    for (uint32_t i = 0; i < SLOTS; i++)
        block_free(atomic_exchange(&slots[i], NULL));
    CHECK(acre_heap_check(heap) == 0);
    acre_heap_destroy(heap);
    stress_done("forks");
    return stress_end();
}
