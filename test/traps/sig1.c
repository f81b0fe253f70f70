/* T-sig1: a signal handler allocates although the signal may have interrupted malloc
 * with a lock held, and a handler leaves malloc by siglongjmp.  POSIX allows neither;
 * crash handlers do it all the same.  The process goes on, or aborts with a message;
 * it never hangs, and a crash handler's malloc never crashes. */
#include "check.h"
#include <pthread.h>
#include <setjmp.h>

static volatile int kind, jumped;
static sigjmp_buf home;
static pthread_t victim;

static void on_signal(int number)
{
    (void)number;
    if (kind == 0) {                    /* a crash handler: allocate, report, leave */
        void *p[100];
        for (int i = 0; i < 100; i++)
            p[i] = malloc((size_t)1 << (i % 20));
        for (int i = 0; i < 100; i++)
            free(p[i]);
        _exit(0);
    }
    jumped = 1;
    siglongjmp(home, 1);
}

static void *sender(void *arg)
{
    usleep(500 + (unsigned)(uintptr_t)arg * 37 % 3000);
    pthread_kill(victim, SIGUSR1);
    return NULL;
}

static void *other(void *arg)
{
    uint64_t seed = (uintptr_t)arg + 9;
    void *held[64] = {0};
    for (;;) {
        uint64_t r = check_random(&seed);
        free(held[r % 64]);
        held[r % 64] = malloc((r >> 20) % 50000);
    }
}

static void process(void *arg)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    victim = pthread_self();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, other, arg) == 0);
    CHECK(pthread_create(&thread, NULL, sender, arg) == 0);
    uint64_t seed = (uintptr_t)arg + 3;
    static void *held[256];
    if (sigsetjmp(home, 1) == 0)
        for (;;) {
            uint64_t r = check_random(&seed);
            free(held[r % 256]);
            held[r % 256] = malloc((r >> 20) % ((r & 7) ? 60000 : 3000000));
        }
    CHECK(jumped);
    for (int i = 0; i < 200; i++)       /* the heap may be torn: abort or work */
        if (!malloc((size_t)1 << (i % 21)))
            break;
    _exit(0);
}

int main(void)
{
    check_watchdog(55);
    for (kind = 0; kind < 2; kind++)
        for (uintptr_t i = 0; i < 250; i++) {
            char output[600];
            int status = check_child(process, (void *)i, output, sizeof output, 8);
            int named = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && output[0];
            /* a heap torn by siglongjmp may crash: that is failing fast, too */
            if (kind == 1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV)
                continue;
            CHECKF(status == 0 || named, "%s, process %d: %s %s",
                   kind ? "siglongjmp" : "malloc in a handler", (int)i,
                   check_status(status), output);
        }
    return 0;
}
