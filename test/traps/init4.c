/* T-init4: "cannot allocate memory in static TLS block": both libraries can still be
 * opened by dlopen late, after another library took some of the spare, and work there
 * in old and new threads. */
// run: none
// helper: init4_tls_plugin.c
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>

static void *(*other_malloc)(size_t);
static void (*other_free)(void *);
static sem_t opened;

static void *use(void *arg)
{
    if (arg)
        sem_wait(&opened);
    for (size_t n = 1; n < 1 << 20; n = n * 2 + 1) {
        char *p = other_malloc(n), *q = malloc(n);
        CHECK(p && q);
        memset(p, 1, n);
        other_free(p);
        free(q);
    }
    return NULL;
}

static void open_late(const char *path, const char *prefix)
{
    char name[100];
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CHECKF(library, "dlopen %s: %s", path, dlerror());
    snprintf(name, sizeof name, "%smalloc", prefix);
    other_malloc = (void *(*)(size_t))dlsym(library, name);
    snprintf(name, sizeof name, "%sfree", prefix);
    other_free = (void (*)(void *))dlsym(library, name);
    CHECK(other_malloc && other_free);
}

int main(void)
{
    check_watchdog(30);
    char path[4096];
    pthread_t old, new;
    sem_init(&opened, 0, 0);
    void *filler = dlopen(check_path(path, sizeof path, "init4_tls_plugin.so"), RTLD_NOW);
    CHECKF(filler, "%s", dlerror());
    for (int i = 0; i < 2; i++) {
        CHECK(pthread_create(&old, NULL, use, (void *)1) == 0);
        if (i == 0) {
            open_late(check_preload(), "");
        } else {
            if (getenv("ACRE_PEER"))
                break;
            snprintf(path, sizeof path, "%s/libacre.so", getenv("ACRE_BUILD"));
            open_late(path, "acre_");
        }
        use(NULL);
        sem_post(&opened);
        pthread_join(old, NULL);
        CHECK(pthread_create(&new, NULL, use, NULL) == 0);
        pthread_join(new, NULL);
    }
    return 0;
}
