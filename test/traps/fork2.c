/* T-fork2: atfork handlers registered before ours (from .preinit_array, the first
 * code of a program) and after ours (from main) allocate and free in prepare,
 * parent and child.  Ours must run last before the fork and first after it:
 * otherwise they hang on a lock that this very thread holds. */
// run: preload, static
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>

static int ran_early[3], ran_late[3];
static void *kept;
static atomic_int stop;

static void allocate(void)
{
    check_every_size(200000);
    free(kept);
    kept = malloc(100);
    CHECK(kept);
}

static void early_prepare(void) { ran_early[0]++; allocate(); }
static void early_parent(void) { ran_early[1]++; allocate(); }
static void early_child(void) { ran_early[2]++; alarm(20); allocate(); }
static void late_prepare(void) { ran_late[0]++; allocate(); }
static void late_parent(void) { ran_late[1]++; allocate(); }
static void late_child(void) { ran_late[2]++; alarm(20); allocate(); }

static void first(int argc, char **argv, char **env)
{
    (void)argc, (void)argv, (void)env;
    pthread_atfork(early_prepare, early_parent, early_child);
}

__attribute__((section(".preinit_array"), used))
static void (*first_entry)(int, char **, char **) = first;

static void *hammer(void *arg)
{
    uint64_t seed = (uintptr_t)arg + 1;
    while (!atomic_load(&stop)) {
        void *p[32];
        for (int i = 0; i < 32; i++)
            p[i] = malloc(check_random(&seed) % 40000);
        for (int i = 0; i < 32; i++)
            free(p[i]);
        usleep(50);
    }
    return NULL;
}

int main(void)
{
    check_watchdog(50);
    allocate();
    CHECK(pthread_atfork(late_prepare, late_parent, late_child) == 0);
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, hammer, (void *)i) == 0);
    for (int i = 0; i < 300; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            allocate();
            _exit(ran_early[2] == 1 && ran_late[2] == 1 ? 0 : 3);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECKF(status == 0, "child: %s", check_status(status));
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    CHECK(ran_early[0] == 300 && ran_early[1] == 300);
    CHECK(ran_late[0] == 300 && ran_late[1] == 300);
    return 0;
}
