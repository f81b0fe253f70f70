/* fit.c -- tests of base/fit.h. */
#include "base/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static _Alignas(4096) unsigned char region[1 << 20];
static _Alignas(16) unsigned char second[1 << 16];

/* A heap in `region`, where the headers of the last test's still lie about. */
static struct ac_fit *make(size_t size)
{
    static uint64_t key;
    struct ac_fit *fit = ac_fit_init(region, size);

    assert_non_null(fit);
    ac_fit_rekey(fit, ac_mix(++key));
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    return fit;
}

static unsigned char *take(struct ac_fit *fit, size_t size)
{
    unsigned char *block = ac_fit_alloc(fit, size, 0);

    assert_non_null(block);
    assert_true(ac_fit_usable(fit, block) >= size);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    return block;
}

static void give(struct ac_fit *fit, void *block)
{
    assert_int_equal(ac_fit_free(fit, block), AC_FIT_OK);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
}

struct count {
    size_t used, unused, bytes;
};

static void visit(void *arg, void *block, size_t size, bool used)
{
    struct count *count = arg;

    assert_int_equal((uintptr_t)block % AC_FIT_ALIGN, 0);
    count->used += used;
    count->unused += !used;
    count->bytes += size + 8;
}

static struct count walk(const struct ac_fit *fit)
{
    struct count count = {0, 0, 0};

    ac_fit_walk(fit, visit, &count);
    return count;
}

/* Nothing is in use: one free block, as large as the first. */
static void assert_whole(struct ac_fit *fit, size_t largest)
{
    struct ac_fit_stats stats = ac_fit_stats(fit);
    struct count count = walk(fit);

    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    assert_int_equal(stats.free_largest, largest);
    assert_int_equal(stats.live, 0);
    assert_int_equal(stats.live_count, 0);
    assert_int_equal(count.used, 0);
    assert_int_equal(count.unused, stats.pool_count);
}

static void test_init(void **state)
{
    (void)state;
    assert_null(ac_fit_init(NULL, sizeof region));
    assert_null(ac_fit_init(region, SIZE_MAX));
    assert_null(ac_fit_init((void *)(UINTPTR_MAX - 4095), 8192));

    size_t least = 0;

    for (size_t size = 0; size < 4096; size++) { /* exactly as much as is said */
        unsigned char *memory = malloc(size + 16);
        struct ac_fit *fit = ac_fit_init(memory + size % 16, size);

        if (fit != NULL) {
            size_t largest = ac_fit_stats(fit).free_largest;
            unsigned char *block = take(fit, largest);

            least = least == 0 ? size : least;
            memset(block, 0xff, ac_fit_usable(fit, block));
            assert_true(block + ac_fit_usable(fit, block) <= memory + size % 16 + size);
            assert_null(ac_fit_alloc(fit, 0, 0));
            give(fit, block);
        } else {
            assert_true(least == 0 || size < least + 16); /* it was not aligned */
        }
        free(memory);
    }
    assert_in_range(least, 256, 640);
    assert_true(ac_fit_stats(make(8 << 10)).control <= 1100);
    assert_true(ac_fit_stats(make(64 << 10)).control <= 1500);
    assert_true(ac_fit_stats(make(1 << 20)).control <= 2048);
}

