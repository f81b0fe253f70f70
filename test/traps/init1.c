/* T-init1: malloc before constructors, from dlsym and dlerror, and while functions
 * that our own start may call are hooked by a library which itself allocates.
 * T-tool3: a wrapper over our malloc.  All in both orders of preloading; blocks from
 * the earliest moments are freed and resized late. */
// run: none
// helper: init1_hooks_plugin.c
// helper: init1_wrap_plugin.c
#include "check.h"
#include <dlfcn.h>

static void *earliest[20];

static void first(int argc, char **argv, char **env)
{
    (void)argc, (void)argv, (void)env;
    for (int i = 0; i < 20; i++)
        if ((earliest[i] = malloc((size_t)1 << i)) != NULL)
            memset(earliest[i], i, (size_t)1 << i);
    for (int i = 0; i < 20; i += 3) {
        free(earliest[i]);
        earliest[i] = NULL;
    }
}
__attribute__((section(".preinit_array"), used))
static void (*first_entry)(int, char **, char **) = first;

static void inner(void)
{
    CHECK(dlopen("/nonexistent/library.so", RTLD_NOW) == NULL);
    CHECK(dlerror() != NULL);
    CHECK(dlsym(RTLD_DEFAULT, "no_such_symbol_anywhere") == NULL);
    CHECK(dlerror() != NULL);
    for (int i = 0; i < 20; i++) {
        if (!earliest[i])
            continue;
        unsigned char *p = earliest[i];
        CHECKF(p[((size_t)1 << i) - 1] == i, "early block %d was overwritten", i);
        if (i % 2) {
            p = realloc(p, ((size_t)1 << i) + 5000);
            CHECK(p && p[((size_t)1 << i) - 1] == i);
        }
        free(p);
    }
    check_every_size(1 << 20);
    putenv(strdup("ACRE_TEST=1"));
    CHECK(getenv("ACRE_TEST") != NULL);
    unsigned long (*count)(void) = (unsigned long (*)(void))dlsym(RTLD_DEFAULT, "wrap_count");
    if (getenv("INIT1_WRAPPED"))
        CHECK(count && count() > 50);
}

static void with_preload(void *arg)
{
    setenv("LD_PRELOAD", arg, 1);
    execl("/proc/self/exe", "init1", "inner", (char *)NULL);
    _exit(9);
}

int main(int argc, char **argv)
{
    check_watchdog(40);
    if (argc > 1) {
        inner();
        (void)argv;
        return 0;
    }
    const char *acre = check_preload();
    char hooks[4096], wrap[4096], list[20000], output[2000];
    check_path(hooks, sizeof hooks, "init1_hooks_plugin.so");
    check_path(wrap, sizeof wrap, "init1_wrap_plugin.so");
    const char *order[][3] = {
        {acre, "", ""}, {hooks, acre, ""}, {acre, hooks, ""}, {wrap, acre, ""},
        {acre, wrap, ""}, {hooks, wrap, acre}, {acre, hooks, wrap}, {wrap, acre, hooks},
    };
    enum { ORDERS = sizeof order / sizeof order[0] };
    for (size_t n = 0; n < 2 * ORDERS; n++) {
        size_t i = n % ORDERS;
        if (n == ORDERS)                /* now mmap's hook allocates too: our own calls */
            setenv("INIT1_MMAP", "1", 1);   /* should not go through such hooks */
        unsetenv("INIT1_WRAPPED");
        if (order[i][0] == wrap || order[i][2] == acre)
            setenv("INIT1_WRAPPED", "1", 1);
        snprintf(list, sizeof list, "%s:%s:%s", order[i][0], order[i][1], order[i][2]);
        int status = check_child(with_preload, list, output, sizeof output, 10);
        CHECKF(status == 0, "%s with LD_PRELOAD=%s%s\n%s", check_status(status), list,
               n < ORDERS ? "" : " and hooks of mmap that allocate", output);
    }
    return 0;
}
