/* realloc.c -- tests of heap/realloc.c, alloc.c and large.c: in place, moved, copied. */
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

/* A pattern that tells its place, so that a copy from elsewhere is seen. */
static void paint(unsigned char *block, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        block[i] = (unsigned char)(i * 31 + i / 253);
}

static void check_painted(const unsigned char *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        CHECK_EQUAL(block[i], (unsigned char)(i * 31 + i / 253));
}

/* --- Small ---------------------------------------------------------------- */

/* Every pair of sizes up to 1200, coarse above: contents stay; in place exactly when
 * the class holds it and at most half is wasted. */
static void body_small_pairs(void *arg)
{
    (void)arg;
    for (size_t from = 1; from <= 36000; from += from < 1200 ? 7 : 997)
        for (size_t to = 1; to <= 36000; to += to < 1200 ? 13 : 1499) {
            unsigned char *block = acre_malloc(from);

            CHECK(block != NULL);
            size_t usable = acre_usable_size(block);

            CHECK(usable >= from);
            paint(block, 0, from);
            unsigned char *moved = acre_realloc(block, to);

            CHECK(moved != NULL);
            check_painted(moved, from < to ? from : to);
            CHECK(acre_usable_size(moved) >= to);
            if (usable <= AC_SMALL_MAX)
                CHECK_EQUAL(moved == block,
                            to <= usable && (to > usable / 2 || usable <= 64));
            acre_free(moved);
        }
    check_nothing_left();
}
FRESH_TEST(small_pairs)

static void body_edges(void *arg)
{
    (void)arg;
    void *block = acre_realloc(NULL, 100);

    CHECK(block != NULL);
    errno = 0;
    CHECK(acre_realloc(block, (size_t)PTRDIFF_MAX + 1) == NULL && errno == ENOMEM);
    CHECK(acre_realloc(block, SIZE_MAX) == NULL && errno == ENOMEM);
    CHECK(acre_reallocarray(block, SIZE_MAX / 2, 3) == NULL && errno == ENOMEM);
    CHECK_EQUAL(acre_usable_size(block), 112);
    errno = 77;
    CHECK(acre_realloc(block, 0) == NULL); /* as the C library of this system */
    CHECK_EQUAL(errno, 77);
    block = acre_realloc(NULL, 0);
    CHECK(block != NULL);
    acre_free(block);
    check_nothing_left();
}
FRESH_TEST(edges)

static void body_zero_gives_block(void *arg)
{
    (void)arg;
    ac_fake_setenv("ACRE_OPTIONS", "realloc_zero=block");
    void *block = acre_realloc(acre_malloc(1000), 0);

    CHECK(block != NULL && acre_usable_size(block) == 16);
    acre_free(block);
    check_nothing_left();
}
FRESH_TEST(zero_gives_block)

/* --- Large ---------------------------------------------------------------- */

/* Into what lies free behind it: no copy, no other address. */
static void body_large_in_place(void *arg)
{
    (void)arg;
    unsigned char *block = acre_malloc(100000);
    unsigned char *behind = acre_malloc(400000);

    CHECK(block != NULL && behind != NULL);
    paint(block, 0, 100000);
    acre_free(behind);
    acre_thread_idle(); /* else the thread keeps the span */
    unsigned char *grown = acre_realloc(block, 400000);

    CHECK(grown == block);
    check_painted(grown, 100000);
    paint(grown, 0, 400000);
    size_t all = (25 + 98) * 4096; /* all that was behind: then the top is next */

    CHECK(acre_realloc(grown, all) == block);
    CHECK(acre_realloc(grown, 2000000) == block);
    check_painted(block, 400000);
    size_t used = atomic_load(&ac_span_used);

    CHECK(acre_realloc(block, 40000) == block); /* and back: the tail is free */
    CHECK(atomic_load(&ac_span_used) <= used - 1900000);
    check_painted(block, 40000);
    acre_free(block);
    check_nothing_left();
}
FRESH_TEST(large_in_place)

static void body_large_moves(void *arg)
{
    (void)arg;
    unsigned char *block = acre_malloc(100000);
    unsigned char *wall = acre_malloc(100000);

    CHECK(block != NULL && wall != NULL);
    paint(block, 0, 100000);
    unsigned char *moved = acre_realloc(block, 300000);

    CHECK(moved != NULL && moved != block);
    check_painted(moved, 100000);
    acre_free(moved);
    acre_free(wall);
    check_nothing_left();
}
FRESH_TEST(large_moves)

