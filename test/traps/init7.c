/* T-init7: sparse affinity (only the last processor), and processor numbers far above
 * the number of processors. */
// run: none
// helper: init7_cpus_plugin.c
#include "check.h"
#include <pthread.h>
#include <sched.h>

static void *work(void *arg)
{
    check_every_size(1 << 20);
    return arg;
}

static void inner(void)
{
    pthread_t thread[8];
    work(NULL);
    for (int i = 0; i < 8; i++)
        CHECK(pthread_create(&thread[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 8; i++)
        pthread_join(thread[i], NULL);
}

static void outer(void *arg)
{
    if (!arg) {
        cpu_set_t all, last;
        CPU_ZERO(&last);
        CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
        for (int i = CPU_SETSIZE - 1; i >= 0; i--)
            if (CPU_ISSET(i, &all)) {
                CPU_SET(i, &last);
                break;
            }
        CHECK(sched_setaffinity(0, sizeof last, &last) == 0);
    }
    setenv("LD_PRELOAD", arg ? arg : check_preload(), 1);
    execl("/proc/self/exe", "init7", "inner", (char *)NULL);
    _exit(9);
}

int main(int argc, char **argv)
{
    check_watchdog(30);
    if (argc > 1) {
        (void)argv;
        inner();
        return 0;
    }
    char output[1000], path[4000], list[9000];
    int status = check_child(outer, NULL, output, sizeof output, 10);
    CHECKF(status == 0, "one processor: %s\n%s", check_status(status), output);
    check_path(path, sizeof path, "init7_cpus_plugin.so");
    snprintf(list, sizeof list, "%s:%s", path, check_preload());
    status = check_child(outer, list, output, sizeof output, 10);
    CHECKF(status == 0, "processor 1567: %s\n%s", check_status(status), output);
    return 0;
}
