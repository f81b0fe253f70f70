/* lock.c -- tests of core/lock.h: one holder at a time, nobody sleeps for ever, ranks.
 *
 * Over the fake system, so that a child can end in abort and say why. */
#include "core/lock.h"
#include "fault/fresh.h"
#include "os/fake/fake.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define THREADS 8
#define ROUNDS 40000u

static struct ac_lock lock = AC_LOCK_INIT(AC_RANK_SPAN);
static uint64_t inside; /* only the holder writes: a race would lose counts */
static uint64_t entered;

static void *contend(void *arg)
{
    uint32_t rounds = *(const uint32_t *)arg;

    for (uint32_t i = 0; i < rounds; i++) {
        ac_lock_take(&lock);
        CHECK_EQUAL(inside, 0);
        inside = 1;
        entered++;
        if (i % 64 == 0)
            sched_yield(); /* so that others spin out, and sleep */
        inside = 0;
        ac_lock_give(&lock);
    }
    return NULL;
}

static void body_contention(void *arg)
{
    pthread_t threads[THREADS];
    uint32_t rounds = ROUNDS * (uint32_t)fresh_number("ACRE_TEST_SCALE", 1);

    (void)arg;
    for (uint32_t i = 0; i < THREADS; i++)
        CHECK_EQUAL(pthread_create(&threads[i], NULL, contend, &rounds), 0);
    for (uint32_t i = 0; i < THREADS; i++)
        CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    CHECK_EQUAL(entered, (uint64_t)THREADS * rounds);
    CHECK_EQUAL(atomic_load(&lock.word), 0);
    CHECK(ac_fake_count(AC_FAKE_WAIT) > 0); /* some did sleep */
}
FRESH_TEST(contention)

static void *take_and_give(void *arg)
{
    ac_lock_take(arg);
    ac_lock_give(arg);
    return NULL;
}

/* A waiter that sleeps is woken when the lock is given. */
static void body_sleeper_wakes(void *arg)
{
    pthread_t thread;

    (void)arg;
    for (uint32_t i = 0; i < 50; i++) {
        ac_lock_take(&lock);
        CHECK_EQUAL(pthread_create(&thread, NULL, take_and_give, &lock), 0);
        while (atomic_load(&lock.word) != 2)
            sched_yield();
        ac_lock_give(&lock);
        CHECK_EQUAL(pthread_join(thread, NULL), 0);
    }
    CHECK_EQUAL(atomic_load(&lock.word), 0);
}
FRESH_TEST(sleeper_wakes)

/* A wait that fails (a kernel that refuses futex) is a lock that spins. */
static void body_wait_fails(void *arg)
{
    (void)arg;
    ac_fake_fail(AC_FAKE_WAIT, 1, true, ENOSYS);
    body_contention(NULL);
}
FRESH_TEST(wait_fails)

static void body_try(void *arg)
{
    (void)arg;
    CHECK(ac_lock_try(&lock));
    CHECK(!ac_lock_try(&lock));
    ac_lock_give(&lock);
    CHECK(ac_lock_try(&lock));
    ac_lock_give(&lock);
    CHECK_EQUAL(atomic_load(&lock.word), 0);
}
FRESH_TEST(try)

static void *try_other(void *arg)
{
    return ac_lock_try(arg) ? arg : NULL;
}

/* Between fork_begin and fork_end the thread that forks passes through, others do not;
 * in the child the lock is free whatever others did. */
static void body_fork(void *arg)
{
    pthread_t thread;
    void *got = NULL;

    (void)arg;
    for (uint32_t child = 0; child < 2; child++) {
        ac_lock_fork_begin(&lock);
        ac_lock_take(&lock);
        ac_lock_take(&lock);
        ac_lock_give(&lock);
        ac_lock_give(&lock);
        CHECK_EQUAL(pthread_create(&thread, NULL, try_other, &lock), 0);
        CHECK_EQUAL(pthread_join(thread, &got), 0);
        CHECK(got == NULL);
        if (child == 1) /* as if somebody slept on it, who is not in the child */
            atomic_store(&lock.word, 2);
        ac_lock_fork_end(&lock, child == 1);
        CHECK_EQUAL(atomic_load(&lock.word), 0);
        CHECK_EQUAL(pthread_create(&thread, NULL, take_and_give, &lock), 0);
        CHECK_EQUAL(pthread_join(thread, &got), 0);
    }
}
FRESH_TEST(fork)

