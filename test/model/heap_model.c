/* heap_model.c -- random operations on the whole interface against a simple model.
 *
 * The model: an ordered set of live blocks (a treap by address), each with its size, its
 * heap, its alignment and a pattern.  After each step: the block lies apart from all
 * others, in its heap's memory, aligned, usable as far as asked for; what was written is
 * there; zeroed means zero; NULL comes with ENOMEM and only where it may.
 *
 * ACRE_TEST_SEED: the run; ACRE_TEST_SCALE multiplies the 3 million steps. */
#include <acre/acre.h>

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEPS 3000000u
#define LIVE_MAX 6000u
#define HEAPS 6u       /* 0: the general heap; 1 to 3: own pages; others: a region */
#define PAGES_HEAPS 4u /* the first heaps that can have large blocks */
#define REGION_BYTES ((size_t)768 << 10)
#define LIMIT ((size_t)1 << 20) /* of heap 3 */

struct entry {
    uintptr_t at;
    size_t size;
    size_t usable;
    uint32_t left, right; /* the treap; 0 is nobody */
    uint32_t priority;
    uint32_t heap;
    uint32_t mark;
};

static struct entry entries[LIVE_MAX + 1];
static uint32_t root, spare_list;
static uint32_t live[LIVE_MAX], live_count; /* entries in use, in any order */
static uint32_t place[LIVE_MAX + 1];        /* where an entry stands in `live` */
static uint32_t heap_count[HEAPS];
static acre_heap *heaps[HEAPS];
static unsigned char *regions[HEAPS];
static uint64_t seed, first_seed, step;
static uint64_t refused;

static _Noreturn void failed(const char *what, int line)
{
    fprintf(stderr, "heap_model.c:%d: not so: %s at step %llu, ACRE_TEST_SEED=%llu\n",
            line, what, (unsigned long long)step, (unsigned long long)first_seed);
    abort();
}

#define CHECK(x) ((x) ? (void)0 : failed(#x, __LINE__))

static uint64_t next_random(void)
{
    uint64_t x = seed += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint32_t below(uint64_t n)
{
    return (uint32_t)((next_random() >> 11) % n);
}

/* --- The ordered set: a treap (C. Aragon, R. Seidel, 1989) ---------------- */

static uint32_t treap_merge(uint32_t a, uint32_t b)
{
    if (a == 0 || b == 0)
        return a + b;
    if (entries[a].priority > entries[b].priority) {
        entries[a].right = treap_merge(entries[a].right, b);
        return a;
    }
    entries[b].left = treap_merge(a, entries[b].left);
    return b;
}

/* Those below `at` to *low, others to *high. */
static void treap_split(uint32_t from, uintptr_t at, uint32_t *low, uint32_t *high)
{
    if (from == 0) {
        *low = *high = 0;
    } else if (entries[from].at < at) {
        treap_split(entries[from].right, at, &entries[from].right, high);
        *low = from;
    } else {
        treap_split(entries[from].left, at, low, &entries[from].left);
        *high = from;
    }
}

static void treap_insert(uint32_t e)
{
    uint32_t low, high;

    treap_split(root, entries[e].at, &low, &high);
    root = treap_merge(treap_merge(low, e), high);
}

static void treap_remove(uint32_t e)
{
    uint32_t low, one, high;

    treap_split(root, entries[e].at, &low, &high);
    treap_split(high, entries[e].at + 1, &one, &high);
    CHECK(one == e && entries[e].left == 0 && entries[e].right == 0);
    root = treap_merge(low, high);
}

/* Do [at, at + size) and all live blocks lie apart? */
static bool treap_is_apart(uintptr_t at, size_t size)
{
    uint32_t e = root;
    uint32_t before = 0;

    while (e != 0) {
        if (entries[e].at < at + size) {
            before = e; /* the last one that begins below our end */
            e = entries[e].right;
        } else {
            e = entries[e].left;
        }
    }
    return before == 0 || entries[before].at + entries[before].usable <= at;
}

/* --- Contents ------------------------------------------------------------- */

static size_t stride(size_t size)
{
    return size < 600 ? 1 : size / 61;
}

static unsigned char pattern(const struct entry *e, size_t i)
{
    return (unsigned char)(e->mark + i * 5 + (i >> 7));
}

static void paint(const struct entry *e)
{
    unsigned char *bytes = (unsigned char *)e->at;
    size_t all = e->usable; /* all of it is ours, not only what was asked for */

    for (size_t i = 0; i < all; i += stride(e->size))
        bytes[i] = pattern(e, i);
    if (all != 0)
        bytes[all - 1] = pattern(e, all - 1);
}

static void check_painted(const struct entry *e, uintptr_t at, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)at;

    for (size_t i = 0; i < size; i += stride(e->size))
        CHECK(bytes[i] == pattern(e, i));
}

