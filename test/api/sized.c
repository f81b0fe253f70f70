/* C23 free_sized and free_aligned_sized: exact sizes, NULL, every form that made the block;
 * T-api10: a wrong size (undefined, but met in the wild) corrupts nothing in fast mode. */
// run: preload, static
#include "check.h"
#include <malloc.h>

void free_sized(void *, size_t) MAY_MISS;
void free_aligned_sized(void *, size_t, size_t) MAY_MISS;

int main(void)
{
    check_watchdog(20);
    CHECK(&free_sized != NULL && &free_aligned_sized != NULL);
    free_sized(NULL, 0);
    free_sized(NULL, 100);
    free_aligned_sized(NULL, 64, 100);
    for (size_t n = 0; n < (size_t)20 << 20; n += n / 6 + 1) {
        free_sized(malloc(n), n);
        free_sized(calloc(1, n), n);
        free_sized(realloc(malloc(10), n + 1), n + 1);
        for (size_t a = 16; a <= 8192; a *= 8)
            free_aligned_sized(aligned_alloc(a, n), a, n);
    }
    /* wrong sizes: too small, too large, of another class */
    static char *block[2000];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 2000; i++) {
            size_t n = 20 + (size_t)i % 700;
            memset(block[i] = malloc(n), i, n);
        }
        for (int i = 0; i < 2000; i += 2) {
            size_t n = 20 + (size_t)i % 700;
            free_sized(block[i], i % 3 ? n * 2 : n / 3);
            block[i] = NULL;
        }
        for (int i = 0; i < 2000; i += 2) {
            size_t n = 20 + (size_t)i % 700;
            memset(block[i] = malloc(n), i, n);
        }
        for (int i = 0; i < 2000; i++) {
            size_t n = 20 + (size_t)i % 700;
            for (size_t k = 0; k < n; k++)
                CHECKF(block[i][k] == (char)i, "block %d was overwritten", i);
            free(block[i]);
        }
    }
    return 0;
}
