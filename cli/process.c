/* process.c -- is acre in a process?  Found out from outside, without stopping it.
 *
 *   /proc/PID/maps -> files -> symbol acre_status (or its magic in their data)
 *                           -> process_vm_readv -> struct ac_status
 */
#include "process.h"

#include "target.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

__attribute__((format(printf, 3, 4))) static void process_decide(
    struct ac_process *process, enum ac_process_verdict verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(process->why, sizeof process->why, format, arguments);
    va_end(arguments);
    process->verdict = verdict;
}

static int process_read_by_file(pid_t pid, uint64_t address, void *out, size_t size)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/mem", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return errno;
    ssize_t got = pread(fd, out, size, (off_t)address);
    int error = got < 0 ? errno : (size_t)got == size ? 0 : EFAULT;

    close(fd);
    return error;
}

int ac_process_read(pid_t pid, uint64_t address, void *out, size_t size)
{
    struct iovec here = {out, size};
    struct iovec there = {(void *)(uintptr_t)address, size};
    ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

    if (got == (ssize_t)size)
        return 0;
    return process_read_by_file(pid, address, out, size);
}

/* --- What it is -------------------------------------------------------------------- */

/* The bytes of a file of /proc/PID, NUL-terminated; -1 and errno. */
static ssize_t process_file(pid_t pid, const char *name, char *out, size_t capacity)
{
    char path[64];
    size_t used = 0;
    ssize_t got;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    while (used + 1 < capacity && (got = read(fd, out + used, capacity - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    out[used] = '\0';
    return (ssize_t)used;
}

static void process_program(struct ac_process *process)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/exe", (int)process->pid);
    ssize_t length = readlink(path, process->program, sizeof process->program - 1);

    if (length > 0) {
        process->program[length] = '\0';
        return;
    }
    if (process_file(process->pid, "comm", process->program, sizeof process->program) < 0)
        process->program[0] = '\0';
    process->program[strcspn(process->program, "\n")] = '\0';
}

/* The state letter of /proc/PID/stat, which follows the last ')'. */
static char process_state(pid_t pid)
{
    char stat[512];

    if (process_file(pid, "stat", stat, sizeof stat) <= 0)
        return '?';
    const char *end = strrchr(stat, ')');

    return end != NULL && end[1] == ' ' ? end[2] : '?';
}

static void process_preload(struct ac_process *process)
{
    size_t capacity = 4u << 20; /* environments are at most 2 MiB and a bit */
    char *environment = malloc(capacity);
    ssize_t size = environment == NULL
                       ? -1
                       : process_file(process->pid, "environ", environment, capacity);

    for (ssize_t at = 0; at < size; at += (ssize_t)strlen(environment + at) + 1)
        if (strncmp(environment + at, "LD_PRELOAD=", 11) == 0)
            snprintf(process->preload, sizeof process->preload, "%.*s", PATH_MAX - 1,
                     environment + at + 11);
    free(environment);
}

/* Did the kernel start it in secure mode?  Its own word: AT_SECURE. */
static bool process_is_secure(pid_t pid)
{
    union {
        char bytes[1024];
        Elf64_auxv_t entries[1024 / sizeof(Elf64_auxv_t)];
    } auxv;
    ssize_t size = process_file(pid, "auxv", auxv.bytes, sizeof auxv.bytes);

    for (size_t i = 0; (ssize_t)((i + 1) * sizeof(Elf64_auxv_t)) <= size; i++)
        if (auxv.entries[i].a_type == AT_SECURE)
            return auxv.entries[i].a_un.a_val != 0;
    return false;
}

/* --- Where the block is ------------------------------------------------------------ */

static bool process_take(struct ac_process *process, const struct ac_module *module,
                         uint64_t address, const struct ac_status *status)
{
    snprintf(process->library, sizeof process->library, "%s", module->path);
    process->library_at = module->begin;
    process->symbol_at = address;
    process->status = *status;
    process->why[0] = '\0';
    return true;
}

/* By the symbol.  true: found and read; a block that is there and wrong, or that
 * may not be read, leaves its verdict in *process. */
static bool process_by_symbol(struct ac_process *process, const struct ac_module *module)
{
    struct ac_status status;
    uint64_t address = ac_module_symbol(process->pid, module, AC_STATUS_SYMBOL);

    if (address == 0)
        return false;
    int error = ac_process_read(process->pid, address, &status, sizeof status);

    if (error == EPERM || error == EACCES)
        process_decide(process, AC_PROCESS_FORBIDDEN,
                       "%s is mapped, but its memory may not be read (%s)", module->path,
                       strerror(error));
    else if (error != 0)
        process_decide(process, AC_PROCESS_FAILED,
                       "%s is mapped, but reading its symbol " AC_STATUS_SYMBOL
                       " failed: %s",
                       module->path, strerror(error));
    else {
        const char *wrong = ac_status_check(&status, sizeof status);

        if (wrong == NULL)
            return process_take(process, module, address, &status);
        process_decide(process, AC_PROCESS_FAILED, "%s is mapped, but %s", module->path,
                       wrong);
    }
    snprintf(process->library, sizeof process->library, "%s", module->path);
    process->library_at = module->begin;
    return false;
}

/* By the magic, in all that is mapped of the module: its file has no symbols, or
 * was replaced while the process runs. */
static bool process_by_search(struct ac_process *process, const struct ac_module *module)
{
    static char chunk[65536 + sizeof(struct ac_status)];
    struct ac_status status;

    for (uint64_t at = module->begin; at < module->end; at += 65536) {
        uint64_t left = module->end - at;
        size_t size = left < sizeof chunk ? (size_t)left : sizeof chunk;

        if (ac_process_read(process->pid, at, chunk, size) != 0)
            continue; /* a hole, or a page without reading */
        for (size_t i = 0; i + sizeof status <= size; i += 8) {
            if (memcmp(chunk + i, AC_STATUS_MAGIC, 8) != 0)
                continue;
            memcpy(&status, chunk + i, sizeof status);
            if (ac_status_check(&status, sizeof status) != NULL)
                continue; /* the magic as a constant in code */
            process->by_search = true;
            return process_take(process, module, at + i, &status);
        }
    }
    return false;
}

static bool process_is_ours(const struct ac_module *module)
{
    const char *slash = strrchr(module->path, '/');

    return strncmp(slash + 1, "libacre", 7) == 0;
}

static bool process_find(struct ac_process *process, const struct ac_modules *modules)
{
    const struct ac_module *list = modules->list;

    for (size_t i = 0; i < modules->count; i++)
        if (process_is_ours(&list[i]) && (process_by_symbol(process, &list[i]) ||
                                          process_by_search(process, &list[i])))
            return true;
    for (size_t i = 0; i < modules->count && process->library[0] == '\0'; i++)
        if (!process_is_ours(&list[i]) && process_by_symbol(process, &list[i]))
            return true;
    for (size_t i = 0; i < modules->count && process->library[0] == '\0'; i++)
        if (strcmp(list[i].path, process->program) == 0 &&
            process_by_search(process, &list[i]))
            return true;
    return false;
}

/* --- Why not ----------------------------------------------------------------------- */

static void process_explain(struct ac_process *process)
{
    char path[64];
    static struct ac_elf elf;

    snprintf(path, sizeof path, "/proc/%d/exe", (int)process->pid);
    int error = ac_elf_read(path, &elf);

    if (error == 0 && elf.other)
        process_decide(process, AC_PROCESS_INACTIVE, "it is a program for %s",
                       ac_elf_machine_name(&elf));
    else if (error == 0 && !elf.has_loader)
        process_decide(process, AC_PROCESS_INACTIVE,
                       "it is linked statically, so no library can be put before its"
                       " malloc");
    else if (process_is_secure(process->pid))
        process_decide(process, AC_PROCESS_INACTIVE,
                       "it runs with the rights of its file (setuid, setgid or"
                       " capabilities), and for such programs the dynamic loader ignores"
                       " LD_PRELOAD");
    else if (process->preload[0] == '\0')
        process_decide(process, AC_PROCESS_INACTIVE,
                       "it was started without it (no LD_PRELOAD in its environment)");
    else if (strstr(process->preload, "libacre") == NULL)
        process_decide(process, AC_PROCESS_INACTIVE,
                       "it was started without it (LD_PRELOAD is '%.1000s')",
                       process->preload);
    else if (strstr(elf.loader, "ld-musl") != NULL)
        process_decide(process, AC_PROCESS_INACTIVE,
                       "it uses the C library musl, and the library is built for glibc");
    else
        process_decide(process, AC_PROCESS_INACTIVE,
                       "LD_PRELOAD is '%.1000s', but the dynamic loader did not load it:"
                       " is the file there, and readable for that process?",
                       process->preload);
}

static void process_decide_found(struct ac_process *process)
{
    switch (process->status.state) {
    case AC_STATUS_ACTIVE:
        process->verdict = AC_PROCESS_ACTIVE;
        break;
    case AC_STATUS_ASIDE:
        process_decide(process, AC_PROCESS_ASIDE, "the library stepped aside: %s",
                       process->status.reason);
        break;
    default:
        process_decide(process, AC_PROCESS_LOADED,
                       "the library is mapped, but its heap has not started");
    }
}

void ac_process_look(pid_t pid, struct ac_process *process)
{
    struct ac_modules modules;
    char path[64];

    memset(process, 0, sizeof *process);
    process->pid = pid;
    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    if (access(path, F_OK) != 0) {
        process_decide(process, AC_PROCESS_MISSING, "%s",
                       access("/proc/self", F_OK) == 0
                           ? "there is no such process"
                           : "/proc is not there, so no process can be looked at");
        return;
    }
    process_program(process);
    process_preload(process);
    int error = ac_modules_read(pid, &modules);

    if (error == EACCES || error == EPERM)
        process_decide(process, AC_PROCESS_FORBIDDEN,
                       "no permission to look into it (/proc/%d/maps: %s)", (int)pid,
                       strerror(error));
    else if (error == ENOENT || error == ESRCH)
        process_decide(process, AC_PROCESS_MISSING, "there is no such process any more");
    else if (error != 0)
        process_decide(process, AC_PROCESS_FAILED, "/proc/%d/maps: %s", (int)pid,
                       strerror(error));
    else if (modules.count == 0)
        process_decide(process, AC_PROCESS_INACTIVE, "%s",
                       process_state(pid) == 'Z'
                           ? "it has ended and waits for its parent to notice"
                           : "it has no program: it belongs to the kernel");
    else if (process_find(process, &modules))
        process_decide_found(process);
    else if (process->why[0] == '\0')
        process_explain(process);
    ac_modules_free(&modules);
}

int ac_process_exit_status(const struct ac_process *process)
{
    switch (process->verdict) {
    case AC_PROCESS_ACTIVE:
        return AC_EXIT_OK;
    case AC_PROCESS_MISSING:
        return AC_EXIT_NO_PROCESS;
    case AC_PROCESS_FORBIDDEN:
        return AC_EXIT_NO_PERMISSION;
    case AC_PROCESS_FAILED:
        return AC_EXIT_FAILED;
    default:
        return AC_EXIT_INACTIVE;
    }
}
