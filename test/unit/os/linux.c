/* linux.c -- the real system: the contract, and what Linux adds to it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "contract.h"
#include "os/linux/vdso.h"

#define CHILD_CHECK(condition)                                                           \
    do {                                                                                 \
        if (!(condition))                                                                \
            _exit(__LINE__ % 251 + 2);                                                   \
    } while (0)

static char *program; /* argv[0] */

/* --- Info ------------------------------------------------------------------ */

static void info_is_right(void **state)
{
    cpu_set_t set;

    (void)state;
    assert_int_equal(info.page_bytes, sysconf(_SC_PAGESIZE));
    assert_int_equal(info.huge_bytes, info.page_bytes * info.page_bytes / 8);
    assert_int_equal(info.ram_bytes / info.page_bytes, sysconf(_SC_PHYS_PAGES));
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_int_equal(info.cpu_count, CPU_COUNT(&set));
    assert_false(info.secure);
    assert_errno_kept();
}

static void info_limits(void *unused)
{
    struct rlimit limit = {(rlim_t)1 << 32, RLIM_INFINITY};
    cpu_set_t set;

    (void)unused;
    setrlimit(RLIMIT_AS, &limit);
    CPU_ZERO(&set);
    CPU_SET((size_t)sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
    CHILD_CHECK(sched_setaffinity(0, sizeof set, &set) == 0);
    ac_os_init(&info);
    CHILD_CHECK(info.as_limit_bytes == (size_t)1 << 32);
    CHILD_CHECK(info.cpu_count == 1);
}

static void info_follows_limits(void **state)
{
    (void)state;
    assert_int_equal(in_child(info_limits, NULL), 0);
    assert_errno_kept();
}

static void huge_always_is_right(void **state)
{
    char text[64] = "";
    int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY);

    (void)state;
    if (fd < 0)
        skip();
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    errno = ERRNO_MARK;
    assert_int_equal(ac_os_huge_always(), strstr(text, "[always]") != NULL);
    assert_errno_kept();
}

static void clock_is_right(void **state)
{
    struct timespec libc, ours;

    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &libc);
    assert_int_equal(ac_vdso_clock(CLOCK_MONOTONIC, &ours), 0);
    int64_t passed = (ours.tv_sec - libc.tv_sec) * 1000000000 + ours.tv_nsec -
                     libc.tv_nsec;
    assert_in_range(passed, 0, 1000000000);
    assert_int_equal(ac_vdso_clock(12345, &ours), -EINVAL);

    uint64_t before = ac_os_now_ns();
    usleep(30000);
    assert_in_range(ac_os_now_ns() - before, 15000000, 5000000000);
    assert_errno_kept();
}

static void env_is_found(void **state)
{
    (void)state;
    setenv("ACRE_TEST_ONE", "1=2", 1);
    setenv("ACRE_TEST_EMPTY", "", 1);
    assert_string_equal(ac_os_env("ACRE_TEST_ONE"), "1=2");
    assert_string_equal(ac_os_env("ACRE_TEST_EMPTY"), "");
    assert_null(ac_os_env("ACRE_TEST"));
    assert_null(ac_os_env("ACRE_TEST_ONE="));
    assert_errno_kept();
}

/* Before libc has set environ, the stack of the process has it. */
static void env_is_found_early(void **state)
{
    char **saved = environ;

    (void)state;
    environ = NULL;
    const char *path = ac_os_env("PATH");
    environ = saved;
#ifdef __GLIBC__
    assert_string_equal(path, getenv("PATH"));
#endif
    assert_errno_kept();
}

/* What the copy of this program that runs setuid does.  _exit: the leak check
 * of a sanitizer does not run setuid. */
static void secure_main(void)
{
    ac_os_init(&info);
    _exit(!info.secure || ac_os_env("PATH") != NULL || getenv("PATH") == NULL);
}

static void exec_secure(void *path)
{
    execl(path, path, "--secure", NULL);
    _exit(99);
}

static void env_is_secret_when_secure(void **state)
{
    char path[] = "/tmp/acre-test-secure-XXXXXX";
    char command[PATH_MAX + 64];
    int fd = mkstemp(path);

    (void)state;
    close(fd);
    snprintf(command, sizeof command, "cp '%s' %s", program, path);
    bool ready = geteuid() == 0 && system(command) == 0 &&
                 chown(path, 65534, 65534) == 0 && chmod(path, 04755) == 0;
    int status = ready ? in_child(exec_secure, path) : 0;
    unlink(path);
    if (!ready)
        skip();
    assert_int_equal(status, 0);
}

/* --- Memory ---------------------------------------------------------------- */

