/* status.c -- the block by which another process sees that acre is active. */
#include "format/status.h"

#include <acre/version.h>

#include <stdatomic.h>

static const char status_magic[8] = AC_STATUS_MAGIC;

void ac_status_fill(struct ac_status *status, const struct ac_options *options,
                    uint32_t pid, uint64_t start_ns, const void *window_begin,
                    const void *window_end)
{
    struct ac_text text;

    status->size = sizeof *status;
    status->layout = AC_STATUS_LAYOUT;
    status->version = ACRE_VERSION;
    status->pid = pid;
    status->mode = options->mode;
    status->start_ns = start_ns;
    status->window_begin = (uint64_t)(uintptr_t)window_begin;
    status->window_end = (uint64_t)(uintptr_t)window_end;
    ac_text_begin(&text, status->mode_name, sizeof status->mode_name, NULL, NULL);
    ac_option_value(&text, options, AC_OPTION_ID_mode);
    ac_text_end(&text);
    ac_text_begin(&text, status->options, sizeof status->options, NULL, NULL);
    ac_options_text(&text, options);
    ac_text_end(&text);
    status->state = AC_STATUS_ACTIVE;
    atomic_signal_fence(memory_order_release); /* the magic comes last */
    for (unsigned i = 0; i < sizeof status_magic; i++)
        status->magic[i] = status_magic[i];
}

static bool status_is_terminated(const char *text, size_t size)
{
    while (size > 0 && *text != '\0') {
        text++;
        size--;
    }
    return size > 0;
}

const char *ac_status_check(const void *block, size_t size)
{
    const struct ac_status *status = block;

    if (size < offsetof(struct ac_status, version))
        return "the block is cut off";
    for (unsigned i = 0; i < sizeof status_magic; i++)
        if (status->magic[i] != status_magic[i])
            return "the block does not begin with ACRESTAT";
    if (status->layout != AC_STATUS_LAYOUT)
        return "the block has the layout of another version of acre";
    if (size < sizeof *status || status->size < sizeof *status)
        return "the block is shorter than its layout says";
    if (status->state > AC_STATUS_ASIDE)
        return "the state is none that exists";
    if (!status_is_terminated(status->mode_name, sizeof status->mode_name) ||
        !status_is_terminated(status->reason, sizeof status->reason) ||
        !status_is_terminated(status->options, sizeof status->options))
        return "a text in it has no end";
    return NULL;
}
