/* fatal.c -- messages of the end, made on the stack and written at once. */
#include "core/fatal.h"
#include "os/os.h"

#include <string.h>

struct line {
    char text[400];
    size_t length;
};

static void line_add(struct line *line, const char *text)
{
    size_t n = strlen(text);

    if (n > sizeof line->text - line->length)
        n = sizeof line->text - line->length;
    memcpy(line->text + line->length, text, n);
    line->length += n;
}

static void line_add_number(struct line *line, uint64_t value, uint32_t radix)
{
    char digits[24];
    size_t at = sizeof digits;

    digits[--at] = '\0';
    do {
        digits[--at] = "0123456789abcdef"[value % radix];
        value /= radix;
    } while (value != 0);
    line_add(line, digits + at);
}

static void line_add_address(struct line *line, const void *address)
{
    line_add(line, "0x");
    line_add_number(line, (uintptr_t)address, 16);
}

static void line_add_block(struct line *line, const struct ac_fatal_block *what,
                           const char *article)
{
    line_add(line, article);
    line_add_number(line, what->size, 10);
    line_add(line, "-byte block at ");
    line_add_address(line, what->block);
}

static void line_call(struct line *line, const char *kind, const char *function,
                      const void *address)
{
    line_add(line, "acre: ");
    line_add(line, kind);
    line_add(line, function);
    if (address != NULL) {
        line_add(line, "(");
        line_add_address(line, address);
        line_add(line, ")");
    }
    line_add(line, ": ");
}

void ac_report(enum ac_fatal_kind kind, const char *function, struct ac_fatal_block what)
{
    struct line line = { .length = 0 };

    if (kind == AC_FATAL_DOUBLE_FREE) {
        line_call(&line, "double free: ", function, what.address);
        line_add_block(&line, &what, "the ");
        line_add(&line, " is already free");
    } else if (kind == AC_FATAL_CORRUPT) {
        line_call(&line, "corrupt heap: ", function, NULL);
        line_add_block(&line, &what, "the free ");
        line_add(&line, " was written to, or freed twice");
    } else {
        line_call(&line, "invalid free: ", function, what.address);
        if (what.block != NULL) {
            line_add_address(&line, what.address);
            line_add(&line, " is ");
            line_add_number(&line, (uintptr_t)what.address - (uintptr_t)what.block, 10);
            line_add_block(&line, &what, " bytes inside the ");
        } else {
            line_add(&line, "not a block of this allocator");
        }
    }
    line_add(&line, "\n");
    (void)ac_os_write(2, line.text, line.length);
}

_Noreturn void ac_fatal(enum ac_fatal_kind kind, const char *function,
                        struct ac_fatal_block what)
{
    ac_report(kind, function, what);
    ac_os_abort();
}

_Noreturn void ac_assert_failed(const char *text, const char *file, int at)
{
    struct line line = { .length = 0 };

    line_add(&line, "acre: assertion failed: ");
    line_add(&line, text);
    line_add(&line, " at ");
    line_add(&line, file);
    line_add(&line, ":");
    line_add_number(&line, (uint64_t)at, 10);
    line_add(&line, "\n");
    (void)ac_os_write(2, line.text, line.length);
    ac_os_abort();
}
