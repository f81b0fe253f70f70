/* records.c -- the records that a program and its children left in a folder. */
#include "records.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RECORDS_FILE_MAX (1u << 20)

bool ac_records_folder(char path[], size_t capacity)
{
    const char *parent = getenv("TMPDIR");

    if (parent == NULL || parent[0] != '/' || access(parent, W_OK | X_OK) != 0)
        parent = "/tmp";
    if ((size_t)snprintf(path, capacity, "%s/acre-stat.XXXXXX", parent) >= capacity) {
        ac_cli_error("TMPDIR is too long");
        return false;
    }
    if (mkdtemp(path) != NULL) /* 0700 */
        return true;
    ac_cli_error("cannot make a folder in %s: %s", parent, strerror(errno));
    return false;
}

/* The bytes of a small file, or NULL. */
static char *records_read(int folder, const char *name, size_t *size)
{
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat file;
    char *bytes = NULL;

    if (fd < 0)
        return NULL;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        file.st_size <= RECORDS_FILE_MAX)
        bytes = malloc((size_t)file.st_size + 1);
    *size = 0;
    while (bytes != NULL && *size < (size_t)file.st_size) {
        ssize_t got = read(fd, bytes + *size, (size_t)file.st_size - *size);

        if (got <= 0)
            break;
        *size += (size_t)got;
    }
    close(fd);
    return bytes;
}

static void records_add_child(struct ac_records *records,
                              const struct ac_stats_record *record)
{
    size_t count = records->child_count;

    if ((count & (count - 1)) == 0) { /* a power of two: full */
        size_t room = count == 0 ? 1 : 2 * count;
        struct ac_records_line *lines = realloc(records->children, room * sizeof *lines);

        if (lines == NULL)
            return;
        records->children = lines;
    }
    struct ac_records_line *line = &records->children[records->child_count++];

    memcpy(line->program, record->program, sizeof line->program);
    line->pid = record->pid;
    line->process_count = 1;
    line->malloc_count = record->stats.malloc_count;
    line->live = record->stats.live;
    line->used_peak = record->stats.used_peak;
    line->rss_peak = record->stats.rss_peak;
}

static void records_add(struct ac_records *records, int folder, const char *name,
                        pid_t main)
{
    static struct ac_stats_record record;
    struct ac_stats_error error = {.text = "it cannot be read"};
    size_t size = 0;
    char *bytes = records_read(folder, name, &size);
    bool is_main = strtol(name, NULL, 10) == main;

    memset(&record, 0, sizeof record);
    if (bytes != NULL &&
        ac_format_stats_record_parse(bytes, size, &record, &error) == 0) {
        if (is_main) {
            records->main = record;
            records->has_main = true;
        } else
            records_add_child(records, &record);
    } else if (is_main)
        snprintf(records->main_error, sizeof records->main_error, "%s", error.text);
    else if (records->bad_count++ == 0)
        snprintf(records->bad_error, sizeof records->bad_error, "process %s: %s", name,
                 error.text);
    free(bytes);
}

void ac_records_collect(const char *folder, pid_t main, struct ac_records *records)
{
    DIR *list = opendir(folder);
    struct dirent *entry;

    memset(records, 0, sizeof *records);
    if (list == NULL)
        return;
    while ((entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        records_add(records, dirfd(list), entry->d_name, main);
        unlinkat(dirfd(list), entry->d_name, 0);
    }
    closedir(list);
    rmdir(folder);
}

void ac_records_free(struct ac_records *records)
{
    free(records->children);
    records->children = NULL;
    records->child_count = 0;
}

static int records_by_program(const void *a, const void *b)
{
    const struct ac_records_line *one = a;
    const struct ac_records_line *other = b;

    return strcmp(one->program, other->program);
}

static int records_by_work(const void *a, const void *b)
{
    const struct ac_records_line *one = a;
    const struct ac_records_line *other = b;

    return (one->malloc_count < other->malloc_count) -
           (one->malloc_count > other->malloc_count);
}

static uint64_t records_larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void ac_records_sort(struct ac_records *records)
{
    if (records->child_count != 0)
        qsort(records->children, records->child_count, sizeof *records->children,
              records_by_work);
}

void ac_records_group(struct ac_records *records)
{
    struct ac_records_line *lines = records->children;
    size_t count = 0;

    if (records->child_count == 0)
        return;
    qsort(lines, records->child_count, sizeof *lines, records_by_program);
    for (size_t i = 1; i < records->child_count; i++) {
        struct ac_records_line *group = &lines[count];

        if (strcmp(group->program, lines[i].program) != 0) {
            lines[++count] = lines[i];
            continue;
        }
        group->process_count++;
        group->malloc_count += lines[i].malloc_count;
        group->live += lines[i].live;
        group->used_peak = records_larger(group->used_peak, lines[i].used_peak);
        group->rss_peak = records_larger(group->rss_peak, lines[i].rss_peak);
    }
    records->child_count = count + 1;
    ac_records_sort(records);
}
