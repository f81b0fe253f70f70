/* large.c -- blocks above 32 KiB: a span of 4 KiB granules, or a mapping of their own.
 *
 *   malloc -> alloc.c -> [large.c] -> core/span.c      up to 32 MiB
 *                             `-> os/os.h              above, or when the window is full
 *
 * Huge blocks stand in a hash table by address (open addressing, linear probing;
 * D. Knuth, The Art of Computer Programming, vol. 3, 6.4, algorithm R removes). */
#include "core/meta.h"
#include "heap/heap.h"

#include <errno.h>

#define HUGE_SLOTS_MAX 131072u /* twice the usual vm.max_map_count */
#define HUGE_GROUP 64u
#define HUGE_GROUPS (HUGE_SLOTS_MAX / HUGE_GROUP)
#define FREED_COUNT 64u

struct huge {
    uintptr_t address; /* 0: empty */
    size_t bytes;      /* of the mapping */
    size_t requested;
};

struct ac_lock ac_huge_lock = AC_LOCK_INIT(AC_RANK_HUGE);

static struct {
    struct ac_meta meta;
    struct huge *slots;
    uint32_t mask;
    uint32_t count;
    size_t bytes;
    size_t peak; /* the most that `bytes` ever was */
    size_t requested;
    size_t mallocs;
    /* A bit for each group of slots that was ever used: whoever walks the table leaves
     * the rest of it untouched. */
    uint64_t used_groups[HUGE_GROUPS / 64];
} huge_table;

/* The last large blocks that were freed: to name a double free.  Advice only. */
static struct {
    _Atomic(uintptr_t) address;
    _Atomic(size_t) bytes;
} freed[FREED_COUNT];
static _Atomic(uint32_t) freed_next;

static void freed_note(const void *block, size_t bytes)
{
    uint32_t i = atomic_fetch_add_explicit(&freed_next, 1, memory_order_relaxed);

    atomic_store_explicit(&freed[i % FREED_COUNT].address, (uintptr_t)block,
                          memory_order_relaxed);
    atomic_store_explicit(&freed[i % FREED_COUNT].bytes, bytes, memory_order_relaxed);
}

size_t ac_large_freed_size(const void *block)
{
    uint32_t cached = ac_span_find_state(block, AC_SPAN_CACHED);

    if (cached != 0)
        return ac_span_bytes(cached);
    for (uint32_t i = 0; i < FREED_COUNT; i++)
        if (atomic_load_explicit(&freed[i].address, memory_order_relaxed) ==
            (uintptr_t)block)
            return atomic_load_explicit(&freed[i].bytes, memory_order_relaxed);
    return 0;
}

/* --- The table of huge blocks; the lock is held ---------------------------- */

static int huge_table_make(void)
{
    uint32_t slots = HUGE_SLOTS_MAX;

    while (slots > 512 && slots * sizeof(struct huge) > ac_os.as_limit_bytes / 256)
        slots /= 2;
    size_t limit = slots * sizeof(struct huge);
    int error = ac_meta_init(&huge_table.meta, &limit, 1);

    if (error != 0)
        return error;
    huge_table.slots = (struct huge *)huge_table.meta.base;
    huge_table.mask = slots - 1;
    return 0;
}

static uint32_t huge_hash(uintptr_t address)
{
    return (uint32_t)ac_mix(address) & huge_table.mask;
}

static struct huge *huge_find(const void *block)
{
    if (huge_table.count == 0)
        return NULL;
    for (uint32_t i = huge_hash((uintptr_t)block);; i = (i + 1) & huge_table.mask) {
        struct huge *slot = &huge_table.slots[i];

        if (slot->address == 0)
            return NULL;
        if (slot->address == (uintptr_t)block)
            return slot;
    }
}

