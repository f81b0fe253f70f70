/* fake.c -- the system in memory: the contract at each page size, and that it
 * fails, traps and counts as told. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <time.h>

#include "contract.h"
#include "os/fake/fake.h"

static const struct ac_fake_config page_4k = {.page_bytes = 4096};
static const struct ac_fake_config page_16k = {.page_bytes = 16384};
static const struct ac_fake_config page_64k = {.page_bytes = 65536};

static _Atomic uint32_t word_of_one = 1; /* to wait on; nobody changes it */

static int fake_setup(const struct ac_fake_config *config)
{
    ac_fake_reset(config);
    return contract_setup(NULL);
}

static int setup_4k(void **state)
{
    (void)state;
    return fake_setup(&page_4k);
}

static int setup_16k(void **state)
{
    (void)state;
    return fake_setup(&page_16k);
}

static int setup_64k(void **state)
{
    (void)state;
    return fake_setup(&page_64k);
}

/* The tests of the contract give back all they take. */
static int teardown_leaks(void **state)
{
    struct ac_fake_held held = ac_fake_held();

    (void)state;
    return held.reserved_bytes != 0 || held.mapping_count != 0 || held.open_files != 0;
}

/* --- Failures -------------------------------------------------------------- */

static void schedule_once(void **state)
{
    char *start = filled_pages(4);

    (void)state;
    ac_fake_fail(AC_FAKE_PURGE, 3, false, EAGAIN);
    assert_int_equal(ac_os_purge(start, PAGES(1)), 0);
    assert_int_equal(ac_os_purge(start, PAGES(1)), 0);
    assert_int_equal(ac_os_purge(start, PAGES(1)), EAGAIN);
    assert_int_equal(ac_os_purge(start, PAGES(1)), 0);
    assert_int_equal(ac_fake_count(AC_FAKE_PURGE), 4);
    assert_int_equal(ac_fake_failed(AC_FAKE_PURGE), 1);
    assert_int_equal(ac_fake_count(AC_FAKE_ANY), 6);
    assert_int_equal(ac_fake_failed(AC_FAKE_ANY), 1);
    assert_int_equal(ac_fake_count(AC_FAKE_MAP), 0);
    assert_errno_kept();
}

static void schedule_for_ever(void **state)
{
    int error = 0;
    char *start = filled_pages(4);

    (void)state;
    ac_fake_fail(AC_FAKE_ANY, 2, true, ENOMEM);
    assert_int_equal(ac_os_decommit(start, PAGES(2)), 0);
    assert_int_equal(ac_os_commit(start, PAGES(2)), ENOMEM);
    assert_traps(start);
    assert_null(ac_os_reserve(PAGES(1), PAGES(1), &error));
    assert_int_equal(error, ENOMEM);
    assert_int_equal(ac_os_release(start, PAGES(4)), ENOMEM);
    assert_true(is_filled(start + PAGES(2), PAGES(2), 'x'));
    assert_int_equal(ac_os_resident(start, PAGES(4)), 0);
    assert_int_equal(ac_os_create_file("f", NULL), -1);
    assert_int_equal(ac_os_write(2, "x", 1), ENOMEM);
    ac_fake_fail(AC_FAKE_ANY, 0, false, 0);
    assert_int_equal(ac_os_release(start, PAGES(4)), 0);
    assert_errno_kept();
}

