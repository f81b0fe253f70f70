/* M7: resident memory is explained: the parts add up to RSS within 1%, none is wild, what
 * is not acre's does not grow with what is, and live counts are exact, also after threads
 * have ended and freed each other's blocks. */
// run: link-so, static
// timeout: 120
#include "check.h"
#include <acre/stats.h>
#include <pthread.h>
#include <sys/utsname.h>

#define MIB ((size_t)1 << 20)
#define KEPT 3000

static void *volatile block[KEPT];
static struct acre_stats s;
static uint64_t outside_before, named_before, live_before;
static volatile long sink;
static int was_read;    /* there are pages that were read and never written */

static void *try(void *p)
{
    CHECK(p != NULL);
    return p;
}

/* Rss of mappings with a file or a name: code, data, stack; none of them is acre's. */
static uint64_t named_rss(void)
{
    static char line[4096];
    FILE *file = fopen("/proc/self/smaps", "r");
    uint64_t sum = 0;
    int named = 0;

    if (!file)
        SKIP("no /proc/self/smaps");
    setvbuf(file, NULL, _IONBF, 0);
    while (fgets(line, sizeof line, file)) {
        unsigned long kib;
        if (sscanf(line, "Rss: %lu", &kib) == 1)
            sum += named ? kib * 1024 : 0;
        else if (strstr(line, " kB") == NULL && strncmp(line, "VmFlags", 7) != 0)
            named = strchr(line, '/') != NULL || strchr(line, '[') != NULL;
    }
    fclose(file);
    return sum;
}

static void get(const char *when)
{
    s.size = sizeof s;
    CHECK(acre_stats_get(&s) == 0);
    if (s.rss == 0)
        SKIP("no /proc");
    const uint64_t parts[] = {s.requested, s.rounding, s.untouched, s.cached,
                              s.free_in_pages, s.unpurged, s.metadata, s.outside,
                              s.live, s.live_count, s.used_peak, s.free_all};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        CHECKF(parts[i] < (uint64_t)1 << 40, "%s: part %zu is %llu", when, i,
               (unsigned long long)parts[i]);
    uint64_t sum = s.requested + s.rounding + s.cached + s.free_in_pages + s.unpurged +
                   s.metadata + s.outside - s.untouched;
    uint64_t off = sum > s.rss ? sum - s.rss : s.rss - sum;
    CHECKF(off <= s.rss / 100, "%s: the sum is %llu, rss is %llu", when,
           (unsigned long long)sum, (unsigned long long)s.rss);
    CHECKF(s.requested + s.rounding == s.live, "%s", when);
    CHECKF(s.malloc_count - s.free_count == s.live_count, "%s", when);
    CHECKF(s.used_peak >= s.live, "%s", when);
}

/* Before Linux 6.7 pages of zeros cannot be told from memory: then the sum closes, but
 * what is outside does not show. */
static int zero_is_told(void)
{
    struct utsname name;
    int major = 0, minor = 0;
    return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
           (major > 6 || (major == 6 && minor >= 7));
}

/* At a quiet moment: `count` blocks more than at the start. */
static void quiet(const char *when, uint64_t count)
{
    uint64_t named = named_rss();
    get(when);
    CHECKF(s.live_count == live_before + count, "%s: %llu blocks, not %llu more than %llu",
           when, (unsigned long long)s.live_count, (unsigned long long)count,
           (unsigned long long)live_before);
    if (was_read && !zero_is_told())
        return;
    uint64_t expected = outside_before + named - named_before;
    uint64_t off = s.outside > expected ? s.outside - expected : expected - s.outside;
    CHECKF(off <= 256 << 10, "%s: %llu bytes are outside, not %llu", when,
           (unsigned long long)s.outside, (unsigned long long)expected);
}

static void about(const char *what, uint64_t is, uint64_t should, uint64_t slack)
{
    CHECKF(is >= should - (slack < should ? slack : should) && is <= should + slack,
           "%s is %llu, not about %llu", what, (unsigned long long)is,
           (unsigned long long)should);
}

static void free_all(int count)
{
    for (int i = 0; i < count; i++) {
        free(block[i]);
        block[i] = NULL;
    }
}

static long read_pages(const char *p, size_t size)
{
    long sum = 0;
    for (size_t i = 0; i < size; i += 4096)
        sum += p[i];
    return sum;
}

