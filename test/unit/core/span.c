/* span.c -- core/span.c, area.c and purge.c against a list of what is in use.
 *
 * Each test runs in a child with a fresh library; only spans are started there, no
 * heap.  After every few steps `verify` walks all the structures. */
#include "core/options.h"
#include "core/span.h"
#include "fault/fresh.h"
#include "os/fake/fake.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define LIVE_MAX 400
#define LIVE_BYTES ((size_t)96 << 20)
#define STEP 4096u /* bytes between two marks in a span */

struct live {
    uint32_t span;
    uint32_t area;
    char *at;
    size_t bytes;
    uint64_t mark;
};

static struct live live[LIVE_MAX];
static uint32_t live_count;
static size_t live_bytes;
static uint64_t seed;
static uint64_t zero_seen;
static uint64_t refused;

/* --- The structures, all of them ------------------------------------------ */

static uint32_t bin_wanted(uint32_t count)
{
    uint32_t log = 6;

    if (count <= 64)
        return count - 1;
    while (count >> (log + 1) != 0)
        log++;
    return 64 + (log - 6) * 4 + ((count >> (log - 2)) & 3);
}

static bool is_free(uint32_t state)
{
    return state == AC_SPAN_DIRTY || state == AC_SPAN_CLEAN;
}

static uint32_t verify_bins(uint32_t index, size_t *dirty)
{
    const struct ac_area *area = &ac_areas[index];
    uint32_t count = 0;

    for (uint32_t kind = 0; kind < 2; kind++)
        for (uint32_t bin = 0; bin < AC_BIN_COUNT; bin++) {
            bool bit = (area->bin_bits[kind][bin / 64] >> bin % 64 & 1) != 0;
            uint32_t before = 0;

            CHECK_EQUAL(bit, area->bin[kind][bin] != 0);
            for (uint32_t s = area->bin[kind][bin]; s != 0; s = ac_spans[s].next) {
                CHECK_EQUAL(ac_spans[s].prev, before);
                CHECK_EQUAL(ac_spans[s].area, index);
                CHECK_EQUAL(ac_spans[s].state, kind == 0 ? AC_SPAN_DIRTY : AC_SPAN_CLEAN);
                CHECK_EQUAL(bin_wanted(ac_spans[s].count), bin);
                if (kind == 0)
                    *dirty += ac_span_bytes(s);
                before = s;
                count++;
            }
        }
    return count;
}

/* In a hole the map has nothing, or what was there before. */
static bool is_hole(uint32_t index, uint32_t at)
{
    const struct ac_span *s = &ac_spans[ac_areas[index].map[at]];

    return ac_areas[index].map[at] == 0 || s->area != index || s->first != at ||
           s->state == AC_SPAN_UNUSED;
}

/* From granule 1 to the top every granule is in one span, or in a hole.  Granule 0 is
 * never handed out. */
static uint32_t verify_map(uint32_t index, size_t *used, uint32_t *used_count, bool holes)
{
    const struct ac_area *area = &ac_areas[index];
    uint32_t last_state = AC_SPAN_UNUSED;
    uint32_t free_count = 0;

    if (area->top == 0)     /* not started: nothing of it is committed */
        return 0;
    CHECK_EQUAL(area->map[0], 0);
    for (uint32_t at = 1; at < area->top;) {
        uint32_t span = area->map[at];

        if (holes && is_hole(index, at)) {
            at++;
            last_state = AC_SPAN_UNUSED;
            continue;
        }
        CHECK(span != 0);
        const struct ac_span *s = &ac_spans[span];

        CHECK_EQUAL(s->area, index);
        CHECK_EQUAL(s->first, at);
        CHECK(s->count > 0 && at + s->count <= area->top);
        CHECK_EQUAL(area->map[at + s->count - 1], span);
        CHECK(s->state != AC_SPAN_UNUSED);
        if (is_free(s->state)) {
            CHECK(s->state != last_state); /* else they were to be merged */
            free_count++;
        } else {
            *used += ac_span_bytes(span);
            ++*used_count;
        }
        last_state = s->state;
        at += s->count;
    }
    return free_count;
}

