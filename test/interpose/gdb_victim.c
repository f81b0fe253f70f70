/* Four threads allocate; for gdb to stop at any moment. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static void on_stop(int number) { (void)number; stop = 1; }

__attribute__((noinline)) void *worker(void *arg)
{
    void *held[200] = {0};
    uint64_t seed = (uintptr_t)arg * 77 + 5;
    for (long i = 0; arg ? !stop : i < 2000; i++) {
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
        free(held[seed % 200]);
        held[seed % 200] = malloc((seed >> 20) % ((seed & 63) ? 3000 : 500000));
    }
    for (int i = 0; i < 200; i++)
        free(held[i]);
    return NULL;
}

int main(int argc, char **argv)
{
    (void)argv;
    alarm(140);
    signal(SIGUSR1, on_stop);
    pthread_t thread[4];
    int n = argc > 1 ? 4 : 1;
    for (intptr_t i = 0; i < n; i++)
        pthread_create(&thread[i], NULL, worker, (void *)(argc > 1 ? i + 1 : 0));
    for (int i = 0; i < n; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
