/* events.h -- the seam for instruments: profiler, checker, tracer.
 *
 * An instrument sees allocations only where malloc's list of a class is left: when
 * the countdown `left` of the list has run out.  Nothing else on the fast path
 * knows of instruments, so one that is attached but off costs no instruction.
 *
 * Sampling: each class counts its own mallocs down to its next sample.  Distances
 * are geometric with mean period / size mallocs; independent Poisson processes of
 * one rate per byte add up to a Poisson process of the whole stream, so this equals
 * sampling all allocated bytes (J. F. C. Kingman, "Poisson Processes", 1993, 2.2). */
#ifndef AC_CORE_EVENTS_H
#define AC_CORE_EVENTS_H

#include "core/types.h"

struct ac_instrument {
    const char *name;
    size_t period_bytes;    /* mean distance of samples in bytes; 0: off */
    /* A block that was sampled, before malloc returns it.  No malloc inside. */
    void (*sampled)(void *context, const void *block, size_t size);
    void *context;
};

/* Attach one instrument, or none (NULL).  EBUSY when there is another already.
 * Threads notice when their countdown runs out. */
int ac_events_attach(const struct ac_instrument *instrument);

/* Start the countdown of a list anew: to the next sample, or, with no instrument on,
 * to the next look whether there is one.  Returns whether the one that has run out led
 * to a sample. */
bool ac_events_rearm(struct ac_heap *heap, uint32_t cls);

/* Is this large block, which has no countdown, a sample? */
bool ac_events_draw(struct ac_heap *heap, size_t size);

/* This block is a sample: tell the instrument. */
void ac_events_sampled(const void *block, size_t size);

#endif