static void test_sizes(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    size_t largest = ac_fit_stats(fit).free_largest;

    (void)state;
    for (size_t size = 0; size < 2000; size++) {
        unsigned char *block = take(fit, size);
        size_t usable = ac_fit_usable(fit, block);

        assert_true(usable <= (size < 24 ? 24 : size + 15));
        assert_true(ac_fit_owns(fit, block) && ac_fit_owns(fit, block + usable - 1));
        give(fit, block);
    }
    assert_whole(fit, largest);
    assert_null(ac_fit_alloc(fit, largest + 1, 0));
    for (unsigned shift = 20; shift < 64; shift++)
        for (size_t near = 0; near < 40; near++) {
            assert_null(ac_fit_alloc(fit, ((size_t)1 << shift) - near, 0));
            assert_null(ac_fit_alloc(fit, ((size_t)1 << shift) - near, 64));
            /* The region may happen to hold a multiple of 1 MiB: only there. */
            size_t align = (size_t)1 << shift;
            uintptr_t multiple = ((uintptr_t)fit + align - 1) & ~(align - 1);
            void *block = ac_fit_alloc(fit, 1, align);

            assert_true(block == NULL || (uintptr_t)block == multiple);
            if (block != NULL)
                give(fit, block);
            assert_null(
                ac_fit_alloc(fit, ((size_t)1 << shift) - near, (size_t)1 << shift));
            assert_null(ac_fit_alloc(fit, SIZE_MAX - near, near & 32));
        }
    assert_whole(fit, largest);
    give(fit, take(fit, largest));
    assert_whole(fit, largest);

    unsigned char *one = take(fit, 0), *two = take(fit, 0);

    assert_ptr_not_equal(one, two);
    give(fit, one);
    give(fit, two);
    assert_int_equal(ac_fit_free(fit, NULL), AC_FIT_OK);
    assert_whole(fit, largest);
}

static void test_align(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    size_t largest = ac_fit_stats(fit).free_largest;
    unsigned char *blocks[600];

    (void)state;
    for (size_t align = 1; align <= 16384; align *= 2)
        for (size_t shift = 0; shift < 4; shift++) { /* from other places too */
            unsigned char *before = take(fit, shift * 16);
            unsigned char *block = ac_fit_alloc(fit, 100, align);

            assert_non_null(block);
            assert_int_equal((uintptr_t)block % align, 0);
            assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
            memset(block, 0xff, ac_fit_usable(fit, block));
            assert_true(ac_fit_resize(fit, block, 1000)); /* stays where it is */
            give(fit, before);
            give(fit, block);
            assert_whole(fit, largest);
        }
    assert_null(ac_fit_alloc(fit, 1, 3));
    assert_null(ac_fit_alloc(fit, 1, 48));
    assert_null(ac_fit_alloc(fit, 1, SIZE_MAX));
    assert_null(ac_fit_alloc(fit, 1, (size_t)1 << 40));

    for (size_t align = 32; align <= 4096; align *= 2) { /* until there is no more */
        size_t n = 0;

        while (n < 600 && (blocks[n] = ac_fit_alloc(fit, 120, align)) != NULL)
            assert_int_equal((uintptr_t)blocks[n++] % align, 0);
        assert_true(n >= (63 << 10) / ac_max(align, 128) * 9 / 10 || n == 600);
        assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
        while (n > 0)
            give(fit, blocks[--n]);
        assert_whole(fit, largest);
    }
    /* A block that fits only because it lies well is found when it is the largest. */
    unsigned char *page = ac_fit_alloc(fit, 4096, 4096);
    unsigned char *rest = take(fit, ac_fit_stats(fit).free_largest);

    while (ac_fit_alloc(fit, 1, 0) != NULL)
        continue;
    assert_null(ac_fit_alloc(fit, 4096, 4096));
    give(fit, page);
    assert_ptr_equal(ac_fit_alloc(fit, 4096, 4096), page);
    give(fit, rest);
}

static void test_resize(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    size_t largest = ac_fit_stats(fit).free_largest;
    unsigned char *a = take(fit, 1000), *b = take(fit, 1000), *c = take(fit, 1000);

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        a[i] = (unsigned char)i;
    assert_false(ac_fit_resize(fit, a, 1100)); /* b is in use */
    assert_true(ac_fit_usable(fit, a) < 1016);
    give(fit, b);
    assert_true(ac_fit_resize(fit, a, 1100));
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    assert_true(ac_fit_resize(fit, a, 2008)); /* all there is */
    assert_false(ac_fit_resize(fit, a, 2100));
    assert_int_equal(ac_fit_usable(fit, a), 2008);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    assert_true(ac_fit_resize(fit, a, 500));
    assert_true(ac_fit_usable(fit, a) < 516);
    assert_true(ac_fit_resize(fit, a, 0));
    assert_int_equal(ac_fit_usable(fit, a), 24);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    for (size_t i = 0; i < 24; i++)
        assert_int_equal(a[i], (unsigned char)i);
    assert_false(ac_fit_resize(fit, a, SIZE_MAX));
    assert_false(ac_fit_resize(fit, a, SIZE_MAX / 2));
    assert_false(ac_fit_resize(fit, b, 10)); /* free */
    assert_false(ac_fit_resize(fit, NULL, 10));
    assert_false(ac_fit_resize(fit, c + 16, 10));
    assert_true(ac_fit_stats(fit).live_peak >= ac_fit_stats(fit).live);
    give(fit, a);
    give(fit, c);
    assert_whole(fit, largest);
}

