/* class.h -- size classes: tables that the fast paths index.
 *
 * A free proves that an address is the start of a block by one multiplication: with
 * m = ceil(2^32 / size), x is a multiple of size exactly when (uint32_t)(x * m) < m,
 * for all x below 98304 and sizes up to 32768 (D. Lemire, O. Kaser, N. Kurz, "Faster
 * remainder by direct computation", 2019; test/unit/core/class.c tries every x).
 * x is the offset in the unit plus the phase: how far the block that crosses into
 * the unit has come there.  Class 0 has m = 0, so that nothing is a start. */
#ifndef AC_CORE_CLASS_H
#define AC_CORE_CLASS_H

#include "base/base.h"
#include "core/class_tables.inc"

extern AC_HIDDEN const uint16_t ac_class_sizes[AC_CLASS_LAST + 1];
extern AC_HIDDEN const uint8_t ac_class_units[AC_CLASS_LAST + 1];
extern AC_HIDDEN const uint8_t ac_class_by_size[32768 / 16 + 1];    /* by (n + 15) / 16 */
extern AC_HIDDEN const uint32_t ac_class_mults[AC_CLASS_LAST + 1];

/* The class for a request of n bytes, at most AC_SMALL_MAX. */
AC_INLINE uint32_t ac_class_of(size_t n)
{
    return ac_class_by_size[(n + 15) >> 4];
}

/* How far, at the start of unit `i` of a page, the block that crosses into it is. */
AC_INLINE uint32_t ac_class_phase(uint32_t cls, uint32_t i)
{
    return (i << 16) % ac_class_sizes[cls];
}

/* Is the offset x in a unit (plus its phase) the start of a block? */
AC_INLINE bool ac_class_is_start(uint32_t cls, uint32_t x)
{
    uint32_t mult = ac_class_mults[cls];

    return x * mult < mult;
}

#endif
