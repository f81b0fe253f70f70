/* check.h -- what a black-box test needs: CHECK, a watchdog, children, RSS. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNUSED_OK __attribute__((unused))

/* For functions that other mallocs lack: preloaded they may be missing; linked not. */
#ifdef ACRE_LINKED
#define MAY_MISS
#else
#define MAY_MISS __attribute__((weak))
#endif

/* Like assert, but works with NDEBUG, allocates nothing, and never returns. */
#define CHECK(c) ((c) ? (void)0 : check_fail(__FILE__, __LINE__, "%s", #c))
#define CHECKF(c, ...) ((c) ? (void)0 : check_fail(__FILE__, __LINE__, __VA_ARGS__))
#define SKIP(...) check_skip(__VA_ARGS__)

__attribute__((format(printf, 3, 4), noreturn, unused))
static void check_fail(const char *file, int line, const char *format, ...)
{
    char text[1024];
    int n = snprintf(text, 256, "%s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    n += vsnprintf(text + n, 700, format, args);
    va_end(args);
    if (n > 1000)
        n = 1000;
    text[n++] = '\n';
    if (write(2, text, (size_t)n) < 0)
        _exit(2);
    _exit(1);
}

__attribute__((format(printf, 1, 2), noreturn, unused))
static void check_skip(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, 500, format, args);
    va_end(args);
    text[n++] = '\n';
    _exit(write(2, text, (size_t)n) < 0 ? 2 : 77);
}

/* SIGALRM kills the process: the runner reports a hang.  Not inherited by fork. */
UNUSED_OK static void check_watchdog(unsigned seconds)
{
    alarm(getenv("ACRE_SOAK") ? seconds * 20 : seconds);
}

UNUSED_OK static int check_soak(void)
{
    const char *soak = getenv("ACRE_SOAK");
    return soak && soak[0] == '1';
}

/* The library under test; a test that starts programs by itself needs it. */
UNUSED_OK static const char *check_preload(void)
{
    const char *path = getenv("ACRE_PRELOAD");
    if (!path || !path[0])
        check_skip("ACRE_PRELOAD is not set");
    return path;
}

UNUSED_OK static char *check_path(char *out, size_t size, const char *name)
{
    const char *bin = getenv("ACRE_TEST_BIN");
    snprintf(out, size, "%s/%s", bin ? bin : ".", name);
    return out;
}

/* A small fast generator; seed it with anything but 0. */
UNUSED_OK static uint64_t check_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545F4914F6CDD1DULL;
}

/* Resident set in KiB, without stdio. */
UNUSED_OK static long check_rss_kb(void)
{
    char text[256];
    long size = 0, rss = 0;
    int fd = open("/proc/self/statm", O_RDONLY);
    if (fd < 0)
        return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return -1;
    text[n] = 0;
    sscanf(text, "%ld %ld", &size, &rss);
    return rss * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Run fn(arg) in a child; its stderr goes to out.  The wait status. */
UNUSED_OK static int check_child(void (*fn)(void *), void *arg, char *out,
                                 size_t size, unsigned seconds)
{
    int pipe_fd[2];
    CHECK(pipe(pipe_fd) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGALRM, SIG_DFL);
        alarm(seconds);
        dup2(pipe_fd[1], 2);
        close(pipe_fd[0]);
        close(pipe_fd[1]);
        fn(arg);
        _exit(0);
    }
    close(pipe_fd[1]);
    size_t used = 0;
    char sink[256];
    for (;;) {
        int room = used + 1 < size;
        ssize_t n = read(pipe_fd[0], room ? out + used : sink,
                         room ? size - 1 - used : sizeof sink);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        if (room)
            used += (size_t)n;
    }
    if (size)
        out[used] = 0;
    close(pipe_fd[0]);
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        CHECK(errno == EINTR);
    return status;
}

/* A wait status in words. */
UNUSED_OK static const char *check_status(int status)
{
    static __thread char text[64];
    if (WIFSIGNALED(status))
        snprintf(text, sizeof text, WTERMSIG(status) == SIGALRM ?
                 "hangs (signal %d)" : "killed by signal %d", WTERMSIG(status));
    else
        snprintf(text, sizeof text, "exit status %d", WEXITSTATUS(status));
    return text;
}

/* Allocate, fill, verify and free one block of every kind of size. */
UNUSED_OK static void check_every_size(size_t most)
{
    for (size_t size = 1; size <= most; size += size / 4 + 1) {
        unsigned char *p = (unsigned char *)malloc(size);
        CHECKF(p, "malloc(%zu) failed", size);
        memset(p, (int)(size & 255), size < 8192 ? size : 8192);
        p[size - 1] = 1;
        CHECK(size == 1 || p[0] == (unsigned char)size);
        free(p);
    }
}
#endif
