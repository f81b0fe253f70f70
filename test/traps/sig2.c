/* T-sig2: a profiler's timer fires inside malloc, in several threads, and unwinds the
 * stack from there: our frames must be unwindable at each instruction, and our waits
 * survive EINTR. */
// cflags: -fno-omit-frame-pointer -rdynamic
#include "check.h"
#include <execinfo.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/time.h>

static atomic_long samples, deep;
static atomic_int stop;

static void on_profile(int number)
{
    (void)number;
    int saved = errno;
    void *frame[64];
    int n = backtrace(frame, 64);
    atomic_fetch_add(&samples, 1);
    if (n >= 4)
        atomic_fetch_add(&deep, 1);
    errno = saved;
}

static void *work(void *arg)
{
    uint64_t seed = (uintptr_t)arg + 17;
    void *held[256] = {0};
    for (long i = 0; !atomic_load(&stop); i++) {
        uint64_t r = check_random(&seed);
        size_t size = (r >> 20) % ((r & 31) ? 5000 : 2000000);
        if (r & 64)
            held[r % 256] = realloc(held[r % 256], size + 1);
        else {
            free(held[r % 256]);
            held[r % 256] = malloc(size);
        }
    }
    for (int i = 0; i < 256; i++)
        free(held[i]);
    return NULL;
}

int main(void)
{
    check_watchdog(40);
    void *frame[4];
    backtrace(frame, 4);                /* libgcc loads now */
    struct sigaction action = {.sa_handler = on_profile, .sa_flags = SA_RESTART};
    sigaction(SIGPROF, &action, NULL);
    struct itimerval every = {{0, 500}, {0, 500}};
    CHECK(setitimer(ITIMER_PROF, &every, NULL) == 0);
    pthread_t thread[3];
    for (uintptr_t i = 0; i < 3; i++)
        CHECK(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
    while (atomic_load(&samples) < (check_soak() ? 20000 : 500))
        usleep(1000);
    struct itimerval never = {{0, 0}, {0, 0}};
    setitimer(ITIMER_PROF, &never, NULL);
    atomic_store(&stop, 1);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    CHECKF(deep * 10 >= samples * 9, "%ld of %ld stacks reach the caller",
           (long)deep, (long)samples);
    return 0;
}
