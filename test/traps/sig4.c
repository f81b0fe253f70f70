/* T-sig4: malloc on a small stack: no path, not even the first call of a thread, uses
 * more than 2 KiB of stack.  Measured by painting it. */
// env: LD_BIND_NOW=1
#include "check.h"
#include <malloc.h>
#include <pthread.h>

enum { STACK = 128 << 10, LIMIT = 2048, SLACK = 256 };
static char *stack;
static void *block;

/* Paint what lies below this frame, call, and see how deep it was overwritten. */
__attribute__((noinline)) static size_t depth(void (*call)(size_t), size_t arg)
{
    char *here = __builtin_frame_address(0);
    char *from = stack + 4096, *to = here - 512;
    for (volatile char *p = from; p < to; p++)
        *p = 0x5a;
    call(arg);
    char *p = from;
    while (p < to && *p == 0x5a)
        p++;
    return p < to ? (size_t)(to - p) : 0;
}

static void do_malloc(size_t n) { block = malloc(n); }
static void do_free(size_t n) { (void)n; free(block); block = NULL; }
static void do_calloc(size_t n) { block = calloc(1, n); }
static void do_realloc(size_t n) { block = realloc(block, n); }
static void do_align(size_t n) { block = memalign(4096, n); }
static void do_trim(size_t n) { (void)n; malloc_trim(0); }

static size_t worst;
static char worst_call[64];

static void measure(const char *name, void (*call)(size_t), size_t n)
{
    size_t used = depth(call, n);
    if (used > worst) {
        worst = used;
        snprintf(worst_call, sizeof worst_call, "%s(%zu)", name, n);
    }
}

static void *thread_main(void *arg)
{
    (void)arg;
    measure("first malloc", do_malloc, 100);
    measure("free", do_free, 0);
    for (size_t n = 1; n < 5000000; n = n * 3 / 2 + 1) {
        measure("malloc", do_malloc, n);
        measure("realloc", do_realloc, n * 2);
        measure("realloc", do_realloc, n / 2 + 1);
        measure("free", do_free, 0);
        measure("calloc", do_calloc, n);
        measure("free", do_free, 0);
        measure("memalign", do_align, n);
        measure("free", do_free, 0);
    }
    static void *many[3000];
    for (size_t size = 16; size < 40000; size *= 3) {
        for (int i = 0; i < 3000; i++) {
            measure("malloc", do_malloc, size);
            many[i] = block;
        }
        for (int i = 0; i < 3000; i++) {
            block = many[(i * 7) % 3000];
            measure("free", do_free, size);
        }
    }
    measure("malloc_trim", do_trim, 0);
    return NULL;
}

static void on_alternate(int number)
{
    (void)number;
    for (size_t n = 1; n < 3000000; n = n * 2 + 1)
        free(malloc(n));
}

static void *small_stack(void *arg)
{
    check_every_size(1 << 20);
    static char alternate[8192];
    stack_t on = {.ss_sp = alternate, .ss_size = sizeof alternate};
    CHECK(sigaltstack(&on, NULL) == 0);
    struct sigaction action = {.sa_handler = on_alternate, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    return arg;
}

int main(void)
{
    check_watchdog(50);
    pthread_attr_t attr;
    pthread_t thread;
    stack = aligned_alloc(4096, STACK);
    CHECK(stack);
    pthread_attr_init(&attr);
    CHECK(pthread_attr_setstack(&attr, stack, STACK) == 0);
    CHECK(pthread_create(&thread, &attr, thread_main, NULL) == 0);
    pthread_join(thread, NULL);
    CHECKF(worst <= LIMIT + SLACK, "%s used %zu bytes of stack", worst_call, worst);
    pthread_attr_init(&attr);
    CHECK(pthread_attr_setstacksize(&attr, 16384) == 0);
    CHECK(pthread_create(&thread, &attr, small_stack, NULL) == 0);
    pthread_join(thread, NULL);
    return 0;
}
