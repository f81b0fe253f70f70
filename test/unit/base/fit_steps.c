/* fit_steps.c -- the bound of base/fit: instructions in the worst case.
 *
 * The processor's trap flag stops after each instruction, and a signal handler counts.  So
 * the number is exact, for each call by itself, on any machine under any load.
 * The traces: each way through alloc and free made as long as it gets, in regions
 * from 8 KiB to 2 GiB; then random ones. */
#include "base/fit.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STEPS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||               \
    __has_feature(undefined_behavior_sanitizer)
#define STEPS_SANITIZED 1
#endif
#endif

#if defined(__x86_64__) && defined(__OPTIMIZE__) && !defined(STEPS_SANITIZED)

static volatile unsigned steps;

static void on_step(int signal)
{
    (void)signal;
    steps++;
}

/* Past the red zone, as it may be in use. */
#define STEPS_BEGIN                                                                      \
    __asm__ volatile("sub $128, %%rsp; pushfq; orq $0x100, (%%rsp); popfq;"              \
                     "add $128, %%rsp" ::                                                \
                         : "memory", "cc")
#define STEPS_END                                                                        \
    __asm__ volatile("sub $128, %%rsp; pushfq; andq $~0x100, (%%rsp); popfq;"            \
                     "add $128, %%rsp" ::                                                \
                         : "memory", "cc")

enum operation {
    ALLOC,
    ALIGNED,
    FREE,
    RESIZE,
    OPERATIONS
};

struct calls {
    void *(*alloc)(struct ac_fit *, size_t, size_t);
    enum ac_fit_verdict (*free)(struct ac_fit *, void *);
    bool (*resize)(struct ac_fit *, void *, size_t);
};

static struct {
    unsigned most, own; /* own: what the call itself takes, without the callee */
    unsigned long count, sum;
} table[OPERATIONS];

static void *empty_alloc(struct ac_fit *fit, size_t size, size_t align)
{
    (void)fit, (void)size, (void)align;
    return NULL;
}

static enum ac_fit_verdict empty_free(struct ac_fit *fit, void *block)
{
    (void)fit, (void)block;
    return AC_FIT_OK;
}

static bool empty_resize(struct ac_fit *fit, void *block, size_t size)
{
    (void)fit, (void)block, (void)size;
    return false;
}

static volatile struct calls calls;
static struct ac_fit *fit;

static void record(enum operation what, unsigned n)
{
    n -= table[what].own;
    table[what].count++;
    table[what].sum += n;
    if (n > table[what].most)
        table[what].most = n;
}

static void *count_alloc(size_t size, size_t align)
{
    void *(*call)(struct ac_fit *, size_t, size_t) = calls.alloc;
    void *block;

    steps = 0;
    STEPS_BEGIN;
    block = call(fit, size, align);
    STEPS_END;
    record(align > 16 ? ALIGNED : ALLOC, steps);
    return block;
}

static void count_free(void *block)
{
    enum ac_fit_verdict (*call)(struct ac_fit *, void *) = calls.free;
    enum ac_fit_verdict verdict;

    steps = 0;
    STEPS_BEGIN;
    verdict = call(fit, block);
    STEPS_END;
    record(FREE, steps);
    assert_int_equal(verdict, AC_FIT_OK);
}

static void count_resize(void *block, size_t size)
{
    bool (*call)(struct ac_fit *, void *, size_t) = calls.resize;

    steps = 0;
    STEPS_BEGIN;
    call(fit, block, size);
    STEPS_END;
    record(RESIZE, steps);
}