static void verify(bool holes)
{
    size_t used = 0;
    uint32_t used_count = 0;

    for (uint32_t i = 0; i < 2; i++) {
        const struct ac_area *area = &ac_areas[i];
        size_t dirty = 0;
        size_t used_before = used;

        CHECK(area->top <= area->committed && area->committed <= area->reserved &&
              area->reserved <= area->limit);
        CHECK_EQUAL(verify_map(i, &used, &used_count, holes), verify_bins(i, &dirty));
        CHECK_EQUAL(area->dirty_bytes, dirty);
        CHECK_EQUAL(area->used_bytes, used - used_before);
    }
    CHECK_EQUAL(used, live_bytes);
    CHECK_EQUAL(used_count, live_count);
    CHECK_EQUAL(atomic_load(&ac_span_used), live_bytes);
}

/* --- Steps ---------------------------------------------------------------- */

static uint32_t below(uint32_t n)
{
    return (uint32_t)(fresh_random(&seed) >> 32) % n;
}

static void mark(struct live *l, size_t from)
{
    for (size_t i = from; i < l->bytes; i += STEP)
        *(uint64_t *)(l->at + i) = l->mark + i;
}

static void check_mark(const struct live *l, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += STEP)
        CHECK_EQUAL(*(uint64_t *)(l->at + i), l->mark + i);
}

static void check_zero(const struct live *l)
{
    const uint64_t *words = (const uint64_t *)l->at;

    zero_seen++;
    for (size_t i = 0; i<l->bytes / sizeof *words; i += l->bytes> 1 << 20 ? 64 : 1)
        CHECK_EQUAL(words[i], 0);
}

static void check_apart(const struct live *l)
{
    for (uint32_t i = 0; i < live_count; i++)
        CHECK(live[i].at + live[i].bytes <= l->at || l->at + l->bytes <= live[i].at);
}

static enum ac_span_state state_of(const struct live *l)
{
    return l->area == AC_AREA_UNITS ? AC_SPAN_PAGE : AC_SPAN_LARGE;
}

/* false when there was no memory. */
static bool step_alloc(uint32_t area, uint32_t count, uint32_t align)
{
    struct live l = {.area = area, .mark = fresh_random(&seed)};
    bool zero = false;

    l.span = ac_span_alloc(area, count, align, state_of(&l), &zero);
    if (l.span == 0) {
        refused++;
        return false;
    }
    l.at = ac_span_address(l.span);
    l.bytes = ac_span_bytes(l.span);
    CHECK_EQUAL(l.bytes, (size_t)count << ac_areas[area].shift);
    CHECK_EQUAL((uintptr_t)l.at % ((size_t)align << ac_areas[area].shift), 0);
    CHECK_EQUAL(ac_spans[l.span].state, state_of(&l));
    CHECK(ac_spans[l.span].first_class == NULL);
    check_apart(&l);
    if (zero)
        check_zero(&l);
    mark(&l, 0);
    live_bytes += l.bytes;
    live[live_count++] = l;
    return true;
}

static void step_free(uint32_t i)
{
    struct live *l = &live[i];

    check_mark(l, l->bytes);
    CHECK(!ac_span_free(l->span,
                        state_of(l) == AC_SPAN_PAGE ? AC_SPAN_LARGE : AC_SPAN_PAGE));
    CHECK(ac_span_free(l->span, state_of(l)));
    live_bytes -= l->bytes;
    live[i] = live[--live_count];
}

static bool step_extend(uint32_t i, uint32_t more)
{
    struct live *l = &live[i];
    size_t old = l->bytes;
    uint32_t count = ac_spans[l->span].count + more;

    if (!ac_span_extend(l->span, count)) {
        CHECK_EQUAL(ac_span_bytes(l->span), old);
        return false;
    }
    CHECK_EQUAL(ac_spans[l->span].count, count);
    CHECK(ac_span_address(l->span) == l->at);
    l->bytes = ac_span_bytes(l->span);
    live_bytes += l->bytes - old;
    for (uint32_t k = 0; k < live_count; k++)
        CHECK(k == i || live[k].at + live[k].bytes <= l->at ||
              l->at + l->bytes <= live[k].at);
    check_mark(l, old);
    mark(l, old);
    return true;
}

static void step_trim(uint32_t i)
{
    struct live *l = &live[i];
    uint32_t count = 1 + below(ac_spans[l->span].count);

    ac_span_trim(l->span, count);
    live_bytes -= l->bytes;
    l->bytes = ac_span_bytes(l->span);
    live_bytes += l->bytes;
    CHECK(ac_spans[l->span].count == count || ac_fake_failed(AC_FAKE_COMMIT) != 0);
    check_mark(l, l->bytes);
}

