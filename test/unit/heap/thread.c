/* thread.c -- tests of heap/thread.c: heaps come with threads, and outlive them. */
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

#define BLOCKS 3000u

static void *blocks[BLOCKS];

static void *fill_and_end(void *arg)
{
    size_t size = *(const size_t *)arg;

    for (uint32_t i = 0; i < BLOCKS; i++) {
        blocks[i] = acre_malloc(size);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], size, (unsigned char)i);
    }
    return NULL;
}

/* The pages of a thread that ended serve the next one that needs their class. */
static void body_orphans_are_adopted(void *arg)
{
    size_t size = 64;

    (void)arg;
    run_thread(fill_and_end, &size);
    check_heaps();
    uint32_t orphans = atomic_load(&ac_orphan_count);
    size_t used = atomic_load(&ac_span_used);

    CHECK(orphans >= BLOCKS * 64 / AC_UNIT_BYTES);
    for (uint32_t i = 0; i < BLOCKS; i += 2) { /* half of each page comes free */
        check_filled(blocks[i], size, (unsigned char)i);
        acre_free(blocks[i]);
    }
    acre_thread_idle();
    for (uint32_t i = 0; i < BLOCKS; i += 2) {
        blocks[i] = acre_malloc(size);
        CHECK(blocks[i] != NULL);
        fill(blocks[i], size, (unsigned char)i);
    }
    check_heaps();
    CHECK(atomic_load(&ac_orphan_count) < orphans);
    CHECK(atomic_load(&ac_span_used) <= used + AC_UNIT_BYTES);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        check_filled(blocks[i], size, (unsigned char)i);
        acre_free(blocks[i]);
    }
    check_nothing_left();
}
FRESH_TEST(orphans_are_adopted)

/* Freed by others after the owner ended: the pages go back, or serve others. */
static void body_freed_after_the_end(void *arg)
{
    const size_t sizes[] = {16, 48, 200, 1000, 4096, 20000, 32768};

    (void)arg;
    for (uint32_t s = 0; s < 7; s++) {
        size_t size = sizes[s];

        run_thread(fill_and_end, &size);
        for (uint32_t i = 0; i < BLOCKS; i++) {
            check_filled(blocks[i], size, (unsigned char)i);
            acre_free(blocks[i]);
        }
        check_nothing_left();
    }
}
FRESH_TEST(freed_after_the_end)

static void *free_all_of_them(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < BLOCKS; i++)
        acre_free(blocks[i]);
    return NULL;
}

/* Made by one thread, freed by another; both are gone. */
static void body_nobody_is_left(void *arg)
{
    size_t size = 128;

    (void)arg;
    for (uint32_t round = 0; round < 5; round++) {
        run_thread(fill_and_end, &size);
        run_thread(free_all_of_them, NULL);
        check_nothing_left();
    }
}
FRESH_TEST(nobody_is_left)

/* --- Many threads --------------------------------------------------------- */

static void *busy_thread(void *arg)
{
    uint64_t seed = (uintptr_t)arg;
    void *mine[200] = {NULL};

    for (uint32_t i = 0; i < 1000; i++) {
        uint64_t r = fresh_random(&seed);
        uint32_t slot = (uint32_t)(r % 200);

        acre_free(mine[slot]);
        mine[slot] = acre_malloc(1 + (size_t)(r >> 8) % (i % 10 == 0 ? 40000 : 500));
        CHECK(mine[slot] != NULL);
    }
    for (uint32_t i = 0; i < 200; i++)
        acre_free(mine[i]);
    return NULL;
}

/* A thousand threads, one after the other: one heap record serves them all. */
static void body_thousand_threads(void *arg)
{
    (void)arg;
    run_thread(busy_thread, (void *)1);
    struct ac_fake_held before = ac_fake_held();
    uint32_t heaps = ac_heap_count();

    for (uintptr_t i = 2; i < 1000; i++)
        run_thread(busy_thread, (void *)i);
    struct ac_fake_held after = ac_fake_held();

    CHECK_EQUAL(ac_heap_count(), heaps);
    CHECK_EQUAL(after.reserved_bytes, before.reserved_bytes);
    CHECK(after.committed_bytes <= before.committed_bytes + 4 * MIB);
    check_nothing_left();
}
FRESH_TEST(thousand_threads)

/* Eight at a time. */
static void body_thousand_in_eights(void *arg)
{
    pthread_t threads[8];

    (void)arg;
    for (uintptr_t round = 0; round < 125; round++) {
        for (uintptr_t i = 0; i < 8; i++)
            CHECK_EQUAL(pthread_create(&threads[i], NULL, busy_thread,
                                       (void *)(round * 8 + i + 1)),
                        0);
        for (uint32_t i = 0; i < 8; i++)
            CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    }
    CHECK(ac_heap_count() <= 9);
    check_nothing_left();
}
FRESH_TEST(thousand_in_eights)

/* Each leaves one block behind, which another thread frees much later. */
static void *leave_one(void *arg)
{
    void **out = arg;

    for (uint32_t i = 0; i < 100; i++)
        acre_free(acre_malloc(100));
    *out = acre_malloc(100);
    CHECK(*out != NULL);
    fill(*out, 100, 0x3c);
    return NULL;
}

