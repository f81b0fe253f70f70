/* preload.c -- the library that is put before a program, and its environment. */
#include "preload.h"

#include "format/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define PRELOAD_TRIPLET "x86_64-linux-gnu"
#elif defined(__aarch64__)
#define PRELOAD_TRIPLET "aarch64-linux-gnu"
#else
#define PRELOAD_TRIPLET "."
#endif

static const char *const preload_places[] = {"", "../lib/", "../lib/acre/",
                                             "../lib/" PRELOAD_TRIPLET "/", "../lib64/"};

/* The folder of this executable with its final '/'. */
static bool preload_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);

    if (length <= 0)
        return false;
    folder[length] = '\0';
    char *slash = strrchr(folder, '/');

    if (slash == NULL)
        return false;
    slash[1] = '\0';
    return true;
}

/* LD_PRELOAD separates its files by blanks and colons and has no quotes. */
static bool preload_is_nameable(const char *path, char *why, size_t why_size)
{
    if (strpbrk(path, " :\t\n") == NULL)
        return true;
    snprintf(why, why_size,
             "LD_PRELOAD cannot name '%s': blanks and colons separate its"
             " files; put the library elsewhere and set ACRE_LIBRARY",
             path);
    return false;
}

bool ac_preload_find(char path[PATH_MAX], char *why, size_t why_size)
{
    const char *given = getenv("ACRE_LIBRARY");
    char folder[PATH_MAX];
    char try[PATH_MAX + 64];

    if (given != NULL && *given != '\0') {
        if (realpath(given, path) != NULL && access(path, R_OK) == 0)
            return preload_is_nameable(path, why, why_size);
        snprintf(why, why_size, "ACRE_LIBRARY is '%s': %s", given, strerror(errno));
        return false;
    }
    if (!preload_folder(folder)) {
        snprintf(why, why_size,
                 "/proc/self/exe cannot be read (%s), so the place of " AC_PRELOAD_LIBRARY
                 " is unknown; set ACRE_LIBRARY to it",
                 strerror(errno));
        return false;
    }
    for (size_t i = 0; i < sizeof preload_places / sizeof *preload_places; i++) {
        snprintf(try, sizeof try, "%s%s%s", folder, preload_places[i],
                 AC_PRELOAD_LIBRARY);
        if (realpath(try, path) != NULL && access(path, R_OK) == 0)
            return preload_is_nameable(path, why, why_size);
    }
    snprintf(why, why_size,
             AC_PRELOAD_LIBRARY " is neither in %s nor in ../lib,"
                                " ../lib/acre or ../lib/" PRELOAD_TRIPLET
                                " from there; set ACRE_LIBRARY"
                                " to it",
             folder);
    return false;
}

/* Is `path` one of the files that LD_PRELOAD names? */
static bool preload_has(const char *list, const char *path)
{
    size_t length = strlen(path);

    while (*list != '\0') {
        size_t entry = strcspn(list, " :\t\n");

        if (entry == length && memcmp(list, path, length) == 0)
            return true;
        list += entry;
        list += strspn(list, " :\t\n");
    }
    return false;
}

/* Set variable `name` to "first<between>second"; an empty part and its separator
 * are left out. */
static bool preload_join(const char *name, const char *first, char between,
                         const char *second)
{
    size_t size = strlen(first) + strlen(second) + 2;
    char *joined = malloc(size);

    if (joined == NULL) {
        ac_cli_error("no memory");
        return false;
    }
    if (*first != '\0' && *second != '\0')
        snprintf(joined, size, "%s%c%s", first, between, second);
    else
        snprintf(joined, size, "%s%s", first, second);
    bool done = setenv(name, joined, 1) == 0;

    free(joined);
    if (!done)
        ac_cli_error("cannot set %s: %s", name, strerror(errno));
    return done;
}

bool ac_preload_set(const char *options)
{
    char path[PATH_MAX];
    char why[PATH_MAX + 256];
    const char *list = getenv("LD_PRELOAD");
    const char *before = getenv("ACRE_OPTIONS");

    if (!ac_preload_find(path, why, sizeof why)) {
        ac_cli_error("%s", why);
        return false;
    }
    if (list == NULL)
        list = "";
    if (!preload_has(list, path) && !preload_join("LD_PRELOAD", path, ':', list))
        return false;
    if (options == NULL || *options == '\0')
        return true;
    return preload_join("ACRE_OPTIONS", before != NULL ? before : "", ',', options);
}

static void preload_complain(void *arg, const char *line)
{
    (void)arg;
    ac_cli_error("%s", line);
}

bool ac_preload_check_options(const char *options)
{
    struct ac_options scratch;

    ac_options_defaults(&scratch);
    return ac_options_parse(&scratch, options, preload_complain, NULL) == 0;
}

bool ac_preload_add_option(char *out, size_t capacity, const char *name,
                           const char *value)
{
    size_t used = strlen(out);
    struct ac_text text;

    ac_text_begin(&text, out + used, capacity - used, NULL, NULL);
    ac_text_string(&text, used != 0 ? "," : "");
    ac_text_string(&text, name);
    ac_text_char(&text, '=');
    for (; *value != '\0'; value++) {
        if (*value == ',' || *value == '\\')
            ac_text_char(&text, '\\');
        ac_text_char(&text, *value);
    }
    ac_text_end(&text);
    return !text.cut;
}
