/* meta.c -- see meta.h. */
#include "core/meta.h"
#include "os/os.h"

#include <errno.h>
#include <stdatomic.h>

#define META_STEP ((size_t)64 << 10)
#define META_ARRAYS_MAX 8

static _Atomic(struct ac_meta *) meta_known[META_ARRAYS_MAX];
static _Atomic(uint32_t) meta_known_count;

int ac_meta_init(struct ac_meta *arrays, const size_t *limits, uint32_t count)
{
    if (arrays[0].base != 0)
        return 0;
    size_t total = 0;
    int error = 0;

    for (uint32_t i = 0; i < count; i++) /* one step between arrays stays a trap */
        total += ac_align_up(limits[i], META_STEP) + META_STEP;
    uintptr_t at = (uintptr_t)ac_os_reserve(total, META_STEP, &error);
    if (at == 0)
        return error;
    ac_os_dump((void *)at, total, false);
    for (uint32_t i = 0; i < count; i++) {
        arrays[i].base = at;
        arrays[i].limit = ac_align_up(limits[i], META_STEP);
        arrays[i].committed = 0;
        at += arrays[i].limit + META_STEP;
        uint32_t known =
            atomic_fetch_add_explicit(&meta_known_count, 1, memory_order_relaxed);

        if (known < META_ARRAYS_MAX)
            atomic_store_explicit(&meta_known[known], &arrays[i], memory_order_release);
    }
    return 0;
}

int ac_meta_ensure(struct ac_meta *array, size_t bytes)
{
    if (bytes <= array->committed)
        return 0;
    if (bytes > array->limit)
        return ENOMEM;
    /* Grow by a quarter at least, so that commits stay few. */
    size_t want =
        ac_align_up(ac_max(bytes, array->committed + array->committed / 4), META_STEP);
    want = ac_min(want, array->limit);
    int error =
        ac_os_commit((void *)(array->base + array->committed), want - array->committed);
    if (error != 0)
        return error;
    ac_os_dump((void *)(array->base + array->committed), want - array->committed, true);
    AC_PUT(array->committed, want);
    return 0;
}

/* The k-th array that there is, or NULL. */
static const struct ac_meta *meta_at(uint32_t k)
{
    return atomic_load_explicit(&meta_known[k], memory_order_acquire);
}

size_t ac_meta_resident(int pagemap)
{
    size_t total = 0;
    size_t zero = 0;

    for (uint32_t i = 0; i < META_ARRAYS_MAX; i++) {
        const struct ac_meta *array = meta_at(i);
        size_t bytes = array != NULL ? AC_GET(array->committed) : 0;

        if (bytes == 0)
            continue;
        total += ac_os_resident((const void *)array->base, bytes);
        zero += ac_os_zero_mapped(pagemap, (const void *)array->base, bytes);
    }
    return total - ac_min(zero, total);
}