static void body_each_leaves_one(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < 1000; i++)
        run_thread(leave_one, &blocks[i]);
    /* One thread adopts what the one before left: they all fit into two pages. */
    CHECK(atomic_load(&ac_span_used) <= 4 * AC_UNIT_BYTES);
    check_heaps();
    for (uint32_t i = 0; i < 1000; i++) {
        check_filled(blocks[i], 100, 0x3c);
        acre_free(blocks[i]);
    }
    check_nothing_left();
}
FRESH_TEST(each_leaves_one)

/* --- Past the end --------------------------------------------------------- */

static pthread_key_t key;
static uint32_t late_rounds;
static uint32_t late_seen_dead;

/* Runs in every round of destructors that there is, before and after ours. */
static void late_destructor(void *arg)
{
    uint32_t *left = arg;

    for (uint32_t i = 0; i < 200; i++) {
        void *block = acre_malloc(1 + i * 37 % 3000);

        CHECK(block != NULL);
        fill(block, 1 + i * 37 % 3000, 0x42);
        if (i % 4 == 0)
            blocks[i] = block;
        else
            acre_free(block);
    }
    for (uint32_t i = 0; i < 200; i += 4) { /* also large ones, and realloc */
        blocks[i] = acre_realloc(blocks[i], 40000 + i);
        CHECK(blocks[i] != NULL);
        acre_free(blocks[i]);
    }
    late_rounds++;
    late_seen_dead += ac_heap_self == &ac_heap_dead;
    if (--*left != 0)
        (void)pthread_setspecific(key, left);
}

static void *late_thread(void *arg)
{
    acre_free(acre_malloc(10));
    CHECK_EQUAL(pthread_setspecific(key, arg), 0);
    return NULL;
}

static void body_destructors_allocate(void *arg)
{
    (void)arg;
    CHECK_EQUAL(pthread_key_create(&key, late_destructor), 0);
    for (uint32_t i = 0; i < 50; i++) {
        uint32_t left = 4; /* all of PTHREAD_DESTRUCTOR_ITERATIONS */

        run_thread(late_thread, &left);
    }
    CHECK_EQUAL(late_rounds, 200);
    check_heaps();
    /* The late heap keeps pages for the next thread that ends, bounded. */
    (void)acre_purge();
    CHECK(atomic_load(&ac_span_used) <= 4 * MIB);
}
FRESH_TEST(destructors_allocate)

/* By hand, so that it is certain: a thread whose heap is gone allocates and frees. */
static void *dead_thread(void *arg)
{
    struct ac_heap *heap;

    (void)arg;
    for (uint32_t i = 0; i < 100; i++)
        blocks[i] = acre_malloc(100);
    heap = ac_heap_self;
    CHECK(heap->state == AC_HEAP_LIVE);
    ac_heap_thread_end(heap);
    CHECK(ac_heap_self == &ac_heap_dead);
    for (uint32_t i = 0; i < 100; i += 2)
        acre_free(blocks[i]);
    for (uint32_t i = 0; i < 100; i += 2) {
        blocks[i] = acre_malloc(100);
        CHECK(blocks[i] != NULL);
        CHECK(acre_usable_size(blocks[i]) >= 100);
    }
    for (uint32_t i = 0; i < 100; i++)
        acre_free(blocks[i]);
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        CHECK(ac_heap_dead.list[cls].head == NULL);
        CHECK(ac_heap_dead.list[cls].room == 0);
    }
    acre_thread_idle();
    (void)acre_purge();
    heap->exit_round = 100; /* else glibc calls our destructor for it again */
    _exit(0);
}

static void body_dead_thread(void *arg)
{
    (void)arg;
    run_thread(dead_thread, NULL);
}
FRESH_TEST(dead_thread)

/* --- Who has no heap yet -------------------------------------------------- */

static void *free_first(void *arg)
{
    acre_free(arg); /* before any malloc of this thread */
    return NULL;
}

static void body_thread_that_only_frees(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < 300; i++) {
        void *block = acre_malloc(1 + i * 200);

        CHECK(block != NULL);
        run_thread(free_first, block);
    }
    check_nothing_left();
}
FRESH_TEST(thread_that_only_frees)

/* Asked before there is anything. */
static void body_before_the_start(void *arg)
{
    (void)arg;
    acre_free(NULL);
    CHECK_EQUAL(acre_usable_size(NULL), 0);
    CHECK_EQUAL(ac_map.unit_count, 0);
    CHECK(ac_page_around(&blocks) == NULL);
    void *block = acre_malloc(0);
    CHECK(block != NULL && ac_map.unit_count != 0);
    acre_free(block);
}
FRESH_TEST(before_the_start)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_the_start),
        cmocka_unit_test(test_orphans_are_adopted),
        cmocka_unit_test(test_freed_after_the_end),
        cmocka_unit_test(test_nobody_is_left),
        cmocka_unit_test(test_thousand_threads),
        cmocka_unit_test(test_thousand_in_eights),
        cmocka_unit_test(test_each_leaves_one),
        cmocka_unit_test(test_destructors_allocate),
        cmocka_unit_test(test_dead_thread),
        cmocka_unit_test(test_thread_that_only_frees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