/* What a call takes: an empty function is two instructions, xor and ret. */
static void calibrate(void)
{
    const struct calls empty = {empty_alloc, empty_free, empty_resize};
    const struct calls real = {ac_fit_alloc, ac_fit_free, ac_fit_resize};

    calls.alloc = empty.alloc, calls.free = empty.free, calls.resize = empty.resize;
    memset(table, 0, sizeof table);
    count_alloc(1, 0);
    count_alloc(1, 32);
    count_free(NULL);
    count_resize(NULL, 1);
    for (int what = 0; what < OPERATIONS; what++) {
        unsigned own = table[what].most;

        memset(&table[what], 0, sizeof table[what]);
        table[what].own = own - 2;
    }
    calls.alloc = real.alloc, calls.free = real.free, calls.resize = real.resize;
}

/* --- Traces -------------------------------------------------------------- */

/* A free block that is too small heads the own class; all words up to the last are scanned;
 * two lists become empty and one is filled. */
static void trace_adverse(void *region, size_t bytes)
{
    /* linear classes; the ends of powers of two; classes of several sizes */
    static const size_t sizes[] = {24, 40, 232, 248, 488, 504, 536, 1000, 1016, 1400};

    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t size = sizes[i];

        fit = ac_fit_init(region, bytes);
        void *small = ac_fit_alloc(fit, size, 0), *fence = ac_fit_alloc(fit, 1, 0);

        assert_int_equal(ac_fit_free(fit, small), AC_FIT_OK);
        void *block = count_alloc(size + 16, 0);
        void *aligned = count_alloc(size + 16, 256);
        void *last = count_alloc(ac_fit_stats(fit).free_largest / 2, 64);

        count_resize(block, size / 2);
        count_resize(block, size + 16);
        count_free(block);
        count_free(fence);
        count_free(aligned);
        if (last != NULL)
            count_free(last);
        assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
        assert_int_equal(ac_fit_stats(fit).live, 0);

        void *a = ac_fit_alloc(fit, size, 0), *b = ac_fit_alloc(fit, size, 0);

        assert_int_equal(ac_fit_free(fit, a), AC_FIT_OK);
        count_free(b); /* merges on both sides */
    }
}

static uint64_t random_next(void)
{
    static uint64_t state = 1;

    return ac_mix(state++);
}

static size_t random_size(void)
{
    size_t limit = (size_t)16 << random_next() % 10;

    return random_next() % limit + limit / 2;
}

static void trace_random(void *region, size_t bytes)
{
    void *blocks[64] = {NULL};

    fit = ac_fit_init(region, bytes);
    for (unsigned i = 0; i < 250; i++) {
        size_t k = random_next() % 64, size = random_size();

        if (blocks[k] == NULL) {
            blocks[k] = count_alloc(size, random_next() % 4 == 0 ? 32u << i % 8 : 0);
        } else if (random_next() % 4 == 0) {
            count_resize(blocks[k], size);
        } else {
            count_free(blocks[k]);
            blocks[k] = NULL;
        }
    }
    assert_int_equal(ac_fit_check(fit), AC_FIT_SOUND);
}

static void test_bound(void **state)
{
    static const char *names[OPERATIONS] = {"alloc", "aligned", "free", "resize"};
    static const unsigned bounds[OPERATIONS] = {150, 215, 130, 155};
    struct sigaction action, old;

    (void)state;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_step;
    sigaction(SIGTRAP, &action, &old);
    calibrate();
    for (unsigned shift = 13; shift < 32; shift += 6) {
        size_t bytes = (size_t)1 << shift;
        void *region = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (region == MAP_FAILED)
            continue;
        trace_adverse(region, bytes);
        trace_random(region, bytes);
        munmap(region, bytes);
    }
    sigaction(SIGTRAP, &old, NULL);
    for (int what = 0; what < OPERATIONS; what++) {
        print_message("%s: %u instructions at most, %.1f in the mean of %lu\n",
                      names[what], table[what].most,
                      (double)table[what].sum / (double)table[what].count,
                      table[what].count);
        assert_true(table[what].most > 60); /* it did count */
        assert_true(table[what].most <= bounds[what]);
    }
}

#else

static void test_bound(void **state)
{
    (void)state;
    print_message("instructions are counted on x86-64, optimised, without sanitizers\n");
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
