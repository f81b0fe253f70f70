/* T-fork5: after daemonising (fork, setsid, fork) new threads work and memory still
 * goes back to the system, though any helper thread of the parent is gone. */
// run: preload, static
#include "check.h"
#include <malloc.h>
#include <pthread.h>

enum { COUNT = 4000, SIZE = 16 << 10 };

static void *burst(void *arg)
{
    static __thread char *block[COUNT];
    for (int i = 0; i < COUNT; i++) {
        CHECK((block[i] = malloc(SIZE)) != NULL);
        memset(block[i], 1, SIZE);
    }
    for (int i = 0; i < COUNT; i++)
        free(block[i]);
    return arg;
}

static void daemon_main(int report)
{
    signal(SIGALRM, SIG_DFL);
    alarm(25);
    long before = check_rss_kb();
    for (int round = 0; round < 3; round++) {
        pthread_t thread[2];
        for (int i = 0; i < 2; i++)
            CHECK(pthread_create(&thread[i], NULL, burst, NULL) == 0);
        for (int i = 0; i < 2; i++)
            CHECK(pthread_join(thread[i], NULL) == 0);
    }
    burst(NULL);
    malloc_trim(0);
    long after = check_rss_kb();
    CHECKF(after - before < 16 << 10, "RSS grew from %ld to %ld KiB", before, after);
    CHECK(write(report, "k", 1) == 1);
    _exit(0);
}

int main(void)
{
    check_watchdog(40);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, burst, NULL) == 0);
    pthread_join(thread, NULL);
    burst(NULL);
    int report[2];
    CHECK(pipe(report) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        setsid();
        pid = fork();
        CHECK(pid >= 0);
        if (pid == 0)
            daemon_main(report[1]);
        _exit(0);
    }
    close(report[1]);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
    char answer = 0;
    CHECKF(read(report[0], &answer, 1) == 1 && answer == 'k', "the daemon failed");
    return 0;
}
