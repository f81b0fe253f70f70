/* T-th7: no hidden thread: a program that asked for none has exactly its own, also
 * after allocating much, so that nothing can deadlock inside pthread_create. */
#include "check.h"
#include <dirent.h>
#include <malloc.h>
#include <pthread.h>

static int tasks(void)
{
    DIR *dir = opendir("/proc/self/task");
    if (!dir)
        SKIP("no /proc");
    int count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

static void *work(void *arg)
{
    check_every_size(8 << 20);
    return arg;
}

int main(void)
{
    check_watchdog(20);
    CHECK(tasks() == 1);
    work(NULL);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    static char *block[20000];
    for (int i = 0; i < 20000; i++)
        CHECK((block[i] = calloc(1, 3000)) != NULL);
    for (int i = 0; i < 20000; i++)
        free(block[i]);
    malloc_trim(0);
    /* A joined thread may still be leaving the list. */
    for (int i = 0; i < 100 && tasks() != 1; i++)
        usleep(10000);
    CHECKF(tasks() == 1, "there are %d threads", tasks());
    return 0;
}
