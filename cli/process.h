/* process.h -- is acre in a process?  Found out from outside, without stopping it. */
#ifndef AC_CLI_PROCESS_H
#define AC_CLI_PROCESS_H

#include "cli.h"
#include "format/status.h"

#include <limits.h>
#include <sys/types.h>

enum ac_process_verdict {
    AC_PROCESS_ACTIVE,
    AC_PROCESS_INACTIVE,  /* exit status 1, as the two that follow */
    AC_PROCESS_LOADED,    /* the library is there, its heap has not started */
    AC_PROCESS_ASIDE,     /* the library stepped aside */
    AC_PROCESS_MISSING,   /* 3 */
    AC_PROCESS_FORBIDDEN, /* 4 */
    AC_PROCESS_FAILED     /* 125 */
};

struct ac_process {
    pid_t pid;
    enum ac_process_verdict verdict;
    char program[PATH_MAX];  /* its executable, or its name when that is hidden */
    char library[PATH_MAX];  /* the file that holds acre, when it is mapped */
    char preload[PATH_MAX];  /* LD_PRELOAD as it was started with, cut */
    uint64_t library_at;     /* where the file is mapped */
    uint64_t symbol_at;      /* where acre_status is, 0: not found */
    bool by_search;          /* found by its magic, there is no symbol table */
    struct ac_status status; /* a copy; ends of strings are checked */
    char why[2 * PATH_MAX];  /* unless active */
};

void ac_process_look(pid_t pid, struct ac_process *process);
int ac_process_exit_status(const struct ac_process *process);

/* The mapped files of a process, from /proc/PID/maps. */
struct ac_module {
    char *path;
    uint64_t begin; /* of its first mapping, and that one's file offset */
    uint64_t offset;
    uint64_t end; /* of its last mapping and the zeroes behind it */
    unsigned long inode;
};

struct ac_modules {
    struct ac_module *list;
    size_t count;
};

/* 0 or an errno value.  ac_modules_free afterwards in any case. */
int ac_modules_read(pid_t pid, struct ac_modules *modules);
void ac_modules_free(struct ac_modules *modules);

/* The address of symbol `name` of a module in process `pid`, by the symbol
 * tables of its file; 0 when there is none. */
uint64_t ac_module_symbol(pid_t pid, const struct ac_module *module, const char *name);

/* Read the memory of another process: 0 or an errno value. */
int ac_process_read(pid_t pid, uint64_t address, void *out, size_t size);

#endif
