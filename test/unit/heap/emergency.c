/* emergency.c -- tests of heap/emergency.c: who comes while we are inside gets memory
 * without a lock, and gives it back later.
 *
 * "Inside" is made by hand: heap->busy as a slow path sets it. */
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

static struct ac_heap *enter(void)
{
    acre_free(acre_malloc(16));
    CHECK(ac_heap_self->state == AC_HEAP_LIVE);
    ac_heap_self->busy = true;
    return ac_heap_self;
}

static void body_small(void *arg)
{
    unsigned char *blocks[20];

    (void)arg;
    struct ac_heap *heap = enter();

    for (uint32_t i = 0; i < 20; i++) {
        size_t size = 1 + i * 40; /* a class that has no list yet */

        blocks[i] = acre_malloc(size + 1000);
        CHECK(blocks[i] != NULL);
        CHECK(ac_emergency_owns(blocks[i]));
        CHECK_EQUAL((uintptr_t)blocks[i] % 16, 0);
        CHECK(acre_usable_size(blocks[i]) >= size + 1000);
        memset(blocks[i], (int)i, acre_usable_size(blocks[i]));
    }
    for (uint32_t i = 0; i < 20; i++)
        check_filled(blocks[i], acre_usable_size(blocks[i]), (unsigned char)i);
    blocks[0] = acre_realloc(blocks[0], 3000);
    CHECK(blocks[0] != NULL);
    check_filled(blocks[0], 1000, 0);
    for (uint32_t i = 0; i < 20; i += 2)
        acre_free(blocks[i]);
    heap->busy = false;
    for (uint32_t i = 1; i < 20; i += 2) { /* outside again: realloc, free */
        blocks[i] = acre_realloc(blocks[i], 9000);
        CHECK(blocks[i] != NULL && !ac_emergency_owns(blocks[i]));
        check_filled(blocks[i], 1000 + i * 40, (unsigned char)i);
        acre_free(blocks[i]);
    }
    check_nothing_left();
}
FRESH_TEST(small)

static void body_aligned_and_zeroed(void *arg)
{
    (void)arg;
    struct ac_heap *heap = enter();

    for (size_t align = 16; align <= 4096; align *= 2) {
        unsigned char *block = acre_aligned_alloc(align, align + 100);

        CHECK(block != NULL);
        CHECK_EQUAL((uintptr_t)block % align, 0);
        memset(block, 0xff, align + 100);
        block = acre_calloc(3, 700);
        CHECK(block != NULL);
        check_filled(block, 2100, 0);
        acre_free(block);
    }
    heap->busy = false;
}
FRESH_TEST(aligned_and_zeroed)

/* It is little: then NULL and ENOMEM, for ever, and nothing breaks. */
static void body_used_up(void *arg)
{
    size_t sum = 0;
    void *block;

    (void)arg;
    struct ac_heap *heap = enter();

    while ((block = acre_malloc(5000)) != NULL) {
        CHECK(ac_emergency_owns(block));
        sum += 5000;
    }
    CHECK(sum >= 100000 && sum <= 128 << 10);
    for (uint32_t i = 0; i < 100; i++) {
        errno = 0;
        CHECK(acre_malloc(5000) == NULL && errno == ENOMEM);
    }
    block = acre_malloc(600); /* what is left still serves smaller ones */
    CHECK(block == NULL || ac_emergency_owns(block));
    heap->busy = false;
    block = acre_malloc(5000);
    CHECK(block != NULL && !ac_emergency_owns(block));
    acre_free(block);
}
FRESH_TEST(used_up)