static void bad_arguments_are_refused(void **state)
{
    char *page = filled_pages(1);

    (void)state;
    assert_int_equal(ac_os_commit(page + 1, PAGES(1)), EINVAL);
    assert_int_equal(ac_os_purge(page + 1, PAGES(1)), EINVAL);
    assert_int_equal(ac_os_release(page + 1, PAGES(1)), EINVAL);
    assert_int_equal(ac_os_decommit(page + 1, PAGES(1)), EINVAL);
    assert_int_equal(ac_os_freeze(page + 1, PAGES(1), true), EINVAL);
    assert_int_equal(ac_os_huge(page + 1, PAGES(1), true), EINVAL);
    assert_int_equal(ac_os_guard(page + 1, PAGES(1), true), EINVAL);
    assert_null(ac_os_reserve(0, PAGES(1), NULL));
    assert_null(ac_os_remap(page + 1, PAGES(1), PAGES(2), true));
    assert_null(ac_os_remap(page, 0, PAGES(2), true));
    assert_int_equal(ac_os_release(page, PAGES(1)), 0);
    assert_int_equal(ac_os_commit(page, PAGES(1)), ENOMEM);
    assert_int_equal(ac_os_purge(page, PAGES(1)), ENOMEM);
    ac_os_name(page, PAGES(1), "acre test");
    assert_errno_kept();
}

/* A decommitted range goes back into the reservation around it. */
static size_t mapping_count(void)
{
    size_t lines = 0;
    int c;
    FILE *maps = fopen("/proc/self/maps", "r");

    while ((c = getc(maps)) != EOF)
        lines += c == '\n';
    fclose(maps);
    return lines;
}

static void mappings_merge(void **state)
{
    size_t before = mapping_count();
    char *start = ac_os_reserve(PAGES(64), info.page_bytes, NULL);

    (void)state;
    for (size_t i = 0; i < 64; i += 2)
        assert_int_equal(ac_os_commit(start + PAGES(i), PAGES(1)), 0);
    memset(start, 'x', PAGES(1));
    assert_true(mapping_count() >= before + 62);
    for (size_t i = 0; i < 64; i += 2)
        assert_int_equal(ac_os_decommit(start + PAGES(i), PAGES(1)), 0);
    assert_true(mapping_count() <= before + 1);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(ac_os_commit(start + PAGES(i), PAGES(1)), 0);
        start[PAGES(i)] = 'x';
    }
    assert_true(mapping_count() <= before + 2);
    assert_int_equal(ac_os_release(start, PAGES(64)), 0);
}

/* T-os1: at vm.max_map_count every call that would split a mapping says so,
 * and changes nothing. */
static void exhaust_mappings(void *unused)
{
    size_t pages = 200000;
    char *start = ac_os_reserve(PAGES(pages), info.page_bytes, NULL);
    size_t i = 1;
    int error;

    (void)unused;
    while ((error = ac_os_commit(start + PAGES(i), PAGES(1))) == 0) {
        start[PAGES(i)] = 'x';
        i += 2;
        CHILD_CHECK(i < pages - 64);
    }
    CHILD_CHECK(error == ENOMEM);
    char *middle = start + PAGES(i + 8);
    CHILD_CHECK(ac_os_release(middle, PAGES(1)) == ENOMEM);
    CHILD_CHECK(ac_os_reserve_at(middle, PAGES(1)) != 0);
    CHILD_CHECK(ac_os_freeze(middle, PAGES(1), true) == ENOMEM);
    CHILD_CHECK(ac_os_purge(start + PAGES(1), PAGES(1)) == 0);
    CHILD_CHECK(start[PAGES(1)] == 0);
    CHILD_CHECK(start[PAGES(3)] == 'x');
    /* What merges is allowed, and makes room. */
    CHILD_CHECK(ac_os_commit(start + PAGES(2), PAGES(1)) == 0);
    CHILD_CHECK(ac_os_commit(start + PAGES(4), PAGES(1)) == 0);
    CHILD_CHECK(ac_os_commit(middle, PAGES(1)) == 0);
    CHILD_CHECK(errno == ERRNO_MARK);
}

static void mappings_run_out(void **state)
{
    int limit = 0;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");

    (void)state;
    if (file == NULL || fscanf(file, "%d", &limit) != 1 || limit > 150000)
        skip();
    fclose(file);
    assert_int_equal(in_child(exhaust_mappings, NULL), 0);
}

