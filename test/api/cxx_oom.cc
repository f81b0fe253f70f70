/* Row M4 under a real end of memory (RLIMIT_AS): new_handler is called, may release memory
 * and let new succeed; without it bad_alloc is thrown and caught, nothrow gives nullptr,
 * and afterwards the process works on. */
// run: preload, static
#include "check.h"
#include <new>
#include <vector>

static void *reserve;
static int called;
static void handler()
{
    called++;
    if (reserve) {
        free(reserve);
        reserve = nullptr;
    } else {
        std::set_new_handler(nullptr);
    }
}

static void limited(void *)
{
    struct rlimit limit = {(rlim_t)400 << 20, (rlim_t)400 << 20};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    execl("/proc/self/exe", "cxx_oom", "inner", (char *)nullptr);
    _exit(9);
}

static void body()
{
    for (size_t size : {(size_t)1 << 20, (size_t)20000, (size_t)300}) {
        reserve = malloc(64 << 20);
        CHECK(reserve);
        std::set_new_handler(handler);
        called = 0;
        static void *block[3000000];
        size_t count = 0, at_call = 0;
        try {
            while (count < 3000000) {
                block[count] = ::operator new(size);
                count++;
                if (called == 1 && !at_call)
                    at_call = count;
            }
        } catch (std::bad_alloc &) {
        }
        CHECKF(called == 2, "size %zu: handler called %d times, %zu blocks", size, called, count);
        CHECKF((count - at_call) * size > (40 << 20), "size %zu: only %zu blocks after the "
               "handler freed 64 MiB", size, count - at_call);
        if (size > 1000)
            CHECK(::operator new(64 << 20, std::nothrow) == nullptr);
        for (size_t i = 0; i < count; i++)
            ::operator delete(block[i]);
        std::vector<char> again(100 << 20);
        again[99 << 20] = 1;
    }
}

int main(int argc, char **)
{
    check_watchdog(40);
    if (argc > 1) {
        body();
        return 0;
    }
    char output[600];
    int status = check_child(limited, nullptr, output, sizeof output, 30);
    CHECKF(status == 0, "%s %s", check_status(status), output);
    return 0;
}
