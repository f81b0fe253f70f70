/* fit_model.c -- base/fit against a model: a list of blocks, ordered by address.
 *
 * The model knows where every block lies and what is in it.  So it can tell exactly when a
 * request must succeed (ac_fit_stats().free_largest), when a block can grow in
 * place (up to the next block in use), and that no two blocks overlap.
 * ACRE_TEST_SEED (or SEED) sets the seed, ACRE_TEST_SCALE multiplies the steps. */
#include "base/fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIVE_MAX = 4096,
    POOLS_MAX = 4,
    STALE_MAX = 64
};

struct item {
    unsigned char *at;
    size_t usable;
    uint64_t mark; /* what its bytes are made from */
};

struct model {
    struct ac_fit *fit;
    struct item items[LIVE_MAX];
    size_t count;
    size_t live;                       /* bytes, headers included */
    unsigned char *pool_at[POOLS_MAX]; /* payload of the first block */
    size_t pool_usable[POOLS_MAX];
    size_t pool_count;
    void *stale[STALE_MAX]; /* freed at some time */
    size_t size_max;
    bool filling;
};

static uint64_t seed, random_state;
static uint64_t step;
static const char *where = "start";

static uint64_t random_next(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    return ac_mix(random_state);
}

static size_t random_below(size_t n)
{
    return (size_t)(random_next() % n);
}

/* Sizes with a uniform logarithm; every 16th is 0. */
static size_t random_size(size_t max)
{
    size_t limit = (size_t)1 << random_below((size_t)ac_log2(max) + 1);

    return random_below(16) == 0 ? 0 : ac_min(random_below(limit) + limit / 2, max);
}

#define EXPECT(condition)                                                                \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            printf("%s:%d: %s: not so at step %llu; ACRE_TEST_SEED=%llu\n", where,       \
                   __LINE__, #condition, (unsigned long long)step,                       \
                   (unsigned long long)seed);                                            \
            exit(1);                                                                     \
        }                                                                                \
    } while (0)

/* --- Contents ------------------------------------------------------------ */

static unsigned char content(uint64_t mark, size_t i)
{
    return (unsigned char)((mark >> (i % 8 * 8)) + i);
}

/* The first 128 bytes and the last 32 of each block: its start, and the word that
 * a block behind it would use. */
static void fill(const struct item *item)
{
    for (size_t i = 0; i < item->usable; i++) {
        if (i == 128 && item->usable > 160)
            i = item->usable - 32;
        item->at[i] = content(item->mark, i);
    }
}

static void verify(const struct item *item, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (i == 128 && item->usable > 160)
            i = item->usable - 32;
        if (i < size)
            EXPECT(item->at[i] == content(item->mark, i));
    }
}

/* --- The list ------------------------------------------------------------ */

