/* stat.h -- acre stat: what was run, what it left, and the page about it. */
#ifndef AC_CLI_STAT_H
#define AC_CLI_STAT_H

#include "launch.h"
#include "records.h"

struct ac_stat {
    char *const *argv;
    const char *path; /* the file that was executed */
    bool each_child;  /* a line for each process, not for each program */
    struct ac_launch launch;
    struct ac_records records;
    char why[600]; /* there is no record of the program */
};

void ac_stat_page(const struct ac_stat *stat, FILE *file);
void ac_stat_json(const struct ac_stat *stat, FILE *file);

#endif
