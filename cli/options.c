/* options.c -- acre options: the table of the library's options. */
#include "cli.h"
#include "format/options.h"
#include "json.h"

#include <string.h>

static const char *const options_units[AC_OPTION_COUNT] = {
#define AC_OPTION(name, KIND, initial, min, max, unit, help) unit,
#include "format/options.def"
};

static const char *const options_help[AC_OPTION_COUNT] = {
#define AC_OPTION(name, KIND, initial, min, max, unit, help) help,
#include "format/options.def"
};

typedef void options_show(struct ac_text *text, enum ac_option_id id);

static void options_default(struct ac_text *text, enum ac_option_id id)
{
    struct ac_options options;

    ac_options_defaults(&options);
    ac_option_value(text, &options, id);
}

static const char *options_string(char *out, size_t capacity, enum ac_option_id id,
                                  options_show *show)
{
    struct ac_text text;

    ac_text_begin(&text, out, capacity, NULL, NULL);
    show(&text, id);
    ac_text_end(&text);
    return out;
}

static void options_json(void)
{
    struct ac_json json;
    char text[128];

    ac_json_begin(&json, stdout);
    ac_json_open(&json, NULL, '{');
    ac_json_open(&json, "options", '[');
    for (int i = 0; i < AC_OPTION_COUNT; i++) {
        enum ac_option_id id = (enum ac_option_id)i;
        const struct ac_option_info *info = &ac_option_table[id];

        ac_json_open(&json, NULL, '{');
        ac_json_string(&json, "name", info->name);
        ac_json_string(&json, "type", ac_option_kind_name(id));
        ac_json_string(&json, "default",
                       options_string(text, sizeof text, id, options_default));
        ac_json_string(&json, "range",
                       options_string(text, sizeof text, id, ac_option_range));
        if (info->kind != AC_OPTION_STRING && info->kind != AC_OPTION_ENUM) {
            ac_json_u64(&json, "min", info->min);
            ac_json_u64(&json, "max", info->max);
        }
        ac_json_string(&json, "unit", options_units[id]);
        ac_json_string(&json, "help", options_help[id]);
        ac_json_close(&json, '}');
    }
    ac_json_close(&json, ']');
    ac_json_close(&json, '}');
    ac_json_end(&json);
}

/* `text` in lines of at most 74 bytes, each after `indent` blanks. */
static void options_wrap(const char *text, int indent)
{
    while (*text != '\0') {
        size_t length = strlen(text);

        if (length > 74) {
            length = 74;
            while (length > 0 && text[length] != ' ')
                length--;
        }
        printf("%*s%.*s\n", indent, "", (int)length, text);
        text += length;
        text += strspn(text, " ");
    }
}

static void options_table(void)
{
    char text[128];

    puts("ACRE_OPTIONS=\"name=value,name=value,...\"\n");
    printf("  %-17s %-8s %-8s %s\n", "name", "type", "default", "range");
    for (int i = 0; i < AC_OPTION_COUNT; i++) {
        enum ac_option_id id = (enum ac_option_id)i;

        printf("\n  %-17s %-8s ", ac_option_table[id].name, ac_option_kind_name(id));
        options_string(text, sizeof text, id, options_default);
        printf("%-8s ", text[0] != '\0' ? text : "(empty)");
        options_string(text, sizeof text, id, ac_option_range);
        printf("%s%s%s\n", text, options_units[id][0] != '\0' ? ", " : "",
               options_units[id]);
        options_wrap(options_help[id], 4);
    }
}

int ac_options_main(int argc, char **argv)
{
    bool json = false;
    int status = ac_cli_simple(argc, argv, 0, &json);

    if (status >= 0)
        return status;
    if (json)
        options_json();
    else
        options_table();
    return AC_EXIT_OK;
}
