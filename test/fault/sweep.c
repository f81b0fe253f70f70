/* sweep.c -- the n-th request to the system fails: once, or for ever from then on; each
 * kind of request by itself, and all together; for n = 1, 2, 3 ... until the workload
 * has passed and nothing has failed.
 *
 * Each run is a child with a fresh library: it starts, works and ends under failures.
 * Every allocation either works, and keeps its contents, or gives NULL with ENOMEM.
 * When the failures stop the heap must serve again, and give everything back. */
#include "boot/boot.h"
#include "os/fake/fake.h"
#include "unit/heap/heap_test.h"

#include <sys/mman.h>

#define SLOTS 160u
#define RUNS_MAX 2000u

enum how {
    ONCE,
    FOR_EVER
};

struct plan {
    uint32_t call; /* enum ac_fake_call */
    uint32_t nth;
    enum how how;
    int error;
    struct outcome *outcome;
};

/* What a child found out, in memory that it shares with its parent. */
struct outcome {
    uint64_t failed;   /* calls that failed on schedule */
    uint64_t refused;  /* allocations that gave NULL */
    uint64_t released; /* calls of release or decommit that failed */
};

static struct slot {
    unsigned char *block;
    size_t size;
    acre_heap *heap;
} slots[SLOTS];
static struct plan plan;
static uint32_t used_slots;

/* --- Steps: each may be refused ------------------------------------------- */

static unsigned char pattern(uint32_t slot, size_t i)
{
    return (unsigned char)(slot * 7 + i * 13 + (i >> 12));
}

static size_t step_of(size_t size)
{
    return size > 1 << 20 ? 65537 : size > 20000 ? 4999 : 1;
}

static void paint(uint32_t at)
{
    for (size_t i = 0; i < slots[at].size; i += step_of(slots[at].size))
        slots[at].block[i] = pattern(at, i);
}

static void check_painted(uint32_t at, size_t size, size_t step)
{
    for (size_t i = 0; i < size; i += step)
        CHECK_EQUAL(slots[at].block[i], pattern(at, i));
}

static bool refused(const void *block)
{
    if (block != NULL) {
        CHECK_EQUAL(errno, 0);
        return false;
    }
    CHECK_EQUAL(errno, ENOMEM);
    plan.outcome->refused++;
    errno = 0;
    return true;
}

static void keep(void *block, size_t size, acre_heap *heap)
{
    if (refused(block))
        return;
    CHECK((uintptr_t)block % 16 == 0);
    CHECK(used_slots < SLOTS);
    slots[used_slots] = (struct slot){block, size, heap};
    CHECK((heap != NULL ? acre_heap_usable_size(heap, block) : acre_usable_size(block)) >=
          size);
    paint(used_slots++);
    CHECK_EQUAL(errno, 0);
}

static void let_go(uint32_t at)
{
    struct slot *slot = &slots[at];

    check_painted(at, slot->size, step_of(slot->size));
    if (slot->heap != NULL)
        acre_heap_free(slot->heap, slot->block);
    else
        acre_free(slot->block);
    CHECK_EQUAL(errno, 0);
    slots[at] = slots[--used_slots];
    if (at < used_slots) /* it has another number now, so another pattern */
        paint(at);
}

static void resize(uint32_t at, size_t size)
{
    struct slot *slot = &slots[at];
    size_t old = slot->size;
    void *block = slot->heap != NULL ? acre_heap_realloc(slot->heap, slot->block, size)
                                     : acre_realloc(slot->block, size);

    if (refused(block)) {
        check_painted(at, old, step_of(old)); /* the old block is untouched */
        return;
    }
    slot->block = block;
    check_painted(at, old < size ? old : size, step_of(old));
    slot->size = size;
    paint(at);
}

static void zeroed(size_t size)
{
    unsigned char *block = acre_calloc(1, size);

    for (size_t i = 0; block != NULL && i < size; i += step_of(size))
        CHECK_EQUAL(block[i], 0);
    keep(block, size, NULL);
}

static void free_some(uint32_t every)
{
    for (uint32_t i = used_slots; i-- > 0;)
        if (i % every == 0)
            let_go(i);
}

/* --- The workload --------------------------------------------------------- */

static void work_small(void)
{
    for (size_t size = 0; size <= 32768; size = size * 3 / 2 + 9)
        for (uint32_t i = 0; i < 3; i++)
            keep(acre_malloc(size), size, NULL);
    for (uint32_t i = 0; i < used_slots; i += 5)
        resize(i, slots[i].size * 2 + 1);
    for (size_t align = 32; align <= 4096; align *= 4)
        keep(acre_aligned_alloc(align, 100), 100, NULL);
    zeroed(300);
    free_some(2);
}

