/* class.h -- size classes: tables that the fast paths index.
 *
 * A free finds the class of a block, and proves that the address is the start of
 * one, by the code of its unit and one multiplication: with m = ceil(2^32 / size),
 * x is a multiple of size exactly when (uint32_t)(x * m) < m, for all x below 98304
 * and sizes up to 32768 (D. Lemire, O. Kaser, N. Kurz, "Faster remainder by direct
 * computation", 2019; test/unit/core/class.c tries every x).
 * x is the offset in the unit plus the phase: how far the block that crosses into
 * the unit has come there.  Code 0 has m = 0, so that nothing is a start. */
#ifndef AC_CORE_CLASS_H
#define AC_CORE_CLASS_H

#include "base/base.h"
#include "core/class_tables.inc"

struct ac_code {
    uint32_t mult;
    uint16_t phase;
    uint16_t cls;
};

extern AC_HIDDEN const uint16_t ac_class_sizes[AC_CLASS_LAST + 1];
extern AC_HIDDEN const uint8_t ac_class_units[AC_CLASS_LAST + 1];
extern AC_HIDDEN const uint8_t ac_class_codes[AC_CLASS_LAST + 1];   /* of unit 1 */
extern AC_HIDDEN const uint8_t ac_class_by_size[32768 / 16 + 1];    /* by (n + 15) / 16 */
extern AC_HIDDEN const struct ac_code ac_code_rows[AC_CODE_COUNT];
extern AC_HIDDEN const uint8_t ac_code_units[AC_CODE_COUNT];        /* place in the page */

/* The class for a request of n bytes, at most AC_SMALL_MAX. */
AC_INLINE uint32_t ac_class_of(size_t n)
{
    return ac_class_by_size[(n + 15) >> 4];
}

/* The code of unit `i` of a page of class `cls`. */
AC_INLINE uint8_t ac_class_code(uint32_t cls, uint32_t i)
{
    return (uint8_t)(i == 0 ? cls : ac_class_codes[cls] + i - 1);
}

#endif