/* T-os3: one GiB more than there is now (a sanitizer has terabytes). */
static void run_out_of_address_space(void *unused)
{
    struct rlimit limit = {0, RLIM_INFINITY};
    unsigned long pages = 0;
    int error = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    (void)unused;
    CHILD_CHECK(statm != NULL && fscanf(statm, "%lu", &pages) == 1);
    limit.rlim_cur = PAGES(pages) + ((rlim_t)1 << 30);
    setrlimit(RLIMIT_AS, &limit);
    errno = ERRNO_MARK;
    CHILD_CHECK(ac_os_reserve((size_t)1 << 31, PAGES(1), &error) == NULL);
    CHILD_CHECK(error == ENOMEM);
    char *start = ac_os_map(PAGES(4), PAGES(1), NULL);
    CHILD_CHECK(start != NULL);
    CHILD_CHECK(ac_os_remap(start, PAGES(4), (size_t)1 << 31, true) == NULL);
    CHILD_CHECK(ac_os_remap(start, PAGES(4), PAGES(8), true) != NULL);
    CHILD_CHECK(errno == ERRNO_MARK);
}

static void address_space_runs_out(void **state)
{
    (void)state;
    assert_int_equal(in_child(run_out_of_address_space, NULL), 0);
}

/* T-os9: locked pages cannot be purged by MADV_DONTNEED. */
static void locked_pages_are_purged(void **state)
{
    char *start = filled_pages(4);

    (void)state;
    if (mlock(start, PAGES(4)) != 0)
        skip();
    errno = ERRNO_MARK;
    int error = ac_os_purge(start + PAGES(1), PAGES(2));
    if (error == 0) /* EINVAL before 5.18 */
        assert_true(is_filled(start + PAGES(1), PAGES(2), 0));
    else
        assert_int_equal(error, EINVAL);
    assert_int_equal(ac_os_decommit(start + PAGES(1), PAGES(2)), 0);
    assert_traps(start + PAGES(1));
    assert_true(is_filled(start, PAGES(1), 'x'));
    assert_int_equal(ac_os_release(start, PAGES(4)), 0);
    assert_errno_kept();
}

static void huge_pages_are_asked_for(void **state)
{
    size_t size = info.huge_bytes;
    char *start = ac_os_reserve(2 * size, size, NULL);

    (void)state;
    assert_int_equal(ac_os_commit(start, 2 * size), 0);
    int error = ac_os_huge(start, size, true);
    if (error == EINVAL) /* a kernel without them */
        skip();
    assert_int_equal(error, 0);
    assert_int_equal(ac_os_huge(start + size, size, false), 0);
    start[0] = start[size] = 1;
    assert_in_range(ac_os_resident(start, size), PAGES(1), size);
    assert_int_equal(ac_os_resident(start + size, size), PAGES(1));
    assert_int_equal(ac_os_release(start, 2 * size), 0);
    assert_errno_kept();
}

/* --- A sandbox ------------------------------------------------------------- */

/* From now on the calls listed fail with EPERM. */
static bool forbid(const long *numbers, size_t count)
{
    struct sock_filter filter[32];
    unsigned short n = 0;

    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                               offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < count; i++) {
        filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
                                                   (unsigned)numbers[i], 0, 1);
        filter[n++] =
            (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program_filter = {n, filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program_filter) == 0;
}

static void work_in_sandbox(void *unused)
{
    static const long numbers[] = {SYS_madvise,   SYS_munmap,    SYS_mprotect,
                                   SYS_mincore,   SYS_mremap,    SYS_prctl,
                                   SYS_getrandom, SYS_futex,     SYS_openat,
                                   SYS_sysinfo,   SYS_prlimit64, SYS_sched_getaffinity,
                                   SYS_gettid};
    char *start = filled_pages(2);
    _Atomic uint32_t word = 1;
    char bytes[64] = {0};
    int error = 0;

    (void)unused;
    CHILD_CHECK(forbid(numbers, sizeof numbers / sizeof numbers[0]));
    errno = ERRNO_MARK;
    CHILD_CHECK(ac_os_purge(start, PAGES(1)) == EPERM);
    CHILD_CHECK(start[0] == 'x');
    CHILD_CHECK(ac_os_release(start, PAGES(1)) == EPERM);
    CHILD_CHECK(ac_os_commit(start, PAGES(1)) == EPERM);
    CHILD_CHECK(ac_os_freeze(start, PAGES(1), true) == EPERM);
    CHILD_CHECK(ac_os_huge(start, PAGES(1), true) == EPERM);
    CHILD_CHECK(ac_os_guard(start, PAGES(1), true) == EPERM);
    CHILD_CHECK(ac_os_remap(start, PAGES(1), PAGES(2), true) == NULL);
    CHILD_CHECK(ac_os_resident(start, PAGES(1)) == 0);
    CHILD_CHECK(ac_os_wait(&word, 1, 1000) == EPERM);
    ac_os_wake(&word, 1);
    ac_os_name(start, PAGES(1), "acre test");
    CHILD_CHECK(ac_os_create_file("/tmp/acre-test-no", &error) == -1 && error == EPERM);
    ac_os_entropy(bytes, sizeof bytes);
    CHILD_CHECK(!is_filled(bytes, 8, 0) && !is_filled(bytes + 56, 8, 0));
    ac_os_init(&info);
    CHILD_CHECK(info.cpu_count == 1 && info.ram_bytes > 0);
    CHILD_CHECK(info.as_limit_bytes == SIZE_MAX);
    CHILD_CHECK(ac_os_decommit(start, PAGES(1)) == 0);
    CHILD_CHECK(errno == ERRNO_MARK);
}

