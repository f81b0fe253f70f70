/* T-fork4: fork with 1000 threads that each have a heap of their own.  No time is
 * asserted; work per fork that grows with threads squared meets the watchdog. */
#include "check.h"
#include <pthread.h>
#include <semaphore.h>

enum { THREADS = 1000, FORKS = 100 };
static sem_t ready, leave;

static void *thread_main(void *arg)
{
    void *p[40];
    for (size_t i = 0; i < 40; i++)
        CHECK((p[i] = malloc(16 + i * 40)) != NULL);
    for (size_t i = 0; i < 40; i += 2)
        free(p[i]);
    sem_post(&ready);
    while (sem_wait(&leave) != 0)
        ;
    for (size_t i = 1; i < 40; i += 2)
        free(p[i]);
    return arg;
}

int main(void)
{
    check_watchdog(45);
    sem_init(&ready, 0, 0);
    sem_init(&leave, 0, 0);
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 << 10);
    static pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        int error = pthread_create(&thread[i], &attr, thread_main, NULL);
        if (error == EAGAIN && i < 100)
            SKIP("no more than %d threads here", i);
        CHECKF(error == 0, "pthread_create %d: %s", i, strerror(error));
        while (sem_wait(&ready) != 0)
            ;
    }
    for (int i = 0; i < FORKS; i++) {
        pid_t pid = fork();
        CHECKF(pid >= 0, "fork: %s", strerror(errno));
        if (pid == 0) {
            alarm(20);
            check_every_size(100000);
            _exit(0);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECKF(status == 0, "child: %s", check_status(status));
    }
    for (int i = 0; i < THREADS; i++)
        sem_post(&leave);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
