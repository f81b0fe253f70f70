/* A small program for tools to watch: all calls, two threads, correct unless asked. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) void *make_block(size_t n);
void *make_block(size_t n) { return malloc(n); }

static void *work(void *arg)
{
    for (int round = 0; round < 3; round++)
        for (size_t n = 1; n < 600000; n = n * 2 + 3) {
            char *p = make_block(n), *q = calloc(1, n), *r = memalign(64, n);
            if (!p || !q || !r || q[n - 1])
                abort();
            memset(p, 1, n);
            p = realloc(p, n * 2);
            memset(p + n, 2, n);
            if (p[0] != 1 || p[n - 1] != 1)
                abort();
            free(r);
            free(q);
            free(p);
        }
    return arg;
}

static void *volatile kept;
int main(int argc, char **argv)
{
    pthread_t thread;
    (void)argv;
    work(NULL);
    pthread_create(&thread, NULL, work, NULL);
    pthread_join(thread, NULL);
    if (argc > 1) {
        kept = malloc(1234);
        kept = NULL;
    }
    puts("done");
    return 0;
}
