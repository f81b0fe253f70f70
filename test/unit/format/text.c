/* text.c -- tests of format/text.h. */
#include "format/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char buffer[256];
static struct ac_text text;

static void begin(void)
{
    ac_text_begin(&text, buffer, sizeof buffer, NULL, NULL);
}

#define SHOWS(expected, call)                                                            \
    do {                                                                                 \
        begin();                                                                         \
        call;                                                                            \
        ac_text_end(&text);                                                              \
        assert_string_equal(buffer, expected);                                           \
    } while (0)

static void test_numbers(void **state)
{
    (void)state;
    SHOWS("0", ac_text_u64(&text, 0));
    SHOWS("18446744073709551615", ac_text_u64(&text, UINT64_MAX));
    SHOWS("  42", ac_text_u64_in(&text, 42, 4));
    SHOWS("12345", ac_text_u64_in(&text, 12345, 4));
    SHOWS("-9223372036854775808", ac_text_i64(&text, INT64_MIN));
    SHOWS("7", ac_text_i64(&text, 7));
    SHOWS("0x0", ac_text_hex(&text, 0));
    SHOWS("0x10", ac_text_hex(&text, 16));
    SHOWS("0xffffffffffffffff", ac_text_hex(&text, UINT64_MAX));
    SHOWS("12.34", ac_text_fixed(&text, 1234, 2));
    SHOWS("0.04", ac_text_fixed(&text, 4, 2));
    SHOWS("5", ac_text_fixed(&text, 5, 0));
    SHOWS("1,234,567", ac_text_count(&text, 1234567, 0));
    SHOWS("     999", ac_text_count(&text, 999, 8));
    SHOWS("18,446,744,073,709,551,615", ac_text_count(&text, UINT64_MAX, 0));
    SHOWS("1.234", ac_text_seconds(&text, 1234567890));
}

static void test_sizes(void **state)
{
    (void)state;
    SHOWS("0 B", ac_text_size(&text, 0, 0));
    SHOWS("999 B", ac_text_size(&text, 999, 0));
    SHOWS("0.97 KiB", ac_text_size(&text, 1000, 0));
    SHOWS("1.00 KiB", ac_text_size(&text, 1024, 0));
    SHOWS("  1.50 KiB", ac_text_size(&text, 1536, 10));
    SHOWS("12.3 MiB", ac_text_size(&text, 12900000, 0));
    SHOWS("123 GiB", ac_text_size(&text, 123ull << 30, 0));
    SHOWS("1.00 PiB", ac_text_size(&text, 1ull << 50, 0));
    SHOWS("15.9 EiB", ac_text_size(&text, UINT64_MAX, 0));
    SHOWS("0", ac_text_size_exact(&text, 0));
    SHOWS("8M", ac_text_size_exact(&text, 8u << 20));
    SHOWS("1500", ac_text_size_exact(&text, 1500));
    SHOWS("2048T", ac_text_size_exact(&text, 1ull << 51));
}

static void test_shares(void **state)
{
    (void)state;
    SHOWS("-", ac_text_percent(&text, 5, 0, 0));
    SHOWS("33.3%", ac_text_percent(&text, 1, 3, 0));
    SHOWS("  66.7%", ac_text_percent(&text, 2, 3, 7));
    SHOWS("100.0%", ac_text_percent(&text, UINT64_MAX, UINT64_MAX, 0));
    SHOWS("0.0%", ac_text_percent(&text, 0, 9, 0));
    SHOWS("#####     ", ac_text_bar(&text, 5, 10, 10));
    SHOWS(".   ", ac_text_bar(&text, 1, 1000000, 4));
    SHOWS("    ", ac_text_bar(&text, 0, 10, 4));
    SHOWS("####", ac_text_bar(&text, 20, 10, 4));
    SHOWS("0.2500", ac_text_ratio(&text, 1, 4));
    SHOWS("0.0000", ac_text_ratio(&text, 0, 0));
}

