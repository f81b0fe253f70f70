/* T-dl5: a program built long ago that sets __malloc_hook, __free_hook and
 * __malloc_initialize_hook still starts and runs. (What we import: init3_tls.sh.) */
#include "check.h"

extern void *(*volatile old_malloc_hook)(size_t, const void *);
extern void (*volatile old_free_hook)(void *, const void *);
__asm__(".symver old_malloc_hook, __malloc_hook@GLIBC_2.2.5");
__asm__(".symver old_free_hook, __free_hook@GLIBC_2.2.5");

static int calls;
static void *hook(size_t size, const void *caller)
{
    (void)caller;
    calls++;
    return calloc(1, size);
}
static void free_hook(void *p, const void *caller)
{
    (void)p, (void)caller;
    calls++;
}

int main(void)
{
    check_watchdog(20);
    old_malloc_hook = hook;
    old_free_hook = free_hook;
    check_every_size(1 << 20);
    old_malloc_hook = NULL;
    old_free_hook = NULL;
    CHECKF(calls == 0, "a hook was called");
    return 0;
}
