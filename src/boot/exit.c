/* exit.c -- the last words of a process: its statistics, when options ask for them. */
#include "boot/boot.h"
#include "core/options.h"
#include "format/stats.h"
#include "heap/heap.h"

struct exit_file {
    int fd;
};

static void exit_write(void *arg, const char *text, size_t size)
{
    (void)ac_os_write(((const struct exit_file *)arg)->fd, text, size);
}

/* The program's name, out of /proc/self/comm. */
static void exit_program_name(char *name, size_t capacity)
{
    int fd = ac_os_open_file("/proc/self/comm", NULL);
    size_t got = 0;

    if (fd >= 0) {
        (void)ac_os_read(fd, name, capacity - 1, &got);
        ac_os_close(fd);
    }
    if (got != 0 && name[got - 1] == '\n')
        got--;
    name[got] = '\0';
}

static void exit_record(const struct acre_stats *stats)
{
    char path[320];
    char name[AC_STATS_NAME_BYTES];
    char options[1024];
    struct ac_text text;
    struct exit_file file;

    if (ac_format_stats_path(ac_option(stat_file), ac_os_process_id(), path,
                             sizeof path) != 0)
        return;
    file.fd = ac_os_create_file(path, NULL);
    if (file.fd < 0)
        return;
    exit_program_name(name, sizeof name);
    ac_text_begin(&text, options, sizeof options, NULL, NULL);
    ac_options_text(&text, &ac_options_page.options);
    (void)ac_text_end(&text);
    struct ac_stats_who who = { ac_os_process_id(), name, options };

    ac_format_stats_record_write(stats, &who, exit_write, &file);
    ac_os_close(file.fd);
}

void ac_boot_exit(void)
{
    struct acre_stats stats = { .size = sizeof stats };

    if (ac_map.unit_count == 0 || !ac_option(stat) || ac_os.secure ||
        acre_stats_get(&stats) != 0)
        return;
    if (ac_option(stat_file)[0] != '\0') {
        exit_record(&stats);
        return;
    }
    struct exit_file file = { 2 };

    (void)ac_format_stats(&stats, ACRE_STATS_TEXT, exit_write, &file);
}
