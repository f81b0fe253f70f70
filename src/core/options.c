/* options.c -- the options of this process: read once, from the environment.
 *
 *   boot/start.c -> [options.c] -> format/options.c      (you are here)
 *                              -> os/os.h: ac_os_env, ac_os_write
 */
#include "core/options.h"

#include "os/os.h"

#include <errno.h>

struct ac_options_page ac_options_page;

struct options_reporter {
    void (*complain)(const char *text);
};

static void options_write(const char *text)
{
    (void)ac_os_write(2, text, ac_text_length(text));
}

static void options_report(void *arg, const char *line)
{
    const struct options_reporter *reporter = arg;
    char buffer[640];
    struct ac_text text;

    ac_text_begin(&text, buffer, sizeof buffer - 1, NULL, NULL);
    ac_text_string(&text, "acre: ");
    ac_text_string(&text, line);
    size_t size = ac_text_end(&text);
    buffer[size] = '\n';
    buffer[size + 1] = '\0';
    reporter->complain(buffer);
}

int ac_options_init(struct ac_options *out, void (*complain)(const char *text))
{
    struct options_reporter reporter = {complain != NULL ? complain : options_write};
    const char *value = ac_os_env("ACRE_OPTIONS");

    ac_options_defaults(out);
    if (value == NULL || *value == '\0')
        return 0;
    unsigned wrong = ac_options_parse(out, value, options_report, &reporter);
    if (wrong == 0 || !out->strict)
        return 0;
    options_report(&reporter, "options: strict=1, so the program does not start");
    return EINVAL;
}
