/* info.c -- what this Linux is, and what it passed to the process.
 *
 * Start-up counts (every program that runs under acre pays it): ac_os_init
 * makes three system calls and opens no file.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "os/linux/auxv.h"
#include "os/linux/file.h"
#include "os/linux/syscall.h"
#include "os/linux/vdso.h"
#include "os/os.h"

#define INFO_MAX_CPUS 8192 /* NR_CPUS of the largest distribution kernels */
#define INFO_WORD_BITS 64

/* glibc's pointer to what the kernel laid on the stack: argc, argv, environ.
 * Absent in other libcs. */
extern void *__libc_stack_end __attribute__((weak));

/* Hard limits to address space: RLIMIT_AS of this process. */
static size_t info_as_limit(void)
{
    struct {
        uint64_t soft, hard;
    } limit;
    long result = linux_call6(SYS_prlimit64, 0, RLIMIT_AS, 0, (long)&limit, 0, 0);

    /* All ones is the kernel's word for "none" too. */
    return linux_failed(result) ? SIZE_MAX : (size_t)limit.soft;
}

/* A count of bits, not the highest: numactl leaves sparse masks (T-init7). */
static uint32_t info_cpu_count(void)
{
    uint64_t mask[INFO_MAX_CPUS / INFO_WORD_BITS];
    long bytes = linux_call3(SYS_sched_getaffinity, 0, sizeof mask, (long)mask);
    uint32_t count = 0;

    for (long i = 0; i < bytes / (long)sizeof mask[0]; i++)
        count += (uint32_t)__builtin_popcountll(mask[i]);
    return count != 0 ? count : 1;
}

static size_t info_ram(void)
{
    struct sysinfo system;
    long result = linux_call3(SYS_sysinfo, (long)&system, 0, 0);
    size_t ram;

    if (linux_failed(result) ||
        __builtin_mul_overflow((size_t)system.totalram, (size_t)system.mem_unit, &ram))
        return (size_t)1 << 30;
    return ram;
}

void ac_os_init(struct ac_os_info *info)
{
    size_t page = linux_page_bytes();

    info->page_bytes = page;
    /* One page table of 8-byte entries: 2 MiB, or 32 and 512 MiB on arm64. */
    info->huge_bytes = page / 8 * page;
    info->ram_bytes = info_ram();
    info->as_limit_bytes = info_as_limit();
    info->cpu_count = info_cpu_count();
    info->secure = linux_auxv(AT_SECURE) != 0;
    ac_linux_file_init();
    ac_vdso_init();
}

/* The answer of info_read_huge, kept by whoever asks first. */
enum {
    INFO_HUGE_UNKNOWN,
    INFO_HUGE_ON_REQUEST,
    INFO_HUGE_ALWAYS
};

static int info_read_huge(void)
{
    char text[64];
    size_t got = 0;
    int fd = ac_os_open_file("/sys/kernel/mm/transparent_hugepage/enabled", NULL);

    if (fd < 0)
        return INFO_HUGE_ON_REQUEST;
    (void)ac_os_read(fd, text, sizeof text - 1, &got);
    ac_os_close(fd);
    text[got] = '\0';
    return strstr(text, "[always]") != NULL ? INFO_HUGE_ALWAYS : INFO_HUGE_ON_REQUEST;
}

bool ac_os_huge_always(void)
{
    static _Atomic int answer = INFO_HUGE_UNKNOWN;
    int known = atomic_load_explicit(&answer, memory_order_relaxed);

    if (known == INFO_HUGE_UNKNOWN) {
        known = info_read_huge();
        atomic_store_explicit(&answer, known, memory_order_relaxed);
    }
    return known == INFO_HUGE_ALWAYS;
}

/* environ, or what it is going to be: libc.so sets it in its constructor, and
 * the loader calls malloc before that. */
static char **info_environment(void)
{
    if (environ != NULL || &__libc_stack_end == NULL || __libc_stack_end == NULL)
        return environ;
    long *stack = __libc_stack_end;
    long argc = *stack;

    return (char **)(stack + 1 + argc + 1);
}

/* Not getenv: preloaded libraries interpose it and call malloc (T-init1). */
const char *ac_os_env(const char *name)
{
    char **environment = info_environment();
    size_t length = strlen(name);

    if (environment == NULL || linux_auxv(AT_SECURE) != 0)
        return NULL;
    for (char **entry = environment; *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}
