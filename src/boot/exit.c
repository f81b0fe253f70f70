/* exit.c -- the last words of a process: its statistics, when options ask for them.
 *
 *   exit          -> destructor (start.c)   -> [exit.c] -> acre_stats_get -> stat_file
 *   quick_exit    -> at_quick_exit
 *   _exit, _Exit  -> shim/exit.c
 *
 * All is static, not on the stack: a handler of SIGSEGV that ends the process by _exit
 * may have a stack of 8 KiB. */
#include "boot/boot.h"
#include "core/options.h"
#include "format/stats.h"
#include "format/status.h"
#include "heap/heap.h"

#include <errno.h>
#include <stdlib.h>

#define EXIT_WAIT_NS 100000000u     /* for a lock that this very thread may hold */

static struct {
    _Atomic(uint32_t) written_by;   /* process id */
    struct acre_stats stats;
    char path[320];
    char program[AC_STATS_NAME_BYTES];
    char options[1024];
} last;

struct exit_file {
    int fd;
    int error;      /* of the first write that failed */
};

static void exit_write(void *arg, const char *text, size_t size)
{
    struct exit_file *file = arg;

    if (file->error == 0)
        file->error = ac_os_write(file->fd, text, size);
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

static int exit_record(void)
{
    struct ac_text text;
    struct exit_file file = { -1, 0 };
    int error = ac_format_stats_path(ac_option(stat_file), ac_os_process_id(), last.path,
                                     sizeof last.path);

    if (error != 0)
        return error;
    file.fd = ac_os_create_file(last.path, &error);
    if (file.fd < 0)
        return error;
    exit_program_name(last.program, sizeof last.program);
    ac_text_begin(&text, last.options, sizeof last.options, NULL, NULL);
    ac_options_text(&text, &ac_options_page.options);
    (void)ac_text_end(&text);
    struct ac_stats_who who = { ac_os_process_id(), last.program, last.options };

    ac_format_stats_record_write(&last.stats, &who, exit_write, &file);
    ac_os_close(file.fd);
    return file.error;
}

static int exit_page(void)
{
    struct exit_file file = { 2, 0 };

    (void)ac_format_stats(&last.stats, ACRE_STATS_TEXT, exit_write, &file);
    return file.error;
}

void ac_boot_exit(void)
{
    uint32_t pid = ac_os_process_id();

    if (ac_map.unit_count == 0 || !ac_option(stat) || ac_os.secure)
        return;
    /* Once in a process; a child of fork is another. */
    if (atomic_exchange_explicit(&last.written_by, pid, memory_order_relaxed) == pid)
        return;
    last.stats.size = sizeof last.stats;
    int error = acre_stats_get(&last.stats);

    if (error == 0)
        error = ac_option(stat_file)[0] != '\0' ? exit_record() : exit_page();
    if (error != 0 && ac_option(verbose))
        ac_boot_say_unwritten(last.path, error);
}

void ac_boot_exit_now(void)
{
    /* A child of vfork shares our memory, not our name: it only failed to execute. */
    if (ac_map.unit_count == 0 || !ac_option(stat) ||
        acre_status.pid != ac_os_process_id())
        return;
    /* A signal handler may have interrupted acre itself. */
    if (ac_heap_self->busy || !ac_lock_settles(&ac_huge_lock, EXIT_WAIT_NS) ||
        !ac_lock_settles(&ac_span_lock, EXIT_WAIT_NS)) {
        if (ac_option(verbose))
            ac_boot_say_unwritten(ac_option(stat_file), EDEADLK);
        return;
    }
    ac_boot_exit();
}

/* May allocate.  Handlers run last to first, so this one runs after the program's. */
void ac_boot_at_quick_exit(void)
{
    if (ac_map.unit_count != 0 && ac_option(stat))
        (void)at_quick_exit(ac_boot_exit_now);
}
