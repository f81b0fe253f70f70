/* T-os3: address space limits of 64 MB to 8 GB and data limits: the process starts, gets
 * NULL and ENOMEM at the end, can free everything, and gets nearly as much again. */
// run: preload, static
#include "check.h"
#include <sys/resource.h>

enum { MOST = 200000 };
static void *block[MOST];

static size_t fill(size_t size, size_t budget)
{
    size_t count = 0;
    errno = 0;
    while (count < MOST && count * size < budget && (block[count] = malloc(size)) != NULL) {
        *(char *)block[count] = 1;
        count++;
    }
    CHECKF(block[count < MOST ? count : 0] || errno == ENOMEM, "errno is %s", strerror(errno));
    return count;
}

static void empty(size_t count)
{
    /* odd ones first: the heap must find its way back to whole pages */
    for (size_t i = 1; i < count; i += 2)
        free(block[i]);
    for (size_t i = 0; i < count; i += 2)
        free(block[i]);
}

static void inner(size_t budget)
{
    static const size_t sizes[] = {64, 1000, 8000, 40000, 300000, 3000000};
    for (int i = 0; i < 6; i++) {
        size_t first = fill(sizes[i], budget);
        CHECKF(first > 3 || sizes[i] > 1000000, "only %zu blocks of %zu", first, sizes[i]);
        empty(first);
        size_t second = fill(sizes[i], budget);
        CHECKF(second * 10 >= first * 8 || first - second < 2,
               "%zu blocks of %zu, then only %zu", first, sizes[i], second);
        empty(second);
    }
    errno = 0;
    CHECK(malloc((size_t)1 << 48) == NULL && errno == ENOMEM);
    check_every_size(1 << 20);
}

struct limit { int what; size_t mib; };
static char *self;

static void limited(void *arg)
{
    struct limit *limit = arg;
    struct rlimit value = {limit->mib << 20, limit->mib << 20};
    char mib[20];
    snprintf(mib, sizeof mib, "%zu", limit->mib);
    CHECK(setrlimit(limit->what ? RLIMIT_DATA : RLIMIT_AS, &value) == 0);
    execl("/proc/self/exe", self, mib, (char *)NULL);
    _exit(9);
}

int main(int argc, char **argv)
{
    check_watchdog(50);
    self = argv[0];
    if (argc > 1) {
        size_t mib = strtoul(argv[1], NULL, 10);
        /* at most 300 MiB is really used; the rest of a limit is only passed */
        inner((mib && mib < 300 ? mib : 300) << 20);
        return 0;
    }
    static const size_t sizes[] = {64, 65, 100, 256, 1024, 8192, 70000};
    for (int what = 0; what < 2; what++)
        for (int i = 0; i < 7; i++) {
            struct limit limit = {what, sizes[i]};
            char output[800];
            int status = check_child(limited, &limit, output, sizeof output, 20);
            CHECKF(status == 0, "ulimit -%c %zu MiB: %s %s", what ? 'd' : 'v', sizes[i],
                   check_status(status), output);
        }
    return 0;
}