static void test_verdicts(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    size_t largest = ac_fit_stats(fit).free_largest;
    unsigned char *blocks[8];
    uint64_t local = 0;

    (void)state;
    for (size_t i = 0; i < 8; i++)
        blocks[i] = take(fit, 200);
    for (unsigned order = 0; order < 8; order++) { /* twice, merged in every way */
        unsigned char *a = blocks[order];

        give(fit, a);
        assert_int_equal(ac_fit_free(fit, a), AC_FIT_DOUBLE);
        assert_int_equal(ac_fit_usable(fit, a), 0);
        for (unsigned i = 0; i <= order; i++)
            assert_int_equal(ac_fit_free(fit, blocks[i]), AC_FIT_DOUBLE);
        assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    }
    assert_whole(fit, largest);

    unsigned char *a = take(fit, 4000); /* over stale headers, and none is valid */

    for (size_t i = 1; i < 4000; i++)
        assert_int_not_equal(ac_fit_free(fit, a + i), AC_FIT_OK);
    for (uint64_t fake = 0; fake < 5000; fake++) { /* what looks like a header */
        for (size_t i = 0; i < 64; i++)
            memcpy(a + 8 * i, &fake, 8);
        for (size_t i = 16; i < 512; i += 16)
            assert_int_not_equal(ac_fit_free(fit, a + i), AC_FIT_OK);
    }
    for (size_t i = 16; i + 16 < 4000; i += 16) { /* copies of a real one */
        memcpy(a + i - 8, a - 8, 8);
        assert_int_equal(ac_fit_free(fit, a + i), AC_FIT_INVALID);
    }
    assert_int_equal(ac_fit_free(fit, &local), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, second), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, fit), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, region + (64 << 10)), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, region + (64 << 10) - 8), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, (void *)8), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, (void *)UINTPTR_MAX), AC_FIT_INVALID);
    for (size_t i = 0; i < (64 << 10); i++) /* every address there is */
        if (region + i != a)
            assert_int_not_equal(ac_fit_free(fit, region + i), AC_FIT_OK);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    give(fit, a);
    assert_whole(fit, largest);
}

/* A heap inside a block of another: its blocks are not the other's. */
static void test_nested(void **state)
{
    struct ac_fit *outer = make(256 << 10);
    unsigned char *memory = take(outer, 64 << 10);
    struct ac_fit *inner = ac_fit_init(memory, 64 << 10);
    unsigned char *a = take(inner, 100), *b = take(inner, 100);

    (void)state;
    assert_int_equal(ac_fit_free(outer, a), AC_FIT_INVALID);
    give(inner, b);
    assert_int_equal(ac_fit_free(outer, b), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(inner, memory), AC_FIT_INVALID);
    give(inner, a);
    give(outer, memory);
}

static void test_reset(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    size_t largest = ac_fit_stats(fit).free_largest;
    void *a[10];

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        for (size_t i = 0; i < 10; i++)
            a[i] = take(fit, 100 * i);
        if (round % 2 == 0)
            ac_fit_reset(fit);
        else
            ac_fit_rekey(fit, round * 0x9e3779b97f4a7c15u);
        assert_whole(fit, largest);
        for (size_t i = 0; i < 10; i++) /* the first lies where the one free block does */
            assert_int_not_equal(ac_fit_free(fit, a[i]), AC_FIT_OK);
    }
    assert_int_equal(ac_fit_stats(fit).alloc_count, 3000);
    assert_int_equal(ac_fit_stats(fit).free_count, 3000);
    assert_true(ac_fit_stats(fit).live_peak > 4500);
}

