/* contract.h -- what os.h promises, as tests for every implementation of it.
 *
 * Included by linux.c and fake.c, which add what only they can do.  Each test
 * sets errno to a value of its own and sees to it that no call of os.h, failed
 * or not, has changed it.
 */
#ifndef TEST_UNIT_OS_CONTRACT_H
#define TEST_UNIT_OS_CONTRACT_H

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"

#define ERRNO_MARK 12345
#define PAGES(n) ((n)*info.page_bytes)

static struct ac_os_info info;

static int contract_setup(void **state)
{
    (void)state;
    ac_os_init(&info);
    errno = ERRNO_MARK;
    return 0;
}

/* Has no call since the start of the test changed errno? */
#define assert_errno_kept() assert_int_equal(errno, ERRNO_MARK)

/* --- Helpers --------------------------------------------------------------- */

/* Run `body` in a child that may die; how it ended, as waitpid says. */
static int in_child(void (*body)(void *), void *argument)
{
    int status = -1;
    int saved = errno;
    pid_t child = fork();

    if (child == 0) {
        struct rlimit no_core = { 0, 0 };
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        errno = ERRNO_MARK;
        body(argument);
        _exit(0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    errno = saved;
    return status;
}

static void touch_read(void *addr)
{
    (void)*(volatile char *)addr;
}

static void touch_write(void *addr)
{
    *(volatile char *)addr = 1;
}

static bool is_segv(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

#define assert_traps(addr) assert_true(is_segv(in_child(touch_read, (addr))))
#define assert_read_only(addr)                                                           \
    do {                                                                                 \
        assert_int_equal(in_child(touch_read, (addr)), 0);                               \
        assert_true(is_segv(in_child(touch_write, (addr))));                             \
    } while (0)

static bool is_filled(const char *from, size_t size, char value)
{
    for (size_t i = 0; i < size; i++)
        if (from[i] != value)
            return false;
    return true;
}

/* `pages` committed pages filled with 'x'. */
static char *filled_pages(size_t pages)
{
    char *start = ac_os_reserve(PAGES(pages), info.page_bytes, NULL);

    assert_non_null(start);
    assert_int_equal(ac_os_commit(start, PAGES(pages)), 0);
    memset(start, 'x', PAGES(pages));
    return start;
}

/* --- Address space --------------------------------------------------------- */

static void reserve_aligns(void **state)
{
    (void)state;
    for (size_t align = info.page_bytes; align <= (size_t)1 << 32; align *= 4) {
        int error = 0;
        char *start = ac_os_reserve(PAGES(3), align, &error);
        assert_non_null(start);
        assert_int_equal(error, 0);
        assert_int_equal((uintptr_t)start % align, 0);
        if (align == info.page_bytes) {
            assert_traps(start);
            assert_traps(start + PAGES(3) - 1);
        }
        assert_int_equal(ac_os_release(start, PAGES(3)), 0);
    }
    assert_errno_kept();
}

static void reserve_refuses(void **state)
{
    int error = 0;
    size_t half = (SIZE_MAX / 2 + 1) & ~(info.page_bytes - 1);

    (void)state;
    assert_null(ac_os_reserve(half, info.page_bytes, &error));
    assert_int_equal(error, ENOMEM);
    assert_null(ac_os_reserve(half, half, NULL));
    assert_null(ac_os_reserve(0 - info.page_bytes, half, NULL));
    error = 0;
    assert_null(ac_os_map(half, info.page_bytes, &error));
    assert_int_equal(error, ENOMEM);
    assert_null(ac_os_map(half, half, NULL));
    assert_errno_kept();
}

static void release_parts(void **state)
{
    char *start = filled_pages(8);

    (void)state;
    assert_int_equal(ac_os_release(start + PAGES(2), PAGES(3)), 0);
    assert_traps(start + PAGES(2));
    assert_traps(start + PAGES(5) - 1);
    assert_true(is_filled(start, PAGES(2), 'x'));
    assert_true(is_filled(start + PAGES(5), PAGES(3), 'x'));

    assert_int_equal(ac_os_reserve_at(start + PAGES(1), PAGES(3)), EEXIST);
    assert_int_equal(ac_os_reserve_at(start + PAGES(3), PAGES(3)), EEXIST);
    assert_int_equal(ac_os_reserve_at(start + PAGES(2), PAGES(3)), 0);
    assert_int_equal(ac_os_reserve_at(start + PAGES(2), PAGES(3)), EEXIST);
    assert_traps(start + PAGES(2));
    assert_int_equal(ac_os_commit(start + PAGES(2), PAGES(3)), 0);
    assert_true(is_filled(start + PAGES(2), PAGES(3), 0));
    assert_true(is_filled(start, PAGES(2), 'x'));
    assert_int_equal(ac_os_release(start, PAGES(8)), 0);
    assert_errno_kept();
}

/* --- Pages ----------------------------------------------------------------- */

static void commit_and_decommit(void **state)
{
    char *start = ac_os_reserve(PAGES(8), info.page_bytes, NULL);

    (void)state;
    assert_int_equal(ac_os_commit(start + PAGES(2), PAGES(4)), 0);
    assert_true(is_filled(start + PAGES(2), PAGES(4), 0));
    assert_traps(start + PAGES(2) - 1);
    assert_traps(start + PAGES(6));
    memset(start + PAGES(2), 'x', PAGES(4));

    /* Again and more: what is there stays. */
    assert_int_equal(ac_os_commit(start + PAGES(2), PAGES(4)), 0);
    assert_int_equal(ac_os_commit(start + PAGES(1), PAGES(6)), 0);
    assert_true(is_filled(start + PAGES(2), PAGES(4), 'x'));

    assert_int_equal(ac_os_decommit(start + PAGES(3), PAGES(2)), 0);
    assert_traps(start + PAGES(3));
    assert_traps(start + PAGES(5) - 1);
    assert_int_equal(ac_os_resident(start, PAGES(8)), PAGES(3 - 1));
    assert_int_equal(ac_os_commit(start + PAGES(3), PAGES(2)), 0);
    assert_true(is_filled(start + PAGES(3), PAGES(2), 0));
    assert_true(is_filled(start + PAGES(2), PAGES(1), 'x'));
    assert_true(is_filled(start + PAGES(5), PAGES(1), 'x'));

    /* Also what was never committed. */
    assert_int_equal(ac_os_decommit(start, PAGES(8)), 0);
    assert_int_equal(ac_os_release(start, PAGES(8)), 0);
    assert_errno_kept();
}

static void purge_zeroes(void **state)
{
    char *start = filled_pages(6);

    (void)state;
    assert_int_equal(ac_os_resident(start, PAGES(6)), PAGES(6));
    assert_int_equal(ac_os_purge(start + PAGES(1), PAGES(4)), 0);
    assert_int_equal(ac_os_resident(start, PAGES(6)), PAGES(2));
    assert_int_equal(ac_os_resident(start + PAGES(1), PAGES(4)), 0);
    assert_true(is_filled(start, PAGES(1), 'x'));
    assert_true(is_filled(start + PAGES(1), PAGES(4), 0));
    assert_true(is_filled(start + PAGES(5), PAGES(1), 'x'));
    start[PAGES(2)] = 1;
    assert_int_equal(ac_os_release(start, PAGES(6)), 0);
    assert_errno_kept();
}

/* Pages that were read and never written are told from the others, or nobody knows. */
static void zero_is_told(void **state)
{
    size_t pages = 100;
    char *start = ac_os_reserve(PAGES(pages), info.page_bytes, NULL);
    volatile char sink = 0;
    int pagemap = ac_os_pagemap_open();

    (void)state;
    assert_int_equal(ac_os_commit(start, PAGES(pages)), 0);
    (void)ac_os_huge(start, PAGES(pages), false);
    assert_int_equal(ac_os_zero_mapped(pagemap, start, PAGES(pages)), 0);
    for (size_t i = 0; i < pages; i++)  /* more runs than one round of it takes */
        if (i % 3 == 0)
            start[PAGES(i)] = 1;
        else if (i % 3 == 1)
            sink = start[PAGES(i)];
    (void)sink;
    size_t zero = ac_os_zero_mapped(pagemap, start, PAGES(pages));
    if (zero == 0)
        print_message("pages of zeros are not told here\n");
    else
        assert_int_equal(zero, PAGES(33));
    assert_int_equal(ac_os_zero_mapped(-1, start, PAGES(pages)), 0);
    if (pagemap >= 0)
        ac_os_close(pagemap);
    assert_int_equal(ac_os_release(start, PAGES(pages)), 0);
    assert_errno_kept();
}

static void resident_counts(void **state)
{
    size_t pages = 3000;        /* more than one round of the implementation */
    char *start = ac_os_reserve(PAGES(pages), info.page_bytes, NULL);

    (void)state;
    assert_int_equal(ac_os_resident(start, PAGES(pages)), 0);
    assert_int_equal(ac_os_commit(start, PAGES(pages)), 0);
    (void)ac_os_huge(start, PAGES(pages), false);
    assert_int_equal(ac_os_resident(start, PAGES(pages)), 0);
    for (size_t i = 0; i < pages; i += 7)
        start[PAGES(i)] = 1;
    assert_int_equal(ac_os_resident(start, PAGES(pages)), PAGES((pages + 6) / 7));
    assert_int_equal(ac_os_resident(start + PAGES(7), PAGES(1)), PAGES(1));
    assert_int_equal(ac_os_resident(start + PAGES(8), PAGES(6)), 0);
    assert_int_equal(ac_os_release(start + PAGES(1), PAGES(1)), 0);
    assert_int_equal(ac_os_resident(start, PAGES(pages)), 0);   /* unknown */
    assert_int_equal(ac_os_release(start, PAGES(1)), 0);
    assert_int_equal(ac_os_release(start + PAGES(2), PAGES(pages - 2)), 0);
    assert_errno_kept();
}

static void guard_traps(void **state)
{
    char *start = filled_pages(6);
    int error = ac_os_guard(start + PAGES(1), PAGES(2), true);

    (void)state;
    if (error != 0) {           /* a kernel before 6.13 */
        assert_true(error == EINVAL || error == ENOSYS);
        assert_errno_kept();
        skip();
    }
    assert_traps(start + PAGES(1));
    assert_traps(start + PAGES(3) - 1);
    assert_true(is_filled(start, PAGES(1), 'x'));
    assert_true(is_filled(start + PAGES(3), PAGES(3), 'x'));
    assert_int_equal(ac_os_resident(start, PAGES(6)), PAGES(4));

    /* Purge leaves guards; guarding twice is no harm. */
    assert_int_equal(ac_os_purge(start, PAGES(6)), 0);
    assert_traps(start + PAGES(1));
    assert_int_equal(ac_os_guard(start + PAGES(2), PAGES(2), true), 0);
    memset(start + PAGES(4), 'y', PAGES(2));

    assert_int_equal(ac_os_guard(start, PAGES(6), false), 0);
    assert_true(is_filled(start, PAGES(4), 0));
    assert_true(is_filled(start + PAGES(4), PAGES(2), 'y'));

    /* Decommit forgets guards. */
    assert_int_equal(ac_os_guard(start, PAGES(2), true), 0);
    assert_int_equal(ac_os_decommit(start, PAGES(6)), 0);
    assert_int_equal(ac_os_commit(start, PAGES(6)), 0);
    memset(start, 'z', PAGES(6));
    assert_int_equal(ac_os_release(start, PAGES(6)), 0);
    assert_errno_kept();
}

static void freeze_protects(void **state)
{
    char *start = filled_pages(3);

    (void)state;
    assert_int_equal(ac_os_freeze(start + PAGES(1), PAGES(1), true), 0);
    assert_read_only(start + PAGES(1));
    start[0] = 'y';
    start[PAGES(2)] = 'y';
    assert_int_equal(ac_os_freeze(start + PAGES(1), PAGES(1), false), 0);
    assert_true(is_filled(start + PAGES(1), PAGES(1), 'x'));
    start[PAGES(1)] = 'y';
    assert_int_equal(ac_os_release(start, PAGES(3)), 0);
    assert_errno_kept();
}

static void freeze_static_data(void **state)
{
    static _Alignas(65536) char data[65536];

    (void)state;
    data[1] = 'x';
    assert_int_equal(ac_os_freeze(data, sizeof data, true), 0);
    assert_read_only(&data[1]);
    assert_int_equal(ac_os_freeze(data, sizeof data, false), 0);
    assert_int_equal(data[1], 'x');
    data[1] = 'y';
    assert_errno_kept();
}

/* --- Mappings -------------------------------------------------------------- */

static void map_and_remap(void **state)
{
    char *start = ac_os_map(PAGES(4), info.page_bytes, NULL);

    (void)state;
    assert_true(is_filled(start, PAGES(4), 0));
    memset(start, 'x', PAGES(4));

    char *moved = ac_os_remap(start, PAGES(4), PAGES(64), true);
    assert_non_null(moved);
    assert_true(is_filled(moved, PAGES(4), 'x'));
    assert_true(is_filled(moved + PAGES(4), PAGES(60), 0));
    if (moved != start)
        assert_traps(start);

    assert_ptr_equal(ac_os_remap(moved, PAGES(64), PAGES(2), false), moved);
    assert_true(is_filled(moved, PAGES(2), 'x'));
    assert_traps(moved + PAGES(2));

    /* Something stands behind it: only a move helps. */
    assert_int_equal(ac_os_reserve_at(moved + PAGES(2), PAGES(1)), 0);
    assert_null(ac_os_remap(moved, PAGES(2), PAGES(3), false));
    assert_true(is_filled(moved, PAGES(2), 'x'));
    char *again = ac_os_remap(moved, PAGES(2), PAGES(3), true);
    assert_non_null(again);
    assert_ptr_not_equal(again, moved);
    assert_true(is_filled(again, PAGES(2), 'x'));
    assert_true(is_filled(again + PAGES(2), PAGES(1), 0));

    /* More than there is: refused, untouched. */
    assert_null(ac_os_remap(again, PAGES(3), (size_t)1 << 62, true));
    assert_true(is_filled(again, PAGES(2), 'x'));
    assert_int_equal(ac_os_release(moved + PAGES(2), PAGES(1)), 0);
    assert_int_equal(ac_os_release(again, PAGES(3)), 0);
    assert_errno_kept();
}

static void map_aligns(void **state)
{
    (void)state;
    for (size_t align = info.page_bytes; align <= (size_t)1 << 30; align *= 8) {
        char *start = ac_os_map(PAGES(5), align, NULL);
        assert_non_null(start);
        assert_int_equal((uintptr_t)start % align, 0);
        memset(start, 'x', PAGES(5));
        assert_int_equal(ac_os_purge(start, PAGES(5)), 0);
        assert_true(is_filled(start, PAGES(5), 0));
        assert_int_equal(ac_os_release(start, PAGES(5)), 0);
    }
    assert_errno_kept();
}

/* --- Threads --------------------------------------------------------------- */

static void *wake_later(void *word)
{
    struct timespec pause = { 0, 1000000 };

    nanosleep(&pause, NULL);
    atomic_store((_Atomic uint32_t *)word, 1);
    ac_os_wake(word, UINT32_MAX);
    return NULL;
}

static void *tell_id(void *out)
{
    *(uint32_t *)out = ac_os_thread_id();
    return NULL;
}

static void wait_and_wake(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        _Atomic uint32_t word = 0;
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, wake_later, (void *)&word), 0);
        while (atomic_load(&word) == 0) {
            int error = ac_os_wait(&word, 0, AC_OS_FOREVER);
            assert_true(error == 0 || error == EAGAIN);
        }
        assert_int_equal(ac_os_wait(&word, 0, AC_OS_FOREVER), EAGAIN);
        pthread_join(thread, NULL);
    }
    assert_errno_kept();
}

