/* base.h -- words of the language that every layer uses.  No state, no system. */
#ifndef AC_BASE_BASE_H
#define AC_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef AC_CHECKED
#define AC_CHECKED 0
#endif

#define AC_HIDDEN __attribute__((visibility("hidden")))
#define AC_LIKELY(x) __builtin_expect(!!(x), 1)
#define AC_UNLIKELY(x) __builtin_expect(!!(x), 0)
/* One word that its owner writes and others may read at any time (statistics, a look
 * at a block of another thread): no order is implied, no value is torn. */
#define AC_PUT(place, value) __atomic_store_n(&(place), (value), __ATOMIC_RELAXED)
#define AC_GET(place) __atomic_load_n(&(place), __ATOMIC_RELAXED)
#define AC_ADD(place, value) AC_PUT(place, (place) + (value))

#define AC_INLINE static inline __attribute__((always_inline))
#define AC_NOINLINE __attribute__((noinline))
#define AC_COLD __attribute__((noinline, cold))
#define AC_STATIC_ASSERT(condition, why) _Static_assert(condition, why)

/* Assertions: on in the checked build only. */
#if AC_CHECKED
#define AC_ASSERT(x) ((x) ? (void)0 : ac_assert_failed(#x, __FILE__, __LINE__))
#else
#define AC_ASSERT(x) ((void)0)
#endif
_Noreturn void ac_assert_failed(const char *text, const char *file, int line);

AC_INLINE size_t ac_align_up(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

AC_INLINE size_t ac_align_down(size_t n, size_t align)
{
    return n & ~(align - 1);
}

AC_INLINE bool ac_is_power_of_two(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Position of the highest set bit; n is not 0. */
AC_INLINE uint32_t ac_log2(uint64_t n)
{
    return 63u - (uint32_t)__builtin_clzll(n);
}

AC_INLINE size_t ac_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

AC_INLINE size_t ac_max(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* A 64-bit mixer with full avalanche (D. Stafford's variant 13, as in splitmix64). */
AC_INLINE uint64_t ac_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#endif
