/* launch.c -- start a program and wait for it as if it stood in our place. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Signals that someone may send to us and that are meant for the program. */
static const int launch_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

static volatile sig_atomic_t launch_child;

/* As we found it.  A caller that ignores SIGCHLD would make wait fail, so we do
 * not; the program gets what the caller wanted. */
static struct sigaction launch_sigchld;

static int launch_failed(const char *command, int error)
{
    ac_cli_error("cannot execute '%s': %s", command, strerror(error));
    return error == ENOENT ? AC_EXIT_NOT_FOUND : AC_EXIT_CANNOT_RUN;
}

int ac_launch_exec(char *const argv[])
{
    execvp(argv[0], argv);
    return launch_failed(argv[0], errno);
}

/* A terminal sends its signals to the program too; only what came from a process
 * is passed on, so that nothing arrives twice. */
static void launch_forward(int signal, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    if (info->si_code <= 0 && launch_child > 0) /* SI_USER, SI_QUEUE, SI_TKILL */
        kill((pid_t)launch_child, signal);
    errno = saved;
}

static void launch_install(void)
{
    struct sigaction action = {0};
    struct sigaction before;

    action.sa_sigaction = launch_forward;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof launch_signals / sizeof *launch_signals; i++)
        if (sigaction(launch_signals[i], NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN) /* nohup stays nohup */
            sigaction(launch_signals[i], &action, NULL);
}

static uint64_t launch_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* In the child: execute, or tell the parent why not. */
static _Noreturn void launch_child_run(char *const argv[], int pipe_out,
                                       const sigset_t *mask)
{
    int error;

    sigaction(SIGCHLD, &launch_sigchld, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(argv[0], argv);
    error = errno;
    if (write(pipe_out, &error, sizeof error) < 0)
        _exit(AC_EXIT_FAILED);
    _exit(AC_EXIT_CANNOT_RUN);
}

/* The errno value of a failed execution, or 0 when the program runs. */
static int launch_result(int pipe_in)
{
    int error = 0;
    ssize_t got;

    do {
        got = read(pipe_in, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static int launch_fork(char *const argv[], struct ac_launch *launch, int ends[2])
{
    struct sigaction normal = {.sa_handler = SIG_DFL};
    sigset_t all;
    sigset_t before;

    sigaction(SIGCHLD, &normal, &launch_sigchld);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); /* none is lost before we know the pid */
    launch->pid = fork();
    int error = errno;

    if (launch->pid == 0)
        launch_child_run(argv, ends[1], &before);
    launch_child = (sig_atomic_t)launch->pid;
    if (launch->pid > 0)
        launch_install();
    sigprocmask(SIG_SETMASK, &before, NULL);
    return launch->pid < 0 ? error : 0;
}

int ac_launch_wait(char *const argv[], struct ac_launch *launch)
{
    int ends[2];
    int status = 0;
    uint64_t start = launch_now();

    memset(launch, 0, sizeof *launch);
    int error = pipe2(ends, O_CLOEXEC) != 0 ? errno : launch_fork(argv, launch, ends);

    if (error != 0) {
        ac_cli_error("cannot start a process: %s", strerror(error));
        return AC_EXIT_FAILED;
    }
    close(ends[1]);
    error = launch_result(ends[0]);

    close(ends[0]);
    while (wait4(launch->pid, &status, 0, &launch->usage) < 0)
        if (errno != EINTR) {
            ac_cli_error("cannot wait for '%s': %s", argv[0], strerror(errno));
            return AC_EXIT_FAILED;
        }
    launch_child = 0;
    launch->wall_ns = launch_now() - start;
    if (error != 0)
        return launch_failed(argv[0], error);
    launch->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    launch->status = launch->signal != 0 ? 128 + launch->signal : WEXITSTATUS(status);
    return 0;
}
