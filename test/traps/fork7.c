/* T-fork7: vfork, posix_spawn and raw clone, none of which runs atfork handlers.
 * While other threads allocate: vfork+exec and posix_spawn.  With one thread: a
 * vfork child that allocates, and raw clone and clone3 children that do. */
// run: preload, static
#include "check.h"
#include <linux/sched.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/syscall.h>

extern char **environ;
static atomic_int stop;

static void *hammer(void *arg)
{
    uint64_t seed = (uintptr_t)arg + 1;
    while (!atomic_load(&stop)) {
        void *p[32];
        for (int i = 0; i < 32; i++)
            p[i] = malloc(check_random(&seed) % 40000);
        for (int i = 0; i < 32; i++)
            free(p[i]);
        usleep(20);
    }
    return NULL;
}

static void reap(pid_t pid, const char *what)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECKF(status == 0, "%s: %s", what, check_status(status));
}

static void single(void)
{
    for (int i = 0; i < 50; i++) {
        void *mine = malloc(500);
        memset(mine, 9, 500);
        pid_t pid = vfork();            /* shares our memory: the heap must stay whole */
        CHECK(pid >= 0);
        if (pid == 0) {
            check_every_size(100000);
            _exit(0);
        }
        reap(pid, "vfork");
        pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(20);
            check_every_size(1 << 20);
            free(mine);
            _exit(0);
        }
        reap(pid, "clone");
        struct clone_args args = {.exit_signal = SIGCHLD};
        pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
        if (pid < 0 && errno == ENOSYS)
            continue;
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(20);
            free(mine);
            check_every_size(1 << 20);
            _exit(0);
        }
        reap(pid, "clone3");
        check_every_size(100000);
        CHECK(((char *)mine)[499] == 9);
        free(mine);
    }
}

int main(void)
{
    check_watchdog(50);
    single();
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, hammer, (void *)i) == 0);
    char *args[] = {"true", NULL};
    for (int i = 0; i < 150; i++) {
        pid_t pid = vfork();
        CHECK(pid >= 0);
        if (pid == 0) {
            execve("/bin/true", args, environ);
            _exit(9);
        }
        reap(pid, "vfork and exec");
        CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, args, environ) == 0);
        reap(pid, "posix_spawn");
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
