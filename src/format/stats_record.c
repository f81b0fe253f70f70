/* stats_record.c -- the statistics that a process leaves behind, and their reader.
 *
 *   process: boot/exit.c -> [write] -> stat_file -> [parse] -> acre stat
 *
 * The reader trusts nothing: the file may be cut off (the process was killed
 * while it wrote), of another program, or of a newer acre.
 */
#include "format/stats.h"

#include <errno.h>

static const char record_magic[] = "acre-stats ";

/* --- Writing --------------------------------------------------------------------- */

/* A value that ends with its line, whatever a program is called. */
static void record_string(struct ac_text *text, const char *key, const char *value,
                          size_t length_max)
{
    ac_text_string(text, key);
    ac_text_char(text, '=');
    for (size_t i = 0; i < length_max && value[i] != '\0'; i++)
        ac_text_char(text, (unsigned char)value[i] < ' ' ? '?' : value[i]);
    ac_text_char(text, '\n');
}

static void record_number(struct ac_text *text, const char *key, uint64_t value)
{
    ac_text_string(text, key);
    ac_text_char(text, '=');
    ac_text_u64(text, value);
    ac_text_char(text, '\n');
}

static void record_class(struct ac_text *text, const struct acre_stats_class *one)
{
    const char *between = "class=";

#define AC_STAT_CLASS(field, KIND, metric, help)                                         \
    ac_text_string(text, between);                                                       \
    ac_text_u64(text, one->field);                                                       \
    between = " ";
#include "format/stats_fields.def"
    (void)between;
    ac_text_char(text, '\n');
}

void ac_format_stats_record_write(const struct acre_stats *stats,
                                  const struct ac_stats_who *who, ac_text_flush_fn *write,
                                  void *arg)
{
    char buffer[512];
    struct ac_text text;

    ac_text_begin(&text, buffer, sizeof buffer, write, arg);
    ac_text_string(&text, record_magic);
    ac_text_u64(&text, AC_STATS_RECORD_VERSION);
    ac_text_char(&text, '\n');
    record_number(&text, "pid", who->pid);
    if (who->program != NULL)
        record_string(&text, "program", who->program, AC_STATS_NAME_BYTES - 1);
    if (who->options != NULL)
        record_string(&text, "options", who->options, 2048);
    record_number(&text, "acre_version", stats->version);
#define AC_STAT(field, KIND, metric, help) record_number(&text, #field, stats->field);
#include "format/stats_fields.def"
    for (unsigned i = 0; i < stats->class_count && i < ACRE_STATS_CLASSES_MAX; i++)
        record_class(&text, &stats->classes[i]);
    ac_text_string(&text, "end\n");
    ac_text_end(&text);
}

int ac_format_stats_path(const char *pattern, uint32_t pid, char *out, size_t capacity)
{
    struct ac_text text;

    ac_text_begin(&text, out, capacity, NULL, NULL);
    for (; *pattern != '\0'; pattern++) {
        if (pattern[0] == '%' && pattern[1] == 'p') {
            ac_text_u64(&text, pid);
            pattern++;
        } else {
            ac_text_char(&text, *pattern);
            if (pattern[0] == '%' && pattern[1] == '%')
                pattern++;
        }
    }
    ac_text_end(&text);
    return text.cut ? ENAMETOOLONG : 0;
}

/* --- Reading --------------------------------------------------------------------- */

enum record_field {
#define AC_STAT(field, KIND, metric, help) RECORD_##field,
#include "format/stats_fields.def"
    RECORD_FIELD_COUNT
};
#define RECORD_CLASS_NUMBERS (sizeof(struct acre_stats_class) / sizeof(uint64_t))
_Static_assert(RECORD_FIELD_COUNT < 62, "one bit for each field");

static const struct {
    char name[24];
    size_t offset;
} record_fields[RECORD_FIELD_COUNT] = {
#define AC_STAT(field, KIND, metric, help) {#field, offsetof(struct acre_stats, field)},
#include "format/stats_fields.def"
};

