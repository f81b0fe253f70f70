/* records.h -- the records that a program and its children left in a folder. */
#ifndef AC_CLI_RECORDS_H
#define AC_CLI_RECORDS_H

#include "cli.h"
#include "format/stats.h"

#include <sys/types.h>

/* One process, or several of the same program. */
struct ac_records_line {
    char program[AC_STATS_NAME_BYTES];
    uint32_t pid;
    uint64_t process_count;
    uint64_t malloc_count;
    uint64_t live;      /* the sum at their ends */
    uint64_t used_peak; /* the largest of them */
    uint64_t rss_peak;
};

struct ac_records {
    bool has_main;
    struct ac_stats_record main;
    char main_error[200]; /* its record is there but cannot be read */
    struct ac_records_line *children;
    size_t child_count;
    size_t bad_count;    /* children whose record cannot be read */
    char bad_error[512]; /* the first of these */
};

/* A private folder for records: 0700, a new name, in TMPDIR or /tmp. */
bool ac_records_folder(char path[], size_t capacity);
/* Read all records of the folder, then remove them and it. */
void ac_records_collect(const char *folder, pid_t main, struct ac_records *records);
void ac_records_free(struct ac_records *records);

/* Busiest first. */
void ac_records_sort(struct ac_records *records);
/* One line for each program instead of one for each process, busiest first. */
void ac_records_group(struct ac_records *records);

#endif
