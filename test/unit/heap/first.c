/* first.c -- tests of heap/first.c: heaps as objects, both kinds. */
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

#define BLOCKS 2000u

static void *blocks[BLOCKS];
static _Alignas(64) unsigned char region[4 << 20];

static struct acre_heap_stats stats_of(acre_heap *heap)
{
    struct acre_heap_stats stats = {.size = sizeof stats};

    CHECK_EQUAL(acre_heap_stats_get(heap, &stats), 0);
    return stats;
}

static size_t mixed(uint32_t i)
{
    return i % 50 == 49 ? 33000 + i * 100 : 1 + i * 31 % 3000;
}

static void fill_heap(acre_heap *heap, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        blocks[i] = acre_heap_alloc(heap, mixed(i));
        CHECK(blocks[i] != NULL);
        CHECK((uintptr_t)blocks[i] % 16 == 0);
        CHECK(acre_heap_usable_size(heap, blocks[i]) >= mixed(i));
        fill(blocks[i], mixed(i), (unsigned char)i);
    }
}

static void check_filled_heap(acre_heap *heap, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        check_filled(blocks[i], mixed(i), (unsigned char)i);
    CHECK_EQUAL(acre_heap_check(heap), 0);
}

/* --- Life and death ------------------------------------------------------- */

static void body_create_destroy(void *arg)
{
    (void)arg;
    for (uint32_t round = 0; round < 20; round++) {
        acre_heap *heap = acre_heap_create(NULL);

        CHECK(heap != NULL);
        CHECK_EQUAL(acre_heap_check(heap), 0);
        CHECK_EQUAL(stats_of(heap).live_count, 0);
        fill_heap(heap, 500);
        check_filled_heap(heap, 500);
        acre_heap_destroy(heap); /* with all that is in it */
        check_nothing_left();
    }
    CHECK(ac_heap_count() <= 2);
    acre_heap_destroy(NULL);
}
FRESH_TEST(create_destroy)

static void *create_elsewhere(void *arg)
{
    acre_heap **out = arg;

    *out = acre_heap_create(NULL);
    CHECK(*out != NULL);
    fill_heap(*out, BLOCKS);
    return NULL;
}

static void *destroy_elsewhere(void *arg)
{
    acre_heap_destroy(arg);
    return NULL;
}

/* Made and filled by a thread that ended, freed in part here, destroyed by a third. */
static void body_across_threads(void *arg)
{
    acre_heap *heap = NULL;

    (void)arg;
    for (uint32_t round = 0; round < 10; round++) {
        run_thread(create_elsewhere, &heap);
        check_filled_heap(heap, BLOCKS);
        for (uint32_t i = 0; i < BLOCKS; i += 3)
            acre_heap_free(heap, blocks[i]);
        for (uint32_t i = 1; i < BLOCKS; i += 3)
            acre_free(blocks[i]); /* plain free knows whose it is */
        CHECK_EQUAL(acre_heap_check(heap), 0);
        CHECK_EQUAL(stats_of(heap).live_count, BLOCKS / 3);
        run_thread(destroy_elsewhere, heap);
        check_nothing_left();
    }
}
FRESH_TEST(across_threads)

/* Destroyed at once, whatever is in it: no work for each block. */
static void body_destroy_is_quick(void *arg)
{
    (void)arg;
    acre_heap *heap = acre_heap_create(NULL);

    CHECK(heap != NULL);
    for (uint32_t i = 0; i < 300000; i++)
        CHECK(acre_heap_alloc(heap, 32) != NULL);
    size_t held = stats_of(heap).held;

    CHECK(held >= 300000 * 32);
    uint64_t before = ac_fake_count(AC_FAKE_ANY);

    acre_heap_destroy(heap);
    CHECK(ac_fake_count(AC_FAKE_ANY) - before <= held / AC_UNIT_BYTES + 4);
    check_nothing_left();
}
FRESH_TEST(destroy_is_quick)

