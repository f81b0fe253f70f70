/* T-os9: after mlockall(MCL_CURRENT | MCL_FUTURE) allocation, free and malloc_trim work
 * (madvise(DONTNEED) fails on locked pages), nothing huge is locked into memory, calloc is
 * still zero; an unprivileged process over RLIMIT_MEMLOCK gets NULL and ENOMEM. */
#include "check.h"
#include <malloc.h>
#include <sys/mman.h>

static void work(int may_fail)
{
    static unsigned char *block[400];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 400; i++) {
            size_t size = (size_t)16 << (i % 13);
            errno = 0;
            block[i] = calloc(1, size);
            CHECK(block[i] || (may_fail && errno == ENOMEM));
            if (!block[i])
                continue;
            for (size_t k = 0; k < size; k += 64)
                CHECKF(block[i][k] == 0, "calloc(%zu) is not zero at %zu", size, k);
            memset(block[i], 255, size);
        }
        for (int i = 0; i < 400; i++)
            free(block[i]);
        malloc_trim(0);
    }
    for (size_t n = (size_t)1 << 20; n <= (size_t)64 << 20; n *= 4) {
        char *p = realloc(malloc(n / 2), n);
        CHECK(p || may_fail);
        if (p)
            p[n - 1] = 1;
        free(p);
    }
}

static void locked(void *arg)
{
    (void)arg;
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t from, to, sum = 0;
    char line[500], access[8];
    while (maps && fgets(line, sizeof line, maps))
        if (sscanf(line, "%zx-%zx %7s", &from, &to, access) == 3 && access[1] == 'w')
            sum += to - from;
    /* mlockall would really fill these */
    CHECKF(sum < (size_t)512 << 20, "%zu MiB are mapped writable", sum >> 20);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        SKIP("mlockall: %s", strerror(errno));
    CHECKF(check_rss_kb() < 512 << 10, "%ld KiB locked", check_rss_kb());
    work(0);
}

static void poor(void *arg)
{
    (void)arg;
    struct rlimit limit = {8 << 20, 8 << 20};
    CHECK(setrlimit(RLIMIT_MEMLOCK, &limit) == 0);
    if (getuid() == 0)
        CHECK(setresuid(65534, 65534, 65534) == 0);
    if (mlockall(MCL_FUTURE) != 0)
        SKIP("mlockall: %s", strerror(errno));
    work(1);
}

int main(void)
{
    check_watchdog(40);
    char output[600];
    int status = check_child(locked, NULL, output, sizeof output, 20);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("%s", output);
    CHECKF(status == 0, "locked: %s %s", check_status(status), output);
    status = check_child(poor, NULL, output, sizeof output, 20);
    CHECKF(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 77),
           "RLIMIT_MEMLOCK: %s %s", check_status(status), output);
    return 0;
}
