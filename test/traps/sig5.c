/* T-sig5: the first backtrace() of a process happens in a SIGABRT handler: it loads
 * libgcc_s, which allocates.  Our abort holds no lock, so a handler may allocate,
 * backtrace, and leave. */
#include "check.h"
#include <execinfo.h>

static void on_abort(int number)
{
    (void)number;
    void *frame[32];
    if (backtrace(frame, 32) < 2)
        _exit(3);
    check_every_size(1 << 20);
    char **names = backtrace_symbols(frame, 2);
    free(names);
    _exit(42);
}

static void *volatile twice;
static void misuse(void *arg)
{
    signal(SIGABRT, on_abort);
    twice = malloc(*(size_t *)arg);
    void *copy = twice;
    free(twice);
    free(copy);
    for (int i = 0; i < 100; i++)
        twice = malloc(*(size_t *)arg);
    _exit(0);
}

int main(void)
{
    check_watchdog(30);
    static size_t sizes[] = {16, 1000, 20000, 100000, 1 << 20, 5 << 20};
    for (int i = 0; i < 6; i++) {
        char output[600];
        int status = check_child(misuse, &sizes[i], output, sizeof output, 8);
        CHECKF(WIFEXITED(status) && WEXITSTATUS(status) == 42, "%zu bytes: %s %s",
               sizes[i], check_status(status), output);
    }
    return 0;
}
