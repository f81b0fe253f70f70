/* T-th6: threads are cancelled at any cancellation point and their ids and TLS are used
 * again at once by the next; their blocks stay valid and are freed by others. */
// run: preload, static
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

struct page { int count; unsigned char *block[64]; size_t size[64]; };

static void *victim(void *arg)
{
    struct page *page = arg;
    uint64_t seed = (uintptr_t)arg;
    for (;;) {
        int old;
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
        if (page->count < 64) {
            size_t size = 1 + check_random(&seed) % 30000;
            unsigned char *p = malloc(size);
            CHECK(p);
            memset(p, page->count, size);
            page->block[page->count] = p;
            page->size[page->count++] = size;
        }
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
        free(malloc(100));
        pthread_testcancel();
        if (page->count == 64)
            usleep(1000);
    }
}

int main(void)
{
    check_watchdog(50);
    for (int round = 0; round < 1500; round++) {
        pthread_t thread[4];
        struct page page[4];
        memset(page, 0, sizeof page);
        for (int i = 0; i < 4; i++)
            CHECK(pthread_create(&thread[i], NULL, victim, &page[i]) == 0);
        if (round % 3 == 0)
            usleep(100);
        for (int i = 0; i < 4; i++)
            pthread_cancel(thread[i]);
        for (int i = 0; i < 4; i++) {
            void *result;
            CHECK(pthread_join(thread[i], &result) == 0 && result == PTHREAD_CANCELED);
        }
        for (int i = 0; i < 4; i++)
            for (int k = 0; k < page[i].count; k++) {
                unsigned char *p = page[i].block[k];
                CHECK(p[0] == k && p[page[i].size[k] - 1] == k);
                free(p);
            }
    }
    return 0;
}
