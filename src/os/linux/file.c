/* file.c -- files: options, reports and traces; a handful of calls a run. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>

#include "os/linux/file.h"
#include "os/linux/syscall.h"
#include "os/os.h"

#define FILE_FIRST_FD 3 /* below: what the program believes to be stdio */

/* A process may run with 0, 1 or 2 closed (T-os12).  A file of ours there would
 * get what the program prints. */
static long file_move_up(long fd)
{
    if (fd < 0 || fd >= FILE_FIRST_FD)
        return fd;
    long moved = linux_call3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FILE_FIRST_FD);

    (void)linux_call3(SYS_close, fd, 0, 0);
    return moved;
}

static int file_open(const char *path, int flags, int *error)
{
    long fd;

    do {
        fd = linux_call6(SYS_openat, AT_FDCWD, (long)path, flags | O_CLOEXEC | O_NOCTTY,
                         0600, 0, 0);
    } while (fd == -EINTR);
    fd = file_move_up(fd);
    if (fd < 0) {
        if (error != NULL)
            *error = (int)-fd;
        return -1;
    }
    return (int)fd;
}

int ac_os_create_file(const char *path, int *error)
{
    return file_open(path, O_WRONLY | O_CREAT | O_TRUNC, error);
}

int ac_os_open_file(const char *path, int *error)
{
    return file_open(path, O_RDONLY, error);
}

/* What lay on descriptor 2 when the library started. */
static struct stat file_stderr;

static long file_stat(int fd, struct stat *out)
{
    return linux_call6(SYS_newfstatat, fd, (long)"", (long)out, AT_EMPTY_PATH, 0, 0);
}

void ac_linux_file_init(void)
{
    if (file_stat(2, &file_stderr) < 0)
        file_stderr.st_ino = 0;
}

/* A daemon that closed descriptor 2 may have a connection there now: words of ours
 * would become part of its protocol (T-os12).  A socket from the start is the
 * journal's, and welcome. */
static bool file_stderr_is_hijacked(void)
{
    struct stat now;

    return file_stat(2, &now) >= 0 && S_ISSOCK(now.st_mode) &&
           (now.st_ino != file_stderr.st_ino || now.st_dev != file_stderr.st_dev);
}

int ac_os_write(int fd, const void *data, size_t size)
{
    const unsigned char *next = data;

    if (fd == 2 && file_stderr_is_hijacked())
        return EBADF;
    while (size > 0) {
        long wrote = linux_call3(SYS_write, fd, (long)next, (long)size);

        if (wrote == -EINTR)
            continue;
        if (wrote <= 0) /* 0 bytes and no reason: do not try for ever */
            return wrote < 0 ? (int)-wrote : EIO;
        next += wrote;
        size -= (size_t)wrote;
    }
    return 0;
}

int ac_os_read(int fd, void *data, size_t size, size_t *got)
{
    long count;

    do {
        count = linux_call3(SYS_read, fd, (long)data, (long)size);
    } while (count == -EINTR);
    if (count < 0)
        return (int)-count;
    *got = (size_t)count;
    return 0;
}

/* Never again after EINTR: the descriptor is closed already and may belong to
 * another thread by now. */
void ac_os_close(int fd)
{
    (void)linux_call3(SYS_close, fd, 0, 0);
}
