/* A machine of 1568 processors on which we run on number 1567. */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include <dlfcn.h>

int sched_getcpu(void) { return 1567; }
int getcpu(unsigned *cpu, unsigned *node)
{
    if (cpu)
        *cpu = 1567;
    if (node)
        *node = 99;
    return 0;
}
int get_nprocs(void) { return 1568; }
int get_nprocs_conf(void) { return 4096; }
int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
    (void)pid;
    if (size < 1568 / 8) {
        errno = EINVAL;
        return -1;
    }
    memset(set, 0, size);
    ((unsigned char *)set)[1567 / 8] = 1 << (1567 % 8);
    return 0;
}
long sysconf(int name)
{
    static long (*real)(int);
    if (name == _SC_NPROCESSORS_ONLN)
        return 1;
    if (name == _SC_NPROCESSORS_CONF)
        return 4096;
    if (!real)
        real = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
    return real(name);
}
