/* T-th1: frees after our own TLS is gone: key destructors that allocate and free in
 * every round of PTHREAD_DESTRUCTOR_ITERATIONS (128 frees in the last one), and memory that libc frees while it tears a thread down.  100,000 short
 * threads (1,000,000 under ACRE_SOAK) leave the RSS flat. */
// timeout: 100
#include "check.h"
#include <limits.h>
#include <pthread.h>

static pthread_key_t key[3];
struct state { int round; void *held[128]; };

static void destroy(void *arg)
{
    struct state *state = arg;
    if (++state->round < PTHREAD_DESTRUCTOR_ITERATIONS) {
        for (int i = 0; i < 128; i++) {
            free(state->held[i]);
            CHECK((state->held[i] = malloc((size_t)i * 9 + 1)) != NULL);
        }
        pthread_setspecific(key[0], state);
        return;
    }
    for (int i = 0; i < 128; i++)
        free(state->held[i]);
    free(malloc(20000));
    free(malloc(500000));
    free(state);
}

static void *busy(void *arg)
{
    struct state *state = calloc(1, sizeof *state);
    CHECK(state);
    pthread_setspecific(key[0], state);
    pthread_setspecific(key[1], malloc(100));
    pthread_setspecific(key[2], malloc(40000));
    return arg;
}

static void *brief(void *arg)
{
    void *p = malloc(64);
    pthread_setspecific(key[1], malloc(32));
    free(p);
    return arg;
}

static void many(void *(*body)(void *), int count)
{
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 << 10);
    for (int i = 0; i < count; i += 4) {
        pthread_t thread[4];
        for (int k = 0; k < 4; k++) {
            int error = pthread_create(&thread[k], &attr, body, NULL);
            CHECKF(error == 0, "pthread_create: %s", strerror(error));
        }
        for (int k = 0; k < 4; k++)
            CHECK(pthread_join(thread[k], NULL) == 0);
    }
}

static void flat(void *(*body)(void *), int count, const char *what)
{
    many(body, count / 2);
    long before = check_rss_kb();
    many(body, count / 2);
    long after = check_rss_kb();
    CHECKF(after - before < 4096, "%s threads: RSS from %ld to %ld KiB", what, before, after);
}

int main(void)
{
    check_watchdog(80);
    CHECK(pthread_key_create(&key[0], destroy) == 0);
    CHECK(pthread_key_create(&key[1], free) == 0);
    CHECK(pthread_key_create(&key[2], free) == 0);
    flat(busy, check_soak() ? 100000 : 10000, "busy");
    flat(brief, check_soak() ? 1000000 : 100000, "brief");
    return 0;
}