/* Heaps share no page, with each other or with threads. */
static void body_apart(void *arg)
{
    acre_heap *heaps[4];

    (void)arg;
    for (uint32_t h = 0; h < 4; h++)
        CHECK((heaps[h] = acre_heap_create(NULL)) != NULL);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        void *mine = acre_malloc(64);

        blocks[i] = acre_heap_alloc(heaps[i % 4], 64);
        CHECK(blocks[i] != NULL && mine != NULL);
        CHECK(ac_page_of(blocks[i])->first_class == heaps[i % 4]);
        CHECK(ac_page_of(mine)->first_class == NULL);
        for (uint32_t h = 0; h < 4; h++)
            CHECK((acre_heap_usable_size(heaps[h], blocks[i]) != 0) == (h == i % 4));
        CHECK_EQUAL(acre_heap_usable_size(heaps[0], mine), 0);
        CHECK_EQUAL(acre_usable_size(blocks[i]), 64);
        acre_free(mine);
    }
    acre_heap_destroy(heaps[1]);
    acre_heap_destroy(heaps[3]);
    for (uint32_t i = 0; i < BLOCKS; i += 2)
        CHECK_EQUAL(acre_heap_usable_size(heaps[i % 4], blocks[i]), 64);
    acre_heap_destroy(heaps[0]);
    acre_heap_destroy(heaps[2]);
    check_nothing_left();
}
FRESH_TEST(apart)

/* --- Limit ---------------------------------------------------------------- */

static void check_limit(acre_heap *heap, size_t limit)
{
    uint32_t count = 0;

    errno = 0;
    while (count < BLOCKS && (blocks[count] = acre_heap_alloc(heap, 1000)) != NULL)
        count++;
    CHECK_EQUAL(errno, ENOMEM);
    CHECK(count >= limit / 1100 && count <= limit / 1000);
    CHECK(stats_of(heap).live <= limit);
    errno = 0;
    CHECK(acre_heap_alloc(heap, limit) == NULL && errno == ENOMEM);
    CHECK(acre_heap_realloc(heap, blocks[0], limit) == NULL); /* and blocks[0] stays */
    CHECK(acre_heap_usable_size(heap, blocks[0]) >= 1000);
    CHECK_EQUAL(acre_heap_check(heap), 0);
    for (uint32_t i = 0; i < count; i++)
        acre_heap_free(heap, blocks[i]);
    CHECK_EQUAL(stats_of(heap).live, 0);
    void *large = acre_heap_alloc(heap, limit / 2);

    CHECK(large != NULL);
    acre_heap_free(heap, large);
}

static void body_limit(void *arg)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;

    (void)arg;
    options.limit = 1 << 20;
    acre_heap *heap = acre_heap_create(&options);
    CHECK(heap != NULL);
    check_limit(heap, options.limit);
    acre_heap_destroy(heap);
    heap = acre_heap_create_in(region, sizeof region, &options);
    CHECK(heap != NULL);
    check_limit(heap, options.limit);
    acre_heap_destroy(heap);
}
FRESH_TEST(limit)

/* A limit holds for realloc in place too. */
static void body_limit_of_realloc(void *arg)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;

    (void)arg;
    options.limit = 100000;
    for (uint32_t kind = 0; kind < 2; kind++) {
        acre_heap *heap = kind == 0
                              ? acre_heap_create(&options)
                              : acre_heap_create_in(region, sizeof region, &options);
        void *block = acre_heap_alloc(heap, 40000);

        CHECK(block != NULL);
        for (size_t size = 40000; size < 200000; size += 5000) {
            void *grown = acre_heap_realloc(heap, block, size);

            CHECK(size <= options.limit || grown == NULL);
            block = grown != NULL ? grown : block;
            CHECK(stats_of(heap).live <= options.limit);
        }
        acre_heap_destroy(heap);
    }
}
FRESH_TEST(limit_of_realloc)

