/* new.c -- the 20 replaceable forms of operator new and delete, by their mangled
 * names (Itanium C++ ABI, as gcc and clang use it), so that they share the fast
 * paths of malloc and free.  m is size_t, St11align_val_t the alignment, RKSt9nothrow_t
 * std::nothrow. */
#include "heap/fast.h"
#include "shim/new.h"

#define EXPORT __attribute__((visibility("default")))

void *ac_new_try(size_t size, size_t align)
{
    return ac_aligned(align, size);
}

void ac_new_give_up(void)
{
    static const char text[] = "acre: operator new: out of memory\n";

    (void)ac_os_write(2, text, sizeof text - 1);
    ac_os_abort();
}

AC_INLINE void *new_plain(size_t size, int nothrow)
{
    void *block = ac_malloc_fast(size);

    return AC_LIKELY(block != NULL) ? block : ac_new_retry(size, 16, nothrow);
}

AC_INLINE void *new_aligned(size_t size, size_t align, int nothrow)
{
    void *block = ac_aligned(align, size);

    return AC_LIKELY(block != NULL) ? block : ac_new_retry(size, align, nothrow);
}

#define NEW(name) EXPORT void *name(size_t size); EXPORT void *name(size_t size)
#define NEW_NOTHROW(name)                                                       \
    EXPORT void *name(size_t size, const void *tag);                            \
    EXPORT void *name(size_t size, const void *tag)
#define NEW_ALIGNED(name)                                                       \
    EXPORT void *name(size_t size, size_t align);                               \
    EXPORT void *name(size_t size, size_t align)
#define NEW_ALIGNED_NOTHROW(name)                                               \
    EXPORT void *name(size_t size, size_t align, const void *tag);              \
    EXPORT void *name(size_t size, size_t align, const void *tag)

NEW(_Znwm) { return new_plain(size, 0); }
NEW(_Znam) { return new_plain(size, 0); }
NEW_NOTHROW(_ZnwmRKSt9nothrow_t) { (void)tag; return new_plain(size, 1); }
NEW_NOTHROW(_ZnamRKSt9nothrow_t) { (void)tag; return new_plain(size, 1); }
NEW_ALIGNED(_ZnwmSt11align_val_t) { return new_aligned(size, align, 0); }
NEW_ALIGNED(_ZnamSt11align_val_t) { return new_aligned(size, align, 0); }
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
{
    (void)tag;
    return new_aligned(size, align, 1);
}
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)
{
    (void)tag;
    return new_aligned(size, align, 1);
}

/* Sizes, alignments and tags tell us nothing in fast mode. */
#define DELETE(name, ...)                                                       \
    EXPORT void name(__VA_ARGS__);                                              \
    EXPORT void name(__VA_ARGS__) { ac_free_fast(block, "operator delete"); }
#define DELETE_ARRAY(name, ...)                                                 \
    EXPORT void name(__VA_ARGS__);                                              \
    EXPORT void name(__VA_ARGS__) { ac_free_fast(block, "operator delete[]"); }

#pragma GCC diagnostic ignored "-Wunused-parameter"

DELETE(_ZdlPv, void *block)
DELETE(_ZdlPvm, void *block, size_t size)
DELETE(_ZdlPvSt11align_val_t, void *block, size_t align)
DELETE(_ZdlPvmSt11align_val_t, void *block, size_t size, size_t align)
DELETE(_ZdlPvRKSt9nothrow_t, void *block, const void *tag)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, void *block, size_t align, const void *tag)
DELETE_ARRAY(_ZdaPv, void *block)
DELETE_ARRAY(_ZdaPvm, void *block, size_t size)
DELETE_ARRAY(_ZdaPvSt11align_val_t, void *block, size_t align)
DELETE_ARRAY(_ZdaPvmSt11align_val_t, void *block, size_t size, size_t align)
DELETE_ARRAY(_ZdaPvRKSt9nothrow_t, void *block, const void *tag)
DELETE_ARRAY(_ZdaPvSt11align_val_tRKSt9nothrow_t, void *block, size_t align,
             const void *tag)
