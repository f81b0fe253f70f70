/* purge.c -- how much dirty memory stays: allowance, regret, decay.  The fake clock. */
#include "core/options.h"
#include "core/span.h"
#include "fault/fresh.h"
#include "os/fake/fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MIB ((size_t)1 << 20)
#define SECOND ((uint64_t)1000000000)

static void start(const char *options)
{
    ac_fake_setenv("ACRE_OPTIONS", options);
    ac_os_init(&ac_os);
    CHECK_EQUAL(ac_options_init(&ac_options_page.options, NULL), 0);
    CHECK_EQUAL(ac_span_init(), 0);
}

static uint32_t large(size_t bytes)
{
    bool zero;
    uint32_t span =
        ac_span_alloc(AC_AREA_LARGE, (uint32_t)(bytes >> 12), 1, AC_SPAN_LARGE, &zero);

    CHECK(span != 0);
    memset(ac_span_address(span), 0x55, bytes);
    return span;
}

static void let_go(uint32_t span)
{
    CHECK(ac_span_free(span, AC_SPAN_LARGE));
}

static size_t dirty(void)
{
    return ac_areas[0].dirty_bytes + ac_areas[1].dirty_bytes;
}

static size_t resident(void)
{
    return ac_os_resident((void *)ac_areas[1].base,
                          (size_t)ac_areas[1].top << ac_areas[1].shift);
}

/* Nothing in use: `retain` stays, whatever came and went. */
static void body_retain(void *arg)
{
    uint32_t spans[64];

    (void)arg;
    start("retain=2M");
    CHECK_EQUAL(ac_purge_allowance(), 2 * MIB);
    for (uint32_t i = 0; i < 64; i++)
        spans[i] = large(MIB);
    for (uint32_t i = 0; i < 64; i++) {
        let_go(spans[i]);
        CHECK(dirty() <= ac_purge_allowance());
    }
    CHECK(dirty() <= 2 * MIB);
    CHECK(resident() <= dirty() + 2 * 4096);
    CHECK_EQUAL(ac_purge.regret_bytes, 0);
}
FRESH_TEST(retain)

/* The share of what is in use counts when it is more. */
static void body_share(void *arg)
{
    (void)arg;
    start("retain=1M,retain_percent=50");
    uint32_t kept = large(30 * MIB);

    CHECK(ac_purge_allowance() >= 14 * MIB && ac_purge_allowance() <= 15 * MIB);
    uint32_t spare = large(10 * MIB);

    let_go(spare);
    CHECK_EQUAL(dirty(), 10 * MIB); /* within the share: nothing was purged */
    CHECK_EQUAL(ac_fake_count(AC_FAKE_PURGE), 0);
    let_go(kept);
    CHECK(dirty() <= MIB);
}
FRESH_TEST(share)

static void body_nothing_retained(void *arg)
{
    (void)arg;
    start("retain=0,retain_percent=0");
    let_go(large(64 << 10));
    CHECK_EQUAL(dirty(), 0);
    CHECK_EQUAL(resident(), 0);
}
FRESH_TEST(nothing_retained)

/* Memory that is purged and wanted again at once makes the allowance grow, until the
 * loop does not purge any more. */
static void body_regret(void *arg)
{
    uint64_t purges = 0;

    (void)arg;
    start("retain=1M,retain_percent=0");
    for (uint32_t i = 0; i < 20; i++) {
        let_go(large(16 * MIB));
        ac_fake_advance(SECOND / 100);
        if (i == 3)
            purges = ac_fake_count(AC_FAKE_PURGE);
    }
    CHECK(ac_purge.regret_bytes > 0);
    CHECK(purges >= 1 && purges <= 3);
    CHECK_EQUAL(ac_fake_count(AC_FAKE_PURGE), purges);
}
FRESH_TEST(regret)

/* What was purged long ago is no regret. */
static void body_no_regret_later(void *arg)
{
    (void)arg;
    start("retain=1M,retain_percent=0,regret_ms=1000");
    for (uint32_t i = 0; i < 10; i++) {
        let_go(large(16 * MIB));
        ac_fake_advance(2 * SECOND);
    }
    CHECK_EQUAL(ac_purge.regret_bytes, 0);
    CHECK(ac_fake_count(AC_FAKE_PURGE) >= 10);
}
FRESH_TEST(no_regret_later)

/* Nor is memory that is wanted for the first time. */
static void body_no_regret_for_fresh(void *arg)
{
    (void)arg;
    start("retain=1M");
    for (uint32_t i = 0; i < 20; i++)
        (void)large(MIB);
    CHECK_EQUAL(ac_purge.regret_bytes, 0);
}
FRESH_TEST(no_regret_for_fresh)

/* Regret halves every second. */
static void body_decay(void *arg)
{
    (void)arg;
    start("retain=1M,retain_percent=0");
    (void)ac_purge_allowance();
    ac_purge.regret_bytes = 64 * MIB;
    ac_purge.decayed_ns = ac_os_now_ns();
    CHECK_EQUAL(ac_purge_allowance(), 65 * MIB);
    ac_fake_advance(SECOND / 2);
    CHECK_EQUAL(ac_purge_allowance(), 65 * MIB);
    ac_fake_advance(SECOND / 2);
    CHECK_EQUAL(ac_purge_allowance(), 33 * MIB);
    ac_fake_advance(3 * SECOND);
    CHECK_EQUAL(ac_purge_allowance(), 5 * MIB);
    ac_fake_advance(1000 * SECOND);
    CHECK_EQUAL(ac_purge_allowance(), MIB);
    CHECK_EQUAL(ac_purge.regret_bytes, 0);
}
FRESH_TEST(decay)

