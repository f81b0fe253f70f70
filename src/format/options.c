/* options.c -- the options: what there is, how they are read and shown. */
#include "format/options.h"

#define OPTIONS_OFFSET(name) ((uint16_t)offsetof(struct ac_options, name))

const struct ac_option_info ac_option_table[AC_OPTION_COUNT] = {
#define AC_OPTION(name, KIND, initial, min, max, unit, help)                             \
    {#name, AC_OPTION_##KIND, OPTIONS_OFFSET(name), initial, min, max},
#include "format/options.def"
};

const struct ac_option_word ac_option_words[] = {
#define AC_OPTION_WORD(option, PREFIX, WORD, value, text, later)                         \
    {AC_OPTION_ID_##option, value, later, text},
#include "format/options.def"
};

const unsigned ac_option_word_count = sizeof ac_option_words / sizeof *ac_option_words;

_Static_assert(sizeof(struct ac_options) < 4096, "the options fit on a page");

/* A piece of text that is not terminated. */
struct options_piece {
    const char *bytes;
    size_t size;
};

struct options_parser {
    struct ac_options *options;
    ac_options_complain_fn *complain;
    void *arg;
    unsigned wrong;
};

void ac_options_defaults(struct ac_options *options)
{
    /* Assignments, not the table: a start without ACRE_OPTIONS reads no table. */
#define OPTIONS_SET_NUMBER(name, initial) options->name = (initial);
#define OPTIONS_SET_BOOL(name, initial) options->name = (initial) != 0;
#define OPTIONS_SET_STRING(name, initial) options->name[0] = '\0';
#define OPTIONS_SET_SIZE OPTIONS_SET_NUMBER
#define OPTIONS_SET_UINT OPTIONS_SET_NUMBER
#define OPTIONS_SET_PERCENT OPTIONS_SET_NUMBER
#define OPTIONS_SET_ENUM OPTIONS_SET_NUMBER
#define AC_OPTION(name, KIND, initial, min, max, unit, help)                             \
    OPTIONS_SET_##KIND(name, initial)
#include "format/options.def"
}

/* --- Fields by number --------------------------------------------------------- */

static uint64_t options_get(const struct ac_options *options, enum ac_option_id id)
{
    const char *field = (const char *)options + ac_option_table[id].offset;

    switch (ac_option_table[id].kind) {
    case AC_OPTION_BOOL:
        return *(const bool *)field;
    case AC_OPTION_SIZE:
        return *(const size_t *)(const void *)field;
    case AC_OPTION_ENUM:
        return *(const uint8_t *)field;
    case AC_OPTION_STRING:
        return 0;
    default:
        return *(const uint32_t *)(const void *)field;
    }
}

static void options_set(struct ac_options *options, enum ac_option_id id, uint64_t value)
{
    char *field = (char *)options + ac_option_table[id].offset;

    switch (ac_option_table[id].kind) {
    case AC_OPTION_BOOL:
        *(bool *)field = value != 0;
        break;
    case AC_OPTION_SIZE:
        *(size_t *)(void *)field = (size_t)value;
        break;
    case AC_OPTION_ENUM:
        *(uint8_t *)field = (uint8_t)value;
        break;
    case AC_OPTION_STRING:
        break;
    default:
        *(uint32_t *)(void *)field = (uint32_t)value;
    }
}

/* --- Showing ------------------------------------------------------------------ */

static const struct ac_option_word *options_word(enum ac_option_id id, uint64_t value)
{
    for (unsigned i = 0; i < ac_option_word_count; i++)
        if (ac_option_words[i].option == id && ac_option_words[i].value == value)
            return &ac_option_words[i];
    return NULL;
}

static void options_number(struct ac_text *text, enum ac_option_id id, uint64_t value)
{
    if (ac_option_table[id].kind == AC_OPTION_SIZE)
        ac_text_size_exact(text, value);
    else
        ac_text_u64(text, value);
}

void ac_option_value(struct ac_text *text, const struct ac_options *options,
                     enum ac_option_id id)
{
    uint64_t value = options_get(options, id);

    if (ac_option_table[id].kind == AC_OPTION_STRING) {
        const char *string = (const char *)options + ac_option_table[id].offset;

        for (; *string != '\0'; string++) {
            if (*string == ',' || *string == '\\')
                ac_text_char(text, '\\');
            ac_text_char(text, *string);
        }
    } else if (ac_option_table[id].kind == AC_OPTION_ENUM) {
        const struct ac_option_word *word = options_word(id, value);

        ac_text_string(text, word != NULL ? word->text : "?");
    } else
        options_number(text, id, value);
}

static void options_words(struct ac_text *text, enum ac_option_id id)
{
    const char *between = "";

    for (unsigned i = 0; i < ac_option_word_count; i++)
        if (ac_option_words[i].option == id) {
            ac_text_string(text, between);
            ac_text_string(text, ac_option_words[i].text);
            ac_text_string(text, ac_option_words[i].later ? " (later)" : "");
            between = ", ";
        }
}

void ac_option_range(struct ac_text *text, enum ac_option_id id)
{
    const struct ac_option_info *info = &ac_option_table[id];

    switch (info->kind) {
    case AC_OPTION_BOOL:
        ac_text_string(text, "0 or 1");
        break;
    case AC_OPTION_ENUM:
        options_words(text, id);
        break;
    case AC_OPTION_STRING:
        ac_text_string(text, "at most ");
        ac_text_u64(text, info->max);
        ac_text_string(text, " bytes");
        break;
    default:
        options_number(text, id, info->min);
        ac_text_string(text, " to ");
        options_number(text, id, info->max);
    }
}

static void options_one(struct ac_text *text, const struct ac_options *options, int id,
                        bool first)
{
    ac_text_string(text, first ? "" : ",");
    ac_text_string(text, ac_option_table[id].name);
    ac_text_char(text, '=');
    ac_option_value(text, options, (enum ac_option_id)id);
}

void ac_options_text(struct ac_text *text, const struct ac_options *options)
{
    for (int id = 0; id < AC_OPTION_COUNT; id++)
        options_one(text, options, id, id == 0);
}

bool ac_options_text_changed(struct ac_text *text, const struct ac_options *options)
{
    bool some = false;

    for (int id = 0; id < AC_OPTION_COUNT; id++) {
        const struct ac_option_info *info = &ac_option_table[id];
        const char *field = (const char *)options + info->offset;
        bool changed = info->kind == AC_OPTION_STRING
                           ? field[0] != '\0'
                           : options_get(options, (enum ac_option_id)id) != info->initial;

        if (!changed)
            continue;
        options_one(text, options, id, !some);
        some = true;
    }
    return some;
}

const char *ac_option_kind_name(enum ac_option_id id)
{
    static const char names[6][8] = {"bool", "size", "uint", "percent", "enum", "string"};

    return names[ac_option_table[id].kind];
}

/* --- Names -------------------------------------------------------------------- */

enum ac_option_id ac_option_find(const char *name, size_t size)
{
    int id = 0;

    while (id < AC_OPTION_COUNT && !ac_text_same(name, size, ac_option_table[id].name))
        id++;
    return (enum ac_option_id)id;
}

static bool options_is_near(unsigned distance, size_t size)
{
    return distance <= 2 || distance <= size / 3;
}

enum ac_option_id ac_option_nearest(const char *name, size_t size)
{
    int best = AC_OPTION_COUNT;
    unsigned best_distance = 0;

    for (int id = 0; id < AC_OPTION_COUNT; id++) {
        unsigned distance = ac_text_distance(name, size, ac_option_table[id].name);

        if (best == AC_OPTION_COUNT || distance < best_distance) {
            best = id;
            best_distance = distance;
        }
    }
    if (!options_is_near(best_distance, size))
        best = AC_OPTION_COUNT;
    return (enum ac_option_id)best;
}

static const struct ac_option_word *options_word_nearest(enum ac_option_id id,
                                                         struct options_piece value)
{
    const struct ac_option_word *best = NULL;
    unsigned best_distance = 0;

    for (unsigned i = 0; i < ac_option_word_count; i++) {
        const struct ac_option_word *word = &ac_option_words[i];

        if (word->option != id || word->later)
            continue;
        unsigned distance = ac_text_distance(value.bytes, value.size, word->text);

        if (best == NULL || distance < best_distance) {
            best = word;
            best_distance = distance;
        }
    }
    return options_is_near(best_distance, value.size) ? best : NULL;
}

/* --- Complaints: one line each -------------------------------------------------- */

#define OPTIONS_SHOWN_MAX 60

/* What the user wrote, printable and not longer than a line. */
static void options_quote(struct ac_text *text, struct options_piece piece)
{
    size_t shown = piece.size < OPTIONS_SHOWN_MAX ? piece.size : OPTIONS_SHOWN_MAX;

    ac_text_char(text, '\'');
    for (size_t i = 0; i < shown; i++)
        ac_text_char(text, piece.bytes[i] >= ' ' && piece.bytes[i] < 127 ? piece.bytes[i]
                                                                         : '?');
    ac_text_string(text, shown < piece.size ? "...'" : "'");
}

static void options_complaint_begin(struct ac_text *text, char *buffer, size_t capacity)
{
    ac_text_begin(text, buffer, capacity, NULL, NULL);
    ac_text_string(text, "option ");
}

static void options_complain(struct options_parser *parser, struct ac_text *text)
{
    parser->wrong++;
    ac_text_end(text);
    if (parser->complain != NULL)
        parser->complain(parser->arg, text->buffer);
}

static void options_unknown(struct options_parser *parser, struct options_piece name,
                            struct options_piece value)
{
    char buffer[500];
    struct ac_text text;
    enum ac_option_id near = ac_option_nearest(name.bytes, name.size);

    options_complaint_begin(&text, buffer, sizeof buffer);
    options_quote(&text, name);
    if (value.bytes != NULL) {
        ac_text_string(&text, " (value ");
        options_quote(&text, value);
        ac_text_char(&text, ')');
    }
    ac_text_string(&text, ": there is no such option; ");
    if (near != AC_OPTION_COUNT) {
        ac_text_string(&text, "did you mean '");
        ac_text_string(&text, ac_option_table[near].name);
        ac_text_string(&text, "' (");
        ac_option_range(&text, near);
        ac_text_string(&text, ")? ");
    }
    ac_text_string(&text, "'acre options' lists them all");
    options_complain(parser, &text);
}

/* `why` completes the sentence "option 'x': value 'y' ...". */
static void options_wrong_value(struct options_parser *parser, enum ac_option_id id,
                                struct options_piece value, const char *why)
{
    char buffer[500];
    struct ac_text text;
    const struct ac_option_word *near = NULL;

    options_complaint_begin(&text, buffer, sizeof buffer);
    options_quote(&text,
                  (struct options_piece){ac_option_table[id].name,
                                         ac_text_length(ac_option_table[id].name)});
    ac_text_string(&text, ": value ");
    options_quote(&text, value);
    ac_text_char(&text, ' ');
    ac_text_string(&text, why);
    ac_text_string(&text, "; allowed: ");
    ac_option_range(&text, id);
    if (ac_option_table[id].kind == AC_OPTION_ENUM)
        near = options_word_nearest(id, value);
    if (near != NULL) {
        ac_text_string(&text, "; did you mean '");
        ac_text_string(&text, near->text);
        ac_text_string(&text, "'?");
    }
    if (ac_option_table[id].kind != AC_OPTION_STRING) {
        struct ac_options defaults;

        ac_options_defaults(&defaults);
        ac_text_string(&text, "; default: ");
        ac_option_value(&text, &defaults, id);
    }
    options_complain(parser, &text);
}

/* --- Reading -------------------------------------------------------------------- */

static bool options_read_bool(struct options_piece value, uint64_t *number)
{
    static const char words[8][6] = {"0", "1", "no", "yes", "off", "on", "false", "true"};

    for (unsigned i = 0; i < 8; i++)
        if (ac_text_same(value.bytes, value.size, words[i])) {
            *number = i & 1;
            return true;
        }
    return false;
}

static void options_parse_word(struct options_parser *parser, enum ac_option_id id,
                               struct options_piece value)
{
    for (unsigned i = 0; i < ac_option_word_count; i++) {
        const struct ac_option_word *word = &ac_option_words[i];

        if (word->option != id || !ac_text_same(value.bytes, value.size, word->text))
            continue;
        if (word->later)
            options_wrong_value(parser, id, value,
                                "is of a later version, this build does not have it yet");
        else
            options_set(parser->options, id, word->value);
        return;
    }
    options_wrong_value(parser, id, value, "is not known");
}

static void options_parse_string(struct options_parser *parser, enum ac_option_id id,
                                 struct options_piece value)
{
    char *field = (char *)parser->options + ac_option_table[id].offset;
    size_t length = 0;

    for (size_t i = 0; i < value.size; i++, length++)
        if (value.bytes[i] == '\\' && i + 1 < value.size)
            i++;
    if (length > ac_option_table[id].max) {
        options_wrong_value(parser, id, value, "is too long");
        return;
    }
    for (size_t i = 0; i < value.size; i++) {
        if (value.bytes[i] == '\\' && i + 1 < value.size)
            i++;
        *field++ = value.bytes[i];
    }
    *field = '\0';
}

static void options_parse_number(struct options_parser *parser, enum ac_option_id id,
                                 struct options_piece value)
{
    const struct ac_option_info *info = &ac_option_table[id];
    uint64_t number = 0;
    bool read;

    if (info->kind == AC_OPTION_BOOL)
        read = options_read_bool(value, &number);
    else if (info->kind == AC_OPTION_SIZE)
        read = ac_text_read_size(value.bytes, value.size, &number);
    else {
        bool percent = info->kind == AC_OPTION_PERCENT && value.size > 0 &&
                       value.bytes[value.size - 1] == '%';

        read = ac_text_read_u64(value.bytes, value.size - percent, &number);
    }
    if (!read)
        options_wrong_value(parser, id, value,
                            info->kind == AC_OPTION_BOOL ? "is not yes or no"
                            : info->kind == AC_OPTION_SIZE
                                ? "is not a size (a number, and K, M, G or T)"
                                : "is not a number");
    else if (number < info->min || number > info->max)
        options_wrong_value(parser, id, value, "is out of range");
    else
        options_set(parser->options, id, number);
}

/* One "name=value"; value.bytes is NULL when there is no '='. */
static void options_parse_one(struct options_parser *parser, struct options_piece name,
                              struct options_piece value)
{
    enum ac_option_id id = ac_option_find(name.bytes, name.size);

    if (id == AC_OPTION_COUNT) {
        options_unknown(parser, name, value);
        return;
    }
    if (value.bytes == NULL) {
        bool is_bool = ac_option_table[id].kind == AC_OPTION_BOOL;

        value = is_bool ? (struct options_piece){"1", 1} : (struct options_piece){"", 0};
    }
    switch (ac_option_table[id].kind) {
    case AC_OPTION_STRING:
        options_parse_string(parser, id, value);
        break;
    case AC_OPTION_ENUM:
        options_parse_word(parser, id, value);
        break;
    default:
        options_parse_number(parser, id, value);
    }
}

unsigned ac_options_parse(struct ac_options *options, const char *text,
                          ac_options_complain_fn *complain, void *arg)
{
    struct options_parser parser = {options, complain, arg, 0};

    while (*text != '\0') {
        struct options_piece name = {text, 0};
        struct options_piece value = {NULL, 0};

        while (*text != '\0' && *text != ',' && *text != '=')
            text++;
        name.size = (size_t)(text - name.bytes);
        if (*text == '=') {
            value.bytes = ++text;
            while (*text != '\0' && *text != ',')
                text += text[0] == '\\' && text[1] != '\0' ? 2 : 1;
            value.size = (size_t)(text - value.bytes);
        }
        if (name.size != 0 || value.bytes != NULL) /* "a=1,,b=2" is fine */
            options_parse_one(&parser, name, value);
        if (*text == ',')
            text++;
    }
    return parser.wrong;
}
