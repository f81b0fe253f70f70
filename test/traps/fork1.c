/* T-fork1: 16 threads allocate, free, realloc and align while all of them fork;
 * each child allocates and frees every size class.  A child that hangs is a lock
 * held by another thread at the fork. */
// run: preload, static
// timeout: 100
#include "check.h"
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 16, SLOTS = 64 };
static atomic_int forks_left;

static void work(uint64_t *seed, void **slot, int steps)
{
    while (steps--) {
        uint64_t r = check_random(seed);
        void **p = &slot[r % SLOTS];
        size_t size = (r >> 20) % ((size_t)16 << ((r >> 8) % 14));
        switch ((r >> 16) % 4) {
        case 0:
            free(*p);
            *p = malloc(size);
            break;
        case 1:
            free(*p);
            *p = memalign((size_t)16 << ((r >> 12) % 9), size);
            break;
        case 2:
            *p = realloc(*p, size + 1);
            break;
        default:
            free(*p);
            *p = NULL;
        }
    }
}

static void child(void)
{
    signal(SIGALRM, SIG_DFL);
    alarm(30);
    check_every_size(64 << 10);
    void *p = calloc(1, 300000);
    CHECK(p);
    p = realloc(p, 900000);
    CHECK(p);
    free(p);
    _exit(0);
}

static void *thread_main(void *arg)
{
    uint64_t seed = 88172645463325252ULL + (uintptr_t)arg * 977;
    void *slot[SLOTS] = {0};
    while (atomic_fetch_sub(&forks_left, 1) > 0) {
        work(&seed, slot, 400);
        pid_t pid = fork();
        CHECKF(pid >= 0, "fork: %s", strerror(errno));
        if (pid == 0)
            child();
        work(&seed, slot, 200);
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECKF(status == 0, "child: %s", check_status(status));
    }
    for (int i = 0; i < SLOTS; i++)
        free(slot[i]);
    return NULL;
}

int main(void)
{
    check_watchdog(80);
    atomic_store(&forks_left, check_soak() ? 10000 : 3000);
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, thread_main, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    check_every_size(1 << 20);
    return 0;
}
