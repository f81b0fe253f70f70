/* options.c -- tests of format/options.h: the table and the parser. */
#include "format/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct ac_options options;
static char lines[4096];

static void note(void *arg, const char *line)
{
    assert_ptr_equal(arg, lines);
    assert_null(strchr(line, '\n'));
    strncat(lines, line, sizeof lines - strlen(lines) - 1);
    strncat(lines, "\n", sizeof lines - strlen(lines) - 1);
}

static unsigned parse(const char *text)
{
    lines[0] = '\0';
    ac_options_defaults(&options);
    return ac_options_parse(&options, text, note, lines);
}

static void says(const char *words)
{
    if (strstr(lines, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, lines);
}

static void test_defaults(void **state)
{
    (void)state;
    memset(&options, 0xff, sizeof options);
    ac_options_defaults(&options);
    assert_int_equal(options.mode, AC_MODE_FAST);
    assert_int_equal(options.huge_pages, AC_HUGE_PAGES_AUTO);
    assert_int_equal(options.retain, ac_option_table[AC_OPTION_ID_retain].initial);
    assert_int_equal(options.regret_ms, 1000);
    assert_string_equal(options.stat_file, "");
    assert_false(options.stat);
}

/* Every default is inside its range, every name fits and is unique, every enum
 * has as many words as its range says. */
static void test_table(void **state)
{
    (void)state;
    for (int i = 0; i < AC_OPTION_COUNT; i++) {
        const struct ac_option_info *info = &ac_option_table[i];
        unsigned words = 0;

        assert_true(info->initial >= info->min && info->initial <= info->max);
        assert_true(strlen(info->name) < sizeof info->name);
        assert_int_equal(ac_option_find(info->name, strlen(info->name)), i);
        for (unsigned w = 0; w < ac_option_word_count; w++)
            if (ac_option_words[w].option == i)
                assert_int_equal(ac_option_words[w].value, words++);
        if (info->kind == AC_OPTION_ENUM)
            assert_int_equal(words, info->max + 1);
        else
            assert_int_equal(words, 0);
        if (info->kind == AC_OPTION_STRING)
            assert_true(info->max < AC_OPTION_STRING_BYTES);
    }
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(parse("mode=fast,retain=4M,retain_percent=20%,regret_ms=50,"
                           "huge_pages=never,foreign=report,realloc_zero=block,"
                           "stat,verbose=yes,strict=off,arena=64G,"
                           "stat_file=/tmp/a\\,b.%p,free_check=always"),
                     0);
    assert_int_equal(options.retain, 4u << 20);
    assert_int_equal(options.retain_percent, 20);
    assert_int_equal(options.regret_ms, 50);
    assert_int_equal(options.huge_pages, AC_HUGE_PAGES_NEVER);
    assert_int_equal(options.foreign, AC_FOREIGN_REPORT);
    assert_int_equal(options.realloc_zero, AC_REALLOC_ZERO_BLOCK);
    assert_int_equal(options.free_check, AC_FREE_CHECK_ALWAYS);
    assert_true(options.stat && options.verbose);
    assert_false(options.strict);
    assert_int_equal(options.arena, 64ull << 30);
    assert_string_equal(options.stat_file, "/tmp/a,b.%p");
    assert_int_equal(parse(",,retain=1,,retain=2,"), 0);
    assert_int_equal(options.retain, 2);
    assert_string_equal(lines, "");
}

/* Only what differs from the defaults. */
static void test_changed(void **state)
{
    (void)state;
    char buffer[1024];
    struct ac_text text;

    ac_options_defaults(&options);
    ac_text_begin(&text, buffer, sizeof buffer, NULL, NULL);
    assert_false(ac_options_text_changed(&text, &options));
    assert_int_equal(ac_text_end(&text), 0);
    assert_int_equal(parse("mode=fast,retain=3M,stat,stat_file=/x,foreign=report"), 0);
    ac_text_begin(&text, buffer, sizeof buffer, NULL, NULL);
    assert_true(ac_options_text_changed(&text, &options));
    ac_text_end(&text);
    assert_string_equal(buffer, "retain=3M,foreign=report,stat=1,stat_file=/x");
}

static void test_unknown(void **state)
{
    (void)state;
    assert_int_equal(parse("regret_m=5"), 1);
    says("'regret_m' (value '5')");
    says("did you mean 'regret_ms' (0 to 3600000)?");
    assert_int_equal(options.regret_ms, 1000);
    assert_int_equal(parse("Mode=fast"), 1);
    says("'mode'");
    assert_int_equal(parse("xyzzyxyzzy"), 1);
    says("there is no such option");
    assert_null(strstr(lines, "did you mean"));
    assert_int_equal(parse("=5"), 1);
    assert_int_equal(parse("a=1,b=2,retain=3"), 2);
    assert_int_equal(options.retain, 3);
}

static void test_wrong_values(void **state)
{
    (void)state;
    assert_int_equal(parse("retain_percent=101"), 1);
    says("'retain_percent': value '101' is out of range; allowed: 0 to 100; default: ");
    assert_int_equal(options.retain_percent,
                     ac_option_table[AC_OPTION_ID_retain_percent].initial);
    assert_int_equal(parse("retain=12X"), 1);
    says("is not a size");
    says("allowed: 0 to 1T; default: ");
    assert_int_equal(parse("retain=18446744073709551616"), 1);
    assert_int_equal(parse("retain="), 1);
    assert_int_equal(parse("retain"), 1);
    assert_int_equal(parse("stat=maybe"), 1);
    says("is not yes or no; allowed: 0 or 1");
    assert_int_equal(parse("regret_ms=1s"), 1);
    says("is not a number");
    assert_int_equal(parse("foreign=abrt"), 1);
    says("did you mean 'abort'?");
    assert_int_equal(parse("retain_percent=%"), 1);
}

static void test_later_modes(void **state)
{
    (void)state;
    static const char *const modes[] = {"mode=check", "mode=harden", "mode=profile",
                                        "mode=trace"};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(parse(modes[i]), 1);
        says("this build does not have it yet");
        says("default: fast");
        assert_int_equal(options.mode, AC_MODE_FAST);
    }
}

