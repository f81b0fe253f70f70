/* T-fork6: fork, lower the privileges, allocate, exec (as make and cargo do), also
 * from several threads: no part of the heap may depend on a file or a memfd that
 * the child cannot map again. */
#include "check.h"
#include <pthread.h>

static char *self;

static void allocate_all(void)
{
    check_every_size(4 << 20);
    char *big = malloc((size_t)100 << 20);
    CHECK(big);
    big[0] = big[((size_t)100 << 20) - 1] = 1;
    big = realloc(big, (size_t)150 << 20);
    CHECK(big);
    free(big);
}

static void *spawn(void *arg)
{
    for (int i = 0; i < 15; i++) {
        void *before = malloc(3000);
        memset(before, 7, 3000);
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            alarm(20);
            if (getuid() == 0)
                CHECK(setresgid(65534, 65534, 65534) == 0 &&
                      setresuid(65534, 65534, 65534) == 0);
            CHECK(((char *)before)[2999] == 7);
            free(before);
            allocate_all();
            struct rlimit files = {3, 3};       /* and no descriptor to spare */
            setrlimit(RLIMIT_NOFILE, &files);
            allocate_all();
            files.rlim_cur = files.rlim_max;
            execl("/proc/self/exe", self, "again", (char *)NULL);
            /* no right to our own binary as nobody: a system one then */
            execl("/bin/true", "true", (char *)NULL);
            execl("/usr/bin/env", "env", "true", (char *)NULL);
            _exit(5);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        /* 127: the loader had no descriptor for a library */
        CHECKF(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127),
               "child: %s", check_status(status));
        free(before);
    }
    return arg;
}

int main(int argc, char **argv)
{
    check_watchdog(40);
    self = argv[0];
    if (argc > 1) {
        allocate_all();
        return 0;
    }
    pthread_t thread[3];
    for (int i = 0; i < 3; i++)
        CHECK(pthread_create(&thread[i], NULL, spawn, NULL) == 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
