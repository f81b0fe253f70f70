/* class.c -- tests of core/class.h: every size, every code, every offset. */
#include "core/class.h"
#include "core/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_order(void **state)
{
    (void)state;
    assert_int_equal(ac_class_sizes[0], 0);
    assert_int_equal(ac_class_sizes[1], 16);
    assert_int_equal(ac_class_sizes[AC_CLASS_LAST], AC_SMALL_MAX);
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        assert_true(ac_class_sizes[cls] > ac_class_sizes[cls - 1]);
        assert_int_equal(ac_class_sizes[cls] % 16, 0);
    }
}

static void test_smallest_that_fits(void **state)
{
    (void)state;
    for (size_t n = 0; n <= AC_SMALL_MAX; n++) {
        uint32_t cls = ac_class_of(n);

        assert_in_range(cls, 1, AC_CLASS_LAST);
        assert_true(ac_class_sizes[cls] >= n);
        assert_true(cls == 1 || ac_class_sizes[cls - 1] < n);
    }
}

/* Bytes that a request of n wastes, beyond what alignment to 16 costs anyway, as a
 * share of n in millionths. */
static uint64_t waste_ppm(size_t n)
{
    size_t aligned = (n + 15) / 16 * 16;

    return (uint64_t)(ac_class_sizes[ac_class_of(n)] - aligned) * 1000000u / n;
}

/* Row M2: at most 12.5% above 128 bytes.  Up to 256 classes are the multiples of 16, so
 * nothing but alignment is lost; from 512 to 4096 there are 16 classes a doubling. */
static void test_waste(void **state)
{
    uint64_t most = 0;
    uint64_t most_middle = 0;

    (void)state;
    for (size_t n = 1; n <= 256; n++)
        assert_int_equal(waste_ppm(n), 0);
    for (size_t n = 257; n <= AC_SMALL_MAX; n++) {
        uint64_t waste = waste_ppm(n);

        most = waste > most ? waste : most;
        if (n > 512 && n <= 4096)
            most_middle = waste > most_middle ? waste : most_middle;
    }
    print_message("most waste beyond alignment: %.3f%%, 513 to 4096: %.3f%%\n",
                  (double)most / 1e4, (double)most_middle / 1e4);
    assert_true(most <= 125000);
    assert_true(most_middle <= 62500);
}

/* All of the rounding, alignment included: from 113 bytes on it is at most 12.5% of
 * the class, which is the true form of the bound: a request of 2^k + 1 gets the class
 * 2^k + 2^(k-3), and wastes 2^(k-3) - 1 bytes of it. */
static void test_waste_total(void **state)
{
    double most_request = 0;
    double most_class = 0;

    (void)state;
    for (size_t n = 113; n <= AC_SMALL_MAX; n++) {
        size_t size = ac_class_sizes[ac_class_of(n)];
        double of_request = (double)(size - n) / (double)n;
        double of_class = (double)(size - n) / (double)size;

        most_request = of_request > most_request ? of_request : most_request;
        most_class = of_class > most_class ? of_class : most_class;
        assert_true((size - n) * 8 <= size);
        assert_true(n <= 120 || (size - n) * 8 <= n);
    }
    print_message(
        "most rounding from 113 bytes: %.2f%% of the request, %.2f%% of the class\n",
        100 * most_request, 100 * most_class);
    assert_true(most_request <= 15.0 / 113); /* 113 -> 128 */
}

static void test_page_geometry(void **state)
{
    (void)state;
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        size_t bytes = ac_class_units[cls] * AC_UNIT_BYTES;
        size_t blocks = bytes / ac_class_sizes[cls];

        assert_in_range(ac_class_units[cls], 1, 4);
        assert_true(blocks >= 8); /* and no smaller page would hold 8 */
        assert_true(ac_class_units[cls] == 1 ||
                    (bytes - AC_UNIT_BYTES) / ac_class_sizes[cls] < 8);
        assert_true(blocks <= 4096); /* remote.c counts in 16 bits */
        assert_true((bytes - blocks * ac_class_sizes[cls]) * 100 <= bytes * 10);
    }
}

/* The test of ac_free_fast: offset and phase fit into 32 bits of the entry, and every
 * start of a block, and nothing else, is one.  The truth comes from the geometry of the
 * page alone: blocks lie one after the other from its first byte, whatever unit they
 * cross into. */
static void test_multiplication(void **state)
{
    (void)state;
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++)
        for (uint32_t i = 0; i < ac_class_units[cls]; i++) {
            uint32_t phase = ac_class_phase(cls, i);
            uint32_t wrong = 0;

            assert_int_equal(phase, i * AC_UNIT_BYTES % ac_class_sizes[cls]);
            assert_true(phase <= UINT16_MAX);
            for (uint32_t x = 0; x < AC_UNIT_BYTES; x++) {
                size_t in_page = i * AC_UNIT_BYTES + x;

                wrong += ac_class_is_start(cls, x + phase) !=
                         (in_page % ac_class_sizes[cls] == 0);
            }
            assert_int_equal(wrong, 0);
        }
}

/* Class 0, which units without a page have: nothing is a start. */
static void test_class_0(void **state)
{
    (void)state;
    assert_int_equal(ac_class_mults[0], 0);
    for (uint32_t x = 0; x < 2 * AC_UNIT_BYTES; x++)
        assert_false(ac_class_is_start(0, x));
    assert_true((AC_CLASS_LAST + 1) * sizeof(struct ac_list) <= UINT16_MAX);
}

/* The head of class.h says: exact for all x below 98304. */
static void test_multiplication_domain(void **state)
{
    (void)state;
    for (uint32_t cls = 1; cls <= AC_CLASS_LAST; cls++) {
        uint32_t size = ac_class_sizes[cls];
        uint32_t wrong = 0;

        assert_int_equal(ac_class_mults[cls], (((uint64_t)1 << 32) + size - 1) / size);
        for (uint32_t x = 0; x < 98304; x++)
            wrong += ac_class_is_start(cls, x) != (x % size == 0);
        assert_int_equal(wrong, 0);
    }
}

static char *read_all(FILE *file)
{
    static char text[2][1 << 17];
    static int which;
    char *out = text[which++ % 2];

    assert_non_null(file);
    size_t got = fread(out, 1, sizeof text[0] - 1, file);
    out[got] = '\0';
    return out;
}

static void test_tables_are_generated(void **state)
{
    (void)state;
    FILE *file = fopen(ACRE_SOURCE_DIR "/src/core/class_tables.inc", "r");
    char *there = read_all(file);
    fclose(file);
    FILE *pipe = popen("python3 " ACRE_SOURCE_DIR "/tools/gen-classes", "r");
    char *made = read_all(pipe);
    assert_int_equal(pclose(pipe), 0);
    assert_true(strlen(made) > 1000);
    assert_string_equal(there, made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_smallest_that_fits),
        cmocka_unit_test(test_waste),
        cmocka_unit_test(test_waste_total),
        cmocka_unit_test(test_page_geometry),
        cmocka_unit_test(test_multiplication),
        cmocka_unit_test(test_class_0),
        cmocka_unit_test(test_multiplication_domain),
        cmocka_unit_test(test_tables_are_generated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
