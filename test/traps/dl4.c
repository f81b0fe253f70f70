/* T-dl4: the family is complete: every entry, also glibc's second names and the old
 * cfree, resolves to the same object as malloc, and what any of them allocates can be
 * freed by any other. */
#include "check.h"
#include <dlfcn.h>
#include <malloc.h>

static const char *const all[] = {
    "malloc", "free", "calloc", "realloc", "reallocarray", "memalign", "aligned_alloc",
    "posix_memalign", "valloc", "pvalloc", "malloc_usable_size", "cfree", "free_sized",
    "free_aligned_sized", "mallinfo", "mallinfo2", "mallopt", "malloc_trim",
    "malloc_stats", "malloc_info", "__libc_malloc", "__libc_free", "__libc_calloc",
    "__libc_realloc", "__libc_memalign", "__libc_valloc", "__libc_pvalloc",
    "__posix_memalign", "_Znwm", "_Znam", "_ZdlPv", "_ZdaPv", "_ZnwmRKSt9nothrow_t",
    "_ZnamRKSt9nothrow_t", "_ZdlPvRKSt9nothrow_t", "_ZdaPvRKSt9nothrow_t", "_ZdlPvm",
    "_ZdaPvm", "_ZnwmSt11align_val_t", "_ZnamSt11align_val_t",
    "_ZnwmSt11align_val_tRKSt9nothrow_t", "_ZnamSt11align_val_tRKSt9nothrow_t",
    "_ZdlPvSt11align_val_t", "_ZdaPvSt11align_val_t",
    "_ZdlPvSt11align_val_tRKSt9nothrow_t", "_ZdaPvSt11align_val_tRKSt9nothrow_t",
    "_ZdlPvmSt11align_val_t", "_ZdaPvmSt11align_val_t",
};

#define FN(name, type, params) type (*name) params = (type (*) params)dlsym(RTLD_DEFAULT, #name)

int main(void)
{
    check_watchdog(20);
    Dl_info ours, theirs;
    char missing[2000] = "";
    CHECK(dladdr(dlsym(RTLD_DEFAULT, "malloc"), &ours));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        void *symbol = dlsym(RTLD_DEFAULT, all[i]);
        if (!symbol || !dladdr(symbol, &theirs) || theirs.dli_fbase != ours.dli_fbase) {
            strcat(missing, " ");
            strcat(missing, all[i]);
        }
    }
    CHECKF(!missing[0], "not in %s:%s", ours.dli_fname, missing);

    FN(__libc_malloc, void *, (size_t));
    FN(__libc_calloc, void *, (size_t, size_t));
    FN(__libc_realloc, void *, (void *, size_t));
    FN(__libc_memalign, void *, (size_t, size_t));
    FN(__libc_valloc, void *, (size_t));
    FN(__libc_pvalloc, void *, (size_t));
    FN(__libc_free, void, (void *));
    FN(__posix_memalign, int, (void **, size_t, size_t));
    FN(cfree, void, (void *));
    FN(_Znwm, void *, (size_t));
    FN(_ZdlPv, void, (void *));
    void (*const release[])(void *) = {free, __libc_free, cfree, _ZdlPv};
    for (size_t n = 1; n < 3000000; n = n * 3 + 1)
        for (size_t k = 0; k < 4; k++) {
            void *q = NULL, *r = NULL;
            CHECK(posix_memalign(&q, 64, n) == 0);
            CHECK(__posix_memalign(&r, 64, n) == 0);
            void *p[] = {malloc(n), calloc(1, n), realloc(malloc(5), n), memalign(256, n),
                         aligned_alloc(64, n), valloc(n), pvalloc(n), strdup("text"),
                         reallocarray(NULL, n, 2), __libc_malloc(n), __libc_calloc(n, 1),
                         __libc_realloc(NULL, n), __libc_memalign(512, n),
                         __libc_valloc(n), __libc_pvalloc(n), _Znwm(n), q, r};
            for (size_t i = 0; i < sizeof p / sizeof p[0]; i++) {
                CHECK(p[i]);
                CHECK(malloc_usable_size(p[i]) >= (i == 7 ? 5 : n));
                ((char *)p[i])[0] = 1;
                release[k](p[i]);
            }
        }
    return 0;
}
