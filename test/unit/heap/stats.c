/* stats.c -- tests of acre_stats_get: the sums are sums, and the parts make the whole. */
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

static struct acre_stats stats;

static void get(void)
{
    stats.size = sizeof stats;
    CHECK_EQUAL(acre_stats_get(&stats), 0);
}

/* What must hold at any quiet moment. */
static void check_sums(void)
{
    uint64_t mallocs = 0;
    uint64_t frees = 0;
    uint64_t live = 0;
    uint64_t cached = 0;

    get();
    CHECK_EQUAL(stats.class_count, AC_CLASS_LAST);
    for (uint32_t i = 0; i < stats.class_count; i++) {
        const struct acre_stats_class *one = &stats.classes[i];

        snprintf(fresh_context, sizeof fresh_context, "class of %u",
                 ac_class_sizes[i + 1]);
        CHECK_EQUAL(one->size, ac_class_sizes[i + 1]);
        CHECK(one->free_count <= one->malloc_count);
        CHECK(one->malloc_count < (uint64_t)1 << 31);
        uint64_t count = one->malloc_count - one->free_count;

        CHECK((count + one->cached_count) * one->size <= one->page_bytes);
        CHECK(one->slack_bytes <= count * one->size);
        mallocs += one->malloc_count;
        frees += one->free_count;
        live += count * one->size;
        cached += one->cached_count * one->size;
    }
    fresh_context[0] = '\0';
    CHECK_EQUAL(stats.live, live + stats.large_bytes);
    /* The rest are large spans that threads keep: 2 MiB for each at most. */
    CHECK(stats.cached >= cached && (stats.cached - cached) % 4096 == 0);
    CHECK(stats.cached - cached <= stats.thread_heap_count * (2 << 20));
    CHECK(stats.untouched <= stats.live + stats.cached);
    CHECK(stats.rounding <= stats.live && stats.requested <= stats.live);
    CHECK_EQUAL(stats.live_count, stats.malloc_count - stats.free_count);
    CHECK(stats.malloc_count >= mallocs && stats.free_count >= frees);
    CHECK_EQUAL(stats.requested + stats.rounding, stats.live);
    CHECK(stats.used_peak >= stats.live);
    CHECK(stats.free_largest <= stats.free_all);
    CHECK(stats.committed <= stats.reserved);
    if (stats.rss != 0)
        CHECK_EQUAL(stats.requested + stats.rounding - stats.untouched + stats.cached +
                        stats.free_in_pages + stats.unpurged + stats.metadata +
                        stats.outside,
                    stats.rss);
}

/* Exact numbers of a few blocks, of every kind. */
static void body_exact(void *arg)
{
    const size_t sizes[] = {1, 16, 17, 100, 513, 4097, 32768, 32769, 1 << 20, 33 << 20};
    void *blocks[10];
    uint64_t live = 0;

    (void)arg;
    get(); /* before the start: nothing */
    CHECK_EQUAL(stats.class_count, 0);
    CHECK_EQUAL(stats.live, 0);
    for (uint32_t i = 0; i < 10; i++) {
        blocks[i] = acre_malloc(sizes[i]);
        CHECK(blocks[i] != NULL);
        live += acre_usable_size(blocks[i]);
        check_sums();
        CHECK_EQUAL(stats.live_count, i + 1);
        CHECK_EQUAL(stats.malloc_count, i + 1);
        CHECK_EQUAL(stats.live, live);
    }
    CHECK_EQUAL(stats.large_count, 3);
    CHECK_EQUAL(stats.large_bytes, 36864 + (1 << 20) + (33 << 20));
    for (uint32_t i = 0; i < 10; i++) {
        live -= acre_usable_size(blocks[i]);
        acre_free(blocks[i]);
        check_sums();
        CHECK_EQUAL(stats.free_count, i + 1);
        CHECK_EQUAL(stats.live, live);
    }
    CHECK_EQUAL(stats.live, 0);
    CHECK_EQUAL(stats.large_count, 0);
    /* 33 MiB of the huge block, and the spans of the two large ones. */
    CHECK(stats.used_peak >= (34 << 20) + 36864);
}
FRESH_TEST(exact)

/* Many steps: counters of the fast paths, of lists and of pages stay in step. */
static void body_random(void *arg)
{
    static void *slots[2000];
    static size_t sizes[2000];
    uint64_t seed = 11;
    uint64_t live = 0;
    uint64_t count = 0;
    uint64_t mallocs = 0;

    (void)arg;
    for (uint32_t i = 0; i < 200000; i++) {
        uint64_t r = fresh_random(&seed);
        uint32_t slot = (uint32_t)(r % 2000);

        if (slots[slot] != NULL) {
            live -= sizes[slot];
            count--;
            acre_free(slots[slot]);
            slots[slot] = NULL;
        } else {
            slots[slot] = acre_malloc((r >> 20) % (r >> 60 == 0 ? 50000 : 400));
            sizes[slot] = acre_usable_size(slots[slot]);
            live += sizes[slot];
            count++;
            mallocs++;
        }
        if (i % 10000 == 0) {
            if (i % 30000 == 0)
                acre_thread_idle();
            check_sums();
            CHECK_EQUAL(stats.live, live);
            CHECK_EQUAL(stats.live_count, count);
            CHECK_EQUAL(stats.malloc_count, mallocs);
        }
    }
}
FRESH_TEST(random)

