/* fit.c -- a two-level segregated fit over memory that the caller gives.
 *
 * A region:   | struct ac_fit | heads | block | block | ... | word |
 * an added:   | struct ac_fit_pool | (heads) | block | ... | word |
 *
 * What a block looks like is drawn in fit_block.h.  The last word closes the pool:
 * the header of a block in use, of size 0.
 *
 * Free blocks lie in one list for each class, 16 classes to a power of two; below
 * 512 each multiple of 16 has its own:
 *
 *   size   32  48  64 .. 496 | 512 544 .. 992 | 1024 1088 .. | ...
 *   class   2   3   4 ..  31 |  32  33 ..  47 |   48   49 .. | ...
 *
 * Bit c of filled[] says that list heads[c] is not empty.  A search scans it by
 * words of 64 classes, four powers of two; 64 MiB have five words.  A second level of
 * bits over the words would make a search in the largest pools shorter, but each free
 * about ten instructions longer: it can take two bits away and set a third.
 *
 * F1  No two free blocks are neighbours.
 * F2  Headers are stored xor a mask that depends on their address and on the key,
 *     so what a program left in its block does not read as a header: neither its
 *     own data, nor a copy of a header, nor one of another heap inside the block.
 * F3  A header that stops being one says "free" at that time: only free blocks vanish
 *     in a merge.  So no stale header says "in use", and a second free of its block is
 *     known as one.  After a reset, stale ones have another key.
 *
 * Also tried: 32 classes to a power of two, which save 0.5 to 1% of the span on random
 * sizes, for twice the heads; masks by multiplication (more registers to save).
 */
#include "base/fit.h"

#include "base/fit_block.h"

#include <string.h>

#define FIT_SIGNATURE 0xac7e0f17b10c5eedu
#define FIT_KEY 0x9d1ce4e5b9bf5847u
#define FIT_KEY_STEP ((uint64_t)1 << 48) /* above the bits of any size: F3 */

#define FIT_SPLIT_SHIFT 4 /* 16 classes per power of two */
#define FIT_LINEAR (FIT_GRAIN << FIT_SPLIT_SHIFT)
#define FIT_CLASS_FIRST 128u /* so that sizes below 16 are of class 0 */

AC_STATIC_ASSERT(FIT_KEY_STEP > FIT_SIZE_MAX, "no size hides another key");

/* A block looked at from outside: what its own and the next header say. */
struct fit_view {
    struct ac_fit_block *block;
    struct ac_fit_block *behind;
    size_t size;
    size_t back; /* the size of the block before, when it is free */
    uint64_t word;
    uint64_t word_behind;
};

AC_INLINE uintptr_t pool_end(const struct ac_fit_pool *pool)
{
    return pool->first + pool->length;
}

/* The pool, but for the first, from which the block at `address` is; or NULL. */
AC_NOINLINE static const struct ac_fit_pool *pool_of_others(const struct ac_fit *fit,
                                                            uintptr_t address)
{
    const struct ac_fit_pool *pool = fit->pool.next;

    while (pool != NULL && address - pool->first >= pool->length)
        pool = pool->next;
    return pool;
}

AC_INLINE const struct ac_fit_pool *pool_of(const struct ac_fit *fit, uintptr_t address)
{
    if (AC_LIKELY(address - fit->pool.first < fit->pool.length))
        return &fit->pool;
    return pool_of_others(fit, address);
}

/* --- Classes and lists --------------------------------------------------- */

/* The class of free blocks of `size`.  The steps below FIT_LINEAR are those of the
 * power of two above it, so the same shift serves, without a branch. */
AC_INLINE size_t class_of(size_t size)
{
    uint32_t log = (uint32_t)__builtin_clzll((uint64_t)size | FIT_LINEAR) ^ 63u;

    return (uint32_t)(((uint64_t)size << FIT_SPLIT_SHIFT) >> log) +
           (log << FIT_SPLIT_SHIFT) - FIT_CLASS_FIRST;
}

/* Turn over the bit that says whether the list of class `c` has a block. */
AC_INLINE void class_turn_bit(struct ac_fit *fit, size_t c)
{
    fit->filled[c / 64] ^= (uint64_t)1 << (c % 64);
}

AC_INLINE void list_insert(struct ac_fit *fit, struct ac_fit_block *block, size_t size)
{
    size_t c = class_of(size);
    struct ac_fit_block **head = &fit->heads[c], *next = *head;

    block->next = next;
    *head = block;
    block->link = head;
    if (AC_UNLIKELY(next != NULL))
        next->link = &block->next;
    else
        class_turn_bit(fit, c);
}

