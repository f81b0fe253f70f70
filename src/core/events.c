/* events.c -- see events.h. */
#include "core/events.h"

#include <errno.h>

#define DISTANCE_OFF ((uint32_t)1 << 20)    /* how soon a switched-on one is noticed */
#define DISTANCE_MAX ((uint32_t)1 << 30)

static _Atomic(const struct ac_instrument *) events_instrument;

int ac_events_attach(const struct ac_instrument *instrument)
{
    const struct ac_instrument *none = NULL;

    if (instrument == NULL) {
        atomic_store_explicit(&events_instrument, NULL, memory_order_release);
        return 0;
    }
    return atomic_compare_exchange_strong_explicit(&events_instrument, &none, instrument,
                                                   memory_order_release,
                                                   memory_order_relaxed)
               ? 0
               : EBUSY;
}

/* -ln(u / 2^53) for u in [1, 2^53], by halving and a short series: exact to 1e-9. */
static double events_minus_log(uint64_t u)
{
    uint32_t log = ac_log2(u);
    double m = (double)u / (double)((uint64_t)1 << log);    /* [1, 2) */
    double y = (m - 1.0) / (m + 1.0);                       /* ln m = 2 atanh y */
    double y2 = y * y;
    double sum = 0;

    for (int k = 21; k >= 1; k -= 2)
        sum = sum * y2 + 1.0 / k;
    return (53.0 - log) * 0.69314718055994530942 - 2.0 * y * sum;
}

/* The period of the instrument that is on, or 0. */
static size_t events_period(void)
{
    const struct ac_instrument *instrument =
        atomic_load_explicit(&events_instrument, memory_order_acquire);

    return instrument != NULL ? instrument->period_bytes : 0;
}

/* Exponentially distributed with mean 1. */
static double events_random(struct ac_heap *heap)
{
    heap->random += 0x9e3779b97f4a7c15u;
    return events_minus_log((ac_mix(heap->random) >> 11) + 1);
}

static uint32_t events_distance(struct ac_heap *heap, uint32_t cls, size_t period)
{
    double mean = (double)period / ac_class_sizes[cls];
    double distance = events_random(heap) * mean;

    return distance < DISTANCE_MAX ? (uint32_t)distance + 1 : DISTANCE_MAX;
}

bool ac_events_rearm(struct ac_heap *heap, uint32_t cls)
{
    struct ac_list_slow *slow = &heap->slow[cls];
    size_t period = events_period();
    bool sample = slow->drawn && period != 0;
    uint32_t left = period != 0 ? events_distance(heap, cls, period) : DISTANCE_OFF;

    /* A list's first block has no countdown before it: it is drawn for itself. */
    if (!slow->begun && period != 0)
        sample = events_random(heap) * (double)period < ac_class_sizes[cls];
    slow->begun = true;
    slow->drawn = period != 0;
    AC_PUT(heap->list[cls].left, left);
    AC_PUT(slow->left_start, left);
    return sample;
}

bool ac_events_draw(struct ac_heap *heap, size_t size)
{
    size_t period = events_period();

    return period != 0 && events_random(heap) * (double)period < (double)size;
}

void ac_events_sampled(const void *block, size_t size)
{
    const struct ac_instrument *instrument =
        atomic_load_explicit(&events_instrument, memory_order_acquire);

    if (instrument != NULL && instrument->period_bytes != 0)
        instrument->sampled(instrument->context, block, size);
}