static void check_whole(const struct entry *e)
{
    check_painted(e, e->at, e->usable);
    CHECK(e->usable == 0 ||
          ((const unsigned char *)e->at)[e->usable - 1] == pattern(e, e->usable - 1));
}

/* --- Blocks --------------------------------------------------------------- */

static size_t usable_of(uint32_t heap, const void *block)
{
    return heap == 0 ? acre_usable_size(block)
                     : acre_heap_usable_size(heaps[heap], block);
}

/* May a request of this heap fail?  Only where there is a limit. */
static bool may_refuse(uint32_t heap)
{
    return heap >= 3;
}

static bool is_refused(uint32_t heap, const void *block)
{
    if (block != NULL)
        return false;
    CHECK(errno == ENOMEM);
    CHECK(may_refuse(heap));
    errno = 0;
    refused++;
    return true;
}

static void check_place(uint32_t heap, uintptr_t at, size_t usable)
{
    if (regions[heap] == NULL)
        return;
    CHECK(at >= (uintptr_t)regions[heap] &&
          at + usable <= (uintptr_t)regions[heap] + REGION_BYTES);
}

static void describe(struct entry *e, const void *block, size_t size)
{
    e->at = (uintptr_t)block;
    e->size = size;
    e->usable = usable_of(e->heap, block);
    CHECK(e->usable >= size && e->usable > 0);
    CHECK(e->usable <= 2 * size + 64 * 1024); /* realloc may keep twice the size */
    CHECK(treap_is_apart(e->at, e->usable));
    check_place(e->heap, e->at, e->usable);
    e->mark = (uint32_t)next_random();
}

static void enter(uint32_t heap, const void *block, size_t size, size_t align)
{
    uint32_t e = spare_list;

    spare_list = entries[e].left;
    entries[e] = (struct entry){.heap = heap, .priority = (uint32_t)next_random()};
    CHECK((uintptr_t)block % align == 0);
    describe(&entries[e], block, size);
    treap_insert(e);
    place[e] = live_count;
    live[live_count++] = e;
    heap_count[heap]++;
    paint(&entries[e]);
}

static void leave(uint32_t e)
{
    treap_remove(e);
    live[place[e]] = live[--live_count];
    place[live[place[e]]] = place[e];
    heap_count[entries[e].heap]--;
    entries[e].left = spare_list;
    spare_list = e;
}

static size_t random_size(uint32_t heap)
{
    uint32_t kind = below(1000);

    if (kind < 700)
        return below(300);
    if (kind < 900)
        return below(5000);
    if (kind < 985 || heap >= PAGES_HEAPS)
        return below(40000);
    if (kind < 999)
        return 30000 + below(400000);
    return heap == 0 ? ((size_t)32 << 20) - 5000 + below(10000) : below(3 << 20);
}

static void check_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += size < 4096 ? 1 : 127)
        CHECK(bytes[i] == 0);
}

static void step_alloc(uint32_t heap)
{
    size_t size = random_size(heap);
    size_t align = 16;
    uint32_t way = below(10);
    unsigned char *block;

    if (way == 0) {
        size_t count = 1 + below(7);

        size = size / count * count;
        block = heap == 0 ? acre_calloc(count, size / count)
                          : acre_heap_calloc(heaps[heap], count, size / count);
        if (block != NULL)
            check_zero(block, size);
    } else if (way == 1) {
        align = (size_t)1 << below(below(4) == 0 ? 22 : 13);
        block = heap == 0 ? acre_aligned_alloc(align, size)
                          : acre_heap_alloc_aligned(heaps[heap], size, align);
        align = align < 16 ? 16 : align;
    } else if (way == 2) {
        block = heap == 0 ? acre_realloc(NULL, size)
                          : acre_heap_realloc(heaps[heap], NULL, size);
    } else {
        block = heap == 0 ? acre_malloc(size) : acre_heap_alloc(heaps[heap], size);
    }
    if (!is_refused(heap, block))
        enter(heap, block, size, align);
}