static void test_long(void **state)
{
    (void)state;
    char text[700] = "stat_file=";

    memset(text + 10, 'x', 255);
    assert_int_equal(parse(text), 0);
    assert_int_equal(strlen(options.stat_file), 255);
    text[265] = 'x';
    assert_int_equal(parse(text), 1);
    says("is too long");
    assert_string_equal(options.stat_file, "");
    memset(text, 'y', 600);
    assert_int_equal(parse(text), 1);
    says("yyy...'");
    assert_int_equal(parse("re\x1b[31m\xff=\n"), 1);
    says("'re?[31m?' (value '?')");
}

static void show(char *out, size_t size)
{
    struct ac_text text;

    ac_text_begin(&text, out, size, NULL, NULL);
    ac_options_text(&text, &options);
    ac_text_end(&text);
    assert_false(text.cut);
}

/* What is shown reads back as the same. */
static void test_round_trip(void **state)
{
    (void)state;
    char first[1024];
    char second[1024];

    assert_int_equal(parse("retain=12345,stat_file=a\\,b\\\\c,stat,foreign=ignore"), 0);
    show(first, sizeof first);
    assert_int_equal(parse(first), 0);
    assert_string_equal(options.stat_file, "a,b\\c");
    assert_int_equal(options.retain, 12345);
    show(second, sizeof second);
    assert_string_equal(first, second);
}

static void test_noise(void **state)
{
    (void)state;
    static const char bytes[] = "=,\\%modestatretain_0149KMGx\x01\xff";

    srand(1);
    for (int round = 0; round < 20000; round++) {
        char text[64];
        size_t size = (size_t)(rand() % 60);

        for (size_t i = 0; i < size; i++)
            text[i] = bytes[(size_t)rand() % (sizeof bytes - 1)];
        text[size] = '\0';
        parse(text);
        show((char[1024]){0}, 1024);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),     cmocka_unit_test(test_table),
        cmocka_unit_test(test_good),         cmocka_unit_test(test_changed),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_wrong_values), cmocka_unit_test(test_later_modes),
        cmocka_unit_test(test_long),         cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_noise)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