/* Up through all kinds of blocks and down again. */
static void body_ladder(void *arg)
{
    unsigned char *block = NULL;
    size_t size = 1;
    size_t painted = 0;

    (void)arg;
    for (; size < (size_t)150 << 20; size = size * 3 / 2 + 1) {
        block = acre_realloc(block, size);
        CHECK(block != NULL);
        check_painted(block, painted);
        paint(block, painted, size < 300000 ? size : 300000);
        painted = size < 300000 ? size : 300000;
        CHECK(acre_usable_size(block) >= size);
        memset(block + size - 1, (int)((size - 1) * 31 + (size - 1) / 253), 1);
    }
    for (; size > 0; size = size * 2 / 3) {
        block = acre_realloc(block, size);
        CHECK(block != NULL);
        check_painted(block, painted < size ? painted : size);
    }
    acre_free(block);
    check_nothing_left();
    CHECK_EQUAL(ac_fake_held().open_files, 0);
}
FRESH_TEST(ladder)

/* --- Huge ----------------------------------------------------------------- */

#define HUGE_SIZE ((size_t)40 << 20)

/* By remap: whatever the size, nothing is copied; the books follow. */
static void body_huge(void *arg)
{
    struct ac_huge_totals totals;

    (void)arg;
    unsigned char *block = acre_malloc(HUGE_SIZE);

    CHECK(block != NULL);
    CHECK_EQUAL(ac_fake_state_of(block), AC_FAKE_IS_MAPPED);
    paint(block, 0, 100000);
    memset(block + HUGE_SIZE - 10, 0x7d, 10);
    for (uint32_t i = 2; i <= 5; i++) {
        uint64_t remaps = ac_fake_count(AC_FAKE_REMAP);

        block = acre_realloc(block, HUGE_SIZE * i);
        CHECK(block != NULL);
        CHECK_EQUAL(ac_fake_count(AC_FAKE_REMAP), remaps + 1);
        check_painted(block, 100000);
        check_filled(block + HUGE_SIZE - 10, 10, 0x7d);
        check_filled(block + HUGE_SIZE * i - 4096, 4096, 0);
        ac_huge_totals_get(&totals, -1);
        CHECK_EQUAL(totals.count, 1);
        CHECK_EQUAL(totals.bytes, HUGE_SIZE * i);
    }
    block = acre_realloc(block, HUGE_SIZE);
    CHECK_EQUAL(acre_usable_size(block), HUGE_SIZE);
    CHECK(acre_realloc(block, HUGE_SIZE - 100) == block);
    acre_free(block);
    ac_huge_totals_get(&totals, -1);
    CHECK_EQUAL(totals.count, 0);
    CHECK_EQUAL(totals.bytes, 0);
    check_nothing_left();
}
FRESH_TEST(huge)

/* When remap is refused it is a copy; when that is refused too, the old block stays. */
static void body_huge_refused(void *arg)
{
    (void)arg;
    unsigned char *block = acre_malloc(HUGE_SIZE);

    CHECK(block != NULL);
    paint(block, 0, 100000);
    ac_fake_fail(AC_FAKE_REMAP, 1, true, ENOMEM);
    unsigned char *moved = acre_realloc(block, 2 * HUGE_SIZE);

    CHECK(moved != NULL && moved != block);
    check_painted(moved, 100000);
    ac_fake_fail(AC_FAKE_MAP, 1, true, ENOMEM);
    errno = 0;
    CHECK(acre_realloc(moved, 3 * HUGE_SIZE) == NULL && errno == ENOMEM);
    check_painted(moved, 100000);
    CHECK_EQUAL(acre_usable_size(moved), 2 * HUGE_SIZE);
    ac_fake_fail(AC_FAKE_REMAP, 0, false, 0);
    ac_fake_fail(AC_FAKE_MAP, 0, false, 0);
    acre_free(moved);
    check_nothing_left();
}
FRESH_TEST(huge_refused)

