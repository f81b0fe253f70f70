// new_retry.cc -- what operator new does when there is no memory.
//
// The C++ runtime is referred to by weak symbols only, so that C programs need
// none, and programs with libstdc++ or libc++ use their own.
#include <cstddef>

extern "C" {
#include "shim/new.h"
}

// Catching needs these; a process that throws has them.
__asm__(".weak __gxx_personality_v0\n"
        ".weak __cxa_begin_catch\n"
        ".weak __cxa_end_catch\n"
        ".weak _Unwind_Resume\n"
        ".weak _ZSt9terminatev\n");

namespace std {
using new_handler = void (*)();
__attribute__((weak)) new_handler get_new_handler() noexcept;
__attribute__((weak)) void __throw_bad_alloc();                           // libstdc++
namespace __1 {
__attribute__((weak)) void __throw_bad_alloc();             // libc++
}
}

namespace {

// Returns nullptr when no handler is set.
void *retry(std::size_t size, std::size_t align)
{
    for (;;) {
        std::new_handler handler =
            std::get_new_handler != nullptr ? std::get_new_handler() : nullptr;

        if (handler == nullptr)
            return nullptr;
        handler();
        void *block = ac_new_try(size, align);

        if (block != nullptr)
            return block;
    }
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

    if (block != nullptr)
        return block;
    if (std::__throw_bad_alloc != nullptr)
        std::__throw_bad_alloc();
    if (std::__1::__throw_bad_alloc != nullptr)
        std::__1::__throw_bad_alloc();
    ac_new_give_up();
    return nullptr;
}