static void step_find(uint32_t i)
{
    const struct live *l = &live[i];
    size_t inside = (size_t)below((uint32_t)(l->bytes / STEP)) * STEP + below(STEP);

    if (l->area == AC_AREA_UNITS) {
        CHECK_EQUAL(ac_span_find(l->at), 0);
        return;
    }
    CHECK_EQUAL(ac_span_find(l->at), l->span);
    CHECK(inside == 0 || ac_span_find(l->at + inside) == 0);
    CHECK_EQUAL(ac_span_around(l->at + inside), l->span);
}

static uint32_t random_count(uint32_t area)
{
    if (area == AC_AREA_UNITS)
        return 1 + below(4);
    uint32_t kind = below(64);

    if (kind == 0)
        return 1 + below(8192);
    return kind < 12 ? 1 + below(1000) : 9 + below(56);
}

static void step_random(void)
{
    uint32_t i = live_count != 0 ? below(live_count) : 0;
    uint32_t kind = below(100);
    uint32_t area = below(2);

    if (live_count == 0 ||
        (kind < 45 && live_count < LIVE_MAX && live_bytes < LIVE_BYTES)) {
        uint32_t align = below(6) == 0 ? 1u << below(area == AC_AREA_UNITS ? 4 : 10) : 1;

        (void)step_alloc(area, random_count(area), align);
    } else if (kind < 80) {
        step_free(i);
    } else if (kind < 86 && live[i].area == AC_AREA_LARGE) {
        (void)step_extend(i, 1 + below(below(4) == 0 ? 2000 : 20));
    } else if (kind < 92 && live[i].area == AC_AREA_LARGE) {
        step_trim(i);
    } else if (kind < 93) {
        size_t keep = (size_t)below(8) << 20;

        (void)ac_span_purge(keep);
        CHECK(ac_areas[0].dirty_bytes + ac_areas[1].dirty_bytes <= keep ||
              ac_fake_failed(AC_FAKE_PURGE) != 0);
    } else {
        step_find(i);
    }
}

static void free_all(bool holes)
{
    struct ac_span_totals totals;

    while (live_count != 0)
        step_free(below(live_count));
    verify(holes);
    (void)ac_span_purge(0);
    verify(holes);
    ac_span_totals_get(&totals);
    CHECK_EQUAL(totals.used, 0);
    CHECK_EQUAL(totals.dirty, 0);
    CHECK_EQUAL(totals.large_count, 0);
    CHECK_EQUAL(totals.large_bytes, 0);
    for (uint32_t i = 0; i < 2 && !holes; i++)
        CHECK(ac_areas[i].top == 0 ||
              ac_os_resident((void *)ac_areas[i].base,
                             (size_t)ac_areas[i].top << ac_areas[i].shift) == 0);
}

static void start(void)
{
    seed = fresh_number("ACRE_TEST_SEED", 1);
    ac_os_init(&ac_os);
    CHECK_EQUAL(ac_options_init(&ac_options_page.options, NULL), 0);
    CHECK_EQUAL(ac_span_init(), 0);
}

static void random_steps(uint32_t steps, bool holes)
{
    steps *= (uint32_t)fresh_number("ACRE_TEST_SCALE", 1);
    for (uint32_t step = 0; step < steps; step++) {
        snprintf(fresh_context, sizeof fresh_context, "step %u, ACRE_TEST_SEED=%llu",
                 step, fresh_number("ACRE_TEST_SEED", 1));
        step_random();
        if (step % 64 == 0)
            verify(holes);
        if (below(16) == 0)
            ac_fake_advance(below(300) * (uint64_t)1000000);
    }
    verify(holes);
}

/* --- Tests ---------------------------------------------------------------- */

static void body_model(void *arg)
{
    (void)arg;
    start();
    random_steps(30000, false);
    CHECK(zero_seen > 100);
    CHECK_EQUAL(refused, 0);
    free_all(false);
}
FRESH_TEST(model)