static void sandbox_is_survived(void **state)
{
    (void)state;
    assert_int_equal(in_child(work_in_sandbox, NULL), 0);
}

/* --- Files and the end ----------------------------------------------------- */

static void files_work(void **state)
{
    char path[64];
    struct stat status;

    (void)state;
    snprintf(path, sizeof path, "/tmp/acre-test-file-%d", (int)getpid());
    check_files(path);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777 & ~0600u, 0);
    unlink(path);
    int error = 0;
    assert_int_equal(ac_os_create_file("/proc/acre", &error), -1);
    assert_true(error == ENOENT || error == EACCES);
    assert_errno_kept();
}

/* T-os12: what is printed must not land in our file. */
static void open_without_stdio(void *unused)
{
    (void)unused;
    close(0);
    close(1);
    close(2);
    int fd = ac_os_open_file("/dev/null", NULL);
    CHILD_CHECK(fd > 2);
    CHILD_CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHILD_CHECK(fcntl(0, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1);
}

static void files_stay_off_stdio(void **state)
{
    (void)state;
    assert_int_equal(in_child(open_without_stdio, NULL), 0);
}

static void *write_much(void *fd)
{
    static char data[1 << 20];

    memset(data, 'x', sizeof data);
    return (void *)(intptr_t)ac_os_write(*(int *)fd, data, sizeof data);
}

static void write_is_whole(void **state)
{
    static char data[4000];
    int ends[2];
    pthread_t thread;
    void *error;
    size_t got, total = 0;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_much, &ends[1]), 0);
    while (total < 1 << 20) {
        assert_int_equal(ac_os_read(ends[0], data, sizeof data, &got), 0);
        assert_true(is_filled(data, got, 'x'));
        total += got;
    }
    pthread_join(thread, &error);
    assert_null(error);
    close(ends[0]);
    close(ends[1]);
    assert_errno_kept();
}

static void handler_returns(int number)
{
    (void)number;
    ac_os_write(1, "", 0);
}

static sigjmp_buf handler_target;

static void handler_leaves(int number)
{
    siglongjmp(handler_target, number);
}

enum abort_case {
    ABORT_PLAIN,
    ABORT_BLOCKED,
    ABORT_IGNORED,
    ABORT_HANDLED,
    ABORT_LEFT
};

static void abort_somehow(void *argument)
{
    enum abort_case how = *(enum abort_case *)argument;
    sigset_t set;

    sigfillset(&set);
    if (how == ABORT_BLOCKED)
        sigprocmask(SIG_SETMASK, &set, NULL);
    if (how == ABORT_IGNORED)
        signal(SIGABRT, SIG_IGN);
    if (how == ABORT_HANDLED)
        signal(SIGABRT, handler_returns);
    if (how == ABORT_LEFT) {
        signal(SIGABRT, handler_leaves);
        if (sigsetjmp(handler_target, 1) != 0)
            _exit(7);
    }
    ac_os_abort();
}

static void abort_ends_it(void **state)
{
    (void)state;
    for (enum abort_case how = ABORT_PLAIN; how <= ABORT_HANDLED; how++) {
        int status = in_child(abort_somehow, &how);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
    enum abort_case how = ABORT_LEFT;
    int status = in_child(abort_somehow, &how);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CONTRACT_TESTS,
        CONTRACT_TEST(info_is_right),
        CONTRACT_TEST(info_follows_limits),
        CONTRACT_TEST(huge_always_is_right),
        CONTRACT_TEST(clock_is_right),
        CONTRACT_TEST(env_is_found),
        CONTRACT_TEST(env_is_found_early),
        CONTRACT_TEST(env_is_secret_when_secure),
        CONTRACT_TEST(bad_arguments_are_refused),
        CONTRACT_TEST(mappings_merge),
        CONTRACT_TEST(mappings_run_out),
        CONTRACT_TEST(address_space_runs_out),
        CONTRACT_TEST(locked_pages_are_purged),
        CONTRACT_TEST(huge_pages_are_asked_for),
        CONTRACT_TEST(sandbox_is_survived),
        CONTRACT_TEST(files_work),
        CONTRACT_TEST(files_stay_off_stdio),
        CONTRACT_TEST(write_is_whole),
        CONTRACT_TEST(abort_ends_it),
    };

    program = argv[0];
    if (argc > 1 && strcmp(argv[1], "--secure") == 0)
        secure_main();
    return cmocka_run_group_tests_name("os/linux", tests, NULL, NULL);
}
