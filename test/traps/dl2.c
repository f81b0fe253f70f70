/* T-dl2: the library is opened, used by 16 threads and closed; then the threads end.
 * Their exit must not run code that was unmapped (-z nodelete). */
// run: none
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>

enum { THREADS = 16 };
static void *(*other_malloc)(size_t);
static void (*other_free)(void *);
static pthread_barrier_t used, closed;

static void *use(void *arg)
{
    void *p[50];
    for (size_t i = 0; i < 50; i++)
        CHECK((p[i] = other_malloc(i * i * 10)) != NULL);
    for (size_t i = 0; i < 50; i += 2)
        other_free(p[i]);
    pthread_barrier_wait(&used);
    pthread_barrier_wait(&closed);
    return arg;
}

static void round_trip(const char *path, const char *malloc_name, const char *free_name)
{
    pthread_t thread[THREADS];
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECKF(library, "%s", dlerror());
    other_malloc = (void *(*)(size_t))dlsym(library, malloc_name);
    other_free = (void (*)(void *))dlsym(library, free_name);
    CHECK(other_malloc && other_free);
    pthread_barrier_init(&used, NULL, THREADS + 1);
    pthread_barrier_init(&closed, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, use, NULL) == 0);
    pthread_barrier_wait(&used);
    dlclose(library);
    pthread_barrier_wait(&closed);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
}

int main(void)
{
    check_watchdog(30);
    for (int i = 0; i < 5; i++)
        round_trip(check_preload(), "malloc", "free");
    char path[4096];
    snprintf(path, sizeof path, "%s/libacre.so", getenv("ACRE_BUILD"));
    if (!getenv("ACRE_PEER"))
        for (int i = 0; i < 5; i++)
            round_trip(path, "acre_malloc", "acre_free");
    return 0;
}
