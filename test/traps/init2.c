/* T-init2: under LD_AUDIT; and with dlmopen namespaces: another libc, and a second
 * copy of the allocator, live beside us.  A block freed by the wrong copy is named,
 * never swallowed. */
// helper: init2_audit_plugin.c
// helper: init2_space_plugin.c
#include "check.h"
#include <dlfcn.h>

static void audited(void *arg)
{
    setenv("LD_AUDIT", arg, 1);
    setenv("LD_PRELOAD", check_preload(), 1);
    execl("/proc/self/exe", "init2", "inner", (char *)NULL);
    _exit(9);
}

static void *(*other_malloc)(size_t);
static void (*other_free)(void *);

static void use_both(void)
{
    for (size_t n = 1; n < 3000000; n = n * 2 + 1) {
        char *mine = malloc(n), *theirs = other_malloc(n);
        CHECK(mine && theirs && mine != theirs);
        memset(mine, 1, n);
        memset(theirs, 2, n);
        CHECK(mine[n - 1] == 1 && mine[0] == 1);
        free(mine);
        other_free(theirs);
    }
}

static void wrong_free(void *arg)
{
    free(other_malloc(*(size_t *)arg));
    _exit(7);
}

static void expect_named(size_t size, const char *what)
{
    char output[1000];
    int status = check_child(wrong_free, &size, output, sizeof output, 10);
    CHECKF(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
           "%s, %zu bytes: %s", what, size, check_status(status));
    CHECKF(strstr(output, "invalid free") || getenv("ACRE_PEER"),
           "%s: message: %s", what, output);
}

int main(int argc, char **argv)
{
    check_watchdog(40);
    if (argc > 1) {
        (void)argv;
        check_every_size(1 << 20);
        return 0;
    }
    char path[4096], output[1000];
    check_path(path, sizeof path, "init2_audit_plugin.so");
    int status = check_child(audited, path, output, sizeof output, 15);
    CHECKF(status == 0, "LD_AUDIT: %s\n%s", check_status(status), output);

    check_path(path, sizeof path, "init2_space_plugin.so");
    void *space = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
    CHECKF(space, "dlmopen: %s", dlerror());
    other_malloc = (void *(*)(size_t))dlsym(space, "space_malloc");
    other_free = (void (*)(void *))dlsym(space, "space_free");
    use_both();
    expect_named(100, "a block of another libc");

    void *copy = dlmopen(LM_ID_NEWLM, check_preload(), RTLD_NOW);
    CHECKF(copy, "dlmopen of a second copy: %s", dlerror());
    other_malloc = (void *(*)(size_t))dlsym(copy, "malloc");
    other_free = (void (*)(void *))dlsym(copy, "free");
    CHECK(other_malloc && other_malloc != malloc);
    use_both();
    expect_named(100, "a block of a second copy");
    expect_named(100000, "a block of a second copy");
    return 0;
}