static void *a_thread(void *arg)
{
    void **out = arg;

    for (uint32_t i = 0; i < 5000; i++)
        acre_free(acre_malloc(i % 700));
    for (uint32_t i = 0; i < 100; i++)
        out[i] = acre_malloc(100);
    return NULL;
}

/* What ended threads did counts; what they left is live. */
static void body_threads(void *arg)
{
    static void *blocks[10][100];

    (void)arg;
    for (uint32_t i = 0; i < 10; i++)
        run_thread(a_thread, blocks[i]);
    check_sums();
    CHECK_EQUAL(stats.malloc_count, 10 * 5100);
    CHECK_EQUAL(stats.live_count, 1000);
    CHECK_EQUAL(stats.live, 1000 * 112);
    for (uint32_t i = 0; i < 1000; i++)
        acre_free(blocks[i / 100][i % 100]);
    (void)acre_purge();
    check_sums();
    CHECK_EQUAL(stats.live_count, 0);
    CHECK_EQUAL(stats.cached, 0);
    CHECK_EQUAL(stats.free_in_pages, 0);
    CHECK_EQUAL(stats.unpurged, 0);
}
FRESH_TEST(threads)

/* First-class heaps with pages are in the sums too. */
static void body_heaps(void *arg)
{
    (void)arg;
    acre_heap *heap = acre_heap_create(NULL);

    CHECK(heap != NULL);
    check_sums();
    uint64_t before = stats.live_count;

    for (uint32_t i = 0; i < 1000; i++)
        CHECK(acre_heap_alloc(heap, i * 50) != NULL);
    check_sums();
    CHECK_EQUAL(stats.live_count, before + 1000);
    acre_heap_destroy(heap);
    check_sums();
    CHECK_EQUAL(stats.live_count, 0);
    CHECK_EQUAL(stats.live, 0);
    for (uint32_t round = 0; round < 5; round++) {
        heap = acre_heap_create(NULL);
        for (uint32_t i = 0; i < 100; i++)
            CHECK(acre_heap_alloc(heap, 64) != NULL);
        acre_heap_destroy(heap);
        check_sums();
        CHECK_EQUAL(stats.live_count, 0);
    }
}
FRESH_TEST(heaps)

/* RSS is explained: with a /proc that says 512 MiB the rest is outside. */
static void body_rss(void *arg)
{
    const char status[] = "Name:\tx\nVmHWM:\t  700000 kB\nVmRSS:\t  524288 kB\n"
                          "VmSwap:\t      12 kB\n";
    const char stat[] = "1 (a) b) S 1 2 3 4 5 6 100 7 200 8 9";
    static void *blocks[100];

    (void)arg;
    ac_fake_put_file("/proc/self/status", status, sizeof status - 1);
    ac_fake_put_file("/proc/self/stat", stat, sizeof stat - 1);
    for (uint32_t i = 0; i < 100; i++) {
        blocks[i] = acre_malloc(i * 3000);
        if (i % 3 != 0)
            memset(blocks[i], 1, i * 3000); /* others stay untouched */
    }
    check_sums();
    CHECK_EQUAL(stats.rss, 512 * MIB);
    CHECK_EQUAL(stats.rss_peak, (uint64_t)700000 << 10);
    CHECK_EQUAL(stats.swap, 12 << 10);
    CHECK_EQUAL(stats.fault_minor_count, 100);
    CHECK_EQUAL(stats.fault_major_count, 200);
    CHECK(stats.untouched > 0);
    CHECK(stats.outside > 400 * MIB && stats.outside < 512 * MIB);
    for (uint32_t i = 0; i < 100; i += 2)
        acre_free(blocks[i]);
    check_sums();
    (void)acre_purge();
    check_sums();
    CHECK_EQUAL(stats.unpurged, 0);
    CHECK(stats.purged_total > 0);
    CHECK_EQUAL(ac_fake_held().open_files, 0);
}
FRESH_TEST(rss)

/* Files that cannot be opened or read: zeros, no crash, nothing left open. */
static void body_no_proc(void *arg)
{
    (void)arg;
    acre_free(acre_malloc(100));
    check_sums();
    CHECK_EQUAL(stats.rss, 0);
    CHECK_EQUAL(stats.outside, 0);
    ac_fake_put_file("/proc/self/status", "VmRSS:", 6);
    ac_fake_put_file("/proc/self/stat", "1 (x", 4);
    check_sums();
    ac_fake_fail(AC_FAKE_READ, 1, true, EIO);
    check_sums();
    ac_fake_fail(AC_FAKE_RESIDENT, 1, true, EIO);
    get();
    CHECK_EQUAL(ac_fake_held().open_files, 0);
}
FRESH_TEST(no_proc)

static void body_bad_size(void *arg)
{
    (void)arg;
    stats.size = 7;
    CHECK_EQUAL(acre_stats_get(&stats), EINVAL);
    stats.size = 0;
    CHECK_EQUAL(acre_stats_get(&stats), EINVAL);
    CHECK_EQUAL(acre_stats_print((enum acre_stats_format)99, NULL, NULL), EINVAL);
}
FRESH_TEST(bad_size)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),    cmocka_unit_test(test_random),
        cmocka_unit_test(test_threads),  cmocka_unit_test(test_heaps),
        cmocka_unit_test(test_rss),      cmocka_unit_test(test_no_proc),
        cmocka_unit_test(test_bad_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