static void alone(void)
{
    for (int i = 0; i < 200; i++)
        ((char *)(block[i] = try(malloc(MIB))))[5000] = 1;
    quiet("200 blocks of 1 MiB, touched by a byte each", 200);
    about("requested", s.requested, 200 * MIB, MIB);
    free_all(200);
    quiet("all free", 0);

    block[0] = try(calloc(1, 200 * MIB));
    quiet("a large calloc", 1);
    about("untouched", s.untouched, 200 * MIB, 3 * MIB);
    sink = read_pages(block[0], 200 * MIB);
    was_read = 1;
    quiet("a large calloc that was read", 1);
    about("untouched", s.untouched, 200 * MIB, 3 * MIB);
    memset(block[0], 1, 100 * MIB);
    quiet("and half written", 1);
    about("untouched", s.untouched, 100 * MIB, 3 * MIB);
    block[0] = try(realloc(block[0], 300 * MIB));
    quiet("and made longer", 1);
    about("untouched", s.untouched, 200 * MIB, 3 * MIB);
    CHECK(s.used_peak >= 300 * MIB);
    free_all(1);
    was_read = 0;
    quiet("all free", 0);

    was_read = 1;
    for (int i = 0; i < 30; i++)
        sink = read_pages(block[i] = try(calloc(1, 5 * MIB)), 5 * MIB);
    quiet("30 callocs of 5 MiB that were read", 30);
    about("rss", s.rss, outside_before, 8 * MIB);
    free_all(30);
    was_read = 0;
    for (int i = 0; i < KEPT; i++)
        *(char *)(block[i] = try(malloc(32768))) = 1;
    quiet("3000 blocks of 32 KiB, touched by a byte each", KEPT);
    free_all(KEPT);
    for (int i = 0; i < KEPT; i++)
        memset(block[i] = try(malloc((size_t)i * 5)), 1, (size_t)i * 5);
    quiet("small blocks", KEPT);
    for (int i = 0; i < KEPT; i++)
        if (i % 7) {
            free(block[i]);
            block[i] = NULL;
        }
    quiet("one of seven is left", (KEPT + 6) / 7);
    free_all(KEPT);
    quiet("all free", 0);
}

/* --- Threads --------------------------------------------------------------------- */

enum { THREADS = 4, EACH = 5000 };
static void *theirs[THREADS][EACH];
static volatile int stop;

static void *make(void *arg)
{
    void **mine = arg;
    for (int i = 0; i < EACH; i++) {
        free(try(malloc((size_t)i % 3000)));
        memset(mine[i] = try(malloc((size_t)i % 900)), 1, (size_t)i % 900);
    }
    return NULL;
}

static void *free_half(void *arg)
{
    void **others = arg;
    for (int i = 0; i < EACH; i += 2)
        free(others[i]);
    return NULL;
}

static void *work(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    void *mine[64] = {0};
    while (!stop) {
        unsigned i = rand_r(&seed) % 64;
        free(mine[i]);
        size_t size = rand_r(&seed) % 50 ? (size_t)rand_r(&seed) % 2000
                                         : (size_t)rand_r(&seed) % 300000;
        memset(mine[i] = try(malloc(size)), 1, size);
    }
    for (int i = 0; i < 64; i++)
        free(mine[i]);
    return NULL;
}

static void run(void *(*body)(void *), void *const *args)
{
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, body, args[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
}

static void together(void)
{
    void *args[THREADS], *next[THREADS];
    for (int i = 0; i < THREADS; i++) {
        args[i] = theirs[i];
        next[i] = theirs[(i + 1) % THREADS];
    }
    /* libc keeps a few blocks for the stacks of threads: their count is the new base. */
    run(free_half, args);       /* nothing there yet: NULLs */
    get("threads");
    live_before = s.live_count;
    run(make, args);
    get("threads have ended");
    about("live_count", s.live_count, live_before + THREADS * EACH, 8);
    run(free_half, next);
    get("other threads freed half");
    about("live_count", s.live_count, live_before + THREADS * EACH / 2, 8);
    for (int i = 0; i < THREADS; i++)
        for (int k = 1; k < EACH; k += 2)
            free(theirs[i][k]);
    get("all free");
    about("live_count", s.live_count, live_before, 8);

    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, work, (void *)(uintptr_t)(i + 1)) == 0);
    for (int i = 0; i < 300; i++)
        get("threads at work");
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    get("threads have worked");
    about("live_count", s.live_count, live_before, 8);
}

int main(void)
{
    check_watchdog(100);
    for (int i = 0; i < 2; i++) {       /* the first one touches pages of its own */
        named_before = named_rss();
        get("the start");
    }
    outside_before = s.outside;
    live_before = s.live_count;
    alone();
    together();
    return 0;
}