static void work_large(void)
{
    for (size_t size = 40000; size < (size_t)1 << 20; size *= 4)
        keep(acre_malloc(size), size, NULL);
    zeroed(50000);
    zeroed(600000);
    keep(acre_aligned_alloc(1 << 16, 70000), 70000, NULL);
    keep(acre_aligned_alloc(2 << 20, 100000), 100000, NULL);
    for (uint32_t i = 0; i < used_slots; i++)
        if (slots[i].size > 32768)
            resize(i, i % 2 == 0 ? slots[i].size + 200000 : slots[i].size / 2 + 20000);
}

static void work_huge(void)
{
    uint32_t first = used_slots;

    keep(acre_malloc((size_t)33 << 20), (size_t)33 << 20, NULL);
    zeroed((size_t)34 << 20);
    keep(acre_aligned_alloc((size_t)64 << 20, 10000), 10000, NULL);
    for (uint32_t i = first; i < used_slots; i++)
        resize(i, (size_t)36 << 20);
    while (used_slots > first + 1)
        let_go(first + 1);
    if (used_slots > first)
        resize(first, 1000);
}

static void *work_thread(void *arg)
{
    void **blocks = arg;

    for (uint32_t i = 0; i < 40; i++) {
        blocks[i] = acre_malloc(100 + i * 60);
        if (blocks[i] != NULL)
            fill(blocks[i], 100 + i * 60, (unsigned char)i);
        if (i % 3 == 0) {
            acre_free(blocks[i]);
            blocks[i] = NULL;
        }
    }
    return NULL;
}

/* A heap for a thread; its pages become orphans; others free them. */
static void work_threads(void)
{
    void *blocks[40];

    for (uint32_t round = 0; round < 2; round++) {
        run_thread(work_thread, blocks);
        for (uint32_t i = 0; i < 40; i++) {
            if (blocks[i] != NULL)
                check_filled(blocks[i], 100 + i * 60, (unsigned char)i);
            acre_free(blocks[i]);
        }
        errno = 0;
    }
}

static void work_heaps(void)
{
    struct acre_heap_options options = ACRE_HEAP_OPTIONS_INIT;
    static _Alignas(64) unsigned char region[65536];

    options.name = "sweep";
    for (uint32_t kind = 0; kind < 2; kind++) {
        acre_heap *heap = kind == 0
                              ? acre_heap_create(&options)
                              : acre_heap_create_in(region, sizeof region, &options);
        uint32_t first = used_slots;

        if (refused(heap))
            continue;
        for (size_t size = 1; size < (kind == 0 ? 500000u : 9000u); size = size * 5 + 7)
            keep(acre_heap_alloc(heap, size), size, heap);
        keep(acre_heap_alloc_aligned(heap, 200, 256), 200, heap);
        for (uint32_t i = first; i < used_slots; i += 2)
            resize(i, slots[i].size * 3);
        if (used_slots > first + 1)
            let_go(first + 1);
        CHECK_EQUAL(acre_heap_check(heap), 0);
        for (uint32_t i = first; i < used_slots; i++)
            check_painted(i, slots[i].size, step_of(slots[i].size));
        used_slots = first;
        acre_heap_destroy(heap);
        CHECK_EQUAL(errno, 0);
    }
}

static void drop(void *arg, const char *text, size_t size)
{
    (void)arg, (void)text, (void)size;
}

static void work_rest(void)
{
    (void)acre_purge();
    acre_thread_idle();
    CHECK_EQUAL(errno, 0);
}

static void work_stats(void)
{
    CHECK_EQUAL(acre_stats_print(ACRE_STATS_JSON, drop, NULL), 0);
    ac_boot_exit(); /* writes its record to a file */
    CHECK_EQUAL(errno, 0);
}

static void work(void)
{
    errno = 0;
    work_small();
    work_rest();
    work_large();
    free_some(3);
    work_threads();
    work_huge();
    work_heaps();
    work_rest();
    for (uint32_t i = 0; i < used_slots; i++)
        check_painted(i, slots[i].size, step_of(slots[i].size));
}

/* Files that are there, options that make the end write one. */
static void furnish(void)
{
    const char status[] = "VmHWM:\t  700000 kB\nVmRSS:\t  524288 kB\n";

    ac_fake_put_file("/proc/self/status", status, sizeof status - 1);
    ac_fake_put_file("/proc/self/comm", "sweep\n", 6);
    ac_fake_setenv("ACRE_OPTIONS", "stat,stat_file=/record,huge_start=1M");
}

/* --- A run ---------------------------------------------------------------- */

static void free_everything(void)
{
    while (used_slots != 0)
        let_go(used_slots - 1);
    (void)acre_purge();
}

