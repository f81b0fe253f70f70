/* text.h -- text into a buffer of the caller, without stdio and malloc.
 *
 * Statistics, fatal messages and options are written with this, at moments
 * when the heap is broken or not there yet.  A full buffer is handed to
 * `flush`; without one the text is cut, and `cut` says so.
 *
 * No function here fails, allocates, takes a lock, or touches errno; each costs
 * a few ns per byte.  One thread at a time may use one struct ac_text.
 */
#ifndef AC_FORMAT_TEXT_H
#define AC_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef void ac_text_flush_fn(void *arg, const char *text, size_t size);

struct ac_text {
    char *buffer;
    size_t capacity; /* one byte of it is kept for the final NUL */
    size_t used;
    uint64_t total; /* bytes written so far, cut ones included */
    bool cut;
    ac_text_flush_fn *flush; /* NULL: cut what does not fit */
    void *arg;
};

/* Start a text in `buffer`, at least 2 bytes. */
void ac_text_begin(struct ac_text *text, char *buffer, size_t capacity,
                   ac_text_flush_fn *flush, void *arg);
/* Flush what is left; without flush, buffer is a string.  Returns the bytes
 * that lie in the buffer (0 after a flush). */
size_t ac_text_end(struct ac_text *text);

void ac_text_char(struct ac_text *text, char c);
void ac_text_bytes(struct ac_text *text, const char *bytes, size_t size);
void ac_text_string(struct ac_text *text, const char *string); /* NULL: nothing */
void ac_text_fill(struct ac_text *text, char c, size_t count);

void ac_text_u64(struct ac_text *text, uint64_t value);
void ac_text_i64(struct ac_text *text, int64_t value);
void ac_text_hex(struct ac_text *text, uint64_t value); /* 0x1f */
/* value / 10^decimals with all its decimals: fixed(1234, 2) is 12.34. */
void ac_text_fixed(struct ac_text *text, uint64_t value, unsigned decimals);

/* In a column: at least `width` characters, numbers to the right, strings to
 * the left.  A longer string is not cut. */
void ac_text_u64_in(struct ac_text *text, uint64_t value, size_t width);
void ac_text_string_in(struct ac_text *text, const char *string, size_t width);
void ac_text_string_right(struct ac_text *text, const char *string, size_t width);

/* 1,234,567, to the right in `width`. */
void ac_text_count(struct ac_text *text, uint64_t value, size_t width);
/* part / whole as a number from 0 with four decimals: "0.1234"; 0 / 0 is 0. */
void ac_text_ratio(struct ac_text *text, uint64_t part, uint64_t whole);
/* Seconds with three decimals out of nanoseconds. */
void ac_text_seconds(struct ac_text *text, uint64_t ns);

/* A size for people, to the right in `width`: "512 B", "1.50 KiB", "12.3 MiB",
 * "123 GiB": three digits. */
void ac_text_size(struct ac_text *text, uint64_t bytes, size_t width);
/* A size as options take it, exact: "8M", "0", "1500". */
void ac_text_size_exact(struct ac_text *text, uint64_t bytes);
/* 100 * part / whole with one decimal and '%', to the right; "-" when whole is 0. */
void ac_text_percent(struct ac_text *text, uint64_t part, uint64_t whole, size_t width);
/* `width` cells of which part / whole are '#', the rest ' '; a part that is less than
 * half a cell and not 0 is a '.'. */
void ac_text_bar(struct ac_text *text, uint64_t part, uint64_t whole, size_t width);

/* A JSON string with its quotes.  Bytes that are no UTF-8 become U+FFFD. */
void ac_text_json(struct ac_text *text, const char *string);
void ac_text_json_bytes(struct ac_text *text, const char *bytes, size_t size);

/* --- The other way: numbers out of text ----------------------------------- */

/* Decimal digits only, all `size` of them, at least one, no overflow. */
bool ac_text_read_u64(const char *bytes, size_t size, uint64_t *value);
/* The same with an optional suffix K, M, G or T (or small). */
bool ac_text_read_size(const char *bytes, size_t size, uint64_t *value);

size_t ac_text_length(const char *string);
bool ac_text_same(const char *bytes, size_t size, const char *string);

/* How many insertions, deletions, replacements and swaps of neighbours make
 * one name out of the other.  Looks at the first 31 bytes. */
unsigned ac_text_distance(const char *a, size_t a_size, const char *b);

#endif
