/* status.c -- acre status PID: is it active there, how, and the proof. */
#include "cli.h"
#include "format/options.h"
#include "json.h"
#include "process.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const status_verdicts[] = {
    [AC_PROCESS_ACTIVE] = "active",      [AC_PROCESS_INACTIVE] = "inactive",
    [AC_PROCESS_LOADED] = "loaded",      [AC_PROCESS_ASIDE] = "aside",
    [AC_PROCESS_MISSING] = "no process", [AC_PROCESS_FORBIDDEN] = "no permission",
    [AC_PROCESS_FAILED] = "failed"};

/* Since when the library is there, by the clock that it used. */
static uint64_t status_age_ns(const struct ac_status *status)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;

    return ns > status->start_ns ? ns - status->start_ns : 0;
}

static const char *status_version(const struct ac_status *status, char out[32])
{
    snprintf(out, 32, "%u.%u.%u", status->version / 1000000,
             status->version / 1000 % 1000, status->version % 1000);
    return out;
}

/* One option of the block's text: "name=value" from *at, which moves on. */
static size_t status_next_option(const char **at, const char **option)
{
    size_t length = 0;
    const char *text = *at;

    while (text[length] != '\0' && text[length] != ',')
        length += text[length] == '\\' && text[length + 1] != '\0' ? 2 : 1;
    *option = text;
    *at = text + length + (text[length] == ',');
    return length;
}

/* Is "name=value" the default of this version? */
static bool status_is_default(const char *option, size_t length)
{
    size_t name = strcspn(option, "=,");
    enum ac_option_id id = ac_option_find(option, name);
    struct ac_options defaults;
    char value[600];
    struct ac_text text;

    if (id == AC_OPTION_COUNT || name >= length)
        return false;
    ac_options_defaults(&defaults);
    ac_text_begin(&text, value, sizeof value, NULL, NULL);
    ac_option_value(&text, &defaults, id);
    ac_text_end(&text);
    return ac_text_same(option + name + 1, length - name - 1, value);
}

static void status_options(const char *text)
{
    const char *option;
    const char *label = "options";
    int column = 0;

    while (*text != '\0') {
        size_t length = status_next_option(&text, &option);
        bool initial = status_is_default(option, length);

        if (column == 0 || column + (int)length > 60) {
            printf("%s  %-10s", column == 0 ? "" : "\n", label);
            label = "";
            column = 0;
        }
        printf(" %.*s%s", (int)length, option, initial ? "" : "*");
        column += (int)length + 2;
    }
    puts("\n             (* is not the default)");
}

static void status_text(const struct ac_process *process)
{
    const struct ac_status *status = &process->status;
    char version[32];

    if (process->verdict != AC_PROCESS_ACTIVE) {
        bool unknown = process->verdict == AC_PROCESS_FORBIDDEN ||
                       process->verdict == AC_PROCESS_FAILED;

        printf("acre %s process %d%s%s%s: %s\n",
               unknown ? "cannot tell about" : "is not active in", (int)process->pid,
               process->program[0] != '\0' ? " (" : "", process->program,
               process->program[0] != '\0' ? ")" : "", process->why);
        return;
    }
    printf("acre is active in process %d (%s)\n", (int)process->pid, process->program);
    printf("  library    %s, mapped at %#llx\n", process->library,
           (unsigned long long)process->library_at);
    printf("  proof      %s at %#llx%s, read: %.8s, version %s\n", AC_STATUS_SYMBOL,
           (unsigned long long)process->symbol_at,
           process->by_search ? " (by its magic, there is no symbol)" : "", status->magic,
           status_version(status, version));
    if (status->pid != (uint32_t)process->pid)
        printf("             as process %u: of another name space, or it was forked"
               " there\n",
               status->pid);
    printf("  mode       %s, for %.1f s\n", status->mode_name,
           (double)status_age_ns(status) / 1e9);
    if (status->window_end > status->window_begin)
        printf("  heap       %#llx to %#llx, %.1f GiB of address space\n",
               (unsigned long long)status->window_begin,
               (unsigned long long)status->window_end,
               (double)(status->window_end - status->window_begin) / (1u << 30));
    status_options(status->options);
}

static void status_json_options(struct ac_json *json, const char *text)
{
    const char *option;

    ac_json_open(json, "options", '{');
    while (*text != '\0') {
        size_t length = status_next_option(&text, &option);
        size_t name = strcspn(option, "=,");
        char key[AC_OPTION_NAME_BYTES];

        if (name >= sizeof key || name >= length)
            continue;
        memcpy(key, option, name);
        key[name] = '\0';
        ac_json_key(json, key);
        ac_text_json_bytes(&json->text, option + name + 1, length - name - 1);
    }
    ac_json_close(json, '}');
}

static void status_json(const struct ac_process *process)
{
    const struct ac_status *status = &process->status;
    struct ac_json json;
    char version[32];

    ac_json_begin(&json, stdout);
    ac_json_open(&json, NULL, '{');
    ac_json_u64(&json, "pid", (uint64_t)process->pid);
    ac_json_bool(&json, "active", process->verdict == AC_PROCESS_ACTIVE);
    ac_json_string(&json, "verdict", status_verdicts[process->verdict]);
    ac_json_string(&json, "program", process->program);
    ac_json_string(&json, "preload", process->preload);
    if (process->why[0] != '\0')
        ac_json_string(&json, "why", process->why);
    if (process->library[0] != '\0') {
        ac_json_string(&json, "library", process->library);
        ac_json_hex(&json, "library_at", process->library_at);
    }
    if (process->symbol_at != 0) {
        ac_json_hex(&json, "symbol_at", process->symbol_at);
        ac_json_bool(&json, "by_search", process->by_search);
        ac_json_string(&json, "version", status_version(status, version));
        ac_json_string(&json, "mode", status->mode_name);
        ac_json_u64(&json, "block_pid", status->pid);
        ac_json_seconds(&json, "age_seconds", status_age_ns(status));
        ac_json_hex(&json, "window_begin", status->window_begin);
        ac_json_hex(&json, "window_end", status->window_end);
        status_json_options(&json, status->options);
    }
    ac_json_close(&json, '}');
    ac_json_end(&json);
}

int ac_status_main(int argc, char **argv)
{
    static struct ac_process process;
    bool json = false;
    uint64_t pid;
    int status = ac_cli_simple(argc, argv, 1, &json);

    if (status >= 0)
        return status;
    if (optind >= argc)
        return ac_cli_usage("status", "no process is given");
    if (!ac_text_read_u64(argv[optind], strlen(argv[optind]), &pid) || pid == 0 ||
        pid > INT32_MAX)
        return ac_cli_usage("status", "'%s' is not a process id", argv[optind]);
    ac_process_look((pid_t)pid, &process);
    if (json)
        status_json(&process);
    else
        status_text(&process);
    return ac_process_exit_status(&process);
}
