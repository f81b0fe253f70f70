/* meta.h -- memory for acre's own records: arrays that grow in place.
 *
 * Each array has address space for its greatest length, so that elements never move
 * and indices stay valid.  It is committed from the start as far as it is used; what
 * lies behind traps.  (Committing it as a whole gains nothing at the start of small
 * programs, and counts as 800 MiB where memory is accounted strictly.) */
#ifndef AC_CORE_META_H
#define AC_CORE_META_H

#include "base/base.h"

struct ac_meta {
    uintptr_t base;
    size_t committed;       /* bytes */
    size_t limit;           /* bytes of address space */
};

/* Lay `count` arrays of `limits[i]` bytes into one reservation; nothing if that was
 * done.  ENOMEM. */
int ac_meta_init(struct ac_meta *arrays, const size_t *limits, uint32_t count);

/* Commit at least `bytes` of the array (zeroed).  ENOMEM: nothing changed.  The
 * caller holds the lock of what the array belongs to. */
int ac_meta_ensure(struct ac_meta *array, size_t bytes);

/* Bytes of all arrays that are resident (`pagemap`: of ac_os_pagemap_open, or -1). */
size_t ac_meta_resident(int pagemap);

#endif
