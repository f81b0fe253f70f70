/* target.h -- the program that is to run: where it is, and can acre enter it? */
#ifndef AC_CLI_TARGET_H
#define AC_CLI_TARGET_H

#include "cli.h"

#include <limits.h>
#include <sys/stat.h>

enum ac_target_verdict {
    AC_TARGET_OK,
    AC_TARGET_MISSING,        /* 127 */
    AC_TARGET_NOT_EXECUTABLE, /* 126, as all that follow */
    AC_TARGET_STATIC,
    AC_TARGET_PRIVILEGED,
    AC_TARGET_ARCHITECTURE,
    AC_TARGET_LIBC,
    AC_TARGET_DAMAGED
};

struct ac_target {
    enum ac_target_verdict verdict;
    char path[PATH_MAX];    /* the file that will be executed */
    char binary[PATH_MAX];  /* the ELF file that runs: itself, or an interpreter */
    char loader[PATH_MAX];  /* its PT_INTERP, or "" */
    char why[2 * PATH_MAX]; /* a sentence, unless the verdict is OK */
};

/* Look at `command` as execvp would find it, follow "#!" to the interpreter
 * (through /usr/bin/env too), and decide.  Runs nothing.  Returns the exit
 * status that the verdict means: 0, 126 or 127. */
int ac_target_inspect(const char *command, struct ac_target *target);

/* Would the kernel run this file with rights of its own, so that the dynamic
 * loader ignores LD_PRELOAD?  NULL or the reason. */
const char *ac_target_privilege(const char *path, const struct stat *file);

/* What an ELF file is.  Reads headers only. */
struct ac_elf {
    uint16_t type;
    uint16_t machine;
    bool other; /* not of this machine: class, order, architecture */
    bool has_loader;
    char loader[PATH_MAX];
};

/* 0; ENOEXEC: not an ELF file; else what open or read said.  EILSEQ: an ELF file
 * whose headers are cut off. */
int ac_elf_read(const char *path, struct ac_elf *elf);
const char *ac_elf_machine_name(const struct ac_elf *elf);

#endif