static int fail_one(enum ac_fake_call call, char *pages, char *mapped)
{
    size_t got;
    char byte;
    int error = 0;

    ac_fake_fail(call, 1, false, EIO);
    switch (call) {
    case AC_FAKE_RESERVE:
        ac_os_reserve(PAGES(1), PAGES(1), &error);
        break;
    case AC_FAKE_RESERVE_AT:
        return ac_os_reserve_at(pages, PAGES(1));
    case AC_FAKE_RELEASE:
        return ac_os_release(pages, PAGES(1));
    case AC_FAKE_COMMIT:
        return ac_os_commit(pages, PAGES(1));
    case AC_FAKE_DECOMMIT:
        return ac_os_decommit(pages, PAGES(1));
    case AC_FAKE_PURGE:
        return ac_os_purge(pages, PAGES(1));
    case AC_FAKE_FREEZE:
        return ac_os_freeze(pages, PAGES(1), true);
    case AC_FAKE_HUGE:
        return ac_os_huge(pages, PAGES(1), true);
    case AC_FAKE_GUARD:
        return ac_os_guard(pages, PAGES(1), true);
    case AC_FAKE_MAP:
        ac_os_map(PAGES(1), PAGES(1), &error);
        break;
    case AC_FAKE_REMAP:
        return ac_os_remap(mapped, PAGES(1), PAGES(2), true) == NULL ? EIO : 0;
    case AC_FAKE_RESIDENT:
        return ac_os_resident(pages, PAGES(1)) == 0 ? EIO : 0;
    case AC_FAKE_WAIT:
        return ac_os_wait(&word_of_one, 1, 0);
    case AC_FAKE_CREATE_FILE:
        ac_os_create_file("f", &error);
        break;
    case AC_FAKE_OPEN_FILE:
        ac_os_open_file("f", &error);
        break;
    case AC_FAKE_WRITE:
        return ac_os_write(1, "x", 1);
    case AC_FAKE_READ:
        return ac_os_read(100, &byte, 1, &got);
    case AC_FAKE_ANY:
        return EIO;
    }
    return error;
}

/* Every call can be made to fail, and then holds nothing more or less. */
static void schedule_each(void **state)
{
    char *pages = filled_pages(1);
    char *mapped = ac_os_map(PAGES(1), PAGES(1), NULL);

    (void)state;
    ac_fake_put_file("f", "x", 1);
    assert_int_equal(ac_os_open_file("f", NULL), 100);
    for (int i = 0; i < AC_FAKE_CALL_COUNT; i++) {
        enum ac_fake_call call = (enum ac_fake_call)i;
        struct ac_fake_held before = ac_fake_held();
        assert_int_equal(fail_one(call, pages, mapped), EIO);
        struct ac_fake_held after = ac_fake_held();
        assert_memory_equal(&before, &after, sizeof before);
        assert_int_equal(ac_fake_failed(call), 1);
        assert_true(strlen(ac_fake_call_name(call)) > 2);
    }
    assert_errno_kept();
}

static void failed_purge_spoils(void **state)
{
    char *start = filled_pages(3);

    (void)state;
    ac_fake_fail(AC_FAKE_PURGE, 1, false, EPERM);
    assert_int_equal(ac_os_purge(start + PAGES(1), PAGES(1)), EPERM);
    assert_true(is_filled(start, PAGES(1), 'x'));
    assert_true(is_filled(start + PAGES(1), PAGES(1), (char)0xA5));
    assert_true(is_filled(start + PAGES(2), PAGES(1), 'x'));
    ac_fake_fail(AC_FAKE_DECOMMIT, 1, false, ENOMEM);
    assert_int_equal(ac_os_decommit(start, PAGES(1)), ENOMEM);
    assert_true(is_filled(start, PAGES(2), (char)0xA5));
    assert_errno_kept();
}

static void limits_hold(void **state)
{
    int error = 0;

    (void)state;
    fake_setup(&(struct ac_fake_config){.as_limit_bytes = 16 * 4096,
                                        .commit_limit_bytes = 8 * 4096,
                                        .ram_bytes = 4 * 4096});
    assert_null(ac_os_reserve(PAGES(17), PAGES(1), &error));
    assert_int_equal(error, ENOMEM);
    char *start = ac_os_reserve(PAGES(10), PAGES(1), NULL);
    assert_null(ac_os_reserve(PAGES(7), PAGES(1), NULL));
    assert_int_equal(ac_os_commit(start, PAGES(9)), ENOMEM);
    assert_int_equal(ac_os_commit(start, PAGES(6)), 0);
    assert_int_equal(ac_os_commit(start, PAGES(8)), 0);
    assert_null(ac_os_map(PAGES(1), PAGES(1), NULL));
    assert_int_equal(ac_os_decommit(start, PAGES(5)), 0);
    assert_null(ac_os_map(PAGES(5), PAGES(1), NULL)); /* more than RAM */
    char *mapped = ac_os_map(PAGES(4), PAGES(1), NULL);
    assert_non_null(mapped);
    assert_null(ac_os_remap(mapped, PAGES(4), PAGES(5), true));
    assert_int_equal(ac_os_release(start, PAGES(10)), 0);
    assert_int_equal(ac_os_release(mapped, PAGES(4)), 0);
    struct ac_fake_held held = ac_fake_held();
    assert_int_equal(held.reserved_bytes, 0);
    assert_int_equal(held.reserved_peak_bytes, PAGES(14));
    assert_int_equal(held.committed_peak_bytes, PAGES(8));
    assert_errno_kept();
}

