/* T-os6: memory that was given back does not stay in the RSS (as it does after
 * MADV_FREE): after 200 MiB are freed, malloc_trim leaves less than 20 MiB. */
#include "check.h"
#include <malloc.h>

int main(void)
{
    check_watchdog(30);
    static char *block[60000];
    static const size_t sizes[] = {64, 1000, 3500, 20000, 200000, 4 << 20};
    long before = check_rss_kb();
    for (int s = 0; s < 6; s++) {
        size_t size = sizes[s], count = ((size_t)200 << 20) / size;
        if (count > 60000)
            count = 60000;
        for (size_t i = 0; i < count; i++) {
            CHECK((block[i] = malloc(size)) != NULL);
            memset(block[i], 1, size);
        }
        long full = check_rss_kb();
        for (size_t i = 0; i < count; i++)
            free(block[i]);
        malloc_trim(0);
        long after = check_rss_kb();
        CHECKF(after - before < 20 << 10,
               "%zu blocks of %zu: %ld KiB before, %ld full, %ld after malloc_trim", count,
               size, before, full, after);
    }
    return 0;
}
