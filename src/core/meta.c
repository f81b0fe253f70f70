/* meta.c -- see meta.h. */
#include "core/meta.h"
#include "os/os.h"

#include <errno.h>

#define META_STEP ((size_t)64 << 10)
#define META_ARRAYS_MAX 8

static struct ac_meta *meta_known[META_ARRAYS_MAX];
static uint32_t meta_known_count;

int ac_meta_init(struct ac_meta *arrays, const size_t *limits, uint32_t count)
{
    if (arrays[0].base != 0)
        return 0;
    size_t total = 0;
    int error = 0;

    for (uint32_t i = 0; i < count; i++)    /* one step between arrays stays a trap */
        total += ac_align_up(limits[i], META_STEP) + META_STEP;
    uintptr_t at = (uintptr_t)ac_os_reserve(total, META_STEP, &error);
    if (at == 0)
        return error;
    /* All at once: each commit of a part would split mappings, a third of our time at
     * the start of a small program.  Where memory is accounted strictly, in parts. */
    bool whole = ac_os_commit((void *)at, total - META_STEP) == 0;

    ac_os_dump((void *)at, total, false);
    for (uint32_t i = 0; i < count; i++) {
        arrays[i].base = at;
        arrays[i].limit = ac_align_up(limits[i], META_STEP);
        arrays[i].committed = whole ? arrays[i].limit : 0;
        at += arrays[i].limit + META_STEP;
        if (meta_known_count < META_ARRAYS_MAX)
            meta_known[meta_known_count++] = &arrays[i];
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
    size_t want = ac_align_up(ac_max(bytes, array->committed + array->committed / 4),
                              META_STEP);
    want = ac_min(want, array->limit);
    int error = ac_os_commit((void *)(array->base + array->committed),
                             want - array->committed);
    if (error == 0)
        array->committed = want;
    return error;
}

size_t ac_meta_committed(void)
{
    size_t total = 0;

    for (uint32_t i = 0; i < meta_known_count; i++)
        total += meta_known[i]->committed;
    return total;
}

size_t ac_meta_resident(int pagemap)
{
    size_t total = 0;
    size_t zero = 0;

    for (uint32_t i = 0; i < meta_known_count; i++) {
        const void *base = (const void *)meta_known[i]->base;
        size_t bytes = meta_known[i]->committed;

        if (bytes == 0)
            continue;
        total += ac_os_resident(base, bytes);
        zero += ac_os_zero_mapped(pagemap, base, bytes);
    }
    return total - ac_min(zero, total);
}
