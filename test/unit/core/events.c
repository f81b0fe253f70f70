/* events.c -- tests of core/events.h: is the sampling what it says to be?
 *
 * With s = block size and p = period a malloc is sampled with the probability
 * q = 1 - exp(-s / p): the chance that a Poisson process of rate 1 / p per byte has a
 * point in its s bytes.  So a class with n mallocs is sampled about n q times, with
 * variance n q (1 - q), and samples weighed by 1 / q give the number of mallocs, by
 * s / q the bytes, without bias.  All seeds are fixed: a run that fails, fails again. */
#include "core/class.h"
#include "core/events.h"
#include "fault/fresh.h"
#include "heap/heap.h"
#include "os/fake/fake.h"

#include <acre/acre.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define PERIOD ((size_t)16 << 10)

static uint64_t sampled[AC_CLASS_LAST + 1];
static uint64_t sampled_all;
static uint64_t done[AC_CLASS_LAST + 1];
static uint64_t seed = 7;

static void on_sample(void *context, const void *block, size_t size)
{
    CHECK(context == (void *)&sampled);
    CHECK(block != NULL);
    if (size > AC_SMALL_MAX)
        return;
    sampled[ac_class_of(size)]++;
    sampled_all++;
}

static struct ac_instrument instrument = {"test", PERIOD, on_sample, &sampled};

static double probability(uint32_t cls, size_t period)
{
    return 1 - exp(-(double)ac_class_sizes[cls] / (double)period);
}

/* Is `seen` within `sigmas` of the expected number? */
static void check_count(const char *what, double seen, double mean, double variance,
                        double sigmas)
{
    double off = (seen - mean) / sqrt(variance);

    snprintf(fresh_context, sizeof fresh_context,
             "%s: %.0f seen, %.1f expected, %.2f sigma", what, seen, mean, off);
    CHECK(fabs(off) <= sigmas);
}

static void check_all_classes(size_t period)
{
    double seen = 0;
    double mean = 0;
    double variance = 0;
    double bytes = 0;
    double bytes_done = 0;
    double bytes_variance = 0;
    char what[64];

    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        double q = probability(cls, period);
        double n = (double)done[cls];
        double s = ac_class_sizes[cls];

        if (n * q * (1 - q) > 30) { /* enough for a normal distribution */
            snprintf(what, sizeof what, "class of %u", ac_class_sizes[cls]);
            check_count(what, (double)sampled[cls], n * q, n * q * (1 - q), 4);
        }
        seen += (double)sampled[cls];
        mean += n * q;
        variance += n * q * (1 - q);
        bytes += (double)sampled[cls] * s / q;
        bytes_done += n * s;
        bytes_variance += n * q * (1 - q) * (s / q) * (s / q);
    }
    check_count("all classes", seen, mean, variance, 4);
    check_count("bytes", bytes, bytes_done, bytes_variance, 4);
    printf(
        "%.0f samples of %.0f expected (%.2f sigma), bytes off by %.2f%% (%.2f sigma)\n",
        seen, mean, (seen - mean) / sqrt(variance),
        100 * (bytes - bytes_done) / bytes_done,
        (bytes - bytes_done) / sqrt(bytes_variance));
}

/* Sizes as programs have them: most are small. */
static size_t random_size(void)
{
    uint64_t r = fresh_random(&seed);
    uint32_t log = 4 + (uint32_t)(r % 12);

    if (r >> 8 & 1)
        log = 4 + log % 4;
    return (size_t)1 + (size_t)((r >> 16) % ((uint64_t)1 << log));
}

static void count_malloc(size_t size)
{
    void *block = acre_malloc(size);

    CHECK(block != NULL);
    done[ac_class_of(size)]++;
    acre_free(block);
}

/* What address a heap has, and so where its random numbers begin, is up to the system:
 * begin them anew, so that a run can be repeated. */
