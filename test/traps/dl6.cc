/* T-dl6: set_new_handler of libstdc++ is honoured by our operator new, whether we are
 * preloaded, linked or static (weak stubs and -Bsymbolic hide it); bad_alloc thrown
 * through us is caught. */
// run: preload, link-so, static
#include "check.h"
#include <new>

static int called;
static void handler()
{
    if (++called == 3)
        std::set_new_handler(nullptr);
}
static void throwing() { throw 42; }

static volatile size_t huge = (size_t)PTRDIFF_MAX - 100000;

int main()
{
    check_watchdog(20);
    std::set_new_handler(handler);
    CHECK(std::get_new_handler() == handler);
    bool caught = false;
    try {
        delete[] new char[huge];
    } catch (std::bad_alloc &) {
        caught = true;
    }
    CHECKF(caught && called == 3, "handler called %d times, caught %d", called, caught);

    called = 0;
    std::set_new_handler(handler);
    CHECK(operator new(huge, std::nothrow) == nullptr);
    CHECKF(called == 3, "nothrow: handler called %d times", called);

    called = 0;
    std::set_new_handler(handler);
    caught = false;
    try {
        operator delete(operator new(huge, std::align_val_t(256)), std::align_val_t(256));
    } catch (std::bad_alloc &) {
        caught = true;
    }
    CHECKF(caught && called == 3, "aligned: handler called %d times", called);

    std::set_new_handler(throwing);
    int value = 0;
    try {
        operator delete(operator new(huge));
    } catch (int thrown) {
        value = thrown;
    }
    CHECK(value == 42);
    return 0;
}