/* The next slot that holds a block from number *i on, or NULL. */
static const struct huge *huge_next(uint32_t *i)
{
    while (huge_table.count != 0 && *i <= huge_table.mask) {
        uint32_t group = *i / HUGE_GROUP;

        if ((huge_table.used_groups[group / 64] >> (group % 64) & 1) == 0) {
            *i = (group + 1) * HUGE_GROUP;
            continue;
        }
        const struct huge *slot = &huge_table.slots[(*i)++];

        if (slot->address != 0)
            return slot;
    }
    return NULL;
}

static bool huge_insert(const void *block, size_t bytes, size_t requested)
{
    if (huge_table.slots == NULL && huge_table_make() != 0)
        return false;
    size_t all = ((size_t)huge_table.mask + 1) * sizeof(struct huge);

    if (huge_table.count > huge_table.mask / 4 * 3 ||
        ac_meta_ensure(&huge_table.meta, all) != 0)
        return false;
    uint32_t i = huge_hash((uintptr_t)block);

    while (huge_table.slots[i].address != 0)
        i = (i + 1) & huge_table.mask;
    huge_table.slots[i] = (struct huge){(uintptr_t)block, bytes, requested};
    huge_table.used_groups[i / HUGE_GROUP / 64] |= (uint64_t)1 << (i / HUGE_GROUP % 64);
    huge_table.count++;
    huge_table.mallocs++;
    huge_table.requested += requested;
    huge_table.bytes += bytes;
    huge_table.peak = ac_max(huge_table.peak, huge_table.bytes);
    return true;
}

static void huge_remove(struct huge *slot)
{
    uint32_t hole = (uint32_t)(slot - huge_table.slots);

    huge_table.count--;
    huge_table.bytes -= slot->bytes;
    huge_table.requested -= slot->requested;
    for (uint32_t i = (hole + 1) & huge_table.mask; huge_table.slots[i].address != 0;
         i = (i + 1) & huge_table.mask) {
        uint32_t home = huge_hash(huge_table.slots[i].address);

        /* Move it into the hole unless its home lies between the hole and it. */
        if (((i - home) & huge_table.mask) >= ((i - hole) & huge_table.mask)) {
            huge_table.slots[hole] = huge_table.slots[i];
            hole = i;
        }
    }
    huge_table.slots[hole].address = 0;
}

/* --- Huge blocks ----------------------------------------------------------- */

static void *huge_alloc(size_t size, size_t align)
{
    size_t page = ac_os.page_bytes;
    size_t bytes = ac_align_up(size, page);
    void *block = ac_os_map(bytes, ac_max(align, page), NULL);

    if (block == NULL) {
        ac_span_relieve(); /* limits may count what we hold free */
        block = ac_os_map(bytes, ac_max(align, page), NULL);
    }
    if (block == NULL)
        return NULL;
    ac_lock_take(&ac_huge_lock);
    bool known = huge_insert(block, bytes, size);

    ac_lock_give(&ac_huge_lock);
    if (known)
        return block;
    (void)ac_os_release(block, bytes);
    return NULL;
}

void *ac_huge_try_alloc(size_t size, size_t align)
{
    size_t bytes = ac_align_up(size, ac_os.page_bytes);

    if (size > PTRDIFF_MAX || !ac_lock_try(&ac_huge_lock))
        return NULL;
    void *block = ac_os_map(bytes, ac_max(align, ac_os.page_bytes), NULL);
    bool known = block != NULL && huge_insert(block, bytes, size);

    ac_lock_give(&ac_huge_lock);
    if (block != NULL && !known)
        (void)ac_os_release(block, bytes);
    return known ? block : NULL;
}

/* Size of the mapping of a huge block that is taken out of the table, or 0. */
static size_t huge_forget(const void *block)
{
    size_t bytes = 0;

    ac_lock_take(&ac_huge_lock);
    struct huge *slot = huge_find(block);

    if (slot != NULL) {
        bytes = slot->bytes;
        huge_remove(slot);
    }
    ac_lock_give(&ac_huge_lock);
    return bytes;
}

