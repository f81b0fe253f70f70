/* Every block is an address that user code may have: bits 47 to 63 clear, no overlap. */
#include "check.h"
int main(void)
{
    check_watchdog(20);
    for (size_t n = 1; n < (size_t)3 << 30; n = n * 2 + 1) {
        char *p = malloc(n);
        CHECK(p);
        CHECKF(((uintptr_t)p + n) >> 47 == 0, "malloc(%zu) = %p", n, (void *)p);
        p[0] = p[n - 1] = 1;
        free(p);
    }
    check_every_size(8 << 20);
    return 0;
}