static void start_fixed(void)
{
    acre_free(acre_malloc(1));
    ac_heap_self->random = 42;
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        ac_list_sync(ac_heap_self, cls);
        (void)ac_events_rearm(ac_heap_self, cls);
    }
}

/* Mixed sizes, freed at once: lists never run empty, so the countdown alone enters. */
static void body_pairs(void *arg)
{
    (void)arg;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    start_fixed();
    for (uint32_t i = 0; i < 1500000; i++)
        count_malloc(random_size());
    check_all_classes(PERIOD);
}
FRESH_TEST(pairs)

/* Many live at a time, freed at random: lists overflow, run empty, pages come and go. */
static void body_replacement(void *arg)
{
    static void *slots[3000];

    (void)arg;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    start_fixed();
    for (uint32_t i = 0; i < 800000; i++) {
        uint32_t slot = (uint32_t)(fresh_random(&seed) % 3000);
        size_t size = random_size();

        acre_free(slots[slot]);
        slots[slot] = acre_malloc(size);
        CHECK(slots[slot] != NULL);
        done[ac_class_of(size)]++;
    }
    check_all_classes(PERIOD);
}
FRESH_TEST(replacement)

/* A burst of one size only, and calloc and realloc: each is one malloc of its class. */
static void body_other_ways_in(void *arg)
{
    (void)arg;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    start_fixed();
    for (uint32_t i = 0; i < 400000; i++) {
        void *block = acre_calloc(1, 48);
        void *moved = acre_realloc(block, 400);

        CHECK(moved != NULL && moved != block);
        acre_free(moved);
        done[ac_class_of(48)]++;
        done[ac_class_of(400)]++;
    }
    check_all_classes(PERIOD);
}
FRESH_TEST(other_ways_in)

/* A period much shorter, and one much longer, than what is allocated. */
static void body_periods(void *arg)
{
    const size_t periods[] = {64, 1000, (size_t)1 << 20};

    (void)arg;
    instrument.period_bytes = periods[*(const uint32_t *)arg];
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    start_fixed();
    for (uint32_t i = 0; i < 1000000; i++)
        count_malloc(16 + i % 17 * 48);
    check_all_classes(instrument.period_bytes);
}

static void test_periods(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(fresh_run(NULL, body_periods, &i), 0);
}

/* Distances have the law that the theory asks for, not only its mean: chi-square over
 * the first 30 values of a geometric distribution. */
static void body_law(void *arg)
{
    static struct ac_heap heap;
    const uint32_t cls = ac_class_of(1024);
    const uint32_t draws = 1000000;
    double q = probability(cls, PERIOD);
    uint32_t count[31] = {0};
    double chi2 = 0;
    double rest = 1;

    (void)arg;
    heap.random = 42;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    CHECK(!ac_events_rearm(&heap, cls)); /* nothing was drawn before */
    for (uint32_t i = 0; i < draws; i++) {
        uint32_t distance = heap.list[cls].left - 1;

        CHECK(ac_events_rearm(&heap, cls));
        CHECK_EQUAL(heap.list[cls].left, heap.slow[cls].left_start);
        count[distance < 30 ? distance : 30]++;
    }
    for (uint32_t k = 0; k <= 30; k++) {
        double share = k < 30 ? rest * q : rest;
        double expected = share * draws;

        chi2 += (count[k] - expected) * (count[k] - expected) / expected;
        rest -= share;
    }
    snprintf(fresh_context, sizeof fresh_context, "chi-square %.1f, 30 degrees", chi2);
    CHECK(chi2 < 30 + 4 * sqrt(60));
}
FRESH_TEST(law)

/* --- Threads -------------------------------------------------------------- */

#define SHORT_MALLOCS 5u

static void *short_thread(void *arg)
{
    for (uint32_t i = 0; i < SHORT_MALLOCS; i++) {
        acre_free(acre_malloc(64));
        if (i == 0 && *(const uint32_t *)arg == 0)
            ac_heap_self->random = 42;
    }
    return NULL;
}