/* The rounded block decides, for every size, and a refusal leaves nothing behind. */
static void body_limit_of_blocks(void *arg)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;

    (void)arg;
    options.limit = 32769; /* its block would have 36,864 bytes */
    acre_heap *heap = acre_heap_create(&options);

    CHECK(acre_heap_alloc(heap, 32769) == NULL && errno == ENOMEM);
    CHECK_EQUAL(stats_of(heap).live, 0);
    CHECK_EQUAL(stats_of(heap).malloc_count, 0);
    void *block = acre_heap_alloc(heap, 32768);

    CHECK(block != NULL);
    CHECK(acre_heap_realloc(heap, block, 32769) == NULL);
    CHECK_EQUAL(stats_of(heap).live, 32768);
    acre_heap_destroy(heap);
    for (size_t limit = 1; limit < 3000; limit += 13)
        for (uint32_t kind = 0; kind < 2; kind++) {
            options.limit = limit;
            heap = kind == 0 ? acre_heap_create(&options)
                             : acre_heap_create_in(region, sizeof region, &options);
            block = NULL;
            for (size_t size = 1; size < limit + 20; size += 7) {
                void *grown = acre_heap_realloc(heap, block, size);

                block = grown != NULL ? grown : block;
                CHECK(stats_of(heap).live <= limit && stats_of(heap).live_peak <= limit);
                CHECK(size <= limit || grown == NULL);
            }
            CHECK_EQUAL(acre_heap_check(heap), 0);
            acre_heap_destroy(heap);
        }
}
FRESH_TEST(limit_of_blocks)

/* --- In caller's memory --------------------------------------------------- */