/* Every so often a purge or a commit fails; what a failed purge leaves is not zero. */
static void body_model_with_failures(void *arg)
{
    (void)arg;
    start();
    for (uint32_t i = 0; i < 300; i++) {
        ac_fake_fail(AC_FAKE_PURGE, 1 + below(6), false, EINVAL);
        ac_fake_fail(AC_FAKE_COMMIT, 1 + below(6), false, ENOMEM);
        random_steps(60, false);
    }
    ac_fake_fail(AC_FAKE_PURGE, 0, false, 0);
    ac_fake_fail(AC_FAKE_COMMIT, 0, false, 0);
    CHECK(zero_seen > 20);
    free_all(false);
}
FRESH_TEST(model_with_failures)

/* The window comes piece by piece, and there is too little for all of it. */
static void body_model_in_pieces(void *arg)
{
    (void)arg;
    start();
    random_steps(15000, true);
    free_all(true);
}

static void test_model_in_pieces(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)160 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_model_in_pieces, NULL), 0);
}

static void test_model_tight(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)64 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_model_in_pieces, NULL), 0);
}

/* At the limit many requests are refused; when memory comes free they are served. */
static void body_refusals_cost_nothing(void *arg)
{
    uint32_t served = 0;

    (void)arg;
    start();
    while (step_alloc(AC_AREA_LARGE, 256, 1))
        served++;
    CHECK(served > 10);
    for (uint32_t i = 0; i < 50; i++)
        CHECK(!step_alloc(AC_AREA_LARGE, 256, 1));
    verify(true);
    while (live_count != 0)
        step_free(live_count - 1);
    for (uint32_t i = 0; i < served; i++) {
        snprintf(fresh_context, sizeof fresh_context,
                 "%u of %u served before the refusals", i, served);
        CHECK(step_alloc(AC_AREA_LARGE, 256, 1));
    }
    free_all(true);
}

static void test_refusals_cost_nothing(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)64 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_refusals_cost_nothing, NULL), 0);
}

/* The same for address space that one area could not get: the other still grows when
 * the program gives memory of its own back. */
static void body_limit_lifted(void *arg)
{
    int error = 0;

    (void)arg;
    start();
    size_t most = (size_t)64 << 20;
    struct ac_fake_held held = ac_fake_held();
    size_t own = ac_align_down(most - held.reserved_bytes - ((size_t)4 << 20), 4096);
    void *program = ac_os_reserve(own, 4096, &error);

    CHECK(program != NULL);
    while (step_alloc(AC_AREA_LARGE, 64, 1))
        ;
    for (uint32_t i = 0; i < 20; i++) {
        CHECK(!step_alloc(AC_AREA_LARGE, 64, 1));
        CHECK(!step_alloc(AC_AREA_UNITS, 4, 1));
    }
    CHECK_EQUAL(ac_os_release(program, own), 0);
    CHECK(step_alloc(AC_AREA_LARGE, 64, 1));
    CHECK(step_alloc(AC_AREA_UNITS, 4, 1));
    free_all(true);
}

static void test_limit_lifted(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)64 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_limit_lifted, NULL), 0);
}

/* Something of the program's lies where the area would grow next. */
static char *obstacle(const struct ac_area *area, size_t bytes)
{
    char *at = (char *)(area->base + ((uintptr_t)area->reserved << area->shift));

    CHECK_EQUAL(ac_os_reserve_at(at, bytes), 0);
    CHECK_EQUAL(ac_os_commit(at, bytes), 0);
    memset(at, 0x77, bytes);
    return at;
}

static void check_obstacle(const char *at, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 512)
        CHECK_EQUAL(at[i], 0x77);
}

static void body_obstacle(void *arg)
{
    (void)arg;
    start();
    for (uint32_t round = 0; round < 6; round++) {
        const struct ac_area *area = &ac_areas[round % 2];

        CHECK(step_alloc(round % 2, 4, 1));
        char *at = obstacle(area, 65536u << round % 3);

        for (uint32_t i = 0; i < 12; i++) {
            CHECK(step_alloc(round % 2, round % 2 == 0 ? 4 : 100, 1));
            verify(true);
        }
        check_obstacle(at, 65536u << round % 3);
    }
    free_all(true);
}

static void test_obstacle(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)256 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_obstacle, NULL), 0);
}