/* Thousands of huge blocks in the table, in and out at random: none is lost. */
static void body_huge_table(void *arg)
{
    static void *blocks[700];
    uint64_t seed = 3;
    struct ac_huge_totals totals;
    uint32_t live = 0;

    (void)arg;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t slot = (uint32_t)(fresh_random(&seed) % 700);

        if (blocks[slot] == NULL) {
            /* small ones, made huge by an alignment that spans do not give */
            blocks[slot] = acre_aligned_alloc((size_t)64 << 20, 4096 * (1 + slot % 3));
            CHECK(blocks[slot] != NULL);
            CHECK_EQUAL((uintptr_t)blocks[slot] % ((size_t)64 << 20), 0);
            live++;
        } else {
            CHECK(acre_usable_size(blocks[slot]) >= 32768);
            acre_free(blocks[slot]);
            blocks[slot] = NULL;
            live--;
        }
        if (i % 500 == 0) {
            ac_huge_totals_get(&totals, -1);
            CHECK_EQUAL(totals.count, live);
        }
    }
    for (uint32_t i = 0; i < 700; i++)
        acre_free(blocks[i]);
    ac_huge_totals_get(&totals, -1);
    CHECK_EQUAL(totals.count, 0);
    CHECK_EQUAL(totals.bytes, 0);
    check_nothing_left();
}

static void test_huge_table(void **state)
{
    struct ac_fake_config config = {.ram_bytes = (size_t)64 << 30};

    (void)state;
    assert_int_equal(fresh_run(&config, body_huge_table, NULL), 0);
}

/* --- Aligned, zeroed, usable ---------------------------------------------- */

static void body_aligned(void *arg)
{
    (void)arg;
    for (size_t align = 1; align <= (size_t)256 << 20; align *= 2)
        for (size_t size = 0; size < 200000; size = size * 5 + 3) {
            unsigned char *block = acre_aligned_alloc(align, size);

            CHECK(block != NULL);
            CHECK_EQUAL((uintptr_t)block % align, 0);
            CHECK((uintptr_t)block % 16 == 0);
            CHECK(acre_usable_size(block) >= size);
            paint(block, 0, size);
            unsigned char *moved = acre_realloc(block, size + 1);
            CHECK(moved != NULL);
            check_painted(moved, size);
            acre_free(moved);
        }
    errno = 0;
    CHECK(acre_aligned_alloc(24, 100) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(acre_aligned_alloc((size_t)1 << 63, 100) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(acre_aligned_alloc(64, SIZE_MAX - 10) == NULL && errno == ENOMEM);
    check_nothing_left();
}
FRESH_TEST(aligned)

static void body_zeroed(void *arg)
{
    (void)arg;
    for (uint32_t round = 0; round < 3; round++)
        for (size_t size = 1; size < (size_t)50 << 20; size = size * 7 / 4 + 3) {
            unsigned char *block = acre_malloc(size);

            CHECK(block != NULL);
            memset(block, 0xdb, size);
            acre_free(block);
            if (round == 1)
                (void)acre_purge();
            block = acre_calloc(size, 1);
            CHECK(block != NULL);
            for (size_t i = 0; i<size; i += size> 1 << 20 ? 61 : 1)
                CHECK_EQUAL(block[i], 0);
            acre_free(block);
        }
    check_nothing_left();
}
FRESH_TEST(zeroed)

/* All that is said to be usable is: written in full, neighbours stay. */
static void body_usable(void *arg)
{
    static unsigned char *blocks[2500];
    static size_t sizes[2500];

    (void)arg;
    for (uint32_t i = 0; i < 2500; i++) {
        size_t size = i < 2048 ? i : (size_t)(i - 2040) * 170;

        blocks[i] = acre_malloc(size);
        CHECK(blocks[i] != NULL);
        sizes[i] = acre_usable_size(blocks[i]);
        CHECK(sizes[i] >= size && sizes[i] <= size + size / 7 + 4096);
        memset(blocks[i], (int)(i * 3), sizes[i]);
    }
    for (uint32_t i = 0; i < 2500; i++) {
        CHECK_EQUAL(acre_usable_size(blocks[i]), sizes[i]);
        check_filled(blocks[i], sizes[i], (unsigned char)(i * 3));
        acre_free(blocks[i]);
    }
    check_nothing_left();
}
FRESH_TEST(usable)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_pairs),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_zero_gives_block),
        cmocka_unit_test(test_large_in_place),
        cmocka_unit_test(test_large_moves),
        cmocka_unit_test(test_ladder),
        cmocka_unit_test(test_huge),
        cmocka_unit_test(test_huge_refused),
        cmocka_unit_test(test_huge_table),
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_zeroed),
        cmocka_unit_test(test_usable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