static void body_create_in(void *arg)
{
    (void)arg;
    memset(region, 0x99, sizeof region);
    uint64_t calls = ac_fake_count(AC_FAKE_ANY);
    unsigned char *memory = region + 5; /* need not be aligned */
    size_t size = sizeof region - 64;
    acre_heap *heap = acre_heap_create_in(memory, size, NULL);

    CHECK(heap != NULL);
    CHECK((unsigned char *)heap >= memory);
    fill_heap(heap, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        CHECK((unsigned char *)blocks[i] >= memory &&
              (unsigned char *)blocks[i] + mixed(i) <= memory + size);
    check_filled_heap(heap, 1000);
    for (uint32_t i = 0; i < 1000; i++)
        acre_heap_free(heap, blocks[(i * 7) % 1000]);
    CHECK_EQUAL(acre_heap_check(heap), 0);
    CHECK_EQUAL(stats_of(heap).live, 0);
    CHECK_EQUAL(stats_of(heap).live_count, 0);
    void *most = acre_heap_alloc(heap, stats_of(heap).free_largest);

    CHECK(most != NULL);
    CHECK(acre_heap_alloc(heap, size) == NULL && errno == ENOMEM);
    acre_heap_destroy(heap);
    CHECK_EQUAL(ac_fake_count(AC_FAKE_ANY), calls); /* no system call, ever */
    CHECK_EQUAL(ac_map.unit_count, 0);              /* nor a start of the library */
    for (uint32_t i = 0; i < 5; i++)
        CHECK_EQUAL(region[i], 0x99);
    for (size_t i = sizeof region - 59; i < sizeof region; i++)
        CHECK_EQUAL(region[i], 0x99);
}
FRESH_TEST(create_in)

static void body_create_in_sizes(void *arg)
{
    (void)arg;
    errno = 0;
    CHECK(acre_heap_create_in(NULL, 1 << 20, NULL) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(acre_heap_create_in(region, 0, NULL) == NULL && errno == EINVAL);
    for (size_t size = 1; size < 16384; size += 17) {
        memset(region, 0, 16500);
        acre_heap *heap = acre_heap_create_in(region + size % 64, size, NULL);

        CHECK(heap != NULL || errno == EINVAL);
        CHECK(heap != NULL || size < 8192); /* heap.h: 8 KiB is enough */
        if (heap == NULL)
            continue;
        void *block = acre_heap_alloc(heap, 16);

        CHECK(block == NULL ||
              ((unsigned char *)block >= region + size % 64 &&
               (unsigned char *)block + 16 <= region + size % 64 + size));
        CHECK(size < 8192 || block != NULL);
        CHECK_EQUAL(acre_heap_check(heap), 0);
        CHECK_EQUAL(region[size % 64 + size], 0);
        acre_heap_destroy(heap);
    }
}
FRESH_TEST(create_in_sizes)

/* --- Options, numbers, alignment ------------------------------------------ */

static void body_options(void *arg)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;

    (void)arg;
    options.size = 3;
    errno = 0;
    CHECK(acre_heap_create(&options) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(acre_heap_create_in(region, sizeof region, &options) == NULL &&
          errno == EINVAL);
    options = (struct acre_heap_options)ACRE_HEAP_OPTIONS_INIT;
    options.name = "a name that is a good deal longer than 31 bytes, so it is cut";
    acre_heap *heap = acre_heap_create(&options);
    CHECK(heap != NULL);
    struct acre_heap_stats stats = {.size = 1};
    CHECK_EQUAL(acre_heap_stats_get(heap, &stats), EINVAL);
    acre_heap_destroy(heap);
    check_nothing_left();
}
FRESH_TEST(options)

static void check_statistics(acre_heap *heap)
{
    uint64_t live = 0;
    uint64_t most = 0;

    for (uint32_t i = 0; i < 300; i++) {
        blocks[i] = acre_heap_alloc(heap, mixed(i));
        live += acre_heap_usable_size(heap, blocks[i]);
    }
    most = live;
    CHECK_EQUAL(stats_of(heap).live, live);
    for (uint32_t i = 0; i < 300; i += 2) {
        live -= acre_heap_usable_size(heap, blocks[i]);
        acre_heap_free(heap, blocks[i]);
    }
    struct acre_heap_stats stats = stats_of(heap);

    CHECK_EQUAL(stats.live, live);
    CHECK_EQUAL(stats.live_peak, most);
    CHECK_EQUAL(stats.live_count, 150);
    CHECK_EQUAL(stats.malloc_count, 300);
    CHECK_EQUAL(stats.free_count, 150);
    CHECK(stats.held >= stats.live);
    for (uint32_t i = 1; i < 300; i += 2) {
        blocks[i] = acre_heap_realloc(heap, blocks[i], mixed(i) * 2 + 1);
        CHECK(blocks[i] != NULL);
    }
    live = 0;
    for (uint32_t i = 1; i < 300; i += 2)
        live += acre_heap_usable_size(heap, blocks[i]);
    CHECK_EQUAL(stats_of(heap).live, live);
    CHECK_EQUAL(stats_of(heap).live_count, 150);
}

static void body_statistics(void *arg)
{
    (void)arg;
    acre_heap *heap = acre_heap_create(NULL);
    check_statistics(heap);
    acre_heap_destroy(heap);
    heap = acre_heap_create_in(region, sizeof region, NULL);
    check_statistics(heap);
}
FRESH_TEST(statistics)

static void check_aligned(acre_heap *heap, size_t most)
{
    errno = 0;
    CHECK(acre_heap_alloc_aligned(heap, 100, 3) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(acre_heap_alloc_aligned(heap, 100, 0) == NULL && errno == EINVAL);
    for (size_t align = 1; align <= most; align *= 2)
        for (size_t size = 0; size < 100000; size = size * 3 + 1) {
            void *block = acre_heap_alloc_aligned(heap, size, align);

            CHECK(block != NULL);
            CHECK_EQUAL((uintptr_t)block % align, 0);
            CHECK(acre_heap_usable_size(heap, block) >= size);
            fill(block, size, 1);
            void *moved = acre_heap_realloc(heap, block, size + 200);
            CHECK(moved != NULL);
            check_filled(moved, size, 1);
            acre_heap_free(heap, moved);
        }
    CHECK_EQUAL(acre_heap_check(heap), 0);
    CHECK_EQUAL(stats_of(heap).live, 0);
    errno = 0;
    CHECK(acre_heap_alloc_aligned(heap, 16, (size_t)1 << 62) == NULL && errno == ENOMEM);
    CHECK(acre_heap_alloc(heap, SIZE_MAX) == NULL && errno == ENOMEM);
    CHECK(acre_heap_alloc(heap, PTRDIFF_MAX) == NULL && errno == ENOMEM);
    CHECK(acre_heap_calloc(heap, SIZE_MAX / 2, 3) == NULL && errno == ENOMEM);
    CHECK_EQUAL(stats_of(heap).live, 0);
}

static void body_aligned(void *arg)
{
    (void)arg;
    acre_heap *heap = acre_heap_create(NULL);
    check_aligned(heap, 16 << 20);
    acre_heap_destroy(heap);
    heap = acre_heap_create_in(region, sizeof region, NULL);
    check_aligned(heap, 1 << 20);
}
FRESH_TEST(aligned)

static void body_zeroed(void *arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < 2; kind++) {
        acre_heap *heap = kind == 0 ? acre_heap_create(NULL)
                                    : acre_heap_create_in(region, sizeof region, NULL);

        for (size_t size = 1; size < 300000; size = size * 2 + 5) {
            void *block = acre_heap_alloc(heap, size);

            CHECK(block != NULL);
            fill(block, size, 0xee);
            acre_heap_free(heap, block);
            block = acre_heap_calloc(heap, 1, size);
            check_filled(block, size, 0);
            acre_heap_free(heap, block);
        }
        acre_heap_destroy(heap);
    }
}
FRESH_TEST(zeroed)

/* --- The plain functions on blocks of a heap ------------------------------ */

/* realloc of libacre keeps a block in its heap, large ones too, and the books right. */
static void body_plain_realloc(void *arg)
{
    const size_t steps[] = {100,    200,    5000,    40000, 41000,
                            300000, 120000, 5 << 20, 50,    34000};

    (void)arg;
    acre_heap *heap = acre_heap_create(NULL);
    char *block = acre_heap_alloc(heap, 1);

    CHECK(block != NULL);
    size_t before = 1;
    fill(block, 1, 0x5a);
    for (uint32_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        snprintf(fresh_context, sizeof fresh_context, "step %u: %zu to %zu", i, before,
                 steps[i]);
        block = acre_realloc(block, steps[i]);
        CHECK(block != NULL);
        check_filled(block, before < steps[i] ? before : steps[i], 0x5a);
        fill(block, steps[i], 0x5a);
        before = steps[i];
        CHECK(acre_heap_usable_size(heap, block) >= steps[i]);
        CHECK_EQUAL(stats_of(heap).live, acre_heap_usable_size(heap, block));
        CHECK_EQUAL(stats_of(heap).live_count, 1);
        CHECK_EQUAL(acre_usable_size(block), acre_heap_usable_size(heap, block));
    }
    acre_free(block);
    CHECK_EQUAL(stats_of(heap).live, 0);
    acre_heap_destroy(heap);
    check_nothing_left();
}
FRESH_TEST(plain_realloc)

/* --- What is wrong -------------------------------------------------------- */

enum wrong {
    WRONG_TWICE,
    WRONG_INSIDE,
    WRONG_OTHER_HEAP,
    WRONG_MALLOC,
    WRONG_STACK,
    WRONG_LARGE_TWICE,
    WRONG_PLAIN_TWICE,
    WRONG_COUNT
};

static void wrong_free(acre_heap *heap, enum wrong what)
{
    acre_heap *other = acre_heap_create(NULL);
    char *small = acre_heap_alloc(heap, 100);
    char *large = acre_heap_alloc(heap, 100000);

    switch (what) {
    case WRONG_TWICE:
        acre_heap_free(heap, small);
        acre_heap_free(heap, small);
        break;
    case WRONG_INSIDE:
        acre_heap_free(heap, small + 16);
        break;
    case WRONG_OTHER_HEAP:
        acre_heap_free(other, small);
        break;
    case WRONG_MALLOC:
        acre_heap_free(heap, acre_malloc(100));
        break;
    case WRONG_STACK:
        acre_heap_free(heap, &small);
        break;
    case WRONG_LARGE_TWICE:
        acre_heap_free(heap, large);
        acre_heap_free(heap, large);
        break;
    default:
        acre_free(small);
        acre_free(small);
        break;
    }
}

static void body_wrong(void *arg)
{
    const uint32_t *which = arg;

    fresh_abort_text = " free: acre_";
    snprintf(fresh_context, sizeof fresh_context, "wrong free %u, kind %u", which[0],
             which[1]);
    wrong_free(which[1] == 0 ? acre_heap_create(NULL)
                             : acre_heap_create_in(region, sizeof region, NULL),
               (enum wrong)which[0]);
}

static void test_wrong(void **state)
{
    uint32_t which[2];

    (void)state;
    for (which[0] = 0; which[0] < WRONG_COUNT; which[0]++)
        for (which[1] = 0; which[1] < 2; which[1]++) {
            if (which[0] == WRONG_PLAIN_TWICE && which[1] == 1)
                continue; /* plain free does not know caller's memory */
            assert_int_equal(fresh_run(NULL, body_wrong, which), 0);
        }
}

/* check() sees what was destroyed. */
static void body_check(void *arg)
{
    (void)arg;
    for (uint32_t kind = 0; kind < 2; kind++) {
        acre_heap *heap = kind == 0 ? acre_heap_create(NULL)
                                    : acre_heap_create_in(region, sizeof region, NULL);

        for (uint32_t i = 0; i < BLOCKS; i++)
            blocks[i] = acre_heap_alloc(heap, 200);
        for (uint32_t i = 0; i < BLOCKS; i++)
            acre_heap_free(heap, blocks[i]);
        CHECK_EQUAL(acre_heap_check(heap), 0);
        for (uint32_t i = 0; i < BLOCKS; i++) /* use after free */
            memset(blocks[i], 0x41, 200);
        CHECK_EQUAL(acre_heap_check(heap), EFAULT);
    }
}
FRESH_TEST(check)

/* --- Threads on one heap -------------------------------------------------- */

static bool shared_has_pages; /* else plain free does not know its blocks */

static void *use_heap(void *arg)
{
    acre_heap *heap = arg;
    uint64_t seed = (uintptr_t)&heap;
    void *mine[64] = {NULL};
    size_t sizes[64] = {0};

    for (uint32_t i = 0; i < 20000; i++) {
        uint64_t r = fresh_random(&seed);
        uint32_t slot = (uint32_t)(r % 64);

        check_filled(mine[slot], sizes[slot] < 32 ? sizes[slot] : 32,
                     (unsigned char)slot);
        if (r >> 60 == 0 && shared_has_pages)
            acre_free(mine[slot]);
        else
            acre_heap_free(heap, mine[slot]);
        sizes[slot] = 1 + (size_t)(r >> 16) % (i % 100 == 0 ? 100000 : 300);
        mine[slot] = acre_heap_alloc(heap, sizes[slot]);
        CHECK(mine[slot] != NULL);
        fill(mine[slot], sizes[slot] < 32 ? sizes[slot] : 32, (unsigned char)slot);
    }
    for (uint32_t i = 0; i < 64; i++)
        acre_heap_free(heap, mine[i]);
    return NULL;
}

static void body_shared(void *arg)
{
    pthread_t threads[4];

    (void)arg;
    for (uint32_t kind = 0; kind < 2; kind++) {
        acre_heap *heap = kind == 0 ? acre_heap_create(NULL)
                                    : acre_heap_create_in(region, sizeof region, NULL);
        uint64_t calls = ac_fake_count(AC_FAKE_ANY) - ac_fake_count(AC_FAKE_WAIT);

        shared_has_pages = kind == 0;
        for (uint32_t i = 0; i < 4; i++)
            CHECK_EQUAL(pthread_create(&threads[i], NULL, use_heap, heap), 0);
        for (uint32_t i = 0; i < 4; i++)
            CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
        CHECK_EQUAL(acre_heap_check(heap), 0);
        CHECK_EQUAL(stats_of(heap).live, 0);
        CHECK_EQUAL(stats_of(heap).live_count, 0);
        CHECK(kind == 0 ||
              ac_fake_count(AC_FAKE_ANY) - ac_fake_count(AC_FAKE_WAIT) == calls);
        acre_heap_destroy(heap);
    }
    check_nothing_left();
}
FRESH_TEST(shared)

/* Destroying a heap takes nothing away from the sums of what ever happened. */
static void body_sums_survive(void *arg)
{
    static struct acre_stats before = {.size = sizeof before};
    static struct acre_stats after = {.size = sizeof after};

    (void)arg;
    acre_heap *heap = acre_heap_create(NULL);
    fill_heap(heap, BLOCKS);
    CHECK_EQUAL(acre_stats_get(&before), 0);
    acre_heap_destroy(heap);
    CHECK_EQUAL(acre_stats_get(&after), 0);
    CHECK(after.malloc_count >= before.malloc_count);
    CHECK(after.free_count >= before.free_count + BLOCKS);
    CHECK_EQUAL(after.live_count, 0);
    CHECK_EQUAL(after.live, 0);
}
FRESH_TEST(sums_survive)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_destroy),
        cmocka_unit_test(test_across_threads),
        cmocka_unit_test(test_destroy_is_quick),
        cmocka_unit_test(test_apart),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_limit_of_realloc),
        cmocka_unit_test(test_limit_of_blocks),
        cmocka_unit_test(test_create_in),
        cmocka_unit_test(test_create_in_sizes),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_aligned),
        cmocka_unit_test(test_zeroed),
        cmocka_unit_test(test_plain_realloc),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_shared),
        cmocka_unit_test(test_sums_survive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
