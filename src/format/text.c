/* text.c -- text into a buffer of the caller, without stdio and malloc. */
#include "format/text.h"

void ac_text_begin(struct ac_text *text, char *buffer, size_t capacity,
                   ac_text_flush_fn *flush, void *arg)
{
    *text = (struct ac_text){
        .buffer = buffer, .capacity = capacity, .flush = flush, .arg = arg};
}

static void text_flush(struct ac_text *text)
{
    if (text->used != 0)
        text->flush(text->arg, text->buffer, text->used);
    text->used = 0;
}

size_t ac_text_end(struct ac_text *text)
{
    if (text->flush != NULL)
        text_flush(text);
    text->buffer[text->used] = '\0';
    return text->used;
}

void ac_text_char(struct ac_text *text, char c)
{
    text->total++;
    if (text->used + 1 >= text->capacity) {
        if (text->flush == NULL) {
            text->cut = true;
            return;
        }
        text_flush(text);
    }
    text->buffer[text->used++] = c;
}

void ac_text_bytes(struct ac_text *text, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ac_text_char(text, bytes[i]);
}

void ac_text_string(struct ac_text *text, const char *string)
{
    if (string != NULL)
        while (*string != '\0')
            ac_text_char(text, *string++);
}

void ac_text_fill(struct ac_text *text, char c, size_t count)
{
    while (count-- > 0)
        ac_text_char(text, c);
}

/* --- Numbers --------------------------------------------------------------- */

#define TEXT_DIGITS_MAX 20