static void mapping_limit_holds(void **state)
{
    (void)state;
    fake_setup(&(struct ac_fake_config){.mapping_limit = 5});
    char *start = ac_os_reserve(PAGES(10), PAGES(1), NULL);
    assert_int_equal(ac_os_commit(start + PAGES(1), PAGES(1)), 0);
    assert_int_equal(ac_os_commit(start + PAGES(4), PAGES(1)), 0);
    assert_int_equal(ac_fake_held().mapping_count, 5);
    assert_int_equal(ac_os_commit(start + PAGES(7), PAGES(1)), ENOMEM);
    assert_int_equal(ac_os_release(start + PAGES(7), PAGES(1)), ENOMEM);
    assert_traps(start + PAGES(7));
    /* What grows a neighbour, or guards, splits nothing. */
    assert_int_equal(ac_os_commit(start + PAGES(5), PAGES(1)), 0);
    assert_int_equal(ac_os_guard(start + PAGES(5), PAGES(1), true), 0);
    assert_int_equal(ac_fake_held().mapping_count, 5);
    assert_int_equal(ac_os_commit(start + PAGES(2), PAGES(2)), 0);
    assert_int_equal(ac_fake_held().mapping_count, 3);
    assert_int_equal(ac_os_release(start + PAGES(7), PAGES(1)), 0);
    assert_int_equal(ac_fake_held().mapping_count, 4);
    assert_int_equal(ac_os_release(start, PAGES(7)), 0);
    assert_int_equal(ac_os_release(start + PAGES(8), PAGES(2)), 0);
    assert_int_equal(ac_fake_held().mapping_count, 0);
    assert_errno_kept();
}

static void guards_may_be_missing(void **state)
{
    (void)state;
    fake_setup(&(struct ac_fake_config){.guard_error = EINVAL});
    char *start = filled_pages(1);
    assert_int_equal(ac_os_guard(start, PAGES(1), true), EINVAL);
    assert_true(is_filled(start, PAGES(1), 'x'));
    assert_errno_kept();
}

/* --- Traps ----------------------------------------------------------------- */

static jmp_buf trap_target;

static void leave(void *value)
{
    longjmp(trap_target, *(int *)value);
}

