/* target.c -- the program that is to run: where it is, and can acre enter it?
 *
 * The dynamic loader of the program decides about LD_PRELOAD, and when it
 * ignores it, it does so without a word.  So every such case is found out before
 * the program runs. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TARGET_SCRIPTS_MAX 5

__attribute__((format(printf, 3, 4))) static int target_refuse(
    struct ac_target *target, enum ac_target_verdict verdict, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(target->why, sizeof target->why, format, arguments);
    va_end(arguments);
    target->verdict = verdict;
    return verdict == AC_TARGET_OK        ? AC_EXIT_OK
           : verdict == AC_TARGET_MISSING ? AC_EXIT_NOT_FOUND
                                          : AC_EXIT_CANNOT_RUN;
}

/* --- Where it is ------------------------------------------------------------------- */

/* 0 when `path` can be executed, else the errno value. */
static int target_try(const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0)
        return errno;
    if (S_ISDIR(file.st_mode))
        return EISDIR;
    if (!S_ISREG(file.st_mode) || access(path, X_OK) != 0)
        return EACCES;
    return 0;
}

/* Find `command` in PATH.  ENOENT: nowhere; else why the first hit cannot run. */
static int target_search(const char *command, char path[PATH_MAX])
{
    const char *folders = getenv("PATH");
    int result = ENOENT;

    if (folders == NULL)
        folders = "/bin:/usr/bin";
    for (;;) {
        size_t length = strcspn(folders, ":");
        char try[PATH_MAX];
        int size = length == 0 ? snprintf(try, sizeof try, "./%s", command)
                               : snprintf(try, sizeof try, "%.*s/%s", (int)length,
                                          folders, command);

        if (size > 0 && (size_t)size < sizeof try) {
            int error = target_try(try);

            if (error == 0 || (error == EACCES && result == ENOENT)) {
                memcpy(path, try, (size_t)size + 1);
                result = error;
            }
            if (error == 0)
                return 0;
        }
        if (folders[length] == '\0')
            return result;
        folders += length + 1;
    }
}

static int target_locate(const char *command, char path[PATH_MAX],
                         struct ac_target *target)
{
    int error = ENOENT;

    if (strlen(command) >= PATH_MAX)
        error = ENAMETOOLONG;
    else if (strchr(command, '/') != NULL) {
        strcpy(path, command);
        error = target_try(path);
    } else if (*command != '\0')
        error = target_search(command, path);
    if (error == 0)
        return 0;
    if (error == ENOENT || error == ENOTDIR)
        return target_refuse(target, AC_TARGET_MISSING, "'%s' was not found%s", command,
                             strchr(command, '/') != NULL ? "" : " in PATH");
    return target_refuse(target, AC_TARGET_NOT_EXECUTABLE, "'%s' cannot be executed: %s",
                         command, error == EISDIR ? "it is a folder" : strerror(error));
}

/* --- Rights of its own ------------------------------------------------------------- */

