#include "check.h"
#include <malloc.h>
#include <pthread.h>
static void *work(void *arg)
{
    check_every_size(8 << 20);
    return arg;
}
int main(void)
{
    check_watchdog(15);
    work(NULL);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, work, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    malloc_trim(0);
    if (fork() == 0) {
        work(NULL);
        _exit(0);
    }
    int status;
    CHECK(wait(&status) > 0 && status == 0);
    return 0;
}