/* `call` breaks the contract, and the message says so. */
#define assert_trapped(call, text)                                                       \
    do {                                                                                 \
        ac_fake_on_trap(leave, &(int){1});                                               \
        if (setjmp(trap_target) == 0) {                                                  \
            (void)(call);                                                                \
            fail_msg("no trap: %s", #call);                                              \
        }                                                                                \
        if (strstr(ac_fake_trap_message(), (text)) == NULL)                              \
            fail_msg("%s: %s", #call, ac_fake_trap_message());                           \
    } while (0)

static void traps_bad_ranges(void **state)
{
    char *start = ac_os_reserve(PAGES(8), PAGES(1), NULL);

    (void)state;
    assert_int_equal(ac_os_commit(start + PAGES(2), PAGES(2)), 0);
    assert_trapped(ac_os_purge(start, PAGES(3)), "is not committed");
    assert_trapped(ac_os_huge(start + PAGES(3), PAGES(2), true), "is not committed");
    assert_trapped(ac_os_guard(start, PAGES(1), true), "is not committed");
    assert_trapped(ac_os_freeze(start, PAGES(1), true), "is not committed");
    assert_trapped(ac_os_remap(start, PAGES(8), PAGES(9), true), "not from ac_os_map");
    assert_trapped(ac_os_commit(start + PAGES(7), PAGES(2)), "is not reserved");
    assert_int_equal(ac_os_guard(start + PAGES(2), PAGES(1), true), 0);
    assert_trapped(ac_os_commit(start, PAGES(8)), "has guards");

    assert_int_equal(ac_os_release(start, PAGES(4)), 0);
    assert_trapped(ac_os_release(start, PAGES(4)), "release: [0x");
    assert_trapped(ac_os_release(start, PAGES(8)), "is not reserved");
    assert_trapped(ac_os_decommit(start, PAGES(1)), "is not reserved");
    assert_trapped(ac_os_purge(start, PAGES(1)), "is not reserved");
    assert_int_equal(ac_fake_state_of(start), AC_FAKE_IS_NONE);
    assert_int_equal(ac_fake_state_of(start + PAGES(4)), AC_FAKE_IS_RESERVED);
    assert_int_equal(ac_os_release(start + PAGES(4), PAGES(4)), 0);
}

static void traps_bad_arguments(void **state)
{
    char *start = filled_pages(4);

    (void)state;
    assert_trapped(ac_os_purge(start + 4096, PAGES(1)), "is misaligned");
    assert_trapped(ac_os_purge(start, 4096), "is misaligned");
    assert_trapped(ac_os_release(start, 0), "is empty");
    assert_trapped(ac_os_decommit(start, 0 - PAGES(1)), "wraps around");
    assert_trapped(ac_os_reserve(PAGES(1), 4096, NULL), "bad alignment");
    assert_trapped(ac_os_map(PAGES(1), 3 * PAGES(1), NULL), "bad alignment");
    assert_trapped(ac_os_reserve(PAGES(1) + 1, PAGES(1), NULL), "is misaligned");
    assert_trapped(ac_os_resident(start + 1, PAGES(1)), "is misaligned");
    assert_trapped(ac_os_close(7), "close: not open");
    assert_true(is_filled(start, PAGES(4), 'x'));
}

static void release_twice(void *start)
{
    ac_fake_on_trap(NULL, NULL);
    dup2(open("/dev/null", O_WRONLY), 2);
    ac_os_release(start, PAGES(1));
    ac_os_release(start, PAGES(1));
}

static void trap_aborts(void **state)
{
    int status = in_child(release_twice, filled_pages(1));

    (void)state;
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void abort_is_hooked(void **state)
{
    (void)state;
    ac_fake_on_abort(leave, &(int){5});
    int got = setjmp(trap_target);
    if (got == 0)
        ac_os_abort();
    assert_int_equal(got, 5);
}

/* --- Counts ---------------------------------------------------------------- */

static void held_is_counted(void **state)
{
    char *start = ac_os_reserve(PAGES(10), PAGES(1), NULL);
    char *mapped = ac_os_map(PAGES(2), PAGES(1), NULL);

    (void)state;
    assert_int_equal(ac_os_commit(start, PAGES(4)), 0);
    assert_int_equal(ac_os_guard(start + PAGES(1), PAGES(1), true), 0);
    assert_int_equal(ac_os_freeze(start + PAGES(3), PAGES(1), true), 0);
    assert_int_equal(ac_os_create_file("f", NULL), 100);

    struct ac_fake_held held = ac_fake_held();
    assert_int_equal(held.reserved_bytes, PAGES(12));
    assert_int_equal(held.committed_bytes, PAGES(5));
    assert_int_equal(held.guard_bytes, PAGES(1));
    assert_int_equal(held.open_files, 1);
    assert_int_equal(ac_fake_state_of(start + PAGES(1)), AC_FAKE_IS_GUARD);
    assert_int_equal(ac_fake_state_of(start + PAGES(2) + 5), AC_FAKE_IS_COMMITTED);
    assert_int_equal(ac_fake_state_of(start + PAGES(3)), AC_FAKE_IS_FROZEN);
    assert_int_equal(ac_fake_state_of(mapped), AC_FAKE_IS_MAPPED);

    ac_fake_reset(NULL);
    held = ac_fake_held();
    assert_true(is_filled((char *)&held, sizeof held, 0));
    assert_traps(mapped);
    assert_errno_kept();
}

/* Bookkeeping against a plain array of pages: 20000 random steps. */
enum {
    MODEL_PAGES = 64
};

static void ranges_follow_a_model(void **state)
{
    unsigned char model[MODEL_PAGES];
    uint64_t random = 1;
    char *start = ac_os_reserve(PAGES(MODEL_PAGES), PAGES(1), NULL);

    (void)state;
    memset(model, AC_FAKE_IS_RESERVED, sizeof model);
    for (int step = 0; step < 20000; step++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        size_t from = random >> 33 & (MODEL_PAGES - 1);
        size_t count = 1 + (random >> 40) % (MODEL_PAGES - from);
        char *at = start + PAGES(from);
        enum ac_fake_state to = AC_FAKE_IS_RESERVED;
        if ((random >> 60 & 3) == 0) {
            assert_int_equal(ac_os_decommit(at, PAGES(count)), 0);
        } else if ((random >> 60 & 3) == 1) {
            assert_int_equal(ac_os_release(at, PAGES(count)), 0);
            assert_int_equal(ac_os_reserve_at(at, PAGES(count)), 0);
        } else {
            assert_int_equal(ac_os_commit(at, PAGES(count)), 0);
            to = AC_FAKE_IS_COMMITTED;
        }
        memset(model + from, (int)to, count);
        size_t committed = 0, mappings = 0;
        for (size_t i = 0; i < MODEL_PAGES; i++) {
            committed += model[i] == AC_FAKE_IS_COMMITTED;
            mappings += i == 0 || model[i] != model[i - 1];
            if (step % 16 == 0)
                assert_int_equal(ac_fake_state_of(start + PAGES(i)), model[i]);
        }
        struct ac_fake_held held = ac_fake_held();
        assert_int_equal(held.committed_bytes, PAGES(committed));
        assert_int_equal(held.reserved_bytes, PAGES(MODEL_PAGES));
        assert_int_equal(held.mapping_count, mappings);
    }
    assert_int_equal(ac_os_release(start, PAGES(MODEL_PAGES)), 0);
}

/* --- The machine ----------------------------------------------------------- */

static void machine_is_as_told(void **state)
{
    (void)state;
    fake_setup(&(struct ac_fake_config){.page_bytes = 65536,
                                        .huge_bytes = SIZE_MAX,
                                        .ram_bytes = 1234,
                                        .cpu_count = 99,
                                        .secure = true,
                                        .huge_always = true});
    assert_int_equal(info.page_bytes, 65536);
    assert_int_equal(info.huge_bytes, 0);
    assert_int_equal(info.ram_bytes, 1234);
    assert_int_equal(info.as_limit_bytes, SIZE_MAX);
    assert_int_equal(info.cpu_count, 99);
    assert_true(info.secure);
    assert_true(ac_os_huge_always());
    ac_fake_setenv("A", "1");
    assert_null(ac_os_env("A"));
    fake_setup(NULL);
    assert_int_equal(info.huge_bytes, 2 << 20);
    assert_false(info.secure);
    assert_null(ac_os_env("A"));
    ac_fake_setenv("A", "1");
    ac_fake_setenv("A", "2");
    assert_string_equal(ac_os_env("A"), "2");
    ac_fake_setenv("A", NULL);
    assert_null(ac_os_env("A"));
    assert_errno_kept();
}

static void clock_is_moved(void **state)
{
    uint64_t before = ac_os_now_ns();

    (void)state;
    usleep(2000);
    assert_int_equal(ac_os_now_ns(), before);
    ac_fake_advance(5);
    assert_int_equal(ac_os_now_ns(), before + 5);
    /* A wait nobody ends jumps to its end. */
    assert_int_equal(ac_os_wait(&word_of_one, 1, 3600000000000), ETIMEDOUT);
    assert_int_equal(ac_os_now_ns(), before + 5 + 3600000000000);
    assert_errno_kept();
}

static void *advance_later(void *unused)
{
    (void)unused;
    usleep(20000);
    ac_fake_advance(1000);
    return NULL;
}

static void strict_wait_waits(void **state)
{
    pthread_t thread;

    (void)state;
    fake_setup(&(struct ac_fake_config){.strict_wait = true});
    uint64_t before = ac_os_now_ns();
    assert_int_equal(pthread_create(&thread, NULL, advance_later, NULL), 0);
    assert_int_equal(ac_os_wait(&word_of_one, 1, 1000), ETIMEDOUT);
    assert_int_equal(ac_os_now_ns(), before + 1000);
    pthread_join(thread, NULL);
}

static void entropy_repeats(void **state)
{
    char one[33] = {0}, two[33] = {0};

    (void)state;
    fake_setup(&(struct ac_fake_config){.seed = 5});
    ac_os_entropy(one, 32);
    fake_setup(&(struct ac_fake_config){.seed = 5});
    ac_os_entropy(two, 32);
    assert_memory_equal(one, two, 33);
    fake_setup(&(struct ac_fake_config){.seed = 6});
    ac_os_entropy(two, 32);
    assert_memory_not_equal(one, two, 8);
}

static void files_work(void **state)
{
    static char large[(1 << 20) + 1];
    size_t size = 99;

    (void)state;
    check_files("report");
    assert_string_equal(ac_fake_file("report", &size), "hello world");
    assert_int_equal(size, 11);
    assert_null(ac_fake_file("other", NULL));
    assert_int_equal(ac_os_write(2, "one ", 4), 0);
    assert_int_equal(ac_os_write(2, "two", 3), 0);
    assert_string_equal(ac_fake_output(2, &size), "one two");
    assert_int_equal(size, 7);
    assert_string_equal(ac_fake_output(1, NULL), "");
    int fd = ac_os_create_file("report", NULL);
    assert_int_equal(ac_os_write(fd, large, sizeof large), ENOSPC);
    ac_os_close(fd);
    assert_int_equal(ac_fake_held().open_files, 0);
    assert_errno_kept();
}

/* Calls from many threads keep the books right. */
static void *work(void *unused)
{
    (void)unused;
    for (int i = 0; i < 500; i++) {
        char *start = ac_os_reserve(PAGES(4), PAGES(1), NULL);
        if (ac_os_commit(start, PAGES(2)) != 0 || ac_os_purge(start, PAGES(2)) != 0)
            return start;
        start[0] = 1;
        if (ac_os_release(start, PAGES(4)) != 0)
            return start;
    }
    return NULL;
}

static void threads_work(void **state)
{
    pthread_t threads[4];
    void *result;

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    assert_int_equal(ac_fake_count(AC_FAKE_COMMIT), 2000);
    assert_int_equal(ac_fake_held().reserved_bytes, 0);
    assert_errno_kept();
}

#define FAKE_TEST(test) cmocka_unit_test_setup(test, setup_4k)
#define FAKE_TEST_64K(test) cmocka_unit_test_setup(test, setup_64k)
#define FAKE_CONTRACT cmocka_unit_test_setup_teardown

int main(void)
{
#undef CONTRACT_TEST
#define CONTRACT_TEST(test) FAKE_CONTRACT(test, setup_4k, teardown_leaks)
    const struct CMUnitTest contract_4k[] = {CONTRACT_TESTS};
#undef CONTRACT_TEST
#define CONTRACT_TEST(test) FAKE_CONTRACT(test, setup_16k, teardown_leaks)
    const struct CMUnitTest contract_16k[] = {CONTRACT_TESTS};
#undef CONTRACT_TEST
#define CONTRACT_TEST(test) FAKE_CONTRACT(test, setup_64k, teardown_leaks)
    const struct CMUnitTest contract_64k[] = {CONTRACT_TESTS};
    const struct CMUnitTest tests[] = {
        FAKE_TEST(schedule_once),
        FAKE_TEST(schedule_for_ever),
        FAKE_TEST(schedule_each),
        FAKE_TEST(failed_purge_spoils),
        FAKE_TEST(limits_hold),
        FAKE_TEST(mapping_limit_holds),
        FAKE_TEST(guards_may_be_missing),
        FAKE_TEST(traps_bad_ranges),
        FAKE_TEST_64K(traps_bad_arguments),
        FAKE_TEST(trap_aborts),
        FAKE_TEST(abort_is_hooked),
        FAKE_TEST(held_is_counted),
        FAKE_TEST(ranges_follow_a_model),
        FAKE_TEST(machine_is_as_told),
        FAKE_TEST(clock_is_moved),
        FAKE_TEST(strict_wait_waits),
        FAKE_TEST(entropy_repeats),
        FAKE_TEST(files_work),
        FAKE_TEST(threads_work),
    };

    int failed = cmocka_run_group_tests_name("os/fake, 4 KiB", contract_4k, NULL, NULL);
    failed += cmocka_run_group_tests_name("os/fake, 16 KiB", contract_16k, NULL, NULL);
    failed += cmocka_run_group_tests_name("os/fake, 64 KiB", contract_64k, NULL, NULL);
    failed += cmocka_run_group_tests_name("os/fake", tests, NULL, NULL);
    return failed;
}
