/* options.h -- the options: what there is, how they are read and shown.
 *
 * Pure text and tables (options.def), shared by the library, which reads them
 * from ACRE_OPTIONS when a program starts (core/options.h), and by the command,
 * which checks them before it starts one.
 *
 *   mode=fast,retain=4M,stat            a comma ends a value; "\," is a comma
 */
#ifndef AC_FORMAT_OPTIONS_H
#define AC_FORMAT_OPTIONS_H

#include "format/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AC_OPTION_STRING_BYTES 256 /* with the NUL */
#define AC_OPTION_NAME_BYTES 20
#define AC_OPTIONS_STRICT_STATUS 78 /* EX_CONFIG: how a strict start ends */

/* AC_MODE_FAST, AC_HUGE_PAGES_AUTO, ... */
enum {
#define AC_OPTION_WORD(option, PREFIX, WORD, value, text, later)                         \
    AC_##PREFIX##_##WORD = (value),
#include "format/options.def"
};

enum ac_option_kind {
    AC_OPTION_BOOL,
    AC_OPTION_SIZE,
    AC_OPTION_UINT,
    AC_OPTION_PERCENT,
    AC_OPTION_ENUM,
    AC_OPTION_STRING
};

/* AC_OPTION_ID_mode, ... */
enum ac_option_id {
#define AC_OPTION(name, KIND, initial, min, max, unit, help) AC_OPTION_ID_##name,
#include "format/options.def"
    AC_OPTION_COUNT
};

#define AC_OPTION_FIELD_BOOL(name) bool name;
#define AC_OPTION_FIELD_SIZE(name) size_t name;
#define AC_OPTION_FIELD_UINT(name) uint32_t name;
#define AC_OPTION_FIELD_PERCENT(name) uint32_t name;
#define AC_OPTION_FIELD_ENUM(name) uint8_t name;
#define AC_OPTION_FIELD_STRING(name) char name[AC_OPTION_STRING_BYTES];

/* One field for each option, by its name. */
struct ac_options {
#define AC_OPTION(name, KIND, initial, min, max, unit, help) AC_OPTION_FIELD_##KIND(name)
#include "format/options.def"
};

/* One row of the table.  No pointers: nothing to relocate when a program starts. */
struct ac_option_info {
    char name[AC_OPTION_NAME_BYTES];
    uint16_t kind;   /* enum ac_option_kind */
    uint16_t offset; /* in struct ac_options */
    uint64_t initial;
    uint64_t min;
    uint64_t max;
};

struct ac_option_word {
    uint8_t option; /* enum ac_option_id */
    uint8_t value;
    uint8_t later; /* reserved for a later version */
    char text[9];
};

extern const struct ac_option_info ac_option_table[AC_OPTION_COUNT];
extern const struct ac_option_word ac_option_words[];
extern const unsigned ac_option_word_count;

/* Called for each wrong option with one line, without its newline. */
typedef void ac_options_complain_fn(void *arg, const char *line);

/* Every option at its default. */
void ac_options_defaults(struct ac_options *options);

/* Read "name=value,..." over what *options holds; the last of two values of one
 * option counts.  A wrong one is complained about (unless complain is NULL) and
 * changes nothing.  Returns how many were wrong.  1 us for ten options. */
unsigned ac_options_parse(struct ac_options *options, const char *text,
                          ac_options_complain_fn *complain, void *arg);

/* The value that an option has now, as it would be written in ACRE_OPTIONS. */
void ac_option_value(struct ac_text *text, const struct ac_options *options,
                     enum ac_option_id id);
/* The values that it may have: "0 to 100", "fast, check (later)". */
void ac_option_range(struct ac_text *text, enum ac_option_id id);
/* All of them: "mode=fast,huge_pages=auto,..." */
void ac_options_text(struct ac_text *text, const struct ac_options *options);
/* Those that are not at their defaults; false when all are. */
bool ac_options_text_changed(struct ac_text *text, const struct ac_options *options);

/* The option whose name is nearest to `name`, or AC_OPTION_COUNT when none is
 * near (more than a third of it and 2 differ). */
enum ac_option_id ac_option_nearest(const char *name, size_t size);
/* The option of that name, or AC_OPTION_COUNT. */
enum ac_option_id ac_option_find(const char *name, size_t size);
const char *ac_option_kind_name(enum ac_option_id id);

#endif
