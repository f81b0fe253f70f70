/* The program that os3_inject.sh runs: all kinds of calls, each may fail, none may crash. */
#include "check.h"
#include <malloc.h>
#include <pthread.h>

static void *work(void *arg)
{
    void *held[64] = {0};
    uint64_t seed = (uintptr_t)arg + 21;
    for (int i = 0; i < 3000; i++) {
        uint64_t r = check_random(&seed);
        size_t size = (r >> 20) % ((r & 7) ? 5000 : (r & 8) ? 100000 : 8000000);
        void **slot = &held[r % 64], *p;
        errno = 0;
        if (r & 1024) {
            free(*slot);
            p = *slot = r & 2048 ? malloc(size + 1) : memalign(4096, size + 1);
        } else if ((p = realloc(*slot, size + 1)) != NULL)
            *slot = p;
        if (!p && errno != ENOMEM)
            CHECKF(0, "NULL with errno %d", errno);
        if (p) {
            ((char *)p)[0] = 1;
            ((char *)p)[size] = 1;
        }
    }
    for (int i = 0; i < 64; i++)
        free(held[i]);
    return NULL;
}

int main(void)
{
    check_watchdog(20);
    if (write(1, "main\n", 5) != 5)
        return 2;
    work(NULL);
    pthread_t thread[2];
    int n = 0;
    for (uintptr_t i = 0; i < 2; i++)
        if (pthread_create(&thread[n], NULL, work, (void *)(i + 1)) == 0)
            n++;
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    errno = 12345;
    malloc_trim(0);
    return 0;
}
