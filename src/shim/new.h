/* new.h -- between the operators (new.c) and the C++ runtime (new_retry.cc). */
#ifndef AC_SHIM_NEW_H
#define AC_SHIM_NEW_H

#include <stddef.h>

/* malloc and aligned_alloc of this library. */
void *ac_new_try(size_t size, size_t align);

/* The first attempt has failed: call the new handler and try again, until there is
 * memory, or no handler.  Then NULL if `nothrow`, else std::bad_alloc is thrown (a
 * program without a C++ runtime is ended).  An exception of the handler passes, or
 * gives NULL if `nothrow`. */
void *ac_new_retry(size_t size, size_t align, int nothrow);

/* End the process: no memory, and nobody to throw to. */
void ac_new_give_up(void);

#endif
