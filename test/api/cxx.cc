/* T-api10: all 20 replaceable forms of operator new and delete come from us and fit
 * together; zero sizes are unique; alignment up to 4096; standard containers work. */
// run: preload, link-so, static
// cflags: -faligned-new -fsized-deallocation -Wno-mismatched-new-delete
#include "check.h"
#include <deque>
#include <malloc.h>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

struct alignas(4096) Page { char content[5000]; };
struct alignas(64) Line { double value; virtual ~Line() {} };

static volatile size_t huge = (size_t)PTRDIFF_MAX - 4096;
static volatile size_t wide = SIZE_MAX / 16;

#define ALIGNED(p, a) (((uintptr_t)(p) & ((a) - 1)) == 0)

int main()
{
    check_watchdog(30);
    using A = std::align_val_t;
    const std::nothrow_t &quiet = std::nothrow;
    for (size_t n = 0; n < (size_t)3 << 20; n += n / 4 + 1) {
        ::operator delete(::operator new(n));                              /* 1, 2 */
        ::operator delete[](::operator new[](n));                          /* 3, 4 */
        ::operator delete(::operator new(n, quiet), quiet);                /* 5, 6 */
        ::operator delete[](::operator new[](n, quiet), quiet);            /* 7, 8 */
        ::operator delete(::operator new(n), n);                           /* 9 */
        ::operator delete[](::operator new[](n), n);                       /* 10 */
        for (size_t a = 16; a <= 4096; a *= 4) {
            void *p = ::operator new(n, A(a)), *q = ::operator new[](n, A(a));  /* 11, 12 */
            CHECK(p && q && p != q && ALIGNED(p, a) && ALIGNED(q, a));
            CHECK(malloc_usable_size(p) >= n);
            ::operator delete(p, A(a));                                    /* 13 */
            ::operator delete[](q, A(a));                                  /* 14 */
            p = ::operator new(n, A(a), quiet);                            /* 15 */
            q = ::operator new[](n, A(a), quiet);                          /* 16 */
            CHECK(ALIGNED(p, a) && ALIGNED(q, a));
            ::operator delete(p, A(a), quiet);                             /* 17 */
            ::operator delete[](q, A(a), quiet);                           /* 18 */
            ::operator delete(::operator new(n, A(a)), n, A(a));           /* 19 */
            ::operator delete[](::operator new[](n, A(a)), n, A(a));       /* 20 */
        }
        free(::operator new(n));            /* wrong in theory, met in the wild */
        ::operator delete(malloc(n));
    }
    void *zero[100];
    for (int i = 0; i < 100; i++) {
        zero[i] = ::operator new(0);
        for (int k = 0; k < i; k++)
            CHECK(zero[i] && zero[k] != zero[i]);
    }
    for (void *p : zero)
        ::operator delete(p);
    ::operator delete(nullptr);
    ::operator delete[](nullptr, 10);
    ::operator delete(nullptr, A(64));

    int caught = 0;
    try { ::operator new(huge); } catch (std::bad_alloc &) { caught++; }
    try { ::operator new[](huge); } catch (std::bad_alloc &) { caught++; }
    try { ::operator new(huge, A(4096)); } catch (std::bad_alloc &) { caught++; }
    try { ::operator new(SIZE_MAX); } catch (std::bad_alloc &) { caught++; }
    /* bad_array_new_length, or what operator new[] throws: the compiler decides */
    try { (void)new std::string[wide]; } catch (std::bad_alloc &) { caught++; }
    CHECKF(caught == 5, "%d of 5 exceptions", caught);
    CHECK(::operator new(huge, quiet) == nullptr);
    CHECK(::operator new[](huge, quiet) == nullptr);
    CHECK(::operator new(huge, A(64), quiet) == nullptr);
    CHECK(::operator new[](huge, A(64), quiet) == nullptr);
    caught = 0;
    try { caught = new (quiet) char[huge] == nullptr; } catch (...) { caught = -1; }
    CHECK(caught == 1);

    for (int i = 0; i < 100; i++) {
        auto page = std::make_unique<Page>();
        CHECK(ALIGNED(page.get(), 4096));
        std::unique_ptr<Line[]> lines(new Line[(size_t)i + 1]);
        CHECK(ALIGNED(&lines[0], 64) && ALIGNED(&lines[(size_t)i], 64));
        std::shared_ptr<Line> line = std::make_shared<Line>();
        CHECK(ALIGNED(line.get(), 64));
    }
    std::map<std::string, std::vector<int>> map;
    std::deque<std::string> queue;
    for (int i = 0; i < 30000; i++) {
        map[std::to_string(i % 997)].push_back(i);
        queue.push_back(std::string((size_t)(i % 90), 'q'));
        if (i % 3 == 0)
            queue.pop_front();
    }
    size_t sum = 0;
    for (auto &entry : map)
        sum += entry.second.size();
    CHECK(sum == 30000 && queue.size() == 20000);
    return 0;
}
