/* T-init5: free(NULL), realloc(NULL), malloc_usable_size(NULL) and malloc_trim as the
 * very first calls, before any malloc. */
// run: preload, static, static-pie
#include "check.h"
#include <malloc.h>

static void first(int argc, char **argv, char **env)
{
    (void)argc, (void)argv, (void)env;
    errno = 12345;
    free(NULL);
    if (errno != 12345 || malloc_usable_size(NULL) != 0)
        _exit(3);
    malloc_trim(0);
    void *p = realloc(NULL, 100);
    if (!p || malloc_usable_size(p) < 100)
        _exit(4);
    free(p);
}
__attribute__((section(".preinit_array"), used))
static void (*first_entry)(int, char **, char **) = first;

static void in_child(void *arg)
{
    (void)arg;
    free(NULL);
    CHECK(malloc_usable_size(NULL) == 0);
    check_every_size(100000);
}

int main(void)
{
    check_watchdog(20);
    char output[500];
    int status = check_child(in_child, NULL, output, sizeof output, 10);
    CHECKF(status == 0, "%s %s", check_status(status), output);
    return 0;
}
