/* T-os1: the process is driven to vm.max_map_count, where mmap, mprotect, munmap and
 * madvise fail with ENOMEM: every call gives a block or NULL and ENOMEM; freeing works;
 * once mappings are back everything works again. */
// run: preload, static
// timeout: 80
#include "check.h"
#include <malloc.h>
#include <sys/mman.h>

enum { MOST = 1 << 20 };
static char *region;
static long pages;

static void exhaust(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    region = mmap(NULL, page * MOST, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                  -1, 0);
    CHECK(region != MAP_FAILED);
    for (pages = 1; pages < MOST; pages += 2)
        if (mprotect(region + (size_t)pages * page, page, PROT_READ) != 0)
            break;
    if (pages >= MOST)
        SKIP("vm.max_map_count is above %d", MOST);
    /* the last few */
    for (int i = 0; i < 4; i++)
        if (mmap(NULL, page, i & 1 ? PROT_READ : PROT_NONE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0) == MAP_FAILED)
            break;
}

static long failed, worked;

static void *take(void *p, const char *what)
{
    if (!p)
        CHECKF(errno == ENOMEM, "%s: %s", what, strerror(errno));
    p ? worked++ : failed++;
    errno = 0;
    return p;
}

static void work(int rounds)
{
    static void *held[512];
    uint64_t seed = 4711;
    errno = 0;
    for (int i = 0; i < rounds; i++) {
        uint64_t r = check_random(&seed);
        void **slot = &held[r % 512];
        size_t size = (r >> 20) % ((r & 15) ? 3000 : (r & 16) ? 200000 : 20000000);
        void *p;
        switch ((r >> 12) & 3) {
        case 0:
            free(*slot);
            *slot = take(malloc(size), "malloc");
            break;
        case 1:
            p = take(realloc(*slot, size + 1), "realloc");
            if (p)
                *slot = p;
            break;
        case 2:
            free(*slot);
            *slot = take(memalign((size_t)64 << (r >> 60), size), "memalign");
            break;
        default:
            free(*slot);
            *slot = NULL;
        }
        if (*slot)
            *(char *)*slot = 1;
    }
    for (int i = 0; i < 512; i++) {
        free(held[i]);
        held[i] = NULL;
    }
    malloc_trim(0);
}

int main(void)
{
    check_watchdog(60);
    work(2000);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *before[64];
    for (size_t i = 0; i < 64; i++)
        CHECK((before[i] = calloc(1, (size_t)100000 << (i % 6))) != NULL);
    exhaust();
    work(20000);
    for (int i = 0; i < 64; i++)
        free(before[i]);
    work(20000);
    CHECKF(worked > failed, "%ld worked, %ld failed", worked, failed);
    munmap(region, page * MOST);
    failed = 0;
    work(20000);
    CHECKF(failed == 0, "%ld calls fail although mappings are back", failed);
    return 0;
}