/* A second that passes in parts is a second: the allowance is asked for in between. */
static void body_decay_in_parts(void *arg)
{
    (void)arg;
    start("retain=1M,retain_percent=0");
    ac_purge.regret_bytes = 64 * MIB;
    ac_purge.decayed_ns = ac_os_now_ns();
    for (uint32_t i = 0; i < 100; i++) {
        ac_fake_advance(SECOND / 10);
        (void)ac_purge_allowance();
    }
    CHECK(ac_purge.regret_bytes <= 64 * MIB >> 9);
    CHECK(ac_purge.regret_bytes >= 64 * MIB >> 11);
}
FRESH_TEST(decay_in_parts)

/* Regret made when there was none for a long time lives its second. */
static void body_regret_is_new(void *arg)
{
    (void)arg;
    start("retain=1M,retain_percent=0");
    ac_fake_advance(1000 * SECOND);
    for (uint32_t i = 0; i < 6; i++)
        let_go(large(16 * MIB));
    CHECK(ac_fake_count(AC_FAKE_PURGE) <= 3);
}
FRESH_TEST(regret_is_new)

/* Regret is never more than was ever in use, and wraps nowhere. */
static void body_regret_bound(void *arg)
{
    (void)arg;
    start("retain=0,retain_percent=0");
    let_go(large(48 * MIB));
    for (uint32_t i = 0; i < 200; i++) {
        struct ac_span span = {.purged_ms = ac_purge_clock_ms()};

        ac_purge.cycles = 3;
        ac_purge_regret(&span, 32 * MIB);
        CHECK(ac_purge.regret_bytes <= 48 * MIB);
    }
    CHECK_EQUAL(ac_purge.regret_bytes, 48 * MIB);
}
FRESH_TEST(regret_bound)

/* Largest spans go first, and only as many as it takes. */
static void body_largest_first(void *arg)
{
    uint32_t sizes[] = {1, 8, 2, 4};
    uint32_t spans[4];

    (void)arg;
    start("retain=1G");
    for (uint32_t i = 0; i < 4; i++) {
        spans[i] = large(sizes[i] * MIB);
        (void)large(64 << 10); /* keeps them apart */
    }
    for (uint32_t i = 0; i < 4; i++)
        let_go(spans[i]);
    CHECK_EQUAL(dirty(), 15 * MIB);
    CHECK_EQUAL(ac_span_purge(7 * MIB), 8 * MIB);
    CHECK_EQUAL(dirty(), 7 * MIB);
    CHECK_EQUAL(ac_fake_count(AC_FAKE_PURGE), 1);
    CHECK_EQUAL(ac_span_purge(3 * MIB), 4 * MIB);
    CHECK_EQUAL(ac_span_purge(0), 3 * MIB);
    CHECK_EQUAL(ac_span_purge(0), 0);
    CHECK_EQUAL(dirty(), 0);
}
FRESH_TEST(largest_first)

/* A system that cannot purge: the memory stays, dirty, and nobody tries for ever. */
static void body_purge_refused(void *arg)
{
    struct ac_span_totals totals;

    (void)arg;
    start("retain=1M,retain_percent=0");
    ac_fake_fail(AC_FAKE_PURGE, 1, true, EINVAL);
    for (uint32_t i = 0; i < 10; i++)
        let_go(large(16 * MIB));
    CHECK_EQUAL(dirty(), 16 * MIB);
    CHECK(ac_fake_count(AC_FAKE_PURGE) <= 20);
    CHECK_EQUAL(ac_span_purge(0), 0);
    ac_fake_fail(AC_FAKE_PURGE, 0, false, 0);
    CHECK_EQUAL(ac_span_purge(0), 16 * MIB);
    ac_span_totals_get(&totals);
    CHECK_EQUAL(totals.purged, 16 * MIB);
}
FRESH_TEST(purge_refused)

/* What a trim cuts off is dirty memory like any other: what is above the allowance
 * goes back without waiting for the next free. */
static void body_trim_is_bounded(void *arg)
{
    (void)arg;
    start("retain=1M,retain_percent=0");
    uint32_t span = large(32 * MIB);

    ac_span_trim(span, 16);
    CHECK(dirty() <= ac_purge_allowance());
    CHECK(resident() <= 2 * MIB);
}
FRESH_TEST(trim_is_bounded)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retain),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_nothing_retained),
        cmocka_unit_test(test_regret),
        cmocka_unit_test(test_no_regret_later),
        cmocka_unit_test(test_no_regret_for_fresh),
        cmocka_unit_test(test_decay),
        cmocka_unit_test(test_decay_in_parts),
        cmocka_unit_test(test_regret_is_new),
        cmocka_unit_test(test_regret_bound),
        cmocka_unit_test(test_largest_first),
        cmocka_unit_test(test_purge_refused),
        cmocka_unit_test(test_trim_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