struct record_reader {
    const char *bytes;
    size_t size;
    size_t at;         /* start of the next line */
    unsigned line;     /* number of the current line */
    const char *start; /* the current line, without its newline */
    size_t length;
    uint64_t seen; /* a bit for each field, and for pid */
    struct ac_stats_record record;
    struct ac_stats_error *error;
};

#define RECORD_SEEN_PID (UINT64_C(1) << 62)
#define RECORD_SEEN_VERSION (UINT64_C(1) << 63)

/* "line L, offset O: expected X, found 'Y'".  `at` points into the line. */
static int record_expected(struct record_reader *reader, const char *at,
                           const char *expected)
{
    size_t offset = (size_t)(at - reader->bytes);
    size_t left = (size_t)(reader->start + reader->length - at);
    struct ac_text text;

    reader->error->line = reader->line;
    reader->error->offset = offset;
    ac_text_begin(&text, reader->error->text, sizeof reader->error->text, NULL, NULL);
    ac_text_string(&text, "line ");
    ac_text_u64(&text, reader->line);
    ac_text_string(&text, ", offset ");
    ac_text_u64(&text, offset);
    ac_text_string(&text, ": expected ");
    ac_text_string(&text, expected);
    if (offset >= reader->size)
        ac_text_string(&text, ", found the end of the file");
    else {
        ac_text_string(&text, ", found '");
        for (size_t i = 0; i < left && i < 24; i++)
            ac_text_char(&text, at[i] >= ' ' && at[i] < 127 ? at[i] : '?');
        ac_text_string(&text, left > 24 ? "...'" : "'");
    }
    ac_text_end(&text);
    return EINVAL;
}

/* Take the next line, which must end in a newline. */
static int record_line(struct record_reader *reader, const char *expected)
{
    reader->line++;
    reader->start = reader->bytes + reader->at;
    reader->length = 0;
    while (reader->at + reader->length < reader->size &&
           reader->start[reader->length] != '\n')
        reader->length++;
    size_t end = reader->at + reader->length;

    if (end == reader->size) /* cut off: say so where the bytes end */
        return record_expected(reader, reader->bytes + end,
                               reader->length == 0 ? expected : "the rest of this line");
    reader->at = end + 1;
    return 0;
}

static int record_first_line(struct record_reader *reader)
{
    size_t magic = sizeof record_magic - 1;
    uint64_t version;

    reader->start = reader->bytes;
    if (reader->size < magic || !ac_text_same(reader->bytes, magic, record_magic)) {
        size_t same = 0;

        while (same < reader->size && same < magic &&
               reader->bytes[same] == record_magic[same])
            same++;
        reader->line = 1;
        reader->length = reader->size;
        return record_expected(reader, reader->bytes + same,
                               "'acre-stats 1' as the first line");
    }
    int error = record_line(reader, "'acre-stats 1' as the first line");

    if (error != 0)
        return error;
    if (!ac_text_read_u64(reader->start + magic, reader->length - magic, &version) ||
        version == 0)
        return record_expected(reader, reader->start + magic, "a version number");
    if (version > AC_STATS_RECORD_VERSION)
        return record_expected(reader, reader->start + magic,
                               "version 1 (this file is of a newer acre)");
    return 0;
}

static int record_read_class(struct record_reader *reader, const char *value, size_t size)
{
    struct acre_stats *stats = &reader->record.stats;
    uint64_t numbers[RECORD_CLASS_NUMBERS];
    const char *end = value + size;

    if (stats->class_count == ACRE_STATS_CLASSES_MAX)
        return record_expected(reader, reader->start, "at most 96 classes");
    for (size_t i = 0; i < RECORD_CLASS_NUMBERS; i++) {
        const char *stop = value;

        while (stop < end && *stop != ' ')
            stop++;
        if (!ac_text_read_u64(value, (size_t)(stop - value), &numbers[i]))
            return record_expected(reader, value, "seven numbers in a class");
        value = stop < end ? stop + 1 : end;
    }
    struct acre_stats_class *one = &stats->classes[stats->class_count++];
    size_t i = 0;
#define AC_STAT_CLASS(field, KIND, metric, help) one->field = numbers[i++];
#include "format/stats_fields.def"
    (void)i;
    return 0;
}

