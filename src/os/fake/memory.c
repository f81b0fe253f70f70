/* memory.c -- the fake's address space: every call checked, then done for real.
 *
 * Each public function has the same shape: arguments, lock, state (a broken
 * contract ends in a trap), schedule and limits (an errno value and no change),
 * the host, bookkeeping, unlock.  So a test that lets a call fail still learns
 * that the call was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "os/fake/state.h"

#define MEMORY_RESERVE_FLAGS (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
#define MEMORY_HOST_PAGE 4096
#define MEMORY_BATCH ((size_t)4 << 20) /* a multiple of any page size */
#define MEMORY_JUNK 0xA5
#define MEMORY_IS(state) (1u << AC_FAKE_IS_##state)

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* --- The host: libc, but errno stays --------------------------------------- */

/* NULL and *error, or the address. */
static void *host_mmap(void *addr, size_t size, int protection, int flags, int *error)
{
    int saved = errno;
    void *result = mmap(addr, size, protection, flags, -1, 0);

    if (result == MAP_FAILED) {
        *error = errno;
        result = NULL;
    }
    errno = saved;
    return result;
}

static void host_munmap(uintptr_t start, size_t size)
{
    int saved = errno;

    if (size != 0 && munmap((void *)start, size) != 0)
        ac_fake_trap_text("os/fake: munmap of the host failed");
    errno = saved;
}

static void host_mprotect(void *addr, size_t size, int protection)
{
    int saved = errno;

    if (mprotect(addr, size, protection) != 0)
        ac_fake_trap_text("os/fake: mprotect of the host failed");
    errno = saved;
}

/* Fresh pages in place of old ones. */
static void host_replace(void *addr, size_t size, int protection)
{
    int error;

    if (host_mmap(addr, size, protection, MEMORY_RESERVE_FLAGS | MAP_FIXED, &error) ==
        NULL)
        ac_fake_trap_text("os/fake: mmap of the host failed");
}

static void *host_map_aligned(size_t size, size_t align, int protection, int *error)
{
    if (size > SIZE_MAX - align) {
        *error = ENOMEM;
        return NULL;
    }
    void *mapped = host_mmap(NULL, size + align, protection, MEMORY_RESERVE_FLAGS, error);
    if (mapped == NULL)
        return NULL;

    uintptr_t start = (uintptr_t)mapped;
    uintptr_t aligned = (start + align - 1) & ~(uintptr_t)(align - 1);

    host_munmap(start, aligned - start);
    host_munmap(aligned + size, start + align - aligned);
    return (void *)aligned;
}

static bool host_is_resident(uintptr_t page)
{
    unsigned char present = 0;
    int saved = errno;

    if (mincore((void *)page, MEMORY_HOST_PAGE, &present) != 0)
        present = 0;
    errno = saved;
    return (present & 1u) != 0;
}

/* --- Checks ---------------------------------------------------------------- */

static void memory_check_arguments(enum ac_fake_call call, const void *addr, size_t size)
{
    uintptr_t mask = ac_fake.page_bytes - 1;

    if (size == 0)
        ac_fake_trap(call, addr, size, "is empty");
    if (((uintptr_t)addr & mask) != 0 || (size & mask) != 0)
        ac_fake_trap(call, addr, size, "is misaligned");
    if ((uintptr_t)addr + size < size)
        ac_fake_trap(call, addr, size, "wraps around");
}

static void memory_check_align(enum ac_fake_call call, size_t size, size_t align)
{
    memory_check_arguments(call, NULL, size);
    if (align < ac_fake.page_bytes || (align & (align - 1)) != 0)
        ac_fake_trap(call, (void *)align, size, "(first is align) has a bad alignment");
}

/* All of the range must be in one of the states `allowed`; `what` is the word
 * for what it should have been. */
static void memory_check_states(enum ac_fake_call call, const void *addr, size_t size,
                                unsigned allowed, const char *what)
{
    unsigned states = ac_fake_ranges_states((uintptr_t)addr, (uintptr_t)addr + size);

    if ((states & MEMORY_IS(NONE) & ~allowed) != 0)
        ac_fake_trap(call, addr, size, "is not reserved");
    if ((states & ~allowed) != 0)
        ac_fake_trap(call, addr, size, what);
}

/* May the machine hold this much more? */
static int memory_check_limits(size_t more_reserved, size_t more_committed)
{
    struct ac_fake_held held;

    ac_fake_ranges_count(&held);
    if (more_reserved > ac_fake.as_limit_bytes - held.reserved_bytes ||
        more_committed > ac_fake.commit_limit_bytes - held.committed_bytes)
        return ENOMEM;
    return 0;
}

