/* T-fork3: no window between the first use and the registration of our fork
 * handler: a fork races the first malloc of another thread, and (statically
 * linked) the first malloc of the process. */
// run: preload, static
#include "check.h"
#include <pthread.h>

static pthread_barrier_t barrier;

static void *first_malloc(void *arg)
{
    pthread_barrier_wait(&barrier);
    void *p = malloc((size_t)(uintptr_t)arg);
    CHECK(p);
    free(p);
    return NULL;
}

static void fork_and_check(void)
{
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        alarm(20);
        check_every_size(40000);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECKF(status == 0, "child: %s", check_status(status));
}

static pthread_t start(uintptr_t size)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, first_malloc, (void *)size) == 0);
    return thread;
}

int main(void)
{
    check_watchdog(50);
    pthread_barrier_init(&barrier, NULL, 2);
    /* The first round is the first allocation of a static program. */
    for (uintptr_t i = 0; i < 500; i++) {
        pthread_t thread = start(i * 97);
        pthread_barrier_wait(&barrier);
        fork_and_check();
        pthread_join(thread, NULL);
    }
    /* Whole processes whose only history is one racing thread. */
    for (int i = 0; i < 100; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(20);
            pthread_t thread = start(64);
            pthread_barrier_wait(&barrier);
            fork_and_check();
            pthread_join(thread, NULL);
            _exit(0);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECKF(status == 0, "process: %s", check_status(status));
    }
    return 0;
}
