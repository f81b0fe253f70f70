/* 30 MiB live at most, of sizes that change from phase to phase. */
#include "check.h"

enum { LIVE = 30 << 20 };

int main(void)
{
    static void *block[200000];
    uint64_t seed = 99;
    check_watchdog(40);
    for (int phase = 0; phase < 40; phase++) {
        size_t most = (size_t)100 << (phase * 7 % 14), sum = 0, count = 0;
        while (sum < LIVE && count < 200000) {
            size_t size = most / 2 + check_random(&seed) % most;
            CHECK((block[count] = malloc(size)) != NULL);
            memset(block[count++], 1, size);
            sum += size;
        }
        for (size_t i = 0; i < count; i++)
            free(block[i]);
    }
    return 0;
}