static void record_read_program(struct record_reader *reader, const char *value,
                                size_t size)
{
    struct ac_text text;

    ac_text_begin(&text, reader->record.program, AC_STATS_NAME_BYTES, NULL, NULL);
    ac_text_bytes(&text, value, size);
    ac_text_end(&text);
}

/* A number that may come once, below `limit`. */
static int record_read_number(struct record_reader *reader, const char *value,
                              size_t size, uint64_t bit, uint64_t limit, uint64_t *number)
{
    if ((reader->seen & bit) != 0)
        return record_expected(reader, reader->start, "this key only once");
    if (!ac_text_read_u64(value, size, number) || *number > limit)
        return record_expected(reader, value, "a number");
    reader->seen |= bit;
    return 0;
}

/* One "key=value" line. */
static int record_read_line(struct record_reader *reader)
{
    const char *key = reader->start;
    size_t key_size = 0;
    uint64_t number = 0;
    int error;

    while (key_size < reader->length && key[key_size] != '=')
        key_size++;
    if (key_size == 0 || key_size == reader->length)
        return record_expected(reader, key, "key=value or 'end'");
    const char *value = key + key_size + 1;
    size_t size = reader->length - key_size - 1;

    if (ac_text_same(key, key_size, "class"))
        return record_read_class(reader, value, size);
    if (ac_text_same(key, key_size, "program")) {
        record_read_program(reader, value, size);
        return 0;
    }
    if (ac_text_same(key, key_size, "pid")) {
        error =
            record_read_number(reader, value, size, RECORD_SEEN_PID, INT32_MAX, &number);
        reader->record.pid = (uint32_t)number;
        return error;
    }
    if (ac_text_same(key, key_size, "acre_version")) {
        error = record_read_number(reader, value, size, RECORD_SEEN_VERSION, UINT32_MAX,
                                   &number);
        reader->record.stats.version = (uint32_t)number;
        return error;
    }
    for (unsigned i = 0; i < RECORD_FIELD_COUNT; i++)
        if (ac_text_same(key, key_size, record_fields[i].name)) {
            char *field = (char *)&reader->record.stats + record_fields[i].offset;

            return record_read_number(reader, value, size, UINT64_C(1) << i, UINT64_MAX,
                                      (uint64_t *)(void *)field);
        }
    return 0; /* a key of a later version */
}

int ac_format_stats_record_parse(const char *bytes, size_t size,
                                 struct ac_stats_record *record,
                                 struct ac_stats_error *error)
{
    struct record_reader reader = {.bytes = bytes, .size = size, .error = error};
    int result = record_first_line(&reader);

    reader.record.stats.size = sizeof reader.record.stats;
    while (result == 0) {
        result = record_line(&reader, "key=value or 'end'");
        if (result == 0 && ac_text_same(reader.start, reader.length, "end"))
            break;
        if (result == 0)
            result = record_read_line(&reader);
    }
    if (result != 0)
        return result;
    if (reader.at != size) {
        reader.line++;
        reader.start = bytes + reader.at;
        reader.length = size - reader.at;
        return record_expected(&reader, reader.start, "nothing after 'end'");
    }
    if ((reader.seen & RECORD_SEEN_PID) == 0)
        return record_expected(&reader, reader.start, "a line pid=... before 'end'");
    if ((reader.seen & UINT64_C(1) << RECORD_malloc_count) == 0)
        return record_expected(&reader, reader.start,
                               "a line malloc_count=... before 'end'");
    *record = reader.record;
    return 0;
}