static void test_add(void **state)
{
    struct ac_fit *fit = make(8 << 10);
    size_t largest = ac_fit_stats(fit).free_largest;
    void *stale = take(fit, 100);

    (void)state;
    assert_false(ac_fit_add(fit, NULL, 4096));
    assert_false(ac_fit_add(fit, second, 48));
    assert_false(ac_fit_add(fit, second, SIZE_MAX));
    assert_false(ac_fit_add(fit, region, 8 << 10));
    assert_false(ac_fit_add(fit, region + (8 << 10) - 16, 4096));
    assert_false(ac_fit_owns(fit, second + 1024));
    assert_true(ac_fit_add(fit, second, sizeof second)); /* the heads move there */
    assert_false(ac_fit_add(fit, second + 100, 4096));
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    assert_true(ac_fit_owns(fit, second + 4096));

    unsigned char *block = take(fit, 40000);

    assert_true(block > second && block < second + sizeof second);
    assert_true(ac_fit_add(fit, region + (8 << 10), 4096));
    assert_true(ac_fit_add(fit, region + (12 << 10), 100));
    assert_int_equal(ac_fit_stats(fit).pool_count, 4);
    assert_int_equal(ac_fit_free(fit, block + 16), AC_FIT_INVALID);
    give(fit, block);
    assert_int_equal(ac_fit_free(fit, block), AC_FIT_DOUBLE);
    give(fit, stale);

    struct ac_fit_stats stats = ac_fit_stats(fit);

    assert_true(stats.free_largest > largest);
    assert_int_equal(stats.total, (12 << 10) + 100 + sizeof second);
    assert_int_equal(stats.control + stats.free_all, stats.total);
    assert_int_equal(walk(fit).bytes, stats.free_all);
    while (ac_fit_alloc(fit, 30, 0) != NULL)
        continue;
    assert_true(ac_fit_stats(fit).free_all < 4 * 48);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
    ac_fit_reset(fit);
    assert_whole(fit, stats.free_largest);
    give(fit, take(fit, stats.free_largest));
}

static void test_stats(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    struct ac_fit_stats stats = ac_fit_stats(fit);
    unsigned char *a, *b;

    (void)state;
    assert_int_equal(stats.total, 64 << 10);
    assert_int_equal(stats.free_all, stats.free_largest + 8);
    assert_int_equal(stats.control + stats.free_all, stats.total);
    a = take(fit, 1000);
    b = take(fit, 24);
    stats = ac_fit_stats(fit);
    assert_int_equal(stats.live, 1008 + 32);
    assert_int_equal(stats.live_count, 2);
    assert_int_equal(stats.live + stats.free_all + stats.control, stats.total);
    give(fit, a);
    stats = ac_fit_stats(fit);
    assert_int_equal(stats.live, 32);
    assert_int_equal(stats.live_peak, 1008 + 32);
    assert_int_equal(stats.alloc_count, 2);
    assert_int_equal(stats.free_count, 1);
    assert_int_equal(walk(fit).used, 1);
    assert_int_equal(walk(fit).unused, 2);
    give(fit, b);
    take(fit, ac_fit_stats(fit).free_largest);
    assert_int_equal(ac_fit_stats(fit).free_largest, 0);
    assert_int_equal(ac_fit_stats(fit).free_all, 0);
}