static int memory_check_mappings(const void *addr, size_t size, enum ac_fake_state state)
{
    uintptr_t start = (uintptr_t)addr;

    return ac_fake_ranges_fit(start, start + size, state) ? 0 : ENOMEM;
}

static void memory_set(const void *addr, size_t size, enum ac_fake_state state)
{
    ac_fake_ranges_set((uintptr_t)addr, (uintptr_t)addr + size, state);
}

static int memory_unlock(int error)
{
    ac_fake_unlock();
    return error;
}

/* The part of the next range behind `from` that lies before `end`, in one of
 * `states`; empty when there is none. */
static struct ac_fake_range memory_next(uintptr_t from, uintptr_t end, unsigned states)
{
    for (;;) {
        struct ac_fake_range range = ac_fake_ranges_next(from);

        if (from >= end || range.start >= end)
            return (struct ac_fake_range){end, end, AC_FAKE_IS_NONE};
        if (range.start < from)
            range.start = from;
        if (range.end > end)
            range.end = end;
        if ((states & 1u << range.state) != 0)
            return range;
        from = range.end;
    }
}

/* Overwrite what a failed discard leaves behind: nobody may rely on it. */
static void memory_spoil(void *addr, size_t size)
{
    uintptr_t end = (uintptr_t)addr + size;
    struct ac_fake_range range = {0, (uintptr_t)addr, AC_FAKE_IS_NONE};

    for (;;) {
        range = memory_next(range.end, end, MEMORY_IS(COMMITTED) | MEMORY_IS(MAPPED));
        if (range.start == end)
            return;
        for (uintptr_t page = range.start; page < range.end; page += MEMORY_HOST_PAGE)
            if (host_is_resident(page))
                memset((void *)page, MEMORY_JUNK, MEMORY_HOST_PAGE);
    }
}

/* --- Address space --------------------------------------------------------- */

static void *memory_take(enum ac_fake_call call, size_t size, size_t align, int *error)
{
    bool commit = call == AC_FAKE_MAP;
    void *addr = NULL;

    ac_fake_lock();
    memory_check_align(call, size, align);
    int failure = ac_fake_enter(call);
    if (failure == 0)
        failure = memory_check_limits(size, commit ? size : 0);
    if (failure == 0 && commit && size > ac_fake.ram_bytes)
        failure = ENOMEM;
    if (failure == 0)
        addr = host_map_aligned(size, align, commit ? PROT_READ | PROT_WRITE : PROT_NONE,
                                &failure);
    enum ac_fake_state state = commit ? AC_FAKE_IS_MAPPED : AC_FAKE_IS_RESERVED;
    if (addr != NULL && (failure = memory_check_mappings(addr, size, state)) != 0) {
        host_munmap((uintptr_t)addr, size);
        addr = NULL;
    }
    if (addr != NULL)
        memory_set(addr, size, state);
    ac_fake_unlock();
    if (addr == NULL && error != NULL)
        *error = failure;
    return addr;
}

void *ac_os_reserve(size_t size, size_t align, int *error)
{
    return memory_take(AC_FAKE_RESERVE, size, align, error);
}

void *ac_os_map(size_t size, size_t align, int *error)
{
    return memory_take(AC_FAKE_MAP, size, align, error);
}

int ac_os_reserve_at(void *addr, size_t size)
{
    ac_fake_lock();
    memory_check_arguments(AC_FAKE_RESERVE_AT, addr, size);
    int error = ac_fake_enter(AC_FAKE_RESERVE_AT);
    if (error == 0)
        error = memory_check_limits(size, 0);
    if (error == 0)
        error = memory_check_mappings(addr, size, AC_FAKE_IS_RESERVED);
    if (error == 0 &&
        host_mmap(addr, size, PROT_NONE, MEMORY_RESERVE_FLAGS | MAP_FIXED_NOREPLACE,
                  &error) != NULL)
        memory_set(addr, size, AC_FAKE_IS_RESERVED);
    return memory_unlock(error);
}

int ac_os_release(void *addr, size_t size)
{
    ac_fake_lock();
    memory_check_arguments(AC_FAKE_RELEASE, addr, size);
    memory_check_states(AC_FAKE_RELEASE, addr, size, ~MEMORY_IS(NONE), "");
    int error = ac_fake_enter(AC_FAKE_RELEASE);
    if (error == 0)
        error = memory_check_mappings(addr, size, AC_FAKE_IS_NONE);
    if (error == 0) {
        host_munmap((uintptr_t)addr, size);
        memory_set(addr, size, AC_FAKE_IS_NONE);
    }
    return memory_unlock(error);
}