/* Short threads, one after the other, with a few mallocs each: they get the same record
 * of a heap, but must not draw the same distances; and their first malloc counts. */
static void body_short_threads(void *arg)
{
    const uint32_t threads = 30000;
    pthread_t thread;

    (void)arg;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    for (uint32_t i = 0; i < threads; i++) {
        CHECK_EQUAL(pthread_create(&thread, NULL, short_thread, &i), 0);
        CHECK_EQUAL(pthread_join(thread, NULL), 0);
    }
    done[ac_class_of(64)] = threads * SHORT_MALLOCS;
    check_all_classes(PERIOD);
}
FRESH_TEST(short_threads)

/* --- Off ------------------------------------------------------------------ */

static void body_off(void *arg)
{
    (void)arg;
    instrument.period_bytes = 0;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    for (uint32_t i = 0; i < 3000000; i++)
        count_malloc(1 + i % 2000);
    for (uint32_t i = 0; i < 3000000; i++)
        count_malloc(64); /* beyond the distance of one that is off */
    CHECK_EQUAL(sampled_all, 0);
}
FRESH_TEST(off)

static void body_detached(void *arg)
{
    (void)arg;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    for (uint32_t i = 0; i < 100000; i++)
        count_malloc(64);
    CHECK(sampled_all > 0);
    CHECK_EQUAL(ac_events_attach(NULL), 0);
    uint64_t before = sampled_all;

    for (uint32_t i = 0; i < 3000000; i++)
        count_malloc(1 + i % 600);
    CHECK_EQUAL(sampled_all, before);
}
FRESH_TEST(detached)

static void body_one_at_a_time(void *arg)
{
    struct ac_instrument other = instrument;

    (void)arg;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    CHECK_EQUAL(ac_events_attach(&other), EBUSY);
    CHECK_EQUAL(ac_events_attach(NULL), 0);
    CHECK_EQUAL(ac_events_attach(&other), 0);
}
FRESH_TEST(one_at_a_time)

/* Attached late: a running thread notices within 2^20 mallocs of a class, and the
 * block at which it notices is no sample: nobody drew it. */
static void body_attached_late(void *arg)
{
    (void)arg;
    count_malloc(64);
    instrument.period_bytes = (size_t)1 << 40;
    CHECK_EQUAL(ac_events_attach(&instrument), 0);
    for (uint32_t i = 0; i < 3u << 20; i++)
        count_malloc(64);
    CHECK_EQUAL(sampled_all, 0);
    CHECK_EQUAL(ac_events_attach(NULL), 0);
}
FRESH_TEST(attached_late)

/* --- Large blocks --------------------------------------------------------- */

static uint64_t large_samples;

static void on_any_sample(void *context, const void *block, size_t size)
{
    (void)context;
    CHECK(block != NULL);
    large_samples += size > AC_SMALL_MAX;
}

/* DESIGN.md, 3.2: large sizes take the slow path anyway, so they are sampled there. */
static void body_large(void *arg)
{
    static struct ac_instrument any = {"any", (size_t)1 << 20, on_any_sample, NULL};
    const uint32_t count = 20000;
    const size_t size = 256 << 10;
    double q = 1 - exp(-(double)size / (double)any.period_bytes);

    (void)arg;
    CHECK_EQUAL(ac_events_attach(&any), 0);
    start_fixed();
    for (uint32_t i = 0; i < count; i++)
        acre_free(acre_malloc(size));
    check_count("blocks of 256 KiB", (double)large_samples, count * q,
                count * q * (1 - q), 4);
}
FRESH_TEST(large)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_law),           cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_replacement),   cmocka_unit_test(test_other_ways_in),
        cmocka_unit_test(test_periods),       cmocka_unit_test(test_short_threads),
        cmocka_unit_test(test_off),           cmocka_unit_test(test_detached),
        cmocka_unit_test(test_one_at_a_time), cmocka_unit_test(test_attached_late),
        cmocka_unit_test(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