/* How many items lie below `at`. */
static size_t items_below(const struct model *m, const void *at)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if ((uintptr_t)m->items[middle].at < (uintptr_t)at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t pool_of(const struct model *m, const unsigned char *at)
{
    for (size_t p = 0; p < m->pool_count; p++)
        if ((uintptr_t)at - (uintptr_t)m->pool_at[p] < m->pool_usable[p])
            return p;
    return m->pool_count;
}

/* Bytes that item i could have where it is: up to the next item, or the pool's end. */
static size_t item_room(const struct model *m, size_t i)
{
    const struct item *item = &m->items[i];
    size_t p = pool_of(m, item->at);
    size_t room = (size_t)(m->pool_at[p] + m->pool_usable[p] - item->at);

    if (i + 1 < m->count && pool_of(m, m->items[i + 1].at) == p)
        room = (size_t)(m->items[i + 1].at - item->at) - 8;
    return room;
}

static void item_add(struct model *m, unsigned char *at, size_t size, size_t align)
{
    size_t i = items_below(m, at);
    struct item item = {at, ac_fit_usable(m->fit, at), random_next()};

    EXPECT((uintptr_t)at % ac_max(align, 16) == 0);
    EXPECT(item.usable >= size && item.usable >= 24 && item.usable % 16 == 8);
    EXPECT(item.usable <= ac_max(24, size + 15) + 16);
    EXPECT(pool_of(m, at) != m->pool_count);
    EXPECT(ac_fit_owns(m->fit, at) && ac_fit_owns(m->fit, at + item.usable - 1));
    EXPECT(i == m->count || m->items[i].at != at);
    memmove(&m->items[i + 1], &m->items[i], (m->count - i) * sizeof item);
    m->items[i] = item;
    m->count++;
    m->live += item.usable + 8;
    EXPECT(item.usable <= item_room(m, i));
    if (i > 0)
        EXPECT(m->items[i - 1].usable <= item_room(m, i - 1));
    fill(&item);
}

static void item_remove(struct model *m, size_t i)
{
    m->stale[random_below(STALE_MAX)] = m->items[i].at;
    m->live -= m->items[i].usable + 8;
    m->count--;
    memmove(&m->items[i], &m->items[i + 1], (m->count - i) * sizeof m->items[0]);
}

/* --- Steps --------------------------------------------------------------- */

static void step_alloc(struct model *m)
{
    if (m->count == LIVE_MAX)
        return;
    size_t align = random_below(4) == 0 ? (size_t)1 << random_below(13) : 0;
    size_t size = random_size(m->size_max);
    size_t largest = ac_fit_stats(m->fit).free_largest;
    unsigned char *at = ac_fit_alloc(m->fit, size, align);

    if (align <= 16)
        EXPECT((at != NULL) == (largest != 0 && size <= largest));
    else if (at == NULL) /* no more than the rounding to a class is in vain */
        EXPECT(largest < (size + align + 48) + (size + align + 48) / 16 + 16);
    if (at != NULL)
        item_add(m, at, size, align);
    else
        m->filling = false;
}

static void step_free(struct model *m)
{
    if (m->count == 0)
        return;
    size_t i = random_below(m->count);
    void *at = m->items[i].at;

    verify(&m->items[i], m->items[i].usable);
    EXPECT(ac_fit_free(m->fit, at) == AC_FIT_OK);
    item_remove(m, i);
    EXPECT(ac_fit_free(m->fit, at) == AC_FIT_DOUBLE);
    EXPECT(ac_fit_usable(m->fit, at) == 0);
}

static void step_resize(struct model *m)
{
    if (m->count == 0)
        return;
    size_t i = random_below(m->count), room = item_room(m, i);
    struct item *item = &m->items[i];
    size_t before = item->usable, size = random_size(m->size_max);

    if (random_below(4) == 0)
        size = room + random_below(2);
    verify(item, before);
    bool done = ac_fit_resize(m->fit, item->at, size);

    EXPECT(done == (size <= room));
    size_t after = ac_fit_usable(m->fit, item->at);

    EXPECT(done ? after >= size && after <= room : after == before);
    verify(item, ac_min(before, after));
    item->usable = after;
    m->live += after - before;
    fill(item);
}

/* What is not the start of a block in use must not be taken back, and must change nothing. */
static void step_abuse(struct model *m)
{
    static _Alignas(16) unsigned char foreign[64];
    void *bad[4] = {foreign + 16, m->stale[random_below(STALE_MAX)], NULL, NULL};

    if (m->count > 0) {
        const struct item *item = &m->items[random_below(m->count)];

        bad[2] = item->at + 1 + random_below(item->usable - 1);
        bad[3] = item->at - 16 * random_below(3);
    }
    for (size_t k = 0; k < 4; k++) {
        size_t i = items_below(m, bad[k]);

        if (bad[k] == NULL || (i < m->count && m->items[i].at == bad[k]))
            continue;
        EXPECT(ac_fit_usable(m->fit, bad[k]) == 0);
        EXPECT(!ac_fit_resize(m->fit, bad[k], 1));
        EXPECT(ac_fit_free(m->fit, bad[k]) != AC_FIT_OK);
    }
    EXPECT(ac_fit_alloc(m->fit, SIZE_MAX - random_below(64), 0) == NULL);
    EXPECT(ac_fit_alloc(m->fit, 1, 48) == NULL);
}

/* --- The whole ----------------------------------------------------------- */

struct walk {
    const struct model *model;
    size_t used;
    size_t free_bytes;
    bool before_free;
};

static void visit(void *arg, void *block, size_t size, bool used)
{
    struct walk *w = arg;
    const struct model *m = w->model;

    if (used) {
        size_t i = items_below(m, block);

        EXPECT(i < m->count && m->items[i].at == block && m->items[i].usable == size);
        w->used++;
        w->before_free = false;
        return;
    }
    for (size_t p = 0; p < m->pool_count; p++)
        if (m->pool_at[p] == block)
            w->before_free = false;
    EXPECT(!w->before_free);
    w->before_free = true;
    w->free_bytes += size + 8;
}

static void check(const struct model *m)
{
    struct walk w = {m, 0, 0, false};
    struct ac_fit_stats stats = ac_fit_stats(m->fit);

    EXPECT(ac_fit_check(m->fit) == AC_FIT_SOUND);
    ac_fit_walk(m->fit, visit, &w);
    EXPECT(w.used == m->count && stats.live_count == m->count);
    EXPECT(stats.live == m->live && stats.live <= stats.live_peak);
    EXPECT(stats.free_all == w.free_bytes);
    EXPECT(stats.live + stats.free_all + stats.control == stats.total);
    EXPECT(stats.alloc_count - stats.free_count == m->count);
}

static void pool_learn(void *arg, void *block, size_t size, bool used)
{
    struct model *m = arg;

    EXPECT(!used && m->pool_count < POOLS_MAX);
    m->pool_at[m->pool_count] = block;
    m->pool_usable[m->pool_count++] = size;
}

/* Nothing in use: every pool must be one free block, as it was at the beginning. */
static void pool_verify(void *arg, void *block, size_t size, bool used)
{
    struct model *m = arg;
    size_t p = pool_of(m, block);

    EXPECT(!used && m->pool_at[p] == block && m->pool_usable[p] == size);
}

static void empty(struct model *m)
{
    while (m->count > 0)
        step_free(m);
    check(m);
    ac_fit_walk(m->fit, pool_verify, m);
}

static void one_step(struct model *m)
{
    size_t what = random_below(16);

    if (m->count == LIVE_MAX || (random_next() & 4095) == 0)
        m->filling = false;
    if (m->count == 0 || (random_next() & 1023) == 0)
        m->filling = true;
    if (what == 0)
        step_abuse(m);
    else if (what < 4)
        step_resize(m);
    else if (what < (m->filling ? 12 : 7))
        step_alloc(m);
    else
        step_free(m);
}

static void run(const char *name, size_t bytes, size_t pools, uint64_t steps)
{
    static struct model model;
    struct model *m = &model;
    unsigned char *memory = malloc(bytes + 4096);

    where = name;
    EXPECT(memory != NULL);
    memset(m, 0, sizeof *m);
    /* Pools that grow make the heads move; the gaps between them stay foreign. */
    size_t offset = random_below(64), share = bytes / ((size_t)1 << (pools - 1));

    m->fit = ac_fit_init(memory + offset, share);
    EXPECT(m->fit != NULL);
    for (size_t p = 1; p < pools; p++) {
        offset += share + 64;
        share *= p > 1 ? 2 : 1;
        EXPECT(ac_fit_alloc(m->fit, 100, 0) != NULL);
        EXPECT(!ac_fit_add(m->fit, memory + offset - 100, share));
        EXPECT(ac_fit_add(m->fit, memory + offset, share));
        EXPECT(ac_fit_check(m->fit) == AC_FIT_SOUND);
    }
    ac_fit_reset(m->fit);
    ac_fit_walk(m->fit, pool_learn, m);
    EXPECT(m->pool_count == pools);
    m->size_max = ac_max(bytes / 24, 256);

    for (uint64_t i = 0; i < steps; i++, step++) {
        one_step(m);
        if (i % 16 == 0 && i / 16 % (1 + m->count / 16) == 0)
            check(m);
        if ((random_next() & 0x1ffff) == 0)
            empty(m);
        if ((random_next() & 0x1ffff) == 0) {
            for (size_t k = 0; k < m->count; k++)
                m->stale[random_below(STALE_MAX)] = m->items[k].at;
            ac_fit_reset(m->fit);
            m->count = m->live = 0;
            ac_fit_walk(m->fit, pool_verify, m);
        }
        if ((random_next() & 0xfff) == 0)
            m->size_max = ac_max(bytes >> (2 + random_below(12)), 64);
    }
    empty(m);
    free(memory);
}

static uint64_t number(const char *name, const char *other, uint64_t otherwise)
{
    const char *text = getenv(name);

    if (text == NULL && other != NULL)
        text = getenv(other);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
    uint64_t scale = number("ACRE_TEST_SCALE", NULL, 1);

    seed = number("ACRE_TEST_SEED", "SEED", 20040630);
    random_state = seed;
    printf("seed %llu\n", (unsigned long long)seed);
    run("8 KiB", 8 << 10, 1, 1500000 * scale);
    run("64 KiB", 64 << 10, 1, 1500000 * scale);
    run("1 MiB", 1 << 20, 1, 1500000 * scale);
    run("64 MiB", 64 << 20, 1, 1000000 * scale);
    run("1 MiB in four pools", 1 << 20, 4, 1000000 * scale);
    printf("%llu steps\n", (unsigned long long)step);
    return 0;
}
