/* stat_page.c -- the page of acre stat, as text and as JSON. */
#include "stat.h"

#include "json.h"

#include <string.h>

#define STAT_CHILD_ROWS 10
#define STAT_EACH_CHILD_ROWS 1000

static uint64_t stat_time_ns(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_usec * 1000;
}

/* --- Text ----------------------------------------------------------------------- */

static void stat_label(struct ac_text *text, const char *label)
{
    ac_text_string(text, "  ");
    ac_text_string_in(text, label, 15);
}

static void stat_command(struct ac_text *text, char *const *argv)
{
    ac_text_string(text, "acre stat:");
    for (int i = 0; argv[i] != NULL; i++) {
        if (i == 12) {
            ac_text_string(text, " ...");
            break;
        }
        ac_text_char(text, ' ');
        for (size_t at = 0; argv[i][at] != '\0'; at++) {
            if (at == 60) {
                ac_text_string(text, "...");
                break;
            }
            ac_text_char(text, (unsigned char)argv[i][at] < ' ' ? ' ' : argv[i][at]);
        }
    }
    ac_text_char(text, '\n');
}

/* Is `name` the last part of the path?  (The kernel's names are cut to 15 bytes.) */
static bool stat_is_called(const struct ac_stat *stat, const char *name)
{
    const char *slash = strrchr(stat->path, '/');
    const char *base = slash != NULL ? slash + 1 : stat->path;

    return name[0] == '\0' || strncmp(base, name, strlen(name)) == 0;
}

static void stat_process(struct ac_text *text, const struct ac_stat *stat)
{
    const struct ac_launch *launch = &stat->launch;

    stat_label(text, "program");
    ac_text_string(text, stat->path);
    if (stat->records.has_main && !stat_is_called(stat, stat->records.main.program)) {
        ac_text_string(text, ", at its end "); /* a script, or it executed another */
        ac_text_string(text, stat->records.main.program);
    }
    ac_text_string(text, ", process ");
    ac_text_u64(text, (uint64_t)launch->pid);
    ac_text_char(text, '\n');
    stat_label(text, "exit status");
    ac_text_u64(text, (uint64_t)launch->status);
    if (launch->signal != 0) {
        ac_text_string(text, ", by signal ");
        ac_text_u64(text, (uint64_t)launch->signal);
        ac_text_string(text, ": ");
        ac_text_string(text, strsignal(launch->signal));
    }
    ac_text_char(text, '\n');
    stat_label(text, "time");
    ac_text_seconds(text, launch->wall_ns);
    ac_text_string(text, " s elapsed, CPU ");
    ac_text_seconds(text, stat_time_ns(&launch->usage.ru_utime));
    ac_text_string(text, " s user, ");
    ac_text_seconds(text, stat_time_ns(&launch->usage.ru_stime));
    ac_text_string(text, " s system\n");
    stat_label(text, "with children");
    ac_text_string(text, "at most ");
    ac_text_size(text, (uint64_t)launch->usage.ru_maxrss * 1024, 0);
    ac_text_string(text, " resident in one, page faults ");
    ac_text_count(text, (uint64_t)launch->usage.ru_minflt, 0);
    ac_text_string(text, " minor, ");
    ac_text_count(text, (uint64_t)launch->usage.ru_majflt, 0);
    ac_text_string(text, " major\n");
}

static void stat_child(struct ac_text *text, const struct ac_records_line *line,
                       bool each)
{
    ac_text_string(text, "  ");
    ac_text_string_in(text, line->program[0] != '\0' ? line->program : "(unknown)", 24);
    ac_text_u64_in(text, each ? line->pid : line->process_count, 10);
    ac_text_count(text, line->malloc_count, 16);
    ac_text_char(text, ' ');
    ac_text_size(text, line->used_peak, 11);
    ac_text_char(text, ' ');
    ac_text_size(text, line->live, 11);
    ac_text_char(text, ' ');
    ac_text_size(text, line->rss_peak, 11);
    ac_text_char(text, '\n');
}

/* What is beyond the rows of the table: exact sums and the largest peaks. */
static struct ac_records_line stat_others(const struct ac_records *records, size_t from)
{
    struct ac_records_line others = {.program = "others"};

    for (size_t i = from; i < records->child_count; i++) {
        const struct ac_records_line *line = &records->children[i];

        others.process_count += line->process_count;
        others.malloc_count += line->malloc_count;
        others.live += line->live;
        if (line->used_peak > others.used_peak)
            others.used_peak = line->used_peak;
        if (line->rss_peak > others.rss_peak)
            others.rss_peak = line->rss_peak;
    }
    return others;
}

