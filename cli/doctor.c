/* doctor.c -- acre doctor: does this system have what acre needs? */
#include "cli.h"
#include "json.h"
#include "preload.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum doctor_result {
    DOCTOR_OK,
    DOCTOR_WARN,
    DOCTOR_FAIL
};

struct doctor_finding {
    enum doctor_result result;
    char value[PATH_MAX + 256]; /* what was found */
    char advice[512];           /* "" when there is nothing to do */
};

struct doctor_check {
    const char *name;
    void (*look)(struct doctor_finding *finding);
};

__attribute__((format(printf, 2, 3))) static void doctor_value(
    struct doctor_finding *finding, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(finding->value, sizeof finding->value, format, arguments);
    va_end(arguments);
}

static void doctor_advise(struct doctor_finding *finding, enum doctor_result result,
                          const char *advice)
{
    finding->result = result;
    snprintf(finding->advice, sizeof finding->advice, "%s", advice);
}

static void doctor_size(struct doctor_finding *finding, uint64_t bytes)
{
    struct ac_text text;

    ac_text_begin(&text, finding->value, sizeof finding->value, NULL, NULL);
    ac_text_size(&text, bytes, 0);
    ac_text_end(&text);
}

/* --- The system ------------------------------------------------------------------- */

static void doctor_kernel(struct doctor_finding *finding)
{
    struct utsname name;
    unsigned major = 0;
    unsigned minor = 0;

    uname(&name);
    doctor_value(finding, "%s %s %s", name.sysname, name.release, name.machine);
    if (sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
        (major < 4 || (major == 4 && minor < 18)))
        doctor_advise(finding, DOCTOR_WARN, "acre is tested on Linux 4.18 and newer");
}

static void doctor_libc(struct doctor_finding *finding)
{
    unsigned major = 0;
    unsigned minor = 0;

    doctor_value(finding, "glibc %s", gnu_get_libc_version());
    if (sscanf(gnu_get_libc_version(), "%u.%u", &major, &minor) == 2 && major == 2 &&
        minor < 28)
        doctor_advise(finding, DOCTOR_WARN, "acre is tested with glibc 2.28 and newer");
}

static void doctor_huge(struct doctor_finding *finding)
{
    char line[128];

    if (ac_cli_read_line("/sys/kernel/mm/transparent_hugepage/enabled", line,
                         sizeof line) != 0) {
        doctor_value(finding, "not there (%s)", strerror(errno));
        doctor_advise(finding, DOCTOR_WARN,
                      "without transparent huge pages large heaps cost 5 to 12% more"
                      " CPU time");
        return;
    }
    doctor_value(finding, "%s", line);
    if (strstr(line, "[never]") != NULL)
        doctor_advise(finding, DOCTOR_WARN,
                      "large heaps are faster with 'madvise' in /sys/kernel/mm/"
                      "transparent_hugepage/enabled");
    else if (strstr(line, "[always]") != NULL)
        doctor_advise(finding, DOCTOR_OK,
                      "acre asks for huge pages where they pay; with 'always' the kernel"
                      " also gives them where they do not");
}

static void doctor_overcommit(struct doctor_finding *finding)
{
    char line[64];

    if (ac_cli_read_line("/proc/sys/vm/overcommit_memory", line, sizeof line) != 0) {
        doctor_value(finding, "unknown (%s)", strerror(errno));
        return;
    }
    doctor_value(finding, "%s (%s)", line,
                 line[0] == '0'   ? "heuristic"
                 : line[0] == '1' ? "always"
                                  : "never");
    if (line[0] == '2')
        doctor_advise(finding, DOCTOR_WARN,
                      "vm.overcommit_memory=2 counts memory that is committed and not"
                      " used; malloc gives NULL when the limit is reached");
}

static void doctor_mappings(struct doctor_finding *finding)
{
    char line[64];
    unsigned long long count = 0;

    if (ac_cli_read_line("/proc/sys/vm/max_map_count", line, sizeof line) != 0) {
        doctor_value(finding, "unknown (%s)", strerror(errno));
        return;
    }
    doctor_value(finding, "%s", line);
    if (sscanf(line, "%llu", &count) == 1 && count < 65530)
        doctor_advise(finding, DOCTOR_WARN,
                      "less than the usual 65530: set vm.max_map_count for programs with"
                      " many mappings");
}