AC_INLINE void list_remove(struct ac_fit *fit, struct ac_fit_block *block)
{
    struct ac_fit_block *next = block->next, **link = block->link;

    *link = next;
    if (AC_UNLIKELY(next != NULL)) {
        next->link = link;
        return;
    }
    size_t c = ((uintptr_t)link - (uintptr_t)fit->heads) / sizeof *link;

    if (AC_LIKELY(c < fit->class_count)) /* it was the first as well as the last */
        class_turn_bit(fit, c);
}

AC_INLINE void list_remove_head(struct ac_fit *fit, size_t c)
{
    struct ac_fit_block **head = &fit->heads[c], *next = (*head)->next;

    *head = next;
    if (AC_UNLIKELY(next != NULL))
        next->link = head;
    else
        class_turn_bit(fit, c);
}

/* The first class from `c` up that has a block, or class_count, whose bit is always
 * set.  `c` is at most class_count. */
AC_INLINE size_t class_find(const struct ac_fit *fit, size_t c)
{
    size_t w = c / 64;
    uint64_t bits = fit->filled[w] & (~(uint64_t)0 << (c % 64));

    while (bits == 0)
        bits = fit->filled[++w];
    return w * 64 + (uint32_t)__builtin_ctzll(bits);
}

/* The class of the largest free blocks, or class_count when there are none. */
AC_INLINE size_t class_highest(const struct ac_fit *fit)
{
    size_t w = fit->class_count / 64;
    uint64_t bits = fit->filled[w] ^ (uint64_t)1 << (fit->class_count % 64);

    while (bits == 0) {
        if (w == 0)
            return fit->class_count;
        bits = fit->filled[--w];
    }
    return w * 64 + ac_log2(bits);
}

/* The class whose head is to give a block of `need`, or class_count.  From the next
 * class on every block is large enough; in the own class of `need` the first may
 * be, and fits better: a look at it saves as much memory as twice the classes. */
AC_INLINE size_t class_fitting(const struct ac_fit *fit, size_t need)
{
    size_t c = class_of(need);

    if (AC_UNLIKELY(c >= fit->class_count))
        return fit->class_count;
    const struct ac_fit_block *head = fit->heads[c];

    if (head != NULL && block_size(fit, head) >= need)
        return c;
    return class_find(fit, c + 1);
}

/* --- Alloc and free ------------------------------------------------------ */

/* Make the first `need` of the `total` bytes at `block` a block in use, and what
 * is left a free one, unless it is too small.  `block` is in no list, and the block
 * behind `total` believes that the one before it is free.  Returns the block's size. */
AC_INLINE size_t block_carve(struct ac_fit *fit, struct ac_fit_block *block,
                             uint64_t before_free, size_t total, size_t need)
{
    struct ac_fit_block *behind = block_behind(block, total);
    size_t rest = total - need;

    if (rest < FIT_BLOCK_MIN) {
        block_set_word(fit, block, total | before_free);
        block_turn_flag(behind, FIT_BEFORE_FREE);
        return total;
    }
    struct ac_fit_block *left = block_behind(block, need);

    block_set_word(fit, block, need | before_free);
    block_set_word(fit, left, rest + FIT_FREE);
    behind->before = left;
    list_insert(fit, left, rest);
    return need;
}

AC_INLINE void count_alloc(struct ac_fit *fit, size_t size)
{
    fit->alloc_count++;
    fit->live += size;
    if (fit->live > fit->live_peak)
        fit->live_peak = fit->live;
}

/* How far into a free block a block must start to have its payload at a multiple
 * of `align`: 0, or enough for a block before it. */
AC_INLINE size_t block_gap(const struct ac_fit_block *block, size_t align)
{
    size_t gap = (size_t)(0 - ((uintptr_t)block + FIT_PAYLOAD)) & (align - 1);

    return gap == FIT_GRAIN ? gap + align : gap;
}

/* ac_fit_alloc for an alignment above 16.  The search is for a block that is
 * large enough wherever it lies; when there is none, one of the largest may do. */
