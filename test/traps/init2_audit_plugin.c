/* An auditor lives in a namespace of its own with its own libc; it allocates. */
#include <link.h>
#include <stdlib.h>

static void allocate(void)
{
    for (size_t n = 1; n < 100000; n *= 3)
        free(calloc(1, n));
}
unsigned la_version(unsigned version)
{
    allocate();
    return version;
}
unsigned la_objopen(struct link_map *map, Lmid_t id, uintptr_t *cookie)
{
    (void)map, (void)id, (void)cookie;
    allocate();
    return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