static uint64_t word_at(const unsigned char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

static void set_word(unsigned char *at, uint64_t word)
{
    memcpy(at, &word, sizeof word);
}

/* Overwritten headers and tags are found by the free of a neighbour, and by check. */
static void test_damage(void **state)
{
    struct ac_fit *fit = make(64 << 10);
    unsigned char *a = take(fit, 100), *b = take(fit, 100), *c = take(fit, 100);
    uint64_t header = word_at(b - 8), value;

    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        set_word(b - 8, header ^ (uint64_t)1 << bit);
        assert_int_not_equal(ac_fit_check(fit), AC_FIT_SOUND);
        if (bit > 0) /* bit 0 alone only says that b is free */
            assert_int_not_equal(ac_fit_free(fit, b), AC_FIT_OK);
        if (bit > 15 || (bit > 0 && bit < 4))
            assert_int_equal(ac_fit_free(fit, a), AC_FIT_INVALID);
    }
    set_word(b - 8, 0x4141414141414141u);
    assert_int_equal(ac_fit_free(fit, a), AC_FIT_INVALID);
    assert_int_equal(ac_fit_free(fit, b), AC_FIT_INVALID);
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_HEADER);
    set_word(b - 8, header);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);

    give(fit, b);
    value = word_at(c - 16); /* names b; a write after free may change it */
    for (uint64_t wrong = 0; wrong < 100000; wrong += 16) {
        set_word(c - 16, value + wrong - 50000);
        if (word_at(c - 16) == value)
            continue;
        if ((value + wrong - 50000) / 16 != value / 16)
            assert_int_equal(ac_fit_free(fit, c), AC_FIT_INVALID);
        assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_TAG);
    }
    set_word(c - 16, 0);
    assert_int_equal(ac_fit_free(fit, c), AC_FIT_INVALID);
    set_word(c - 16, UINT64_MAX);
    assert_int_equal(ac_fit_free(fit, c), AC_FIT_INVALID);
    set_word(c - 16, value);

    value = word_at(b); /* the links, too, lie in the free block */
    set_word(b, 0x4141414141414141u);
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_LINK);
    set_word(b, (uintptr_t)(b - 16)); /* a loop */
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_LINK);
    set_word(b, value);
    value = word_at(b + 8);
    set_word(b + 8, 0);
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_LINK);
    set_word(b + 8, value);
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);

    fit->filled[0] ^= 1u << 5;
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_MAP);
    fit->filled[0] ^= 1u << 5;
    fit->live += 16;
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_STATS);
    fit->live -= 16;
    fit->signature ^= 1;
    assert_int_equal(ac_fit_check(fit), AC_FIT_FLAW_SIGNATURE);
    fit->signature ^= 1;
    give(fit, a);
    give(fit, c);
}

/* All of it in equal blocks, given back in several orders. */
static void test_exhaustion(void **state)
{
    static unsigned char *blocks[2048];

    (void)state;
    for (size_t size = 8 << 10; size <= 64 << 10; size *= 2)
        for (size_t order = 0; order < 4; order++) {
            struct ac_fit *fit = make(size);
            size_t largest = ac_fit_stats(fit).free_largest, n = 0;

            while ((blocks[n] = ac_fit_alloc(fit, 24, 0)) != NULL)
                memset(blocks[n++], 0xff, 24);
            assert_int_equal(n, (largest + 8) / 32);
            assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
            for (size_t i = 0; i < n; i++) {
                size_t j = order == 0   ? i
                           : order == 1 ? n - 1 - i
                                        : i * 2 % n + (i * 2 >= n && n % 2 == 0);

                if (order == 3)
                    j = i * 1021 % n;
                if (blocks[j] != NULL)
                    assert_int_equal(ac_fit_free(fit, blocks[j]), AC_FIT_OK);
                blocks[j] = NULL;
            }
            for (size_t i = 0; i < n; i++)
                assert_int_equal(ac_fit_free(fit, blocks[i]), AC_FIT_OK);
            assert_whole(fit, largest);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),       cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_align),      cmocka_unit_test(test_resize),
        cmocka_unit_test(test_verdicts),   cmocka_unit_test(test_nested),
        cmocka_unit_test(test_reset),      cmocka_unit_test(test_add),
        cmocka_unit_test(test_stats),      cmocka_unit_test(test_damage),
        cmocka_unit_test(test_exhaustion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