AC_NOINLINE static void *fit_alloc_aligned(struct ac_fit *fit, size_t need, size_t align)
{
    if (align > FIT_SIZE_MAX || (align & (align - 1)) != 0)
        return NULL;
    size_t none = fit->class_count, c = class_of(need + align);

    c = c < none ? class_find(fit, c + 1) : none;
    if (c == none && (c = class_highest(fit)) == none)
        return NULL;
    struct ac_fit_block *block = fit->heads[c];
    size_t total = block_size(fit, block), gap = block_gap(block, align);

    if (total < need + gap)
        return NULL;
    list_remove_head(fit, c);
    uint64_t before_free = 0;

    if (gap != 0) {
        struct ac_fit_block *front = block;

        block = block_behind(front, gap);
        block_set_word(fit, front, gap + FIT_FREE);
        block->before = front;
        list_insert(fit, front, gap);
        before_free = FIT_BEFORE_FREE;
    }
    count_alloc(fit, block_carve(fit, block, before_free, total - gap, need));
    return block_payload(block);
}

void *ac_fit_alloc(struct ac_fit *fit, size_t size, size_t align)
{
    if (AC_UNLIKELY(size > FIT_SIZE_MAX))
        return NULL;
    size_t need = size_needed(size);

    if (AC_UNLIKELY(align > FIT_GRAIN))
        return fit_alloc_aligned(fit, need, align);
    if (AC_UNLIKELY((align & (align - 1)) != 0))
        return NULL;

    size_t c = class_fitting(fit, need);

    if (AC_UNLIKELY(c == fit->class_count))
        return NULL;
    struct ac_fit_block *block = fit->heads[c];
    size_t total = block_size(fit, block);

    list_remove_head(fit, c);
    count_alloc(fit, block_carve(fit, block, 0, total, need));
    return block_payload(block);
}

/* Is `payload` the start of a block in use?  Then fill *view.  Everything that
 * ac_fit_free follows is verified here, the links of free neighbours excepted.  What
 * is likely is said for the longest way, not the commonest: its length is the bound. */
AC_INLINE enum ac_fit_verdict fit_examine(const struct ac_fit *fit, const void *payload,
                                          struct fit_view *view)
{
    uintptr_t at = (uintptr_t)payload - FIT_PAYLOAD;
    size_t offset = at - fit->pool.first, length = fit->pool.length;

    if (AC_UNLIKELY(offset >= length)) {
        const struct ac_fit_pool *pool = pool_of_others(fit, at);

        if (pool == NULL)
            return AC_FIT_INVALID;
        offset = at - pool->first;
        length = pool->length;
    }
    if (AC_UNLIKELY(at % FIT_GRAIN != 0))
        return AC_FIT_INVALID;
    struct ac_fit_block *block = block_at(at);
    uint64_t word = block_word(fit, block), size = word_size(word);
    uint64_t room = length - offset;

    if (AC_UNLIKELY(size - 1 >= room))
        return AC_FIT_INVALID;
    if (AC_UNLIKELY(!word_is_plain(word)))
        return word_has_stray_bits(word) ? AC_FIT_INVALID : AC_FIT_DOUBLE;
    struct ac_fit_block *behind = block_behind(block, (size_t)size);
    uint64_t word_behind = block_word(fit, behind);

    if (AC_UNLIKELY((word_behind & FIT_FLAGS & ~FIT_FREE) != 0) ||
        AC_UNLIKELY(word_behind > room - size + FIT_FREE))
        return AC_FIT_INVALID;
    if (AC_LIKELY(word_is_before_free(word))) {
        uintptr_t before = (uintptr_t)block->before & ~(uintptr_t)(FIT_GRAIN - 1);
        size_t back = at - before;

        if (AC_UNLIKELY(back > offset) ||
            AC_UNLIKELY(block_word(fit, block_at(before)) != back + FIT_FREE))
            return AC_FIT_INVALID;
        view->back = back;
    }
    view->block = block;
    view->behind = behind;
    view->size = (size_t)size;
    view->word = word;
    view->word_behind = word_behind;
    return AC_FIT_OK;
}

enum ac_fit_verdict ac_fit_free(struct ac_fit *fit, void *payload)
{
    struct fit_view view;
    enum ac_fit_verdict verdict = fit_examine(fit, payload, &view);

    if (AC_UNLIKELY(verdict != AC_FIT_OK))
        return payload == NULL ? AC_FIT_OK : verdict;
    struct ac_fit_block *block = view.block, *behind = view.behind;
    size_t size = view.size;