static void step_free(uint32_t e)
{
    struct entry *b = &entries[e];
    void *block = (void *)b->at;

    check_whole(b);
    if (b->heap != 0 && (b->heap >= PAGES_HEAPS || below(4) != 0))
        acre_heap_free(heaps[b->heap], block);
    else if (b->heap == 0 && below(8) == 0)
        acre_free_sized(block, b->size);
    else
        acre_free(block);
    leave(e);
}

static void step_resize(uint32_t e)
{
    struct entry *b = &entries[e];
    size_t size =
        1 + (below(3) == 0 ? random_size(b->heap) : b->size / 2 + below(b->size + 9));
    size_t old = b->size;
    void *moved;

    if (size > (size_t)40 << 20)
        size = 100;
    check_whole(b);
    treap_remove(e);
    if (b->heap == 0 && below(4) == 0)
        moved = acre_reallocarray((void *)b->at, size, 1);
    else if (b->heap == 0 || (b->heap < PAGES_HEAPS && below(4) == 0))
        moved = acre_realloc((void *)b->at, size);
    else
        moved = acre_heap_realloc(heaps[b->heap], (void *)b->at, size);
    if (is_refused(b->heap, moved)) {
        check_whole(b);
        CHECK(usable_of(b->heap, (void *)b->at) == b->usable);
        b->left = b->right = 0;
        treap_insert(e);
        return;
    }
    CHECK((uintptr_t)moved % 16 == 0);
    check_painted(b, (uintptr_t)moved, old < size ? old : size);
    describe(b, moved, size);
    b->left = b->right = 0;
    treap_insert(e);
    paint(b);
}

/* Requests that nobody can serve, and some that are wrong: refused, nothing changes. */
static void step_impossible(void)
{
    const size_t sizes[] = {SIZE_MAX, PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1,
                            SIZE_MAX - 4095, (size_t)1 << 62};
    size_t size = sizes[below(5)];
    uint32_t heap = below(HEAPS);

    errno = 0;
    CHECK(acre_malloc(size) == NULL && errno == ENOMEM);
    CHECK(acre_calloc(size, 3) == NULL && errno == ENOMEM);
    CHECK(acre_aligned_alloc(64, size) == NULL && errno == ENOMEM);
    CHECK(heap == 0 || (acre_heap_alloc(heaps[heap], size) == NULL && errno == ENOMEM));
    CHECK(heap == 0 ||
          (acre_heap_calloc(heaps[heap], size, 2) == NULL && errno == ENOMEM));
    errno = 0;
    CHECK(acre_aligned_alloc(48, 100) == NULL && errno == EINVAL);
    acre_free(NULL);
    acre_heap_free(heaps[1], NULL);
    CHECK(acre_usable_size(NULL) == 0);
    errno = 0;
}

/* --- Heaps ---------------------------------------------------------------- */

static void heap_make(uint32_t heap)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;

    options.limit = heap == 3 ? LIMIT : 0;
    options.name = "model";
    if (heap < PAGES_HEAPS)
        heaps[heap] = acre_heap_create(&options);
    else
        heaps[heap] = acre_heap_create_in(regions[heap], REGION_BYTES, &options);
    CHECK(heaps[heap] != NULL);
}

/* All its blocks go at once. */
static void step_destroy(uint32_t heap)
{
    for (uint32_t i = live_count; i-- > 0;)
        if (entries[live[i]].heap == heap) {
            check_whole(&entries[live[i]]);
            leave(live[i]);
        }
    CHECK(heap_count[heap] == 0);
    acre_heap_destroy(heaps[heap]);
    heap_make(heap);
}

