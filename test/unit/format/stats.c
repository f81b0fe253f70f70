/* stats.c -- tests of format/stats.h: the page, JSON, OpenMetrics and the record. */
#include "format/stats.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct acre_stats stats;
static char out[65536];
static size_t out_size;

static void collect(void *arg, const char *bytes, size_t size)
{
    assert_ptr_equal(arg, out);
    assert_true(out_size + size < sizeof out);
    memcpy(out + out_size, bytes, size);
    out_size += size;
    out[out_size] = '\0';
}

static void fill(void)
{
    stats = (struct acre_stats){.size = sizeof stats,
                                .version = 1000,
                                .class_count = 3,
                                .malloc_count = 1000,
                                .free_count = 400,
                                .live_count = 600,
                                .live = 110000,
                                .used_peak = 200000,
                                .requested = 100000,
                                .rounding = 10000,
                                .slack_samples = 9,
                                .untouched = 20000,
                                .cached = 5000,
                                .free_in_pages = 7000,
                                .unpurged = 8000,
                                .metadata = 30000,
                                .outside = 860000,
                                .rss = 1000000,
                                .rss_peak = 1100000,
                                .free_largest = 60,
                                .free_all = 80,
                                .elapsed_ns = 2000000000};
    stats.classes[0] = (struct acre_stats_class){16, 500, 100, 7, 1, 4096, 100};
    stats.classes[1] = (struct acre_stats_class){32, 500, 300, 0, 2, 8192, 900};
    stats.classes[2] = (struct acre_stats_class){48, 0, 0, 0, 0, 0, 0};
}

static void print(enum acre_stats_format format)
{
    out_size = 0;
    assert_int_equal(ac_format_stats(&stats, format, collect, out), 0);
}

static void says(const char *words)
{
    if (strstr(out, words) == NULL)
        fail_msg("'%s' is not in:\n%s", words, out);
}

static void test_text(void **state)
{
    (void)state;
    fill();
    print(ACRE_STATS_TEXT);
    says("live            107 KiB in 600 blocks; peak 195 KiB of whole pages\n");
    says("allocations    1,000 (500 a second), freed 400\n");
    says("internal 9.1%");
    says("external 25.0%");
    says("    of these three, never touched   -19.5 KiB     -2.0%  |");
    says("difference 0 B (0.0%)");
    assert_null(strstr(out, "MORE THAN"));
    stats.rss += stats.untouched;
    stats.untouched = 0;
    print(ACRE_STATS_TEXT);
    says("    of these three, never touched         0 B      0.0%  |");
    says("difference 0 B (0.0%)");
    fill();
    stats.outside -= 20000;
    print(ACRE_STATS_TEXT);
    says("difference -19.5 KiB (2.0%, MORE THAN 1%)");
}

static void test_text_of_nothing(void **state)
{
    (void)state;
    stats = (struct acre_stats){.size = sizeof stats};
    print(ACRE_STATS_TEXT);
    says("resident memory: unknown");
    /* Figures that lag never give a huge number. */
    stats.rss = 1;
    stats.requested = 10;
    stats.untouched = 1000;
    stats.free_largest = 10;
    stats.class_count = UINT32_MAX;
    stats.classes[3] = (struct acre_stats_class){64, 5, 9, 0, 1, 4096, 0};
    print(ACRE_STATS_TEXT);
    assert_null(strstr(out, "184467"));
    assert_null(strstr(out, "EiB"));
}

static void test_others(void **state)
{
    (void)state;
    fill();
    stats.class_count = ACRE_STATS_CLASSES_MAX;
    for (unsigned i = 0; i < ACRE_STATS_CLASSES_MAX; i++)
        stats.classes[i] = (struct acre_stats_class){16, 10, 5, 0, 1, 4096, 0};
    print(ACRE_STATS_TEXT); /* all equal: each is shown once */
    says("   84 others           420");
}

static void test_json(void **state)
{
    (void)state;
    fill();
    print(ACRE_STATS_JSON);
    says("\"format\":\"acre-stats\"");
    says("\"live\":110000,");
    says("\"untouched\":20000,");
    says("\"rss_sum\":1000000,\"rss_difference\":0,\"internal_fragmentation\":0.0909,"
         "\"external_fragmentation\":0.2500,");
    says("\"classes\":[{\"size\":16,\"malloc_count\":500,");
    assert_null(strstr(out, "\"size\":48"));
    stats.outside -= 5;
    print(ACRE_STATS_JSON);
    says("\"rss_difference\":-5,");
}

static void test_openmetrics(void **state)
{
    (void)state;
    fill();
    print(ACRE_STATS_OPENMETRICS);
    says("# TYPE acre_malloc counter\n# HELP acre_malloc Blocks ever handed out.\n"
         "acre_malloc_total 1000\n");
    says("# TYPE acre_rss_bytes gauge\n# UNIT acre_rss_bytes bytes\n");
    says("acre_untouched_bytes 20000\n");
    says("acre_class_malloc_total{size=\"16\"} 500\n");
    says("acre_elapsed_seconds 2.000000000\n");
    assert_string_equal(out + out_size - 6, "# EOF\n");
    assert_int_equal(ac_format_stats(&stats, (enum acre_stats_format)9, collect, out),
                     EINVAL);
}

