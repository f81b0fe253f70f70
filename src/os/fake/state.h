/* state.h -- what the files of os/fake share. */
#ifndef AC_OS_FAKE_STATE_H
#define AC_OS_FAKE_STATE_H

#include "os/fake/fake.h"

/* --- control.c: configuration, schedule, traps ----------------------------- */

extern struct ac_fake_config ac_fake;       /* defaults filled in */

/* One lock for all of the fake.  Not for signal handlers. */
void ac_fake_lock(void);
void ac_fake_unlock(void);

/* Count a call; the errno value it is to fail with, or 0.  Locked. */
int ac_fake_enter(enum ac_fake_call call);

/* A broken contract.  Unlocks; returns only if the hook does not leave, in
 * which case the process aborts. */
_Noreturn void ac_fake_trap(enum ac_fake_call call, const void *addr, size_t size,
                            const char *what);
_Noreturn void ac_fake_trap_text(const char *what);

/* --- ranges.c: which page is what ------------------------------------------ */

struct ac_fake_range {
    uintptr_t start, end;
    enum ac_fake_state state;
};

/* Would mapping_limit allow that [start, end) becomes `state`? */
bool ac_fake_ranges_fit(uintptr_t start, uintptr_t end, enum ac_fake_state state);

/* Give [start, end) a state, whatever it was before. */
void ac_fake_ranges_set(uintptr_t start, uintptr_t end, enum ac_fake_state state);

/* The states in [start, end) as a mask of 1 << state; holes are NONE. */
unsigned ac_fake_ranges_states(uintptr_t start, uintptr_t end);

/* The first range that ends behind `addr`, or one with start UINTPTR_MAX. */
struct ac_fake_range ac_fake_ranges_next(uintptr_t addr);

void ac_fake_ranges_count(struct ac_fake_held *held);

/* --- resets, called by ac_fake_reset --------------------------------------- */

void ac_fake_ranges_reset(void);    /* unmaps, too */
void ac_fake_clock_reset(void);
void ac_fake_files_reset(void);
uint32_t ac_fake_files_open(void);

#endif