static void stat_children(struct ac_text *text, const struct ac_stat *stat)
{
    const struct ac_records *records = &stat->records;
    size_t rows = stat->each_child ? STAT_EACH_CHILD_ROWS : STAT_CHILD_ROWS;

    if (records->child_count != 0) {
        ac_text_string(text, "\n  child processes         ");
        ac_text_string(text, stat->each_child ? "        id" : "     count");
        ac_text_string(text, "     allocations   peak used"
                             " live at end    peak RSS\n");
    }
    for (size_t i = 0; i < records->child_count && i < rows; i++)
        stat_child(text, &records->children[i], stat->each_child);
    if (records->child_count > rows) {
        struct ac_records_line others = stat_others(records, rows);

        stat_child(text, &others, false); /* how many, instead of an id */
    }
    if (records->bad_count != 0) {
        ac_text_string(text, "\n  records of children that cannot be read: ");
        ac_text_u64(text, records->bad_count);
        ac_text_string(text, " (");
        ac_text_string(text, records->bad_error);
        ac_text_string(text, ")\n");
    }
}

void ac_stat_page(const struct ac_stat *stat, FILE *file)
{
    char buffer[4096];
    struct ac_text text;

    ac_cli_text(&text, buffer, sizeof buffer, file);
    stat_command(&text, stat->argv);
    stat_process(&text, stat);
    if (stat->records.has_main) {
        const struct acre_stats *stats = &stat->records.main.stats;

        ac_text_char(&text, '\n');
        ac_format_stats_memory(&text, stats);
        ac_text_char(&text, '\n');
        ac_format_stats_rss(&text, stats);
        ac_text_char(&text, '\n');
        ac_format_stats_classes(&text, stats, 10);
    } else {
        ac_text_string(&text, "\n  There is no record of its memory: ");
        ac_text_string(&text, stat->why);
        ac_text_string(&text, ".\n");
    }
    stat_children(&text, stat);
    ac_text_end(&text);
}

/* --- JSON ------------------------------------------------------------------------ */

static void stat_json_process(struct ac_json *json, const struct ac_stat *stat)
{
    const struct ac_launch *launch = &stat->launch;

    ac_json_open(json, "command", '[');
    for (int i = 0; stat->argv[i] != NULL; i++)
        ac_json_string(json, NULL, stat->argv[i]);
    ac_json_close(json, ']');
    ac_json_string(json, "program", stat->path);
    if (stat->records.has_main)
        ac_json_string(json, "program_at_end", stat->records.main.program);
    ac_json_u64(json, "pid", (uint64_t)launch->pid);
    ac_json_u64(json, "status", (uint64_t)launch->status);
    ac_json_u64(json, "signal", (uint64_t)launch->signal);
    ac_json_seconds(json, "elapsed_seconds", launch->wall_ns);
    ac_json_seconds(json, "user_seconds", stat_time_ns(&launch->usage.ru_utime));
    ac_json_seconds(json, "system_seconds", stat_time_ns(&launch->usage.ru_stime));
    ac_json_u64(json, "max_rss", (uint64_t)launch->usage.ru_maxrss * 1024);
    ac_json_u64(json, "fault_minor_count", (uint64_t)launch->usage.ru_minflt);
    ac_json_u64(json, "fault_major_count", (uint64_t)launch->usage.ru_majflt);
}

static void stat_json_children(struct ac_json *json, const struct ac_stat *stat)
{
    ac_json_open(json, "children", '[');
    for (size_t i = 0; i < stat->records.child_count; i++) {
        const struct ac_records_line *line = &stat->records.children[i];

        ac_json_open(json, NULL, '{');
        ac_json_string(json, "program", line->program);
        if (stat->each_child)
            ac_json_u64(json, "pid", line->pid);
        ac_json_u64(json, "process_count", line->process_count);
        ac_json_u64(json, "malloc_count", line->malloc_count);
        ac_json_u64(json, "live", line->live);
        ac_json_u64(json, "used_peak", line->used_peak);
        ac_json_u64(json, "rss_peak", line->rss_peak);
        ac_json_close(json, '}');
    }
    ac_json_close(json, ']');
    ac_json_u64(json, "unreadable_count", stat->records.bad_count);
}

void ac_stat_json(const struct ac_stat *stat, FILE *file)
{
    struct ac_json json;

    ac_json_begin(&json, file);
    ac_json_open(&json, NULL, '{');
    stat_json_process(&json, stat);
    if (stat->records.has_main) {
        ac_json_open(&json, "memory", '{');
        ac_format_stats_json_members(&json.text, &stat->records.main.stats);
        ac_json_close(&json, '}');
    } else {
        ac_json_null(&json, "memory");
        ac_json_string(&json, "why", stat->why);
    }
    stat_json_children(&json, stat);
    ac_json_close(&json, '}');
    ac_json_end(&json);
}