    fit->free_count++;
    fit->live -= size;
    if (AC_LIKELY(word_is_before_free(view.word))) {
        block_turn_flag(block, FIT_FREE); /* F3: its header is none any more */
        block = block_at((uintptr_t)block - view.back);
        size += view.back;
        list_remove(fit, block);
    }
    if (AC_LIKELY(word_is_free(view.word_behind))) {
        size_t size_behind = (size_t)(view.word_behind - FIT_FREE);

        list_remove(fit, behind);
        size += size_behind;
        behind = block_behind(behind, size_behind);
    } else {
        block_turn_flag(behind, FIT_BEFORE_FREE);
    }
    block_set_word(fit, block, size + FIT_FREE);
    behind->before = block;
    list_insert(fit, block, size);
    return AC_FIT_OK;
}

bool ac_fit_resize(struct ac_fit *fit, void *payload, size_t size)
{
    struct fit_view view;

    if (size > FIT_SIZE_MAX || fit_examine(fit, payload, &view) != AC_FIT_OK)
        return false;
    size_t need = size_needed(size), total = view.size;

    if (word_is_free(view.word_behind))
        total += (size_t)word_size(view.word_behind);
    if (need > total)
        return false;
    if (need == view.size)
        return true;
    if (total != view.size)
        list_remove(fit, view.behind);
    else /* all of it counts as free for a moment, for block_carve */
        block_turn_flag(view.behind, FIT_BEFORE_FREE);
    fit->live -= view.size;
    fit->live += block_carve(fit, view.block, view.word & FIT_BEFORE_FREE, total, need);
    if (fit->live > fit->live_peak)
        fit->live_peak = fit->live;
    return true;
}

size_t ac_fit_usable(const struct ac_fit *fit, const void *payload)
{
    struct fit_view view;

    if (fit_examine(fit, payload, &view) != AC_FIT_OK)
        return 0;
    return view.size - FIT_HEADER;
}

bool ac_fit_owns(const struct ac_fit *fit, const void *address)
{
    return pool_of(fit, (uintptr_t)address - FIT_HEADER) != NULL;
}

/* --- Pools --------------------------------------------------------------- */

/* Cut [start, end) into a first block and a closing header, past `taken` bytes at
 * the start.  False when there is no room for a block. */
static bool pool_measure(struct ac_fit_pool *pool, uintptr_t memory, uintptr_t end,
                         size_t taken)
{
    size_t size = (end & ~(uintptr_t)(FIT_GRAIN - 1)) - memory;
    /* the first block's field `before` may lie in what is taken: it is never used */
    size_t skip = ac_align_up(taken - FIT_HEADER, FIT_GRAIN);

    if (size < skip + FIT_BLOCK_MIN + FIT_PAYLOAD)
        return false;
    pool->next = NULL;
    pool->memory = memory;
    pool->first = memory + skip;
    pool->length = size - skip - FIT_PAYLOAD;
    return true;
}

/* Make all of the pool one free block, as nothing were known about it. */
static void pool_clear(struct ac_fit *fit, const struct ac_fit_pool *pool)
{
    struct ac_fit_block *block = block_at(pool->first), *last = block_at(pool_end(pool));

    block_set_word(fit, block, pool->length | FIT_FREE);
    block_set_word(fit, last, FIT_BEFORE_FREE);
    last->before = block;
    list_insert(fit, block, pool->length);
}

/* How many classes there are in pools of up to `size` bytes. */
static size_t pool_classes(size_t size)
{
    return class_of(size) + 1;
}

/* Where whole grains begin in [memory, memory + size); 0 when there are none. */
static uintptr_t memory_start(const void *memory, size_t size)
{
    uintptr_t at = (uintptr_t)memory;
    uintptr_t start = (at + FIT_GRAIN - 1) & ~(uintptr_t)(FIT_GRAIN - 1);

    if (memory == NULL || size > FIT_SIZE_MAX || size < 2 * FIT_GRAIN ||
        at > UINTPTR_MAX - size)
        return 0;
    return start;
}

struct ac_fit *ac_fit_init(void *memory, size_t size)
{
    uintptr_t start = memory_start(memory, size);
    struct ac_fit_pool pool;

    if (start == 0)
        return NULL;
    struct ac_fit *fit = (struct ac_fit *)start;
    size_t class_count = pool_classes(size);
    size_t taken = sizeof *fit + class_count * sizeof fit->heads[0];