static void doctor_address_space(struct doctor_finding *finding)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        doctor_value(finding, "no limit");
        return;
    }
    doctor_size(finding, limit.rlim_cur);
    doctor_advise(finding, DOCTOR_WARN,
                  "ulimit -v is set: acre reserves less address space, and malloc gives"
                  " NULL when it is used up");
}

/* The smallest memory.max from our cgroup up to the root, or UINT64_MAX. */
static uint64_t doctor_cgroup_limit(char *folder)
{
    uint64_t least = UINT64_MAX;
    char path[PATH_MAX + 64];
    char line[64];

    for (;;) {
        uint64_t bytes;

        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", folder);
        if (ac_cli_read_line(path, line, sizeof line) == 0 &&
            ac_text_read_u64(line, strlen(line), &bytes) && bytes < least)
            least = bytes;
        char *slash = strrchr(folder, '/');

        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

static void doctor_cgroup(struct doctor_finding *finding)
{
    char line[PATH_MAX] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    uint64_t limit = UINT64_MAX;

    if (file == NULL) {
        doctor_value(finding, "unknown (%s)", strerror(errno));
        return;
    }
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::", 3) == 0) {
            line[strcspn(line, "\n")] = '\0';
            limit = doctor_cgroup_limit(line + 3);
        }
    fclose(file);
    if (limit == UINT64_MAX)
        doctor_value(finding, "no memory limit");
    else
        doctor_size(finding, limit);
}

static void doctor_seccomp(struct doctor_finding *finding)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    int state = -1;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        (void)sscanf(line, "Seccomp: %d", &state);
    if (file != NULL)
        fclose(file);
    if (state < 0)
        doctor_value(finding, "unknown");
    else
        doctor_value(finding, "%s",
                     state == 0   ? "off"
                     : state == 1 ? "strict"
                                  : "filter");
    if (state > 0)
        doctor_advise(finding, DOCTOR_OK,
                      "system calls are filtered; acre needs mmap, munmap, mprotect,"
                      " madvise and futex");
}

static void doctor_guard(struct doctor_finding *finding)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory =
        mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED) {
        doctor_value(finding, "mmap failed: %s", strerror(errno));
        doctor_advise(finding, DOCTOR_FAIL, "acre cannot get memory here");
        return;
    }
    if (madvise(memory, page, MADV_GUARD_INSTALL) == 0)
        doctor_value(finding, "available");
    else {
        doctor_value(finding, "not available (%s)", strerror(errno));
        doctor_advise(finding, DOCTOR_WARN,
                      "guard pages need Linux 6.13 to cost no mapping; without it they"
                      " are made by mprotect, within vm.max_map_count");
    }
    munmap(memory, page);
}

static void doctor_ptrace(struct doctor_finding *finding)
{
    char line[64];

    if (ac_cli_read_line("/proc/sys/kernel/yama/ptrace_scope", line, sizeof line) != 0) {
        doctor_value(finding, "open (no Yama)");
        return;
    }
    doctor_value(finding, "ptrace_scope %s", line);
    if (line[0] != '0' && geteuid() != 0)
        doctor_advise(finding, DOCTOR_WARN,
                      "'acre status' may look only into processes that it started; run"
                      " it as root for others");
}

/* --- acre itself ------------------------------------------------------------------ */

static void doctor_library(struct doctor_finding *finding)
{
    char path[PATH_MAX];

    if (ac_preload_find(path, finding->value, sizeof finding->value))
        doctor_value(finding, "%s", path);
    else
        doctor_advise(finding, DOCTOR_FAIL, "programs cannot be run under acre");
}

/* Start "cat" under acre, waiting for our end of a pipe.  Its pid, or -1. */
static pid_t doctor_start(int *hold)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    pid_t child = fork();

    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);

        if (null < 0 || dup2(ends[0], 0) < 0 || dup2(null, 1) < 0 ||
            !ac_preload_set(NULL))
            _exit(AC_EXIT_FAILED);
        execlp("cat", "cat", (char *)NULL);
        _exit(AC_EXIT_NOT_FOUND);
    }
    close(ends[0]);
    *hold = ends[1];
    return child;
}

/* Look until acre is active in `child`, it ends, or two seconds are over. */
static void doctor_watch(pid_t child, struct ac_process *process)
{
    const struct timespec pause = {0, 5000000};

    for (int round = 0; round < 400; round++) {
        siginfo_t ended = {0};

        ac_process_look(child, process);
        if (process->verdict == AC_PROCESS_ACTIVE)
            return;
        if (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
            ended.si_pid != 0)
            return;
        nanosleep(&pause, NULL);
    }
}