const char *ac_target_privilege(const char *path, const struct stat *file)
{
    struct statvfs filesystem;

    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
        return NULL;
    if (statvfs(path, &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0)
        return NULL;
    if ((file->st_mode & S_ISUID) != 0 && file->st_uid != getuid())
        return "it is setuid";
    if ((file->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
        file->st_gid != getgid())
        return "it is setgid";
    if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "its file has capabilities";
    return NULL;
}

static int target_check_rights(struct ac_target *target)
{
    struct stat file;
    const char *reason;

    if (stat(target->binary, &file) != 0)
        return 0;
    reason = ac_target_privilege(target->binary, &file);
    if (reason == NULL)
        return 0;
    return target_refuse(target, AC_TARGET_PRIVILEGED,
                         "'%s' cannot run under acre: %s, and for such programs the"
                         " dynamic loader ignores LD_PRELOAD",
                         target->binary, reason);
}

/* --- The ELF file ------------------------------------------------------------------ */

static const char *target_basename(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* The dynamic loader has no loader, but preloads for the program it is given. */
static bool target_is_loader(const char *path)
{
    return strncmp(target_basename(path), "ld-linux", 8) == 0 ||
           strcmp(target_basename(path), "ld.so") == 0;
}

static int target_check_elf(struct ac_target *target, const struct ac_elf *elf)
{
    if (elf->other)
        return target_refuse(target, AC_TARGET_ARCHITECTURE,
                             "'%s' cannot run under acre: it is a program for %s, and"
                             " this acre is not",
                             target->binary, ac_elf_machine_name(elf));
    if (!elf->has_loader)
        return target_is_loader(target->binary)
                   ? 0
                   : target_refuse(
                         target, AC_TARGET_STATIC,
                         "'%s' cannot run under acre: it is linked statically, so"
                         " no library can be put before its malloc; link acre into"
                         " it instead",
                         target->binary);
    memcpy(target->loader, elf->loader, sizeof target->loader);
    if (strstr(elf->loader, "ld-musl") != NULL)
        return target_refuse(target, AC_TARGET_LIBC,
                             "'%s' cannot run under acre: it uses the C library musl"
                             " (%s), and this libacre-malloc.so is built for glibc",
                             target->binary, elf->loader);
    if (access(elf->loader, X_OK) != 0)
        return target_refuse(target, AC_TARGET_MISSING,
                             "'%s' cannot run: its dynamic loader %s: %s", target->binary,
                             elf->loader, strerror(errno));
    return target_check_rights(target);
}

/* --- Scripts ----------------------------------------------------------------------- */

/* The word at *at, cut off with a NUL; *at moves behind it.  NULL: no more. */
static char *target_word(char **at)
{
    char *word = *at + strspn(*at, " \t");

    if (*word == '\0')
        return NULL;
    *at = word + strcspn(word, " \t");
    if (**at != '\0')
        *(*at)++ = '\0';
    return word;
}

/* What "/usr/bin/env [-S] [-x] [A=B] PROGRAM" runs, or NULL. */
static char *target_env_program(char *arguments)
{
    char *word;

    while ((word = target_word(&arguments)) != NULL)
        if (*word != '-' && strchr(word, '=') == NULL)
            return word;
    return NULL;
}

/* The interpreter of a script in *next: 0, or an exit status.  A file that is
 * neither ELF nor has "#!" is run by /bin/sh (execvp does that). */
static int target_interpreter(struct ac_target *target, char next[PATH_MAX])
{
    char line[PATH_MAX];
    int fd = open(target->binary, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    int error = errno;

    if (fd >= 0)
        close(fd);
    if (got < 0)
        return target_refuse(target, AC_TARGET_NOT_EXECUTABLE, "'%s' cannot be read: %s",
                             target->binary, strerror(error));
    line[got] = '\0';
    if (line[0] != '#' || line[1] != '!') {
        strcpy(next, "/bin/sh");
        return 0;
    }
    line[strcspn(line, "\n")] = '\0';
    char *rest = line + 2;
    char *name = target_word(&rest);

    if (name == NULL)
        return target_refuse(target, AC_TARGET_DAMAGED,
                             "'%s' cannot be executed: its first line names no"
                             " interpreter",
                             target->binary);
    char *program = strcmp(target_basename(name), "env") == 0 ? target_env_program(rest)
                                                              : NULL;

    if (program != NULL)
        return target_locate(program, next, target);
    if (target_try(name) != 0)
        return target_refuse(target, AC_TARGET_MISSING,
                             "'%s' cannot run: its interpreter '%s': %s", target->binary,
                             name, strerror(target_try(name)));
    strcpy(next, name);
    return 0;
}

int ac_target_inspect(const char *command, struct ac_target *target)
{
    struct ac_elf elf;
    int status;

    memset(target, 0, sizeof *target);
    status = target_locate(command, target->path, target);
    if (status != 0)
        return status;
    strcpy(target->binary, target->path);
    for (int depth = 0; depth <= TARGET_SCRIPTS_MAX; depth++) {
        char next[PATH_MAX];
        int error = ac_elf_read(target->binary, &elf);

        if (error == 0)
            return target_check_elf(target, &elf);
        if (error == EILSEQ)
            return target_refuse(target, AC_TARGET_DAMAGED,
                                 "'%s' cannot be executed: its ELF headers are damaged",
                                 target->binary);
        if (error == EACCES) /* executable and not readable: cannot say */
            return target_check_rights(target);
        if (error != ENOEXEC)
            return target_refuse(target, AC_TARGET_NOT_EXECUTABLE,
                                 "'%s' cannot be read: %s", target->binary,
                                 strerror(error));
        status = target_interpreter(target, next);
        if (status != 0)
            return status;
        strcpy(target->binary, next);
    }
    return target_refuse(target, AC_TARGET_DAMAGED,
                         "'%s' cannot be executed: its interpreters are scripts, one"
                         " after the other",
                         target->path);
}
