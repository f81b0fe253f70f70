/* purge.c -- memory goes back to the system without anyone's help.
 *
 * No thread and no timer: a free that leaves more dirty memory than allowed purges
 * at once, largest spans first.  So a program that frees everything and then sleeps
 * for ever holds little.  What is allowed:
 *
 *     max(retain, retain_percent of the memory in use) + regret
 *
 * Regret is memory that was purged and wanted again soon (regret_ms), the second time
 * in a row: a purge and the faults after it cost about 1.5 us per 4 KiB.  It halves
 * every second, so that a program that fills and empties its heap in a loop pays
 * twice, and one that has calmed down returns to the small figure.  Once is no loop: a
 * program that shrinks, grows and ends its work holds little afterwards. */
#include "core/options.h"
#include "core/span.h"

#define PURGE_SECOND_NS 1000000000u
#define PURGE_CYCLE_BYTES ((size_t)1 << 20) /* less is no cycle */

struct ac_purge_state ac_purge;

uint32_t ac_purge_clock_ms(void)
{
    return (uint32_t)(ac_os_now_ns() / 1000000u);
}

void ac_purge_regret(const struct ac_span *span, size_t bytes)
{
    if (ac_purge_clock_ms() - span->purged_ms > ac_option(regret_ms))
        return;
    ac_purge.wanted_bytes += bytes;
    if (ac_purge.cycles == 0)
        return;
    ac_purge.regret_bytes =
        ac_min(ac_purge.regret_bytes + 2 * bytes, ac_span_used_peak());
}

static void purge_decay(void)
{
    uint64_t now = ac_os_now_ns();

    if (now - ac_purge.decayed_ns < PURGE_SECOND_NS)
        return;
    uint64_t seconds = (now - ac_purge.decayed_ns) / PURGE_SECOND_NS;

    ac_purge.regret_bytes = seconds < 48 ? ac_purge.regret_bytes >> seconds : 0;
    ac_purge.cycles = 0;
    ac_purge.decayed_ns = now;
}

size_t ac_purge_allowance(void)
{
    size_t used = ac_areas[0].used_bytes + ac_areas[1].used_bytes;
    size_t share = used / 100 * ac_option(retain_percent);

    if (ac_purge.regret_bytes != 0 || ac_purge.cycles != 0)
        purge_decay();
    return ac_max(ac_option(retain), share) + ac_purge.regret_bytes;
}

/* The largest dirty span of both areas, or 0. */
static uint32_t purge_candidate(void)
{
    uint32_t best = 0;
    size_t best_bytes = 0;

    for (uint32_t i = 0; i < 2; i++)
        for (uint32_t word = (AC_BIN_COUNT + 63) / 64; word-- > 0;) {
            uint64_t bits = ac_areas[i].bin_bits[0][word];

            if (bits == 0)
                continue;
            uint32_t span = ac_areas[i].bin[0][word * 64 + ac_log2(bits)];

            if (ac_span_bytes(span) > best_bytes) {
                best = span;
                best_bytes = ac_span_bytes(span);
            }
            break;
        }
    return best;
}

size_t ac_span_purge(size_t keep)
{
    size_t done = 0;

    ac_lock_take(&ac_span_lock);
    while (ac_areas[0].dirty_bytes + ac_areas[1].dirty_bytes > keep) {
        uint32_t span = purge_candidate();

        if (span == 0)
            break;
        size_t bytes = ac_span_bytes(span);

        /* Nobody sees the span while the system works: it is in no bin, and its
         * state is not one that merges. */
        ac_span_remove(span);
        AC_PUT(ac_spans[span].state, AC_SPAN_UNUSED);
        ac_purge.busy++;
        ac_lock_give(&ac_span_lock);
        int error = ac_os_purge(ac_span_address(span), bytes);
        ac_lock_take(&ac_span_lock);
        ac_purge.busy--;
        ac_spans[span].purged_ms = ac_purge_clock_ms();
        ac_spans[span].touched = true;
        ac_span_insert_merged(span, error == 0 ? AC_SPAN_CLEAN : AC_SPAN_DIRTY);
        if (error != 0)
            break;
        ac_purge.purged_bytes += bytes;
        if (ac_purge.wanted_bytes >= PURGE_CYCLE_BYTES) { /* and it goes again */
            ac_purge.wanted_bytes = 0;
            ac_purge.cycles++;
        }
        done += bytes;
    }
    ac_lock_give(&ac_span_lock);
    return done;
}