/* Others come to wait while the lock is held for a fork: in the parent they go on. */
static void body_fork_with_waiters(void *arg)
{
    pthread_t threads[THREADS];

    (void)arg;
    for (uint32_t round = 0; round < 20; round++) {
        ac_lock_fork_begin(&lock);
        for (uint32_t i = 0; i < THREADS; i++)
            CHECK_EQUAL(pthread_create(&threads[i], NULL, take_and_give, &lock), 0);
        while (atomic_load(&lock.word) != 2)
            sched_yield();
        ac_lock_take(&lock);
        ac_lock_give(&lock);
        ac_lock_fork_end(&lock, false);
        for (uint32_t i = 0; i < THREADS; i++)
            CHECK_EQUAL(pthread_join(threads[i], NULL), 0);
    }
    CHECK_EQUAL(atomic_load(&lock.word), 0);
}
FRESH_TEST(fork_with_waiters)

static void *hold_a_while(void *arg)
{
    ac_lock_take(arg);
    usleep(30000);
    ac_lock_give(arg);
    return NULL;
}

static void body_settles(void *arg)
{
    pthread_t thread;

    (void)arg;
    CHECK(ac_lock_settles(&lock, 1000000));
    ac_lock_take(&lock);
    CHECK(!ac_lock_settles(&lock, 50000000)); /* held for ever, as in a debugger */
    ac_lock_give(&lock);
    CHECK_EQUAL(pthread_create(&thread, NULL, hold_a_while, &lock), 0);
    while (atomic_load(&lock.word) == 0)
        sched_yield();
    CHECK(ac_lock_settles(&lock, AC_OS_FOREVER));
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(atomic_load(&lock.word), 0);
}
FRESH_TEST(settles)

/* --- Ranks ---------------------------------------------------------------- */

static void body_rising(void *arg)
{
    struct ac_lock locks[AC_RANK_COUNT];

    (void)arg;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < AC_RANK_COUNT; i++) {
            locks[i] = (struct ac_lock)AC_LOCK_INIT(i);
            if (round == 0)
                ac_lock_take(&locks[i]);
            else
                CHECK(ac_lock_try(&locks[i]));
        }
        for (uint32_t i = 0; i < AC_RANK_COUNT; i++) /* given in any order */
            ac_lock_give(&locks[(i * 5 + 3) % AC_RANK_COUNT]);
        for (uint32_t i = 0; i < AC_RANK_COUNT; i++)
            CHECK_EQUAL(atomic_load(&locks[i].word), 0);
    }
}
FRESH_TEST(rising)

static void body_falling(void *arg)
{
    struct ac_lock low = AC_LOCK_INIT(AC_RANK_HUGE);
    struct ac_lock high = AC_LOCK_INIT(AC_RANK_SPAN);

    (void)arg;
    fresh_abort_text = "assertion failed: locks are taken in rising order of rank";
    ac_lock_take(&high);
    ac_lock_take(&low);
}

static void body_same_rank(void *arg)
{
    struct ac_lock one = AC_LOCK_INIT(AC_RANK_SPAN);
    struct ac_lock two = AC_LOCK_INIT(AC_RANK_SPAN);

    (void)arg;
    fresh_abort_text = "assertion failed: locks are taken in rising order of rank";
    ac_lock_take(&one);
    (void)ac_lock_try(&two);
}

static void test_ranks_are_checked(void **state)
{
    (void)state;
    if (!AC_CHECKED) {
        print_message("ranks are looked at in the checked build only\n");
        skip();
    }
    assert_int_equal(fresh_run(NULL, body_falling, NULL), 0);
    assert_int_equal(fresh_run(NULL, body_same_rank, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contention),
        cmocka_unit_test(test_sleeper_wakes),
        cmocka_unit_test(test_wait_fails),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_fork_with_waiters),
        cmocka_unit_test(test_settles),
        cmocka_unit_test(test_rising),
        cmocka_unit_test(test_ranks_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
