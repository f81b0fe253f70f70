/* A malloc wrapper over whatever malloc comes next, found by dlsym on first use:
 * the way of every tracing tool. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static unsigned long count;

#define REAL(name, type, params, args) \
    type name params \
    { \
        static type (*real) params; \
        if (!real) \
            real = (type (*) params)dlsym(RTLD_NEXT, #name); \
        count++; \
        return real args; \
    }
REAL(malloc, void *, (size_t n), (n))
REAL(calloc, void *, (size_t c, size_t n), (c, n))
REAL(realloc, void *, (void *p, size_t n), (p, n))
REAL(aligned_alloc, void *, (size_t a, size_t n), (a, n))
REAL(posix_memalign, int, (void **p, size_t a, size_t n), (p, a, n))
REAL(free, void, (void *p), (p))

unsigned long wrap_count(void);
unsigned long wrap_count(void) { return count; }