/* A span at the top cannot grow over the obstacle. */
static void body_extend_at_obstacle(void *arg)
{
    const struct ac_area *area = &ac_areas[AC_AREA_LARGE];

    (void)arg;
    start();
    CHECK(step_alloc(AC_AREA_LARGE, 64, 1));
    char *at = obstacle(area, 65536);
    uint32_t room = area->reserved - area->top;

    if (room != 0)
        CHECK(step_extend(0, room));
    CHECK(!step_extend(0, 64));
    check_obstacle(at, 65536);
    verify(true);
    for (uint32_t i = 0; i < 8; i++)
        CHECK(step_alloc(AC_AREA_LARGE, 64, 1));
    verify(true);
    check_obstacle(at, 65536);
    free_all(true);
}

static void test_extend_at_obstacle(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)256 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_extend_at_obstacle, NULL), 0);
}

/* Questions about addresses that are nobody's. */
static void body_wild_addresses(void *arg)
{
    (void)arg;
    start();
    CHECK(step_alloc(AC_AREA_LARGE, 64, 1));
    CHECK(step_alloc(AC_AREA_UNITS, 1, 1));
    const uintptr_t wild[] = {0,
                              1,
                              4096,
                              UINTPTR_MAX,
                              UINTPTR_MAX - 4095,
                              ac_areas[0].base,
                              ac_areas[1].base - 1,
                              (uintptr_t)live[0].at + 1,
                              (uintptr_t)live[0].at + live[0].bytes,
                              (uintptr_t)&live};

    for (uint32_t i = 0; i < sizeof wild / sizeof wild[0]; i++)
        CHECK_EQUAL(ac_span_find((void *)wild[i]), 0);
    CHECK_EQUAL(ac_span_around((void *)wild[8]), 0);
    CHECK_EQUAL(ac_span_around(NULL), 0);
    free_all(false);
}
FRESH_TEST(wild_addresses)

/* More than the window, more than the numbers: refused, and nothing changes. */
static void body_too_much(void *arg)
{
    bool zero;
    const uint32_t counts[] = {UINT32_MAX, UINT32_MAX / 2, UINT32_MAX / 2 + 1, 1u << 30};

    (void)arg;
    start();
    for (uint32_t area = 0; area < 2; area++)
        for (uint32_t i = 0; i < 4; i++) {
            if (counts[i] <= ac_areas[area].limit)
                continue;
            CHECK_EQUAL(ac_span_alloc(area, counts[i], 1, AC_SPAN_LARGE, &zero), 0);
            CHECK_EQUAL(ac_span_alloc(area, 1, 1u << 31, AC_SPAN_LARGE, &zero), 0);
        }
    verify(false);
    CHECK(step_alloc(AC_AREA_LARGE, 100, 1));
    free_all(false);
}
FRESH_TEST(too_much)

/* No window at all, or none but a small one: an error, or a smaller heap. */
static void body_init_refused(void *arg)
{
    (void)arg;
    ac_os_init(&ac_os);
    CHECK_EQUAL(ac_options_init(&ac_options_page.options, NULL), 0);
    ac_fake_fail(AC_FAKE_RESERVE, 1, true, ENOMEM);
    CHECK_EQUAL(ac_span_init(), ENOMEM);
    CHECK_EQUAL(ac_fake_held().reserved_bytes, 0);
    ac_fake_fail(AC_FAKE_RESERVE, 1, false, ENOMEM);
    CHECK_EQUAL(ac_span_init(), 0);
    CHECK(step_alloc(AC_AREA_LARGE, 100, 1));
    verify(true);
}
FRESH_TEST(init_refused)

/* What an attempt to start has reserved is given back when a later step fails. */
static void body_init_leaves_nothing(void *arg)
{
    (void)arg;
    ac_os_init(&ac_os);
    CHECK_EQUAL(ac_options_init(&ac_options_page.options, NULL), 0);
    ac_fake_fail(AC_FAKE_RESERVE, 2, true, ENOMEM); /* the window comes, no metadata */
    CHECK(ac_span_init() != 0);
    CHECK_EQUAL(ac_fake_held().reserved_bytes, 0);
}
FRESH_TEST(init_leaves_nothing)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_model_with_failures),
        cmocka_unit_test(test_model_in_pieces),
        cmocka_unit_test(test_model_tight),
        cmocka_unit_test(test_refusals_cost_nothing),
        cmocka_unit_test(test_limit_lifted),
        cmocka_unit_test(test_obstacle),
        cmocka_unit_test(test_extend_at_obstacle),
        cmocka_unit_test(test_wild_addresses),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_init_refused),
        cmocka_unit_test(test_init_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