static bool huge_free(void *block)
{
    size_t bytes = huge_forget(block);

    if (bytes == 0)
        return false;
    freed_note(block, bytes);
    if (ac_os_release(block, bytes) != 0) /* too many mappings: keep the addresses */
        (void)ac_os_purge(block, bytes);
    return true;
}

/* Also in a signal handler that has interrupted a holder of the lock: then without. */
static size_t huge_usable(const void *block)
{
    bool locked = ac_lock_settles(&ac_huge_lock, AC_SETTLE_NS);

    if (locked)
        ac_lock_take(&ac_huge_lock);
    const struct huge *slot = huge_find(block);
    size_t bytes = slot != NULL ? slot->bytes : 0;

    if (locked)
        ac_lock_give(&ac_huge_lock);
    return bytes;
}

const void *ac_huge_around(const void *address, size_t *bytes)
{
    const void *found = NULL;
    const struct huge *slot;

    ac_lock_take(&ac_huge_lock);
    for (uint32_t i = 0; (slot = huge_next(&i)) != NULL;) {
        if ((uintptr_t)address - slot->address < slot->bytes) {
            found = (const void *)slot->address;
            *bytes = slot->bytes;
        }
    }
    ac_lock_give(&ac_huge_lock);
    return found;
}

/* By mremap: pages move, contents are not copied (1 us instead of 1 s a GiB). */
static void *huge_resize(void *block, size_t size)
{
    size_t bytes = ac_align_up(size, ac_os.page_bytes);

    if (size <= AC_LARGE_MAX / 2)
        return NULL;
    ac_lock_take(&ac_huge_lock);
    struct huge *slot = huge_find(block);
    void *moved = NULL;

    if (slot != NULL && slot->bytes == bytes) {
        huge_table.requested += size - slot->requested;
        slot->requested = size;
        moved = block;
    } else if (slot != NULL) {
        moved = ac_os_remap(block, slot->bytes, bytes, true);
        if (moved != NULL) {
            huge_remove(slot);
            (void)huge_insert(moved, bytes, size); /* a slot has just become free */
            huge_table.mallocs--;
        }
    }
    ac_lock_give(&ac_huge_lock);
    return moved;
}

void ac_huge_totals_get(struct ac_huge_totals *out, int pagemap)
{
    const struct huge *slot;
    size_t zero = 0;

    *out = (struct ac_huge_totals){0};
    ac_lock_take(&ac_huge_lock);
    for (uint32_t i = 0; (slot = huge_next(&i)) != NULL;) {
        out->resident += ac_os_resident((const void *)slot->address, slot->bytes);
        zero += ac_os_zero_mapped(pagemap, (const void *)slot->address, slot->bytes);
    }
    out->resident -= ac_min(zero, out->resident);
    out->count = huge_table.count;
    out->bytes = huge_table.bytes;
    out->peak = huge_table.peak;
    out->requested = huge_table.requested;
    out->mallocs = huge_table.mallocs;
    ac_lock_give(&ac_huge_lock);
}

/* --- Large blocks ---------------------------------------------------------- */

static uint32_t granules_of(size_t size)
{
    uint32_t shift = ac_areas[AC_AREA_LARGE].shift;

    return (uint32_t)((size + ((size_t)1 << shift) - 1) >> shift);
}

static void large_note(uint32_t span, size_t requested)
{
    atomic_store_explicit(&ac_spans[span].requested, requested, memory_order_relaxed);
}

/* The library may not be started: a first malloc can be a large one. */
static bool large_started(void)
{
    return ac_map.unit_count != 0 || ac_heap_start_hook();
}

/* --- Spans that a thread keeps -------------------------------------------------- */

#define CACHED_BYTES ((size_t)2 << 20)