/* Large ones get a mapping; their frees wait until somebody can take locks. */
static void body_large(void *arg)
{
    struct ac_huge_totals totals;

    (void)arg;
    void *before = acre_malloc(100000);
    struct ac_heap *heap = enter();
    unsigned char *inside = acre_malloc(100000);

    CHECK(before != NULL && inside != NULL);
    memset(inside, 1, 100000);
    CHECK(acre_usable_size(inside) >= 100000);
    ac_huge_totals_get(&totals, -1);
    CHECK_EQUAL(totals.count, 1);
    acre_free(inside);
    acre_free(before);
    ac_huge_totals_get(&totals, -1);
    CHECK_EQUAL(totals.count, 1); /* not yet */
    heap->busy = false;
    acre_free(acre_malloc(70000)); /* any slow path */
    ac_huge_totals_get(&totals, -1);
    CHECK_EQUAL(totals.count, 0);
    check_nothing_left();
}
FRESH_TEST(large)

/* While the lock of huge blocks is held by who was interrupted: no wait, NULL at most. */
static void body_large_locked(void *arg)
{
    (void)arg;
    struct ac_heap *heap = enter();

    ac_lock_take(&ac_huge_lock);
    errno = 0;
    void *block = acre_malloc(100000);

    CHECK(block != NULL || errno == ENOMEM);
    ac_lock_give(&ac_huge_lock);
    heap->busy = false;
    acre_free(block);
    check_nothing_left();
}
FRESH_TEST(large_locked)

/* A free of a small block does without the lists: it goes to its page. */
static void body_free_small(void *arg)
{
    void *blocks[600];

    (void)arg;
    for (uint32_t i = 0; i < 600; i++)
        CHECK((blocks[i] = acre_malloc(300)) != NULL);
    struct ac_heap *heap = enter();

    for (uint32_t i = 0; i < 600; i++)
        acre_free(blocks[i]);
    CHECK(heap->busy);
    heap->busy = false;
    check_nothing_left();
}
FRESH_TEST(free_small)

/* Other calls while inside. */
static void body_other_calls(void *arg)
{
    static struct acre_stats stats = {.size = sizeof stats};

    (void)arg;
    struct ac_heap *heap = enter();

    acre_thread_idle();
    (void)acre_purge();
    CHECK_EQUAL(acre_stats_get(&stats), 0);
    acre_free(NULL);
    CHECK_EQUAL(acre_usable_size(NULL), 0);
    heap->busy = false;
}
FRESH_TEST(other_calls)

/* From many threads at once: no two blocks overlap. */
static void *take_all(void *arg)
{
    unsigned char **out = arg;

    for (uint32_t i = 0; i < 400; i++) {
        out[i] = ac_emergency_alloc(200 + i % 100, 16);
        if (out[i] != NULL)
            memset(out[i], (int)(uintptr_t)out, 200 + i % 100);
    }
    return NULL;
}

static void body_threads(void *arg)
{
    static unsigned char *blocks[4][400];
    pthread_t threads[4];
    uint32_t got = 0;

    (void)arg;
    for (uint32_t i = 0; i < 4; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, take_all, blocks[i]), 0);
    for (uint32_t i = 0; i < 4; i++)
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    for (uint32_t t = 0; t < 4; t++)
        for (uint32_t i = 0; i < 400; i++) {
            got += blocks[t][i] != NULL;
            if (blocks[t][i] != NULL)
                check_filled(blocks[t][i], 200 + i % 100,
                             (unsigned char)(uintptr_t)blocks[t]);
        }
    CHECK(got > 300 && got < 700);
}
FRESH_TEST(threads)

/* An address inside that is no block of it. */
static void body_inside(void *arg)
{
    (void)arg;
    struct ac_heap *heap = enter();
    char *block = acre_malloc(1000);

    CHECK(block != NULL && ac_emergency_owns(block));
    heap->busy = false;
    CHECK(!ac_emergency_owns(&block));
    CHECK_EQUAL(ac_emergency_usable(&block), 0);
}
FRESH_TEST(inside)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),        cmocka_unit_test(test_aligned_and_zeroed),
        cmocka_unit_test(test_used_up),      cmocka_unit_test(test_large),
        cmocka_unit_test(test_large_locked), cmocka_unit_test(test_free_small),
        cmocka_unit_test(test_other_calls),  cmocka_unit_test(test_threads),
        cmocka_unit_test(test_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
