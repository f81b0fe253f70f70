/* verbose.c -- what the option verbose says on standard error: a line at the start, and
 * one at the end when statistics could not be written. */
#include "boot/boot.h"
#include "core/options.h"
#include "core/span.h"

#include <errno.h>
#include <string.h>

#define VERBOSE_BYTES 1024

static void verbose_write(struct ac_text *text)
{
    ac_text_char(text, '\n');
    size_t size = ac_text_end(text);

    (void)ac_os_write(2, text->buffer, size);
}

/* "options retain=4M,stat=1", without mode, or that all are at their defaults. */
static void verbose_options(struct ac_text *text)
{
    struct ac_options rest = ac_options_page.options;
    struct ac_options defaults;

    ac_options_defaults(&defaults);
    rest.mode = defaults.mode;
    rest.verbose = defaults.verbose;
    if (!ac_options_text_changed(text, &rest))
        ac_text_string(text, "defaults");
}

static bool verbose_huge_never(void)
{
    char words[64] = "";
    size_t got = 0;
    int fd = ac_os_open_file("/sys/kernel/mm/transparent_hugepage/enabled", NULL);

    if (fd < 0)
        return true;
    (void)ac_os_read(fd, words, sizeof words - 1, &got);
    ac_os_close(fd);
    return strstr(words, "[never]") != NULL;
}

static void verbose_degraded(struct ac_text *text)
{
    const char *before = "; degraded: ";

    if (ac_os.as_limit_bytes != SIZE_MAX) {
        ac_text_string(text, before);
        ac_text_string(text, "address space is limited to ");
        ac_text_size(text, ac_os.as_limit_bytes, 0);
        before = ", ";
    }
    if (ac_areas[0].reserved != ac_areas[0].limit) {
        ac_text_string(text, before);
        ac_text_string(text, "the heap is reserved piece by piece");
        before = ", ";
    }
    if (ac_option(huge_pages) != AC_HUGE_PAGES_NEVER && verbose_huge_never()) {
        ac_text_string(text, before);
        ac_text_string(text, "the system gives no huge pages");
    }
}

void ac_boot_say_start(void)
{
    char buffer[VERBOSE_BYTES];
    struct ac_text text;

    if (!ac_option(verbose))
        return;
    ac_text_begin(&text, buffer, sizeof buffer, NULL, NULL);
    ac_text_string(&text, "acre: active in process ");
    ac_text_u64(&text, ac_os_process_id());
    ac_text_string(&text, ": mode ");
    ac_option_value(&text, &ac_options_page.options, AC_OPTION_ID_mode);
    ac_text_string(&text, "; options ");
    verbose_options(&text);
    ac_text_string(&text, "; address space ");
    ac_text_size(&text, 2 * ((uint64_t)ac_areas[0].limit << ac_areas[0].shift), 0);
    verbose_degraded(&text);
    verbose_write(&text);
}

static const char *verbose_reason(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return "permission denied";
    case ENOENT:
    case ENOTDIR:
        return "no such folder";
    case EISDIR:
        return "it is a folder";
    case ENOSPC:
    case EDQUOT:
        return "no space is left";
    case EROFS:
        return "the file system is read-only";
    case EMFILE:
    case ENFILE:
        return "too many files are open";
    case ENAMETOOLONG:
        return "its name is too long";
    case EDEADLK:
        return "_exit was called while malloc was at work";
    default:
        return "it failed";
    }
}

void ac_boot_say_unwritten(const char *path, int error)
{
    char buffer[VERBOSE_BYTES];
    struct ac_text text;

    ac_text_begin(&text, buffer, sizeof buffer, NULL, NULL);
    ac_text_string(&text, "acre: statistics could not be written to '");
    ac_text_string(&text, path[0] != '\0' ? path : "standard error");
    ac_text_string(&text, "': ");
    ac_text_string(&text, verbose_reason(error));
    ac_text_string(&text, " (error ");
    ac_text_u64(&text, (uint64_t)error);
    ac_text_char(&text, ')');
    verbose_write(&text);
}
