/* options.c -- tests of core/options.h: ACRE_OPTIONS of this process. */
#include "core/options.h"

#include "os/os.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char said[4096];

static void note(const char *text)
{
    size_t length = strlen(text);

    assert_true(length > 1 && text[length - 1] == '\n');
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    assert_memory_equal(text, "acre: ", 6);
    strncat(said, text, sizeof said - strlen(said) - 1);
}

static int init(const char *value)
{
    if (value != NULL)
        setenv("ACRE_OPTIONS", value, 1);
    else
        unsetenv("ACRE_OPTIONS");
    said[0] = '\0';
    return ac_options_init(&ac_options_page.options, note);
}

static void test_place(void **state)
{
    (void)state;
    assert_int_equal((uintptr_t)&ac_options_page % AC_OPTIONS_PAGE_BYTES, 0);
    assert_int_equal(sizeof ac_options_page, AC_OPTIONS_PAGE_BYTES);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(init(NULL), 0);
    assert_int_equal(ac_option(retain), ac_option_table[AC_OPTION_ID_retain].initial);
    assert_int_equal(init(""), 0);
    assert_string_equal(said, "");
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(init("retain=5M,foreign=ignore"), 0);
    assert_int_equal(ac_option(retain), 5u << 20);
    assert_int_equal(ac_option(foreign), AC_FOREIGN_IGNORE);
    assert_string_equal(said, "");
}

static void test_wrong(void **state)
{
    (void)state;
    assert_int_equal(init("retian=5M,regret_ms=7"), 0);
    assert_non_null(strstr(said, "did you mean 'retain'"));
    assert_int_equal(ac_option(retain), ac_option_table[AC_OPTION_ID_retain].initial);
    assert_int_equal(ac_option(regret_ms), 7);
}

/* strict counts wherever it stands, and only when something is wrong. */
static void test_strict(void **state)
{
    (void)state;
    assert_int_equal(init("strict=1,retain=1M"), 0);
    assert_string_equal(said, "");
    assert_int_equal(init("retian=5M,strict=1"), EINVAL);
    assert_non_null(strstr(said, "the program does not start"));
    assert_int_equal(init("strict=1,retian=5M"), EINVAL);
    assert_int_equal(init("strict=1,retian=5M,strict=0"), 0);
}

static void test_long_lines(void **state)
{
    (void)state;
    char value[2000];

    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    assert_int_equal(init(value), 0);
    assert_true(strlen(said) < 700);
}

static int setup(void **state)
{
    struct ac_os_info info;

    (void)state;
    ac_os_init(&info);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place),  cmocka_unit_test(test_none),
        cmocka_unit_test(test_good),   cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_strict), cmocka_unit_test(test_long_lines)};

    return cmocka_run_group_tests(tests, setup, NULL);
}