    if (!pool_measure(&pool, start, (uintptr_t)memory + size, taken))
        return NULL;
    memset(fit, 0, sizeof *fit);
    fit->key = ac_mix(start ^ FIT_KEY); /* a heap in a block has another: F2 */
    fit->heads = (struct ac_fit_block **)(fit + 1);
    fit->class_count = class_count;
    fit->pool = pool;
    fit->pool_count = 1;
    fit->capacity = pool.length;
    fit->total = size;
    ac_fit_reset(fit);
    fit->signature = FIT_SIGNATURE;
    return fit;
}

/* Do [start, end) and a pool of the heap overlap? */
static bool fit_overlaps(const struct ac_fit *fit, uintptr_t start, uintptr_t end)
{
    for (const struct ac_fit_pool *p = &fit->pool; p != NULL; p = p->next)
        if (start < pool_end(p) + FIT_PAYLOAD && p->memory < end)
            return true;
    return false;
}

/* Let the heads move to `heads`, with room for `count` of them.  The old ones' room
 * is lost; it is about one in a hundred of the pool it is in. */
static void fit_move_heads(struct ac_fit *fit, struct ac_fit_block **heads, size_t count)
{
    memcpy(heads, fit->heads, fit->class_count * sizeof heads[0]);
    memset(heads + fit->class_count, 0, (count - fit->class_count) * sizeof heads[0]);
    for (size_t i = 0; i < fit->class_count; i++)
        if (heads[i] != NULL)
            heads[i]->link = &heads[i];
    class_turn_bit(fit, fit->class_count); /* the bit that ends a search moves */
    class_turn_bit(fit, count);
    fit->heads = heads;
    fit->class_count = count;
}

bool ac_fit_add(struct ac_fit *fit, void *memory, size_t size)
{
    uintptr_t start = memory_start(memory, size);
    struct ac_fit_pool measured;

    if (start == 0 || fit_overlaps(fit, start, (uintptr_t)memory + size))
        return false;
    struct ac_fit_pool *pool = (struct ac_fit_pool *)start;
    size_t class_count = pool_classes(size);
    size_t taken = sizeof *pool;

    if (class_count > fit->class_count)
        taken += class_count * sizeof fit->heads[0];
    if (!pool_measure(&measured, start, (uintptr_t)memory + size, taken))
        return false;
    *pool = measured;
    if (class_count > fit->class_count)
        fit_move_heads(fit, (struct ac_fit_block **)(pool + 1), class_count);
    pool->next = fit->pool.next;
    fit->pool.next = pool;
    fit->pool_count++;
    fit->capacity += pool->length;
    fit->total += size;
    pool_clear(fit, pool);
    return true;
}

void ac_fit_rekey(struct ac_fit *fit, uint64_t key)
{
    fit->key = key;
    memset(fit->filled, 0, sizeof fit->filled);
    class_turn_bit(fit, fit->class_count);
    memset(fit->heads, 0, fit->class_count * sizeof fit->heads[0]);
    for (const struct ac_fit_pool *p = &fit->pool; p != NULL; p = p->next)
        pool_clear(fit, p);
    fit->live = 0;
    fit->free_count = fit->alloc_count;
}

void ac_fit_reset(struct ac_fit *fit)
{
    ac_fit_rekey(fit, fit->key + FIT_KEY_STEP);
}

struct ac_fit_stats ac_fit_stats(const struct ac_fit *fit)
{
    struct ac_fit_stats stats = {
        .live = fit->live,
        .live_peak = fit->live_peak,
        .live_count = (size_t)(fit->alloc_count - fit->free_count),
        .alloc_count = fit->alloc_count,
        .free_count = fit->free_count,
        .free_all = fit->capacity - fit->live,
        .control = fit->total - fit->capacity,
        .total = fit->total,
        .pool_count = fit->pool_count,
    };

    size_t c = class_highest(fit);

    if (c != fit->class_count)
        stats.free_largest = block_size(fit, fit->heads[c]) - FIT_HEADER;
    return stats;
}

/* --- Check and walk ------------------------------------------------------ */

/* What the walk over all blocks found. */
struct fit_tally {
    size_t live;
    uint64_t live_count;
    uint64_t free_count;
};

/* Could `word` be the header of the block at `at`?  Its size stays in the pool. */
static bool word_is_plausible(const struct ac_fit_pool *pool, uintptr_t at, uint64_t word)
{
    uint64_t size = word_size(word);

    return size >= FIT_BLOCK_MIN && size <= pool_end(pool) - at &&
           !word_has_stray_bits(word);
}