static void check_heap_stats(uint32_t heap)
{
    struct acre_heap_stats stats = {.size = sizeof stats};
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < live_count; i++)
        if (entries[live[i]].heap == heap)
            bytes += entries[live[i]].usable;
    CHECK(acre_heap_stats_get(heaps[heap], &stats) == 0);
    CHECK(stats.live_count == heap_count[heap]);
    CHECK(stats.live == bytes);
    CHECK(stats.live_peak >= stats.live);
    CHECK(stats.malloc_count - stats.free_count == heap_count[heap]);
    CHECK(stats.held >= stats.live);
    CHECK(heap != 3 || stats.live <= LIMIT + 65536);
    CHECK(acre_heap_check(heaps[heap]) == 0);
}

/* What the library says of all heaps with pages, and what the model knows. */
static void check_stats(void)
{
    static struct acre_stats stats;
    uint64_t bytes = 0;
    uint64_t count = 0;

    for (uint32_t i = 0; i < live_count; i++)
        if (entries[live[i]].heap < PAGES_HEAPS) {
            bytes += entries[live[i]].usable;
            count++;
        }
    stats.size = sizeof stats;
    CHECK(acre_stats_get(&stats) == 0);
    CHECK(stats.live_count == count + PAGES_HEAPS - 1); /* the heaps' own records */
    CHECK(stats.live >= bytes && stats.live <= bytes + (PAGES_HEAPS - 1) * 1024);
}

static void check_everything(void)
{
    for (uint32_t i = 0; i < live_count; i++)
        check_whole(&entries[live[i]]);
    for (uint32_t heap = 1; heap < HEAPS; heap++)
        check_heap_stats(heap);
    check_stats();
}

static void step_rare(void)
{
    switch (below(8)) {
    case 0:
        step_destroy(1 + below(HEAPS - 1));
        break;
    case 1:
        (void)acre_purge();
        break;
    case 2:
        acre_thread_idle();
        break;
    case 3:
        step_impossible();
        break;
    default:
        check_heap_stats(1 + below(HEAPS - 1));
        break;
    }
}

/* --- A run ---------------------------------------------------------------- */

/* The number of live blocks swings, so that memory grows and shrinks. */
static void one_step(uint32_t target)
{
    uint32_t kind = below(1000);
    uint32_t e = live_count != 0 ? live[below(live_count)] : 0;

    if (kind == 0)
        step_rare();
    else if (kind < 150 && e != 0)
        step_resize(e);
    else if (e == 0 || (live_count < LIVE_MAX && below(2 * target) >= live_count))
        step_alloc(below(3) == 0 ? 1 + below(HEAPS - 1) : 0);
    else
        step_free(e);
    CHECK(errno == 0);
}

int main(void)
{
    const char *seed_text = getenv("ACRE_TEST_SEED");
    const char *scale_text = getenv("ACRE_TEST_SCALE");
    uint64_t steps = STEPS;

    seed = first_seed = seed_text != NULL ? strtoull(seed_text, NULL, 0) : 1;
    if (scale_text != NULL)
        steps *= strtoull(scale_text, NULL, 0);
    printf("ACRE_TEST_SEED=%llu, %llu steps\n", (unsigned long long)seed,
           (unsigned long long)steps);
    for (uint32_t i = 1; i <= LIVE_MAX; i++)
        entries[i].left = i < LIVE_MAX ? i + 1 : 0;
    spare_list = 1;
    for (uint32_t heap = 1; heap < HEAPS; heap++) {
        if (heap >= PAGES_HEAPS)
            CHECK((regions[heap] = malloc(REGION_BYTES)) != NULL);
        heap_make(heap);
    }
    errno = 0;
    for (step = 0; step < steps; step++) {
        uint32_t swing = (uint32_t)(step / 20000 % 16);

        one_step(20 + (swing < 8 ? swing : 15 - swing) * 600);
        if (step % 100000 == 0)
            check_everything();
    }
    check_everything();
    while (live_count != 0)
        step_free(live[live_count - 1]);
    check_everything();
    CHECK(refused > 0);
    for (uint32_t heap = 1; heap < HEAPS; heap++) {
        acre_heap_destroy(heaps[heap]);
        free(regions[heap]);
    }
    printf("%llu refusals\n1 passed, 0 failed\n", (unsigned long long)refused);
    return 0;
}
