/* fatal.c -- messages of the end, made on the stack and written at once. */
#include "core/fatal.h"
#include "format/text.h"
#include "os/os.h"

#define LINE_BYTES 400

struct line {
    char bytes[LINE_BYTES + 1];
    struct ac_text text;
};

static void line_begin(struct line *line)
{
    ac_text_begin(&line->text, line->bytes, sizeof line->bytes, NULL, NULL);
}

static void line_write(struct line *line)
{
    ac_text_char(&line->text, '\n');
    size_t size = ac_text_end(&line->text);

    (void)ac_os_write(2, line->bytes, size);
}

static void line_add_address(struct ac_text *text, const void *address)
{
    ac_text_hex(text, (uintptr_t)address);
}

static void line_add_block(struct ac_text *text, const struct ac_fatal_block *what,
                           const char *article)
{
    ac_text_string(text, article);
    ac_text_u64(text, what->size);
    ac_text_string(text, "-byte block at ");
    line_add_address(text, what->block);
}

static void line_call(struct ac_text *text, const char *kind, const char *function,
                      const void *address)
{
    ac_text_string(text, "acre: ");
    ac_text_string(text, kind);
    ac_text_string(text, function);
    if (address != NULL) {
        ac_text_char(text, '(');
        line_add_address(text, address);
        ac_text_char(text, ')');
    }
    ac_text_string(text, ": ");
}

static void line_invalid(struct ac_text *text, const struct ac_fatal_block *what)
{
    if (what->block == NULL) {
        ac_text_string(text, "not a block of this allocator");
        return;
    }
    line_add_address(text, what->address);
    ac_text_string(text, " is ");
    ac_text_u64(text, (uintptr_t)what->address - (uintptr_t)what->block);
    line_add_block(text, what, " bytes inside the ");
}

void ac_report(enum ac_fatal_kind kind, const char *function, struct ac_fatal_block what)
{
    struct line line;
    struct ac_text *text = &line.text;

    line_begin(&line);
    if (kind == AC_FATAL_DOUBLE_FREE) {
        line_call(text, "double free: ", function, what.address);
        line_add_block(text, &what, "the ");
        ac_text_string(text, " is already free");
    } else if (kind == AC_FATAL_CORRUPT) {
        line_call(text, "corrupt heap: ", function, NULL);
        line_add_block(text, &what, "the free ");
        ac_text_string(text, " was written to, or freed twice");
    } else {
        line_call(text, "invalid free: ", function, what.address);
        line_invalid(text, &what);
    }
    line_write(&line);
}

_Noreturn void ac_fatal(enum ac_fatal_kind kind, const char *function,
                        struct ac_fatal_block what)
{
    ac_report(kind, function, what);
    ac_os_abort();
}

_Noreturn void ac_assert_failed(const char *text, const char *file, int at)
{
    struct line line;

    line_begin(&line);
    ac_text_string(&line.text, "acre: assertion failed: ");
    ac_text_string(&line.text, text);
    ac_text_string(&line.text, " at ");
    ac_text_string(&line.text, file);
    ac_text_char(&line.text, ':');
    ac_text_u64(&line.text, (uint64_t)at);
    line_write(&line);
    ac_os_abort();
}
