// new_retry.cc -- what operator new does when there is no memory.
//
// The C++ runtime is referred to by weak symbols only, so that C programs need
// none, and programs with libstdc++ or libc++ use their own.  A static program has in
// it what its own catching and cleaning up pulled out of the archive; that suffices
// to throw what it can catch.  The exception is made by hand (Itanium C++ ABI, 2.4):
// the compiler's way would bring a type of our own, which nobody catches.
#include <cstddef>

extern "C" {
#include "shim/new.h"
}

#define WEAK(name) __asm__(name) __attribute__((weak))

namespace {

extern "C" {
void *exception_allocate(std::size_t size) WEAK("__cxa_allocate_exception");
[[noreturn]] void exception_throw(void *object, void *type, void (*destroy)(void *))
    WEAK("__cxa_throw");
using handler_type = void (*)();
handler_type get_handler() WEAK("_ZSt15get_new_handlerv");
extern char bad_alloc_type[] WEAK("_ZTISt9bad_alloc");
extern char bad_alloc_table[] WEAK("_ZTVSt9bad_alloc");
void bad_alloc_destroy(void *object) WEAK("_ZNSt9bad_allocD1Ev");
}

// Catching in this file needs these; a process that throws has them.
__asm__(".weak __gxx_personality_v0\n"
        ".weak __cxa_begin_catch\n"
        ".weak __cxa_end_catch\n"
        ".weak _Unwind_Resume\n"
        ".weak _ZSt9terminatev\n");

// Returns nullptr when no handler is set.
void *retry(std::size_t size, std::size_t align)
{
    for (;;) {
        handler_type handler = get_handler != nullptr ? get_handler() : nullptr;

        if (handler == nullptr)
            return nullptr;
        handler();
        void *block = ac_new_try(size, align);

        if (block != nullptr)
            return block;
    }
}

// throw std::bad_alloc(), if the process has what it takes: an object that is
// nothing but its table pointer, behind offset and type in the table.
void throw_bad_alloc()
{
    if (exception_allocate == nullptr || exception_throw == nullptr ||
        bad_alloc_type == nullptr || bad_alloc_table == nullptr)
        return;
    void *object = exception_allocate(sizeof(void *));

    *static_cast<void **>(object) = bad_alloc_table + 2 * sizeof(void *);
    exception_throw(object, bad_alloc_type, bad_alloc_destroy);
}

}

extern "C" void *ac_new_retry(std::size_t size, std::size_t align, int nothrow)
{
    if (nothrow) {
        try {
            return retry(size, align);
        } catch (...) {
            return nullptr;
        }
    }
    void *block = retry(size, align);

    if (block == nullptr) {
        throw_bad_alloc();
        ac_new_give_up();
    }
    return block;
}
