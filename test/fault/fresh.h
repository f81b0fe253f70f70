/* fresh.h -- run a piece of a test in a library that has not started yet.
 *
 * boot's constructor starts the library before main.  Here the first call that it
 * makes to the (fake) system fails, so nothing is started and nothing is kept.
 * fresh_run forks; the child gets a machine of its own and may start the library,
 * break it, or die.  cmocka's assertions are for the parent; in the child say CHECK.
 *
 * Include it in a program of one file, over the fake system. */
#ifndef TEST_FAULT_FRESH_H
#define TEST_FAULT_FRESH_H

#include "os/fake/fake.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRESH_SECONDS 100u /* a child that takes longer is in a loop */

#define CHECK(x) ((x) ? (void)0 : fresh_failed(#x, __FILE__, __LINE__))
#define CHECK_EQUAL(a, b)                                                                \
    fresh_equal((unsigned long long)(a), (unsigned long long)(b), #a " == " #b,          \
                __FILE__, __LINE__)

/* What the child is to be asked about when it fails: set it as you go. */
static char fresh_context[256];
/* The child must end in abort, with this text in what it wrote to fd 2. */
static const char *fresh_abort_text;

static _Noreturn __attribute__((unused)) void fresh_failed(const char *what,
                                                           const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s%s%s\n", file, line, what,
            fresh_context[0] != '\0' ? "; " : "", fresh_context);
    fflush(stderr);
    _exit(1);
}

static __attribute__((unused)) void fresh_equal(unsigned long long a,
                                                unsigned long long b, const char *what,
                                                const char *file, int line)
{
    char text[400];

    if (a == b)
        return;
    snprintf(text, sizeof text, "%s (%llu, %llu)", what, a, b);
    fresh_failed(text, file, line);
}

/* Before boot's constructor, which has 101.  The pragma: below 101 is for those who
 * want to come before everybody. */
#pragma GCC diagnostic push
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wprio-ctor-dtor"
#endif
__attribute__((constructor(100))) static void fresh_hold_back(void)
{
    ac_fake_fail(AC_FAKE_ANY, 1, true, ENOMEM);
}
#pragma GCC diagnostic pop

static void fresh_on_abort(void *arg)
{
    const char *said = ac_fake_output(2, NULL);

    (void)arg;
    if (fresh_abort_text != NULL && strstr(said, fresh_abort_text) != NULL)
        _exit(0);
    fprintf(stderr, "aborted%s%s: %s\n", fresh_context[0] != '\0' ? " at " : "",
            fresh_context, said);
    fflush(stderr);
}

static void fresh_on_trap(void *arg)
{
    (void)arg;
    fresh_failed(ac_fake_trap_message(), "os/fake", 0);
}

/* cmocka catches these; a child would go on as if it were the parent. */
static void fresh_signals(void)
{
    const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};

    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
}

static __attribute__((unused)) int fresh_run(const struct ac_fake_config *config,
                                             void (*body)(void *arg), void *arg)
{
    int status = 0;

    fflush(stdout);
    fflush(stderr);
    pid_t child = fork();
    if (child == 0) {
        fresh_signals();
        alarm(FRESH_SECONDS);
        ac_fake_reset(config);
        ac_fake_on_abort(fresh_on_abort, NULL);
        ac_fake_on_trap(fresh_on_trap, NULL);
        body(arg);
        if (fresh_abort_text != NULL)
            fresh_failed(fresh_abort_text, "no abort", 0);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "child ended by signal %d%s\n", WTERMSIG(status),
                WTERMSIG(status) == SIGALRM ? " (too slow, in a loop, or waiting)" : "");
        return 128 + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}

/* One cmocka test out of body_NAME(void *), on the default machine. */
#define FRESH_TEST(NAME)                                                                 \
    static void test_##NAME(void **state)                                                \
    {                                                                                    \
        (void)state;                                                                     \
        assert_int_equal(fresh_run(NULL, body_##NAME, NULL), 0);                         \
    }

/* splitmix64, so that a seed gives the same run everywhere. */
static __attribute__((unused)) uint64_t fresh_random(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15u;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static __attribute__((unused)) unsigned long long fresh_number(
    const char *name, unsigned long long otherwise)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? strtoull(value, NULL, 0) : otherwise;
}

#endif