/* Failures are over.  All of the workload must pass now, and leave nothing. */
static void check_recovered(void)
{
    uint64_t refusals = plan.outcome->refused;

    free_everything();
    work();
    CHECK_EQUAL(plan.outcome->refused, refusals);
    free_everything();
    check_heaps();
    struct ac_fake_held before = ac_fake_held();

    work();
    free_everything();
    CHECK_EQUAL(plan.outcome->refused, refusals);
    struct ac_fake_held after = ac_fake_held();

    CHECK_EQUAL(after.reserved_bytes, before.reserved_bytes);
    CHECK(after.committed_bytes <= before.committed_bytes + MIB);
    CHECK_EQUAL(after.open_files, 0);
    check_nothing_left();
}

/* What a library that nothing ever failed in holds after the same work. */
static size_t reserved_without_failures;

static void body_run(void *arg)
{
    plan = *(const struct plan *)arg;
    furnish();
    snprintf(fresh_context, sizeof fresh_context, "%s call %u fails %s with %d",
             ac_fake_call_name((enum ac_fake_call)plan.call), plan.nth,
             plan.how == ONCE ? "once" : "from then on", plan.error);
    ac_fake_fail((enum ac_fake_call)plan.call, plan.nth, plan.how == FOR_EVER,
                 plan.error);
    work();
    work_stats();
    ac_fake_fail((enum ac_fake_call)plan.call, 0, false, 0);
    plan.outcome->failed = ac_fake_failed(AC_FAKE_ANY);
    plan.outcome->released = ac_fake_failed(AC_FAKE_RELEASE);
    check_recovered();
    /* Nothing has leaked, but for ranges whose release was refused.  (Where the window
     * comes in pieces, their number depends on what was allocated in which order.) */
    if (plan.outcome->released == 0 && reserved_without_failures != 0)
        CHECK(ac_fake_held().reserved_bytes <= reserved_without_failures + 16 * MIB);
    if (plan.how == FOR_EVER && plan.nth == 1 && plan.call == AC_FAKE_RESERVE)
        CHECK(plan.outcome->refused > 50);
}

static struct outcome *shared_outcome(void)
{
    static struct outcome *outcome;

    if (outcome == NULL)
        outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(outcome, 0, sizeof *outcome);
    return outcome;
}

static void body_without_failures(void *arg)
{
    plan = *(const struct plan *)arg;
    furnish();
    work();
    work_stats();
    CHECK_EQUAL(plan.outcome->refused, 0);
    check_recovered();
    plan.outcome->failed = ac_fake_held().reserved_bytes;
    for (uint32_t call = 0; call < AC_FAKE_CALL_COUNT; call++)
        printf("%s%s %llu", call == 0 ? "" : ", ",
               ac_fake_call_name((enum ac_fake_call)call),
               (unsigned long long)ac_fake_count((enum ac_fake_call)call));
    printf("\n");
}

/* Runs until one in which nothing failed; how many there were, 0: one was wrong. */
static uint32_t sweep_call(const struct ac_fake_config *config, uint32_t call,
                           enum how how, int error)
{
    uint32_t wrong = 0;
    uint32_t runs = 0;

    /* What is asked of the system for statistics changes nothing: not each of some
     * hundred questions. */
    bool all = call != AC_FAKE_RESIDENT && call != AC_FAKE_READ && call != AC_FAKE_WRITE;

    for (uint32_t nth = 1; nth <= RUNS_MAX; nth += all ? 1 : 1 + nth / 4) {
        struct plan p = {call, nth, how, error, shared_outcome()};

        runs++;
        if (fresh_run(config, body_run, &p) != 0) {
            if (++wrong == 5) /* enough to see what is wrong */
                return 0;
            continue;
        }
        if (p.outcome->failed == 0)
            return wrong == 0 ? runs : 0;
    }
    return 0;
}

static void sweep(const struct ac_fake_config *config, enum how how)
{
    struct plan p = {AC_FAKE_ANY, 0, ONCE, 0, shared_outcome()};
    uint32_t wrong = 0;
    uint32_t runs = 0;

    assert_int_equal(fresh_run(config, body_without_failures, &p), 0);
    reserved_without_failures = (size_t)p.outcome->failed;
    for (uint32_t call = 0; call <= AC_FAKE_ANY; call++) {
        int error = call == AC_FAKE_WAIT ? EAGAIN
                    : call == AC_FAKE_PURGE || call == AC_FAKE_HUGE ||
                            call == AC_FAKE_GUARD
                        ? EINVAL
                    : call == AC_FAKE_RESERVE_AT && how == ONCE ? EEXIST
                                                                : ENOMEM;
        uint32_t n = sweep_call(config, call, how, error);

        runs += n;
        wrong += n == 0;
        if (n == 0)
            print_message("%s: wrong\n", ac_fake_call_name((enum ac_fake_call)call));
    }
    print_message("%u runs\n", runs);
    assert_int_equal(wrong, 0);
}

