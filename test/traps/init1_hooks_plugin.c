/* Hooks the functions that a malloc calls while it starts; each finds the real one
 * by dlsym on its first call and allocates on every call, as real hooks do. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static __thread int inside;
extern char **environ;

/* INIT1_MMAP=1: the hooks of memory functions allocate as well. */
static int allocates(const char *name)
{
    if (name[0] != 'm')
        return 1;
    for (char **e = environ; e && *e; e++)
        if (strcmp(*e, "INIT1_MMAP=1") == 0)
            return 1;
    return 0;
}

static void disturb(const char *name)
{
    if (inside || !allocates(name))
        return;
    inside = 1;
    void *p = malloc(100), *q = calloc(3, 500);
    free(p);
    q = realloc(q, 5000);
    free(q);
    inside = 0;
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) \
        real = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    disturb(#name)

char *getenv(const char *name) { REAL(getenv); return real(name); }
char *secure_getenv(const char *name) { REAL(secure_getenv); return real(name); }
int clock_gettime(clockid_t id, struct timespec *t)
{
    REAL(clock_gettime);
    return real(id, t);
}
void *mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
    REAL(mmap);
    return real(p, n, prot, flags, fd, at);
}
int munmap(void *p, size_t n) { REAL(munmap); return real(p, n); }
int madvise(void *p, size_t n, int advice) { REAL(madvise); return real(p, n, advice); }
int mprotect(void *p, size_t n, int prot) { REAL(mprotect); return real(p, n, prot); }
int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    int mode = va_arg(args, int);
    va_end(args);
    REAL(open);
    return real(path, flags, mode);
}

static void *early;
__attribute__((constructor)) static void start(void)
{
    early = malloc(1000);
    if (early)
        memset(early, 3, 1000);
    dlerror();
}
__attribute__((destructor)) static void finish(void)
{
    free(early);
}
