/* T-os12: a process that starts with descriptors 0 to 2 closed and then has a socket as
 * number 2: we hold no descriptor, and neither a double free nor malloc_stats writes into
 * that socket (a peer would take it for protocol). */
#include "check.h"
#include <malloc.h>
#include <sys/socket.h>

static int report;

static void inner(void)
{
    /* 0, 1 and 2 are free: an allocator that opened a file would sit there */
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) != -1)
            _exit(20 + fd);
    check_every_size(1 << 20);
    int pair[2], other[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || pair[0] != 0 || pair[1] != 1)
        _exit(30);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, other) != 0 || other[0] != 2)
        _exit(31);
    pid_t pid = fork();
    if (pid == 0) {
        close(other[1]);
        void *volatile p = malloc(100);
        void *q = p;
        free(p);
        free(q);
        for (int i = 0; i < 100; i++)
            p = malloc(100);
        _exit(40);
    }
    int status;
    waitpid(pid, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
        _exit(32);
    char text[200];
    ssize_t n = recv(other[1], text, sizeof text - 1, MSG_DONTWAIT);
    if (n > 0)
        _exit(33);
    _exit(0);
}

int main(int argc, char **argv)
{
    check_watchdog(20);
    (void)report;
    if (argc > 1)
        inner();
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        for (int fd = 0; fd < 50; fd++)
            close(fd);
        alarm(10);
        execl("/proc/self/exe", argv[0], "inner", (char *)NULL);
        _exit(9);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECKF(!WIFEXITED(status) || WEXITSTATUS(status) != 33,
           "the message of a double free went into a socket on descriptor 2");
    CHECKF(status == 0, "%s (20..22: a descriptor is in use at the start; 32: a double free "
           "does not abort)", check_status(status));
    return 0;
}