/* --- The record ------------------------------------------------------------------- */

static struct ac_stats_record record;
static struct ac_stats_error error;

static void write_record(void)
{
    struct ac_stats_who who = {4711, "a\nb", "mode=fast,retain=2M"};

    fill();
    out_size = 0;
    ac_format_stats_record_write(&stats, &who, collect, out);
}

static int parse(const char *text)
{
    return ac_format_stats_record_parse(text, strlen(text), &record, &error);
}

static void test_record_round_trip(void **state)
{
    (void)state;
    write_record();
    assert_int_equal(parse(out), 0);
    assert_int_equal(record.pid, 4711);
    assert_string_equal(record.program, "a?b");
    assert_memory_equal(&record.stats, &stats, sizeof stats);
}

/* Cut at every byte: an error that names the end, never a record. */
static void test_record_cut(void **state)
{
    (void)state;
    write_record();
    memset(&record, 0x5a, sizeof record);
    for (size_t size = 0; size < out_size; size++) {
        char *copy = malloc(size + 1); /* exact size: ASan sees a byte too far */

        memcpy(copy, out, size);
        copy = realloc(copy, size == 0 ? 1 : size);
        assert_int_equal(ac_format_stats_record_parse(copy, size, &record, &error),
                         EINVAL);
        assert_int_equal(error.offset, size);
        assert_non_null(strstr(error.text, "end of the file"));
        assert_int_equal(record.pid, 0x5a5a5a5a);
        free(copy);
    }
}

static void wrong(const char *text, unsigned line, size_t offset, const char *words)
{
    assert_int_equal(parse(text), EINVAL);
    assert_int_equal(error.line, line);
    assert_int_equal(error.offset, offset);
    if (strstr(error.text, words) == NULL)
        fail_msg("'%s' is not in '%s'", words, error.text);
}

static void test_record_errors(void **state)
{
    (void)state;
    wrong("", 1, 0, "expected 'acre-stats 1'");
    wrong("hello\n", 1, 0, "expected 'acre-stats 1' as the first line, found 'hello?'");
    wrong("acre-stuff 1\n", 1, 7, "expected 'acre-stats 1'");
    wrong("acre-stats x\n", 1, 11, "a version number, found 'x'");
    wrong("acre-stats 2\nfoo\n", 1, 11, "a newer acre");
    wrong("acre-stats 1\nfoo\nend\n", 2, 13, "expected key=value or 'end', found 'foo'");
    wrong("acre-stats 1\npid=x\n", 2, 17, "expected a number, found 'x'");
    wrong("acre-stats 1\npid=1\npid=1\nend\n", 3, 19, "only once");
    wrong("acre-stats 1\nlive=1\nlive=1\nend\n", 3, 20, "only once");
    wrong("acre-stats 1\npid=1\nclass=1 2 3\nend\n", 3, 30, "seven numbers");
    wrong("acre-stats 1\nend\n", 2, 13, "pid=");
    wrong("acre-stats 1\npid=1\nend\n", 3, 19, "malloc_count=");
    wrong("acre-stats 1\npid=1\nmalloc_count=1\nend\nmore", 5, 38, "nothing after");
    assert_int_equal(parse("acre-stats 1\npid=1\nmalloc_count=1\nfuture=x\nend\n"), 0);
    /* One class too many. */
    strcpy(out, "acre-stats 1\npid=1\nmalloc_count=1\n");
    for (int i = 0; i < 97; i++)
        strcat(out, "class=1 2 3 4 5 6 7\n");
    strcat(out, "end\n");
    assert_int_equal(parse(out), EINVAL);
    assert_int_equal(error.line, 100);
}

/* Damaged at random: an error that points into the file, or a record. */
static void test_record_noise(void **state)
{
    (void)state;
    write_record();
    srand(1);
    for (int round = 0; round < 20000; round++) {
        char *copy = malloc(out_size);

        memcpy(copy, out, out_size);
        for (int n = rand() % 5; n >= 0; n--)
            copy[(size_t)rand() % out_size] = (char)rand();
        if (ac_format_stats_record_parse(copy, out_size, &record, &error) != 0) {
            assert_true(error.line >= 1 && error.offset <= out_size);
            assert_true(strlen(error.text) < sizeof error.text);
        }
        free(copy);
    }
}

static void test_path(void **state)
{
    (void)state;
    char path[20];

    assert_int_equal(ac_format_stats_path("/tmp/%p.%%x", 42, path, sizeof path), 0);
    assert_string_equal(path, "/tmp/42.%x");
    assert_int_equal(ac_format_stats_path("100%", 42, path, sizeof path), 0);
    assert_string_equal(path, "100%");
    assert_int_equal(
        ac_format_stats_path("/a/long/path/with/%p", 4242, path, sizeof path),
        ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),         cmocka_unit_test(test_text_of_nothing),
        cmocka_unit_test(test_others),       cmocka_unit_test(test_json),
        cmocka_unit_test(test_openmetrics),  cmocka_unit_test(test_record_round_trip),
        cmocka_unit_test(test_record_cut),   cmocka_unit_test(test_record_errors),
        cmocka_unit_test(test_record_noise), cmocka_unit_test(test_path)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