/* --- Machines ------------------------------------------------------------- */

static void test_once(void **state)
{
    (void)state;
    sweep(NULL, ONCE);
}

static void test_for_ever(void **state)
{
    (void)state;
    sweep(NULL, FOR_EVER);
}

/* Little address space: the window comes in pieces, and release and reserve_at count. */
static const struct ac_fake_config tight = {.as_limit_bytes = (size_t)768 << 20};

static void test_tight_once(void **state)
{
    (void)state;
    sweep(&tight, ONCE);
}

static void test_tight_for_ever(void **state)
{
    (void)state;
    sweep(&tight, FOR_EVER);
}

/* --- Real limits instead of a schedule ------------------------------------ */

static void body_limited(void *arg)
{
    static struct outcome outcome;

    (void)arg;
    plan.outcome = &outcome;
    for (uint32_t round = 0; round < 4; round++) {
        work();
        free_everything();
        check_heaps();
    }
    ac_fake_fail(AC_FAKE_ANY, 0, false, 0);
    void *block = acre_malloc(100000);

    if (block != NULL)
        acre_free(block);
}

/* RLIMIT_AS and the like, from nothing at all upwards. */
static void test_address_space(void **state)
{
    (void)state;
    for (size_t limit = (size_t)64 << 10; limit < (size_t)1 << 30; limit += limit / 3) {
        struct ac_fake_config config = {.as_limit_bytes = ac_align_up(limit, 65536)};

        snprintf(fresh_context, sizeof fresh_context, "as_limit_bytes=%zu", limit);
        assert_int_equal(fresh_run(&config, body_limited, NULL), 0);
    }
    fresh_context[0] = '\0';
}

static void test_commit_limit(void **state)
{
    (void)state;
    for (size_t limit = (size_t)64 << 10; limit < (size_t)512 << 20; limit += limit / 3) {
        struct ac_fake_config config = {.commit_limit_bytes = ac_align_up(limit, 65536)};

        snprintf(fresh_context, sizeof fresh_context, "commit_limit_bytes=%zu", limit);
        assert_int_equal(fresh_run(&config, body_limited, NULL), 0);
    }
    fresh_context[0] = '\0';
}

/* vm.max_map_count */
static void test_mapping_limit(void **state)
{
    (void)state;
    for (uint32_t limit = 1; limit < 60; limit += 1 + limit / 12) {
        struct ac_fake_config config = {.mapping_limit = limit};

        snprintf(fresh_context, sizeof fresh_context, "mapping_limit=%u", limit);
        assert_int_equal(fresh_run(&config, body_limited, NULL), 0);
    }
    fresh_context[0] = '\0';
}

/* 64 MiB and up must do for real work: 20 MiB of small blocks fit. */
static void body_64_mib(void *arg)
{
    uint32_t count = 0;

    (void)arg;
    while (count < 20000) {
        void *block = acre_malloc(1000);

        CHECK(block != NULL);
        fill(block, 1000, 1);
        count++;
    }
}

static void test_64_mib_are_enough(void **state)
{
    struct ac_fake_config config = {.as_limit_bytes = (size_t)64 << 20};

    (void)state;
    assert_int_equal(fresh_run(&config, body_64_mib, NULL), 0);
}

/* Pages of 16 and 64 KiB. */
static void body_pages(void *arg)
{
    static struct outcome outcome;

    (void)arg;
    plan.outcome = &outcome;
    work();
    CHECK_EQUAL(outcome.refused, 0);
    check_recovered();
}

static void test_page_sizes(void **state)
{
    (void)state;
    for (size_t page = 4096; page <= 65536; page *= 4) {
        struct ac_fake_config config = {.page_bytes = page};

        if (page > AC_OPTIONS_PAGE_BYTES) /* no such pages on this processor */
            break;
        assert_int_equal(fresh_run(&config, body_pages, NULL), 0);
        config.huge_bytes = SIZE_MAX;
        assert_int_equal(fresh_run(&config, body_pages, NULL), 0);
        config.as_limit_bytes = (size_t)1 << 30;
        assert_int_equal(fresh_run(&config, body_pages, NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),          cmocka_unit_test(test_for_ever),
        cmocka_unit_test(test_tight_once),    cmocka_unit_test(test_tight_for_ever),
        cmocka_unit_test(test_address_space), cmocka_unit_test(test_commit_limit),
        cmocka_unit_test(test_mapping_limit), cmocka_unit_test(test_64_mib_are_enough),
        cmocka_unit_test(test_page_sizes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