/* Resize in place, or into a mapping of the right alignment. */
static void *memory_resize(void *addr, size_t old_size, size_t new_size, bool may_move)
{
    int saved = errno;
    int ignored;
    void *result = mremap(addr, old_size, new_size, 0);

    if (result == MAP_FAILED && may_move) {
        void *target =
            host_map_aligned(new_size, ac_fake.page_bytes, PROT_NONE, &ignored);
        if (target != NULL)
            result =
                mremap(addr, old_size, new_size, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    }
    errno = saved;
    return result == MAP_FAILED ? NULL : result;
}

void *ac_os_remap(void *addr, size_t old_size, size_t new_size, bool may_move)
{
    size_t more = new_size > old_size ? new_size - old_size : 0;
    void *result = NULL;

    ac_fake_lock();
    memory_check_arguments(AC_FAKE_REMAP, addr, old_size);
    memory_check_arguments(AC_FAKE_REMAP, addr, new_size);
    memory_check_states(AC_FAKE_REMAP, addr, old_size, MEMORY_IS(MAPPED),
                        "is not from ac_os_map");
    int error = ac_fake_enter(AC_FAKE_REMAP);
    if (error == 0)
        error = memory_check_limits(more, more);
    if (error == 0 && new_size <= ac_fake.ram_bytes)
        result = memory_resize(addr, old_size, new_size, may_move);
    if (result != NULL) {
        memory_set(addr, old_size, AC_FAKE_IS_NONE);
        memory_set(result, new_size, AC_FAKE_IS_MAPPED);
    }
    ac_fake_unlock();
    return result;
}

/* --- Pages ----------------------------------------------------------------- */

int ac_os_commit(void *addr, size_t size)
{
    uintptr_t end = (uintptr_t)addr + size;
    size_t more = 0;
    struct ac_fake_range part = {0, (uintptr_t)addr, AC_FAKE_IS_NONE};

    ac_fake_lock();
    memory_check_arguments(AC_FAKE_COMMIT, addr, size);
    memory_check_states(AC_FAKE_COMMIT, addr, size,
                        MEMORY_IS(RESERVED) | MEMORY_IS(COMMITTED) | MEMORY_IS(MAPPED),
                        "has guards or is frozen");
    while ((part = memory_next(part.end, end, MEMORY_IS(RESERVED))).start != end)
        more += part.end - part.start;

    int error = ac_fake_enter(AC_FAKE_COMMIT);
    if (error == 0)
        error = memory_check_limits(0, more);
    if (error == 0)
        error = memory_check_mappings(addr, size, AC_FAKE_IS_COMMITTED);
    if (error == 0) {
        host_mprotect(addr, size, PROT_READ | PROT_WRITE);
        part.end = (uintptr_t)addr;
        while ((part = memory_next(part.end, end, MEMORY_IS(RESERVED))).start != end)
            ac_fake_ranges_set(part.start, part.end, AC_FAKE_IS_COMMITTED);
    }
    return memory_unlock(error);
}

int ac_os_decommit(void *addr, size_t size)
{
    ac_fake_lock();
    memory_check_arguments(AC_FAKE_DECOMMIT, addr, size);
    memory_check_states(AC_FAKE_DECOMMIT, addr, size, ~MEMORY_IS(NONE), "");
    int error = ac_fake_enter(AC_FAKE_DECOMMIT);
    if (error == 0)
        error = memory_check_mappings(addr, size, AC_FAKE_IS_RESERVED);
    if (error == 0) {
        host_replace(addr, size, PROT_NONE);
        memory_set(addr, size, AC_FAKE_IS_RESERVED);
    } else {
        memory_spoil(addr, size);
    }
    return memory_unlock(error);
}

int ac_os_purge(void *addr, size_t size)
{
    uintptr_t end = (uintptr_t)addr + size;
    struct ac_fake_range part = {0, (uintptr_t)addr, AC_FAKE_IS_NONE};
    unsigned plain = MEMORY_IS(COMMITTED) | MEMORY_IS(MAPPED);

    ac_fake_lock();
    memory_check_arguments(AC_FAKE_PURGE, addr, size);
    memory_check_states(AC_FAKE_PURGE, addr, size, plain | MEMORY_IS(GUARD),
                        "is not committed");
    int error = ac_fake_enter(AC_FAKE_PURGE);
    if (error != 0)
        memory_spoil(addr, size);
    while (error == 0 && (part = memory_next(part.end, end, plain)).start != end) {
        int saved = errno;
        if (madvise((void *)part.start, part.end - part.start, MADV_DONTNEED) != 0)
            ac_fake_trap_text("os/fake: madvise of the host failed");
        errno = saved;
    }
    return memory_unlock(error);
}

int ac_os_freeze(void *addr, size_t size, bool on)
{
    uintptr_t start = (uintptr_t)addr;
    enum ac_fake_state state = on ? AC_FAKE_IS_FROZEN : AC_FAKE_IS_COMMITTED;

    ac_fake_lock();
    memory_check_arguments(AC_FAKE_FREEZE, addr, size);
    bool ours = ac_fake_ranges_states(start, start + size) != MEMORY_IS(NONE);
    if (ours)
        memory_check_states(AC_FAKE_FREEZE, addr, size,
                            MEMORY_IS(COMMITTED) | MEMORY_IS(FROZEN), "is not committed");
    int error = ac_fake_enter(AC_FAKE_FREEZE);
    if (error == 0 && ours)
        error = memory_check_mappings(addr, size, state);
    if (error == 0) {
        host_mprotect(addr, size, on ? PROT_READ : PROT_READ | PROT_WRITE);
        if (ours)
            memory_set(addr, size, state);
    }
    return memory_unlock(error);
}

int ac_os_huge(void *addr, size_t size, bool on)
{
    (void)on;
    ac_fake_lock();
    memory_check_arguments(AC_FAKE_HUGE, addr, size);
    memory_check_states(AC_FAKE_HUGE, addr, size,
                        MEMORY_IS(COMMITTED) | MEMORY_IS(MAPPED) | MEMORY_IS(GUARD),
                        "is not committed");
    return memory_unlock(ac_fake_enter(AC_FAKE_HUGE));
}

int ac_os_guard(void *addr, size_t size, bool on)
{
    uintptr_t end = (uintptr_t)addr + size;
    struct ac_fake_range part = {0, (uintptr_t)addr, AC_FAKE_IS_NONE};

    ac_fake_lock();
    memory_check_arguments(AC_FAKE_GUARD, addr, size);
    memory_check_states(AC_FAKE_GUARD, addr, size,
                        MEMORY_IS(COMMITTED) | MEMORY_IS(MAPPED) | MEMORY_IS(GUARD),
                        "is not committed");
    int error = ac_fake_enter(AC_FAKE_GUARD);
    if (error == 0)
        error = ac_fake.guard_error;
    if (error == 0 && on) {
        host_replace(addr, size, PROT_NONE);
        memory_set(addr, size, AC_FAKE_IS_GUARD);
    }
    while (error == 0 && !on &&
           (part = memory_next(part.end, end, MEMORY_IS(GUARD))).start != end) {
        host_mprotect((void *)part.start, part.end - part.start, PROT_READ | PROT_WRITE);
        ac_fake_ranges_set(part.start, part.end, AC_FAKE_IS_COMMITTED);
    }
    return memory_unlock(error);
}

/* Whole pages of the fake system: one page of the host in it is enough. */
static size_t memory_resident(uintptr_t start, size_t size)
{
    static unsigned char present[MEMORY_BATCH / MEMORY_HOST_PAGE]; /* locked */
    size_t host_pages = ac_fake.page_bytes / MEMORY_HOST_PAGE;
    size_t bytes = 0;
    int saved = errno;

    for (size_t done = 0; done < size; done += MEMORY_BATCH) {
        size_t part = size - done < MEMORY_BATCH ? size - done : MEMORY_BATCH;
        bool counted = false; /* this page of the fake system */

        if (mincore((void *)(start + done), part, present) != 0)
            memset(present, 0, sizeof present);
        for (size_t i = 0; i < part / MEMORY_HOST_PAGE; i++) {
            if (i % host_pages == 0)
                counted = false;
            if (!counted && (present[i] & 1u) != 0) {
                bytes += ac_fake.page_bytes;
                counted = true;
            }
        }
    }
    errno = saved;
    return bytes;
}

size_t ac_os_resident(const void *addr, size_t size)
{
    uintptr_t start = (uintptr_t)addr;

    ac_fake_lock();
    memory_check_arguments(AC_FAKE_RESIDENT, addr, size);
    unsigned states = ac_fake_ranges_states(start, start + size);
    bool known = ac_fake_enter(AC_FAKE_RESIDENT) == 0 && (states & MEMORY_IS(NONE)) == 0;
    size_t bytes = known ? memory_resident(start, size) : 0;

    ac_fake_unlock();
    return bytes;
}

int ac_os_pagemap_open(void)
{
    return -1;
}

size_t ac_os_zero_mapped(int pagemap, const void *addr, size_t size)
{
    (void)pagemap, (void)addr, (void)size;
    return 0;
}

void ac_os_name(void *addr, size_t size, const char *name)
{
    (void)addr, (void)size, (void)name;
}

void ac_os_dump(void *addr, size_t size, bool on)
{
    (void)addr;
    (void)size;
    (void)on;
}