static enum ac_fit_flaw pool_check(const struct ac_fit *fit,
                                   const struct ac_fit_pool *pool,
                                   struct fit_tally *tally)
{
    uint64_t before_free = 0;
    uintptr_t at = pool->first, end = pool_end(pool);

    while (at != end) {
        uint64_t word = block_word(fit, block_at(at));
        size_t size = (size_t)word_size(word);

        if (!word_is_plausible(pool, at, word))
            return AC_FIT_FLAW_HEADER;
        if ((word & FIT_BEFORE_FREE) != before_free)
            return AC_FIT_FLAW_FLAG;
        if (!word_is_free(word)) {
            before_free = 0;
            tally->live += size;
            tally->live_count++;
        } else if (before_free != 0) {
            return AC_FIT_FLAW_UNMERGED;
        } else if (block_at(at + size)->before != block_at(at)) {
            return AC_FIT_FLAW_TAG;
        } else {
            before_free = FIT_BEFORE_FREE;
            tally->free_count++;
        }
        at += size;
    }
    uint64_t last = block_word(fit, block_at(end));

    if ((last & ~FIT_BEFORE_FREE) != 0)
        return AC_FIT_FLAW_HEADER;
    return last == before_free ? AC_FIT_SOUND : AC_FIT_FLAW_FLAG;
}

/* Is a block that a list names one, free, and of class c? */
static enum ac_fit_flaw listed_check(const struct ac_fit *fit, size_t c,
                                     const struct ac_fit_block *block)
{
    uintptr_t at = (uintptr_t)block;
    const struct ac_fit_pool *pool = pool_of(fit, at);

    if (pool == NULL || at % FIT_GRAIN != 0)
        return AC_FIT_FLAW_LINK;
    uint64_t word = block_word(fit, block);

    if (!word_is_plausible(pool, at, word) || !word_is_free(word))
        return AC_FIT_FLAW_LINK;
    return class_of((size_t)word_size(word)) == c ? AC_FIT_SOUND : AC_FIT_FLAW_CLASS;
}

/* Check the list of class c, and count its blocks out of *left. */
static enum ac_fit_flaw list_check(const struct ac_fit *fit, size_t c, uint64_t *left)
{
    struct ac_fit_block *const *link = &fit->heads[c];
    bool bit = (fit->filled[c / 64] >> (c % 64) & 1) != 0;

    if (bit != (*link != NULL))
        return AC_FIT_FLAW_MAP;
    for (; *link != NULL; link = &(*link)->next) {
        enum ac_fit_flaw flaw = listed_check(fit, c, *link);

        if (flaw != AC_FIT_SOUND)
            return flaw;
        if ((*link)->link != link || (*left)-- == 0) /* none left: a loop */
            return AC_FIT_FLAW_LINK;
    }
    return AC_FIT_SOUND;
}

int ac_fit_check(const struct ac_fit *fit)
{
    struct fit_tally tally = {0};

    if (fit->signature != FIT_SIGNATURE)
        return AC_FIT_FLAW_SIGNATURE;
    for (const struct ac_fit_pool *p = &fit->pool; p != NULL; p = p->next) {
        enum ac_fit_flaw flaw = pool_check(fit, p, &tally);

        if (flaw != AC_FIT_SOUND)
            return (int)flaw;
    }
    if (class_find(fit, fit->class_count) != fit->class_count)
        return AC_FIT_FLAW_MAP;
    for (size_t c = 0; c < fit->class_count; c++) {
        enum ac_fit_flaw flaw = list_check(fit, c, &tally.free_count);

        if (flaw != AC_FIT_SOUND)
            return (int)flaw;
    }
    if (tally.free_count != 0)
        return AC_FIT_FLAW_LOST;
    if (tally.live != fit->live || fit->live > fit->live_peak ||
        tally.live_count != fit->alloc_count - fit->free_count)
        return AC_FIT_FLAW_STATS;
    return AC_FIT_SOUND;
}

void ac_fit_walk(const struct ac_fit *fit,
                 void (*visit)(void *arg, void *block, size_t size, bool used), void *arg)
{
    for (const struct ac_fit_pool *p = &fit->pool; p != NULL; p = p->next)
        for (uintptr_t at = p->first; at != pool_end(p);) {
            uint64_t word = block_word(fit, block_at(at));
            size_t size = (size_t)word_size(word);

            if (!word_is_plausible(p, at, word))
                break;
            visit(arg, block_payload(block_at(at)), size - FIT_HEADER,
                  !word_is_free(word));
            at += size;
        }
}