/* The digits of `value`, at least `least`, at the end of digits[]; returns how many. */
static size_t text_digits(char digits[TEXT_DIGITS_MAX], uint64_t value, size_t least)
{
    size_t count = 0;

    do {
        digits[TEXT_DIGITS_MAX - 1 - count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0 || count < least);
    return count;
}

void ac_text_u64_in(struct ac_text *text, uint64_t value, size_t width)
{
    char digits[TEXT_DIGITS_MAX];
    size_t count = text_digits(digits, value, 1);

    if (count < width)
        ac_text_fill(text, ' ', width - count);
    ac_text_bytes(text, digits + TEXT_DIGITS_MAX - count, count);
}

void ac_text_u64(struct ac_text *text, uint64_t value)
{
    ac_text_u64_in(text, value, 0);
}

void ac_text_i64(struct ac_text *text, int64_t value)
{
    if (value < 0)
        ac_text_char(text, '-');
    ac_text_u64(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void ac_text_hex(struct ac_text *text, uint64_t value)
{
    unsigned shift = 60;

    ac_text_string(text, "0x");
    while (shift > 0 && (value >> shift & 15) == 0)
        shift -= 4;
    for (;; shift -= 4) {
        ac_text_char(text, "0123456789abcdef"[value >> shift & 15]);
        if (shift == 0)
            return;
    }
}

void ac_text_fixed(struct ac_text *text, uint64_t value, unsigned decimals)
{
    char digits[TEXT_DIGITS_MAX];
    size_t tail = decimals < TEXT_DIGITS_MAX ? decimals : TEXT_DIGITS_MAX - 1;
    size_t count = text_digits(digits, value, tail + 1);

    ac_text_bytes(text, digits + TEXT_DIGITS_MAX - count, count - tail);
    if (tail != 0) {
        ac_text_char(text, '.');
        ac_text_bytes(text, digits + TEXT_DIGITS_MAX - tail, tail);
    }
}

void ac_text_count(struct ac_text *text, uint64_t value, size_t width)
{
    char digits[TEXT_DIGITS_MAX];
    size_t count = text_digits(digits, value, 1);
    size_t shown = count + (count - 1) / 3;

    if (shown < width)
        ac_text_fill(text, ' ', width - shown);
    for (size_t left = count; left > 0; left--) {
        ac_text_char(text, digits[TEXT_DIGITS_MAX - left]);
        if (left > 1 && left % 3 == 1)
            ac_text_char(text, ',');
    }
}

void ac_text_seconds(struct ac_text *text, uint64_t ns)
{
    ac_text_fixed(text, ns / 1000000, 3);
}

/* --- Columns --------------------------------------------------------------- */

void ac_text_string_in(struct ac_text *text, const char *string, size_t width)
{
    size_t length = ac_text_length(string);

    ac_text_string(text, string);
    if (length < width)
        ac_text_fill(text, ' ', width - length);
}

void ac_text_string_right(struct ac_text *text, const char *string, size_t width)
{
    size_t length = ac_text_length(string);

    if (length < width)
        ac_text_fill(text, ' ', width - length);
    ac_text_string(text, string);
}

/* Three digits of `bytes` in its unit: the value times 10^*decimals. */
static uint64_t text_three_digits(uint64_t bytes, unsigned unit, unsigned *decimals)
{
    uint64_t whole = bytes >> (10 * unit);
    uint64_t part = bytes & ((UINT64_C(1) << (10 * unit)) - 1);
    uint64_t scale = whole >= 100 ? 1 : whole >= 10 ? 10 : 100;

    *decimals = scale == 1 ? 0 : scale == 10 ? 1 : 2;
    if (unit > 4) { /* keep part * scale below 2^64 */
        part >>= 10 * (unit - 4);
        unit = 4;
    }
    return whole * scale + ((part * scale) >> (10 * unit));
}

void ac_text_size(struct ac_text *text, uint64_t bytes, size_t width)
{
    static const char units[7][4] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char buffer[32];
    struct ac_text column;
    unsigned unit = 0;
    unsigned decimals = 0;

    ac_text_begin(&column, buffer, sizeof buffer, NULL, NULL);
    while (unit < 6 && bytes >> (10 * unit) >= 1000)
        unit++;
    if (unit == 0)
        ac_text_u64(&column, bytes);
    else {
        uint64_t digits = text_three_digits(bytes, unit, &decimals);

        ac_text_fixed(&column, digits, decimals);
    }
    ac_text_char(&column, ' ');
    ac_text_string(&column, units[unit]);
    ac_text_end(&column);
    ac_text_string_right(text, buffer, width);
}

void ac_text_size_exact(struct ac_text *text, uint64_t bytes)
{
    unsigned unit = 0;

    while (unit < 4 && bytes != 0 && bytes % 1024 == 0) {
        bytes /= 1024;
        unit++;
    }
    ac_text_u64(text, bytes);
    if (unit != 0)
        ac_text_char(text, " KMGT"[unit]);
}

/* part * times / whole without overflow, rounded down; part > whole is allowed. */
static uint64_t text_share(uint64_t part, uint64_t whole, uint64_t times)
{
    while (part > UINT64_MAX / times) {
        part >>= 1;
        whole >>= 1;
    }
    return whole == 0 ? 0 : part * times / whole;
}

void ac_text_percent(struct ac_text *text, uint64_t part, uint64_t whole, size_t width)
{
    char buffer[32];
    struct ac_text column;

    ac_text_begin(&column, buffer, sizeof buffer, NULL, NULL);
    if (whole == 0)
        ac_text_char(&column, '-');
    else {
        ac_text_fixed(&column, (text_share(part, whole, 10000) + 5) / 10, 1);
        ac_text_char(&column, '%');
    }
    ac_text_end(&column);
    ac_text_string_right(text, buffer, width);
}

void ac_text_ratio(struct ac_text *text, uint64_t part, uint64_t whole)
{
    ac_text_fixed(text, text_share(part, whole, 10000), 4);
}

void ac_text_bar(struct ac_text *text, uint64_t part, uint64_t whole, size_t width)
{
    uint64_t cells = whole == 0 ? 0 : (text_share(part, whole, 2 * width) + 1) / 2;

    if (part != 0 && cells == 0 && width != 0) {
        ac_text_char(text, '.');
        width--;
    }
    if (cells > width)
        cells = width;
    ac_text_fill(text, '#', (size_t)cells);
    ac_text_fill(text, ' ', width - (size_t)cells);
}

/* --- JSON ------------------------------------------------------------------ */

/* The length of the valid UTF-8 sequence at bytes[0], or 0. */
static size_t text_utf8(const unsigned char *bytes, size_t size)
{
    unsigned char first = bytes[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xc2 ? 0
                    : first < 0xe0 ? 2
                    : first < 0xf0 ? 3
                    : first < 0xf5 ? 4
                                   : 0;

    if (length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && bytes[1] < 0xa0) || (first == 0xed && bytes[1] > 0x9f) ||
        (first == 0xf0 && bytes[1] < 0x90) || (first == 0xf4 && bytes[1] > 0x8f))
        return 0; /* overlong, a surrogate, or beyond U+10FFFF */
    return length;
}

static void text_json_escape(struct ac_text *text, char c)
{
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i + 1 < sizeof names; i += 2)
        if (names[i] == c) {
            ac_text_char(text, '\\');
            ac_text_char(text, names[i + 1]);
            return;
        }
    if ((unsigned char)c < 0x20 || c == 0x7f) {
        ac_text_string(text, "\\u00");
        ac_text_char(text, "0123456789abcdef"[c >> 4 & 15]);
        ac_text_char(text, "0123456789abcdef"[c & 15]);
    } else
        ac_text_char(text, c);
}

void ac_text_json_bytes(struct ac_text *text, const char *bytes, size_t size)
{
    ac_text_char(text, '"');
    for (size_t i = 0; i < size;) {
        size_t length = text_utf8((const unsigned char *)bytes + i, size - i);

        if (length == 0) {
            ac_text_string(text, "\\ufffd");
            length = 1;
        } else if (length == 1)
            text_json_escape(text, bytes[i]);
        else
            ac_text_bytes(text, bytes + i, length);
        i += length;
    }
    ac_text_char(text, '"');
}

void ac_text_json(struct ac_text *text, const char *string)
{
    ac_text_json_bytes(text, string, ac_text_length(string));
}

/* --- Numbers and names out of text ------------------------------------------ */

bool ac_text_read_u64(const char *bytes, size_t size, uint64_t *value)
{
    uint64_t sum = 0;

    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(bytes[i] - '0');

        if (sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool ac_text_read_size(const char *bytes, size_t size, uint64_t *value)
{
    static const char suffixes[] = "KMGT";
    unsigned shift = 0;
    uint64_t number;

    if (size == 0)
        return false;
    for (unsigned i = 0; i < 4; i++)
        if (bytes[size - 1] == suffixes[i] || bytes[size - 1] == suffixes[i] + 32)
            shift = 10 * (i + 1);
    if (!ac_text_read_u64(bytes, shift != 0 ? size - 1 : size, &number))
        return false;
    if (number > UINT64_MAX >> shift)
        return false;
    *value = number << shift;
    return true;
}

size_t ac_text_length(const char *string)
{
    size_t length = 0;

    if (string != NULL)
        while (string[length] != '\0')
            length++;
    return length;
}

bool ac_text_same(const char *bytes, size_t size, const char *string)
{
    for (size_t i = 0; i < size; i++)
        if (string[i] == '\0' || string[i] != bytes[i])
            return false;
    return string[size] == '\0';
}

#define TEXT_NAME_MAX 31

static unsigned text_least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

unsigned ac_text_distance(const char *a, size_t a_size, const char *b)
{
    unsigned char rows[3][TEXT_NAME_MAX + 1]; /* two back, one back, this one */
    size_t b_size = ac_text_length(b);

    a_size = a_size < TEXT_NAME_MAX ? a_size : TEXT_NAME_MAX;
    b_size = b_size < TEXT_NAME_MAX ? b_size : TEXT_NAME_MAX;
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= a_size; i++) {
        unsigned char *row = rows[i % 3];
        const unsigned char *above = rows[(i + 2) % 3];
        const unsigned char *above2 = rows[(i + 1) % 3];

        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= b_size; j++) {
            unsigned cost = a[i - 1] != b[j - 1];
            unsigned best =
                text_least(above[j - 1] + cost, text_least(above[j], row[j - 1]) + 1u);

            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = text_least(best, above2[j - 2] + 1u);
            row[j] = (unsigned char)best;
        }
    }
    return rows[a_size % 3][b_size];
}