static uint32_t cache_take(struct ac_heap *heap, uint32_t count)
{
    for (uint32_t i = 0; i < AC_CACHED_SPANS; i++) {
        uint32_t span = heap->cached[i];

        if (span == 0 || ac_spans[span].count != count)
            continue;
        heap->cached[i] = 0;
        AC_PUT(heap->cached_bytes, heap->cached_bytes - ac_span_bytes(span));
        AC_ADD(heap->cached_mallocs, 1);
        AC_PUT(ac_spans[span].state, AC_SPAN_LARGE);
        return span;
    }
    return 0;
}

/* Of two threads that free the same block at the same moment one gets it. */
static bool span_claim(uint32_t span)
{
    uint8_t state = AC_SPAN_LARGE;

    return __atomic_compare_exchange_n(&ac_spans[span].state, &state, AC_SPAN_CACHED,
                                       false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static bool cache_put(struct ac_heap *heap, uint32_t span)
{
    size_t bytes = ac_span_bytes(span);

    if (heap->cached_bytes + bytes > CACHED_BYTES)
        return false;
    for (uint32_t i = 0; i < AC_CACHED_SPANS; i++) {
        if (heap->cached[i] != 0)
            continue;
        if (!span_claim(span))
            return false;
        heap->cached[i] = span;
        AC_ADD(heap->cached_bytes, bytes);
        return true;
    }
    return false;
}

void ac_large_trim(struct ac_heap *heap)
{
    for (uint32_t i = 0; i < AC_CACHED_SPANS; i++) {
        uint32_t span = heap->cached[i];

        heap->cached[i] = 0;
        if (span != 0)
            (void)ac_span_free(span, AC_SPAN_CACHED);
    }
    AC_PUT(heap->cached_bytes, 0);
}

void *ac_large_alloc(struct ac_heap *heap, size_t size, size_t align, bool *zero)
{
    *zero = false;
    if (size > PTRDIFF_MAX || !large_started())
        return NULL;
    if (heap != NULL && heap->cached_bytes >= size && align <= 4096) {
        uint32_t span = cache_take(heap, granules_of(size));

        if (span != 0) {
            large_note(span, size);
            return ac_span_address(span);
        }
    }
    if (size <= AC_LARGE_MAX && align <= AC_LARGE_MAX) {
        uint32_t shift = ac_areas[AC_AREA_LARGE].shift;
        uint32_t align_granules = (uint32_t)ac_max(align >> shift, 1);
        uint32_t span = ac_span_alloc(AC_AREA_LARGE, granules_of(size), align_granules,
                                      AC_SPAN_LARGE, zero);

        if (span != 0) {
            large_note(span, size);
            return ac_span_address(span);
        }
    }
    *zero = true;
    return huge_alloc(size, align);
}

bool ac_large_free(struct ac_heap *heap, void *block)
{
    uint32_t span = ac_span_find(block);

    if (span == 0)
        return huge_free(block);
    struct acre_heap *first_class = ac_spans[span].first_class;

    if (first_class != NULL) {
        ac_first_free(first_class, block, "free");
        return true;
    }
    if (heap != NULL && cache_put(heap, span))
        return true;
    freed_note(block, ac_span_bytes(span));
    return ac_span_free(span, AC_SPAN_LARGE);
}

struct acre_heap *ac_large_first_class(const void *block)
{
    uint32_t span = ac_span_find(block);

    return span != 0 ? ac_spans[span].first_class : NULL;
}

size_t ac_large_usable(const void *block)
{
    uint32_t span = ac_span_find(block);

    return span != 0 ? ac_span_bytes(span) : huge_usable(block);
}

void *ac_large_resize(void *block, size_t size)
{
    uint32_t span = ac_span_find(block);

    if (span == 0)
        return huge_resize(block, size);
    if (size <= AC_SMALL_MAX || size > AC_LARGE_MAX)
        return NULL;
    uint32_t count = granules_of(size);

    if (count > ac_spans[span].count && !ac_span_extend(span, count))
        return NULL;
    if (count < ac_spans[span].count)
        ac_span_trim(span, count);
    large_note(span, size);
    return block;
}
