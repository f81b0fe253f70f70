/* status.c -- tests of format/status.h. */
#include "format/status.h"

#include <acre/version.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_fill(void **state)
{
    (void)state;
    static struct ac_status status = AC_STATUS_INIT;
    struct ac_options options;

    assert_null(ac_status_check(&status, sizeof status));
    assert_int_equal(status.state, AC_STATUS_LOADED);
    ac_options_defaults(&options);
    ac_status_fill(&status, &options, 42, 1000, (void *)0x10000, (void *)0x20000);
    assert_null(ac_status_check(&status, sizeof status));
    assert_int_equal(status.state, AC_STATUS_ACTIVE);
    assert_int_equal(status.pid, 42);
    assert_int_equal(status.version, ACRE_VERSION);
    assert_int_equal(status.window_end - status.window_begin, 0x10000);
    assert_string_equal(status.mode_name, "fast");
    assert_non_null(strstr(status.options, "regret_ms=1000"));
}

static void test_check(void **state)
{
    (void)state;
    struct ac_status good = AC_STATUS_INIT;
    struct ac_status bad;

    assert_non_null(ac_status_check(&good, 4));
    assert_non_null(ac_status_check(&good, sizeof good - 1));
    bad = good;
    bad.magic[7] = 'x';
    assert_string_equal(ac_status_check(&bad, sizeof bad),
                        "the block does not begin with ACRESTAT");
    bad = good;
    bad.layout = 2;
    assert_non_null(ac_status_check(&bad, sizeof bad));
    bad = good;
    bad.size = 100;
    assert_non_null(ac_status_check(&bad, sizeof bad));
    bad = good;
    bad.size = sizeof bad + 100; /* a newer one that only added fields */
    assert_null(ac_status_check(&bad, sizeof bad));
    bad = good;
    memset(bad.options, 'x', sizeof bad.options);
    assert_non_null(ac_status_check(&bad, sizeof bad));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fill),
                                       cmocka_unit_test(test_check)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
