/* T-dl3: two shared objects with the allocator linked in statically, and the preloaded
 * one: each works, threads come and go, and a free by the wrong copy either works or
 * is named. */
// helper: dl3_plugin.c -Wl,-Bsymbolic $BUILD/libacre-malloc.a
#include "check.h"
#include <dlfcn.h>
#include <pthread.h>

static void *(*plugin_malloc[2])(size_t);
static void (*plugin_free[2])(void *);

static void *use(void *arg)
{
    for (size_t n = 1; n < 2000000; n = n * 2 + 1)
        for (int i = 0; i < 2; i++) {
            char *mine = malloc(n), *theirs = plugin_malloc[i](n);
            CHECK(mine && theirs && mine != theirs);
            memset(mine, 1, n);
            memset(theirs, 2, n);
            CHECK(mine[0] == 1 && mine[n - 1] == 1);
            free(mine);
            plugin_free[i](theirs);
        }
    return arg;
}

static void cross(void *arg)
{
    size_t *what = arg;
    void *p = what[0] & 1 ? malloc(what[1]) : plugin_malloc[0](what[1]);
    if (what[0] == 0)
        free(p);
    else if (what[0] == 1)
        plugin_free[0](p);
    else
        plugin_free[1](p);
    use(NULL);
}

int main(void)
{
    check_watchdog(50);
    char from[4096], to[4096], command[9000];
    check_path(from, sizeof from, "dl3_plugin.so");
    check_path(to, sizeof to, "dl3_second.so");
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    CHECK(system(command) == 0);
    for (int i = 0; i < 2; i++) {
        void *plugin = dlopen(i ? to : from, RTLD_NOW | RTLD_LOCAL);
        CHECKF(plugin, "%s", dlerror());
        plugin_malloc[i] = (void *(*)(size_t))dlsym(plugin, "plugin_malloc");
        plugin_free[i] = (void (*)(void *))dlsym(plugin, "plugin_free");
    }
    use(NULL);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, use, NULL) == 0);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    static const size_t sizes[] = {16, 1000, 20000, 100000, 5 << 20};
    for (size_t kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < 5; i++) {
            size_t what[2] = {kind, sizes[i]};
            char output[1000];
            int status = check_child(cross, what, output, sizeof output, 10);
            CHECKF(status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
                                   strstr(output, "acre: ")),
                   "kind %zu, %zu bytes: %s, message: %s", kind, sizes[i],
                   check_status(status), output);
        }
    return 0;
}
