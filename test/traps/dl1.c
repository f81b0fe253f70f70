/* T-dl1: a plugin opened with RTLD_DEEPBIND passes blocks both ways.  It must work, or
 * stop with a message: never die silently, hang or go on with a broken heap. */
// helper: dl1_plugin.c
#include "check.h"
#include <dlfcn.h>

static void *(*plugin_malloc)(size_t);
static void (*plugin_free)(void *);
static void *(*plugin_realloc)(void *, size_t);
static char *(*plugin_strdup)(int, const char *);

struct step { int kind; size_t size; };

static void cross(void *arg)
{
    struct step *step = arg;
    char *p;
    switch (step->kind) {
    case 0:                                     /* theirs, freed by us */
        p = plugin_malloc(step->size);
        CHECK(p);
        memset(p, 1, step->size);
        free(p);
        break;
    case 1:
        p = realloc(plugin_malloc(step->size), step->size * 2);
        CHECK(p);
        free(p);
        break;
    case 2:                                     /* ours, freed by them */
        p = malloc(step->size);
        CHECK(p);
        memset(p, 0, step->size);
        plugin_free(p);
        break;
    case 3:
        p = malloc(step->size);
        memset(p, 0, step->size);
        p = plugin_realloc(p, step->size * 2);
        CHECK(p);
        plugin_free(p);
        break;
    default:                                    /* libc's, on the plugin's behalf */
        p = plugin_strdup(step->kind - 4, "some text that is long enough");
        CHECK(p);
        plugin_free(p);
        p = plugin_strdup(step->kind - 4, "some text that is long enough");
        free(p);
        break;
    }
    check_every_size(200000);
}

int main(void)
{
    check_watchdog(50);
    char path[4096];
    void *plugin = dlopen(check_path(path, sizeof path, "dl1_plugin.so"),
                          RTLD_NOW | RTLD_DEEPBIND);
    CHECKF(plugin, "%s", dlerror());
    plugin_malloc = (void *(*)(size_t))dlsym(plugin, "plugin_malloc");
    plugin_free = (void (*)(void *))dlsym(plugin, "plugin_free");
    plugin_realloc = (void *(*)(void *, size_t))dlsym(plugin, "plugin_realloc");
    plugin_strdup = (char *(*)(int, const char *))dlsym(plugin, "plugin_strdup");
    static const size_t sizes[] = {16, 24, 100, 1000, 5000, 40000, 1 << 20, 5 << 20};
    for (int kind = 0; kind < 9; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            struct step step = {kind, sizes[i]};
            char output[1000];
            int status = check_child(cross, &step, output, sizeof output, 10);
            CHECKF(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
                                   output[0]),
                   "kind %d, %zu bytes: %s, message: %s", kind, sizes[i],
                   check_status(status), output);
        }
    return 0;
}
