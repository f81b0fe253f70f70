/* remote.c -- tests of heap/remote.c and retire.c: blocks find back to their pages. */
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

#define SLOTS 4000u

static void *slots[SLOTS];
static size_t slot_size = 64;

static void *free_range(void *arg)
{
    const uint32_t *range = arg;

    for (uint32_t i = range[0]; i < range[1]; i += range[2])
        acre_free(slots[i]);
    return NULL;
}

static void fill_slots(void)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        slots[i] = acre_malloc(slot_size);
        CHECK(slots[i] != NULL);
        fill(slots[i], slot_size, (unsigned char)(i * 7));
    }
}

/* We allocate, another frees: what it frees serves us again, memory does not grow. */
static void body_come_back(void *arg)
{
    uint32_t all[3] = {0, SLOTS, 1};

    (void)arg;
    fill_slots();
    size_t used = atomic_load(&ac_span_used);

    for (uint32_t round = 0; round < 30; round++) {
        run_thread(free_range, all);
        check_heaps();
        fill_slots();
        check_heaps();
        CHECK(atomic_load(&ac_span_used) <= used + 4 * AC_UNIT_BYTES);
    }
    run_thread(free_range, all);
    check_nothing_left();
}
FRESH_TEST(come_back)

/* A page of the smallest class: 4096 blocks, all freed by others in two halves. */
static void body_whole_page(void *arg)
{
    uint32_t odd[3] = {1, SLOTS, 2};
    uint32_t even[3] = {0, SLOTS, 2};

    (void)arg;
    slot_size = 16;
    fill_slots();
    run_thread(free_range, odd);
    for (uint32_t i = 0; i < SLOTS; i += 2)
        check_filled(slots[i], 16, (unsigned char)(i * 7));
    run_thread(free_range, even);
    check_nothing_left();
}
FRESH_TEST(whole_page)

/* One list that goes back holds blocks of many more pages than there are groups. */
static void body_many_pages(void *arg)
{
    uint32_t all[3] = {0, SLOTS, 1};
    uint64_t seed = 5;

    (void)arg;
    slot_size = 2048;
    fill_slots();
    for (uint32_t i = SLOTS - 1; i > 0; i--) { /* shuffled: each from another page */
        uint32_t j = (uint32_t)(fresh_random(&seed) % (i + 1));
        void *other = slots[i];

        slots[i] = slots[j];
        slots[j] = other;
    }
    run_thread(free_range, all);
    check_nothing_left();
    fill_slots();
    acre_thread_idle();
    check_heaps();
    for (uint32_t i = 0; i < SLOTS; i++)
        acre_free(slots[(i * 1237) % SLOTS]);
    check_nothing_left();
}
FRESH_TEST(many_pages)

/* --- Everybody frees what others made ------------------------------------- */

#define THREADS 6u

static _Atomic(void *) exchange[512];

static void *hand_over(void *arg)
{
    uint64_t seed = (uintptr_t)arg * 977;

    for (uint32_t i = 0; i < 60000; i++) {
        uint64_t r = fresh_random(&seed);
        size_t size = (r >> 16) % 64 == 0 ? 8 + (r >> 24) % 60000 : 8 + (r >> 24) % 600;
        unsigned char *block = acre_malloc(size);

        CHECK(block != NULL);
        memset(block, (int)(size & 0xff), size < 64 ? size : 64);
        *(uint32_t *)block = (uint32_t)size;
        unsigned char *old = atomic_exchange(&exchange[r % 512], block);
        if (old == NULL)
            continue;
        uint32_t old_size = *(uint32_t *)old;

        CHECK(old_size >= 8 && old_size < 60008);
        for (uint32_t k = 4; k < old_size && k < 64; k++)
            CHECK_EQUAL(old[k], old_size & 0xff);
        acre_free(old);
        if (i % 20000 == 10000)
            acre_thread_idle();
    }
    return NULL;
}

static void body_hand_over(void *arg)
{
    pthread_t threads[THREADS];

    (void)arg;
    for (uintptr_t round = 0; round < 3; round++) {
        for (uintptr_t i = 0; i < THREADS; i++)
            CHECK_EQUAL(pthread_create(&threads[i], NULL, hand_over,
                                       (void *)(round * THREADS + i + 1)),
                        0);
        for (uint32_t i = 0; i < THREADS; i++)
            CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
        check_heaps();
    }
    for (uint32_t i = 0; i < 512; i++)
        acre_free(atomic_exchange(&exchange[i], NULL));
    check_nothing_left();
}
FRESH_TEST(hand_over)

/* --- Retained and released ------------------------------------------------ */

/* All freed by their owner: a heap keeps a bounded amount, idle keeps nothing. */
static void body_retained(void *arg)
{
    (void)arg;
    for (uint32_t round = 0; round < 4; round++) {
        slot_size = (size_t)100 << (2 * round);
        fill_slots();
        for (uint32_t i = 0; i < SLOTS; i++)
            acre_free(slots[i]);
        check_heaps();
        CHECK(atomic_load(&ac_span_used) <= 4 * MIB);
    }
    acre_thread_idle();
    CHECK_EQUAL(atomic_load(&ac_span_used), 0);
    check_nothing_left();
}
FRESH_TEST(retained)

/* --- Damage --------------------------------------------------------------- */

static void body_written_after_free(void *arg)
{
    (void)arg;
    fresh_abort_text = "acre: corrupt heap: ";
    fill_slots();
    for (uint32_t i = 0; i < SLOTS; i++)
        acre_free(slots[i]);
    for (uint32_t i = 0; i < SLOTS; i++)
        *(volatile uint64_t *)slots[i] = 0x4141414141414141;
    for (uint32_t i = 0; i < SLOTS; i++)
        acre_free(acre_malloc(64)), slots[i] = acre_malloc(64);
}
FRESH_TEST(written_after_free)

/* With the look at free switched off, and the other thread's list in between: a block
 * that is freed twice does not go out twice. */
static void body_freed_twice(void *arg)
{
    (void)arg;
    fresh_abort_text = "acre: ";
    ac_fake_setenv("ACRE_OPTIONS", "free_check=never");
    fill_slots();
    for (uint32_t i = 0; i < SLOTS; i++)
        acre_free(slots[i]);
    acre_free(slots[10]);
    for (uint32_t i = 0; i < 2 * SLOTS; i++)
        CHECK(acre_malloc(64) != NULL);
}
FRESH_TEST(freed_twice)

static void body_freed_twice_by_others(void *arg)
{
    uint32_t all[3] = {0, SLOTS, 1};

    (void)arg;
    fresh_abort_text = "acre: ";
    fill_slots();
    run_thread(free_range, all);
    run_thread(free_range, all);
    for (uint32_t i = 0; i < 2 * SLOTS; i++)
        CHECK(acre_malloc(64) != NULL);
}
FRESH_TEST(freed_twice_by_others)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_come_back),   cmocka_unit_test(test_whole_page),
        cmocka_unit_test(test_many_pages),  cmocka_unit_test(test_hand_over),
        cmocka_unit_test(test_retained),    cmocka_unit_test(test_written_after_free),
        cmocka_unit_test(test_freed_twice), cmocka_unit_test(test_freed_twice_by_others),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