static void wait_times_out(void **state)
{
    _Atomic uint32_t word = 7;

    (void)state;
    uint64_t before = ac_os_now_ns();
    int error;
    while ((error = ac_os_wait(&word, 7, 20000000)) == 0)
        ;
    assert_int_equal(error, ETIMEDOUT);
    uint64_t passed = ac_os_now_ns() - before;
    assert_true(passed >= 10000000);        /* the clock is coarse */
    assert_int_equal(ac_os_wait(&word, 7, 0), ETIMEDOUT);
    assert_int_equal(ac_os_wait(&word, 8, 1000), EAGAIN);
    ac_os_wake(&word, 0);
    ac_os_wake(&word, 1);
    assert_errno_kept();
}

static void thread_ids(void **state)
{
    uint32_t mine = ac_os_thread_id();
    uint32_t other = mine;
    pthread_t thread;

    (void)state;
    assert_int_not_equal(mine, 0);
    assert_int_equal(ac_os_thread_id(), mine);
    assert_int_equal(pthread_create(&thread, NULL, tell_id, &other), 0);
    pthread_join(thread, NULL);
    assert_int_not_equal(other, 0);
    assert_int_not_equal(other, mine);
    assert_int_equal(ac_os_process_id(), getpid());
    ac_os_yield();
    assert_errno_kept();
}