static void test_columns(void **state)
{
    (void)state;
    SHOWS("ab  ", ac_text_string_in(&text, "ab", 4));
    SHOWS("  ab", ac_text_string_right(&text, "ab", 4));
    SHOWS("abcde", ac_text_string_in(&text, "abcde", 4));
    SHOWS("", ac_text_string(&text, NULL));
    SHOWS("xxx", ac_text_fill(&text, 'x', 3));
}

static void test_json(void **state)
{
    (void)state;
    SHOWS("\"a\\\"b\\\\c\\n\\u0001\\u007f\"", ac_text_json(&text, "a\"b\\c\n\x01\x7f"));
    SHOWS("\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
          ac_text_json(&text, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"));
    SHOWS("\"\\ufffd\"", ac_text_json(&text, "\xff"));
    SHOWS("\"\\ufffd\\ufffd\"", ac_text_json(&text, "\xc0\x80")); /* overlong */
    SHOWS("\"\\ufffd\\ufffd\\ufffd\"", ac_text_json(&text, "\xed\xa0\x80"));
    SHOWS("\"\\ufffd\\ufffd\"", ac_text_json(&text, "\xe2\x82")); /* cut off */
    SHOWS("\"a\\u0000b\"", ac_text_json_bytes(&text, "a\0b", 3));
}

static void test_cut(void **state)
{
    (void)state;
    char small[4];

    ac_text_begin(&text, small, sizeof small, NULL, NULL);
    ac_text_string(&text, "abcdef");
    assert_int_equal(ac_text_end(&text), 3);
    assert_string_equal(small, "abc");
    assert_true(text.cut);
    assert_int_equal(text.total, 6);
}

static void collect(void *arg, const char *bytes, size_t size)
{
    strncat(arg, bytes, size);
}

static void test_flush(void **state)
{
    (void)state;
    for (size_t capacity = 2; capacity < 20; capacity++) {
        char small[20];
        char all[100] = "";

        ac_text_begin(&text, small, capacity, collect, all);
        ac_text_string(&text, "hello, ");
        ac_text_u64(&text, 123456);
        ac_text_end(&text);
        assert_string_equal(all, "hello, 123456");
        assert_false(text.cut);
    }
}

static void reads(const char *string, bool good, uint64_t expected)
{
    uint64_t value = 77;

    assert_int_equal(ac_text_read_size(string, strlen(string), &value), good);
    assert_int_equal(value, good ? expected : 77);
}

static void test_read(void **state)
{
    (void)state;
    reads("0", true, 0);
    reads("12", true, 12);
    reads("4k", true, 4096);
    reads("8M", true, 8u << 20);
    reads("1G", true, 1u << 30);
    reads("16383T", true, 16383ull << 40);
    reads("16777216T", false, 0);
    reads("18446744073709551615", true, UINT64_MAX);
    reads("18446744073709551616", false, 0);
    reads("", false, 0);
    reads("K", false, 0);
    reads("-1", false, 0);
    reads("+1", false, 0);
    reads(" 1", false, 0);
    reads("1 ", false, 0);
    reads("1KB", false, 0);
    reads("0x10", false, 0);
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(ac_text_distance("mode", 4, "mode"), 0);
    assert_int_equal(ac_text_distance("mdoe", 4, "mode"), 1);
    assert_int_equal(ac_text_distance("", 0, "mode"), 4);
    assert_int_equal(ac_text_distance("mode", 4, ""), 4);
    assert_int_equal(ac_text_distance("moode", 5, "mode"), 1);
    assert_int_equal(ac_text_distance("kitten", 6, "sitting"), 3);
    char longer[100];
    memset(longer, 'x', sizeof longer);
    assert_int_equal(ac_text_distance(longer, sizeof longer, "xx"), 29);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers), cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_shares),  cmocka_unit_test(test_columns),
        cmocka_unit_test(test_json),    cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flush),   cmocka_unit_test(test_read),
        cmocka_unit_test(test_distance)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