static void doctor_preload(struct doctor_finding *finding)
{
    static struct ac_process process;
    char path[PATH_MAX];
    char why[PATH_MAX + 256];
    int hold = -1;
    int status = 0;

    if (!ac_preload_find(path, why, sizeof why)) {
        doctor_value(finding, "not tried: there is no library");
        finding->result = DOCTOR_FAIL;
        return;
    }
    pid_t child = doctor_start(&hold);

    if (child < 0) {
        doctor_value(finding, "cannot start a process: %s", strerror(errno));
        finding->result = DOCTOR_FAIL;
        return;
    }
    doctor_watch(child, &process);
    close(hold); /* cat reads the end and ends */
    waitpid(child, &status, 0);
    if (process.verdict == AC_PROCESS_ACTIVE && status == 0)
        doctor_value(finding, "works: cat ran with acre %u.%u.%u, mode %s",
                     process.status.version / 1000000,
                     process.status.version / 1000 % 1000, process.status.version % 1000,
                     process.status.mode_name);
    else if (process.verdict == AC_PROCESS_ACTIVE)
        doctor_value(finding, "cat ran with acre, but ended with status %#x",
                     (unsigned)status);
    else
        doctor_value(finding, "acre was not active in cat: %.900s", process.why);
    if (process.verdict == AC_PROCESS_FORBIDDEN)
        doctor_advise(finding, DOCTOR_WARN,
                      "looking into a process is not permitted"
                      " here, so this could not be proven");
    else if (process.verdict != AC_PROCESS_ACTIVE || status != 0)
        doctor_advise(finding, DOCTOR_FAIL, "programs cannot be run under acre");
}

/* --- The list ------------------------------------------------------------------ */

static const struct doctor_check doctor_checks[] = {
    {"kernel", doctor_kernel},     {"C library", doctor_libc},
    {"huge pages", doctor_huge},   {"overcommit", doctor_overcommit},
    {"mappings", doctor_mappings}, {"address space", doctor_address_space},
    {"cgroup", doctor_cgroup},     {"seccomp", doctor_seccomp},
    {"guard pages", doctor_guard}, {"looking inside", doctor_ptrace},
    {"library", doctor_library},   {"preloading", doctor_preload},
};
#define DOCTOR_COUNT (sizeof doctor_checks / sizeof *doctor_checks)

static const char doctor_results[3][5] = {"ok", "warn", "fail"};

static void doctor_show(const struct doctor_check *check,
                        const struct doctor_finding *finding)
{
    printf("%-4s  %-15s %s\n", doctor_results[finding->result], check->name,
           finding->value);
    if (finding->advice[0] != '\0')
        printf("%22s-> %s\n", "", finding->advice);
}

static void doctor_show_json(struct ac_json *json, const struct doctor_check *check,
                             const struct doctor_finding *finding)
{
    ac_json_open(json, NULL, '{');
    ac_json_string(json, "name", check->name);
    ac_json_string(json, "result", doctor_results[finding->result]);
    ac_json_string(json, "value", finding->value);
    ac_json_string(json, "advice", finding->advice);
    ac_json_close(json, '}');
}

int ac_doctor_main(int argc, char **argv)
{
    static struct doctor_finding finding;
    bool as_json = false;
    bool failed = false;
    struct ac_json json;
    int status = ac_cli_simple(argc, argv, 0, &as_json);

    if (status >= 0)
        return status;
    signal(SIGPIPE, SIG_IGN);
    if (as_json) {
        ac_json_begin(&json, stdout);
        ac_json_open(&json, NULL, '{');
        ac_json_open(&json, "checks", '[');
    }
    for (size_t i = 0; i < DOCTOR_COUNT; i++) {
        memset(&finding, 0, sizeof finding);
        doctor_checks[i].look(&finding);
        failed = failed || finding.result == DOCTOR_FAIL;
        if (as_json)
            doctor_show_json(&json, &doctor_checks[i], &finding);
        else
            doctor_show(&doctor_checks[i], &finding);
    }
    if (as_json) {
        ac_json_close(&json, ']');
        ac_json_bool(&json, "failed", failed);
        ac_json_close(&json, '}');
        ac_json_end(&json);
    }
    return failed ? AC_EXIT_INACTIVE : AC_EXIT_OK;
}