static void entropy_differs(void **state)
{
    unsigned char bytes[4][100];
    uint64_t words[64];

    (void)state;
    memset(bytes, 0, sizeof bytes);
    ac_os_entropy(bytes[0], 99);
    ac_os_entropy(bytes[1], 99);
    assert_memory_not_equal(bytes[0], bytes[1], 99);
    assert_int_equal(bytes[0][99], 0);
    for (size_t size = 0; size <= 17; size++) {
        memset(bytes[2], 0, 100);
        ac_os_entropy(bytes[2], size);
        assert_true(is_filled((char *)bytes[2] + size, 100 - size, 0));
    }
    for (size_t i = 0; i < 64; i++) {
        ac_os_entropy(&words[i], sizeof words[i]);
        for (size_t k = 0; k < i; k++)
            assert_true(words[i] != words[k]);
    }
    assert_errno_kept();
}

/* --- Files ----------------------------------------------------------------- */

/* Write, truncate, read back; `path` may exist before. */
static void check_files(const char *path)
{
    char text[64];
    size_t got = 99;
    int error = 0;
    int fd = ac_os_create_file(path, &error);

    assert_true(fd > 2);
    assert_int_equal(error, 0);
    assert_int_equal(ac_os_write(fd, "something long", 14), 0);
    ac_os_close(fd);
    fd = ac_os_create_file(path, NULL);
    assert_int_equal(ac_os_write(fd, "hello ", 6), 0);
    assert_int_equal(ac_os_write(fd, "", 0), 0);
    assert_int_equal(ac_os_write(fd, "world", 5), 0);
    assert_int_equal(ac_os_read(fd, text, 1, &got), EBADF);
    assert_int_equal(got, 99);
    ac_os_close(fd);

    fd = ac_os_open_file(path, &error);
    assert_true(fd > 2);
    assert_int_equal(ac_os_read(fd, text, 8, &got), 0);
    assert_int_equal(got, 8);
    assert_memory_equal(text, "hello wo", 8);
    assert_int_equal(ac_os_read(fd, text, sizeof text, &got), 0);
    assert_int_equal(got, 3);
    assert_int_equal(ac_os_read(fd, text, sizeof text, &got), 0);
    assert_int_equal(got, 0);
    assert_int_equal(ac_os_write(fd, "x", 1), EBADF);
    ac_os_close(fd);

    assert_int_equal(ac_os_open_file("/nowhere/at/all", &error), -1);
    assert_int_equal(error, ENOENT);
    assert_int_equal(ac_os_open_file("/nowhere/at/all", NULL), -1);
    assert_int_equal(ac_os_write(99, "x", 1), EBADF);
    assert_errno_kept();
}

#define CONTRACT_TEST(test) cmocka_unit_test_setup(test, contract_setup)
#define CONTRACT_TESTS                                                                   \
    CONTRACT_TEST(reserve_aligns), CONTRACT_TEST(reserve_refuses),                       \
        CONTRACT_TEST(release_parts), CONTRACT_TEST(commit_and_decommit),                \
        CONTRACT_TEST(purge_zeroes), CONTRACT_TEST(resident_counts),                     \
        CONTRACT_TEST(zero_is_told), CONTRACT_TEST(guard_traps),                         \
        CONTRACT_TEST(freeze_protects),                                                  \
        CONTRACT_TEST(freeze_static_data), CONTRACT_TEST(map_and_remap),                 \
        CONTRACT_TEST(map_aligns), CONTRACT_TEST(wait_and_wake),                         \
        CONTRACT_TEST(wait_times_out), CONTRACT_TEST(thread_ids),                        \
        CONTRACT_TEST(entropy_differs)

#endif
