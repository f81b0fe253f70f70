/* T-th5: exit() while detached threads allocate and free; atexit handlers, destructors
 * and C++ static destructors allocate and free after any teardown of ours. */
// run: preload, static
#include "check.h"
#include <map>
#include <pthread.h>
#include <string>
#include <vector>

struct Late {
    std::map<int, std::string> content;
    ~Late()
    {
        for (int i = 0; i < 100; i++)
            content[i] = std::string((size_t)i * 30, 'x');
        content.clear();
    }
};
static Late late;
static void *from_start = malloc(1000);

static void at_exit()
{
    check_every_size(200000);
    free(from_start);
    from_start = malloc(100000);
}
__attribute__((destructor(101))) static void last()
{
    free(from_start);
    check_every_size(100000);
}

static void *forever(void *arg)
{
    uint64_t seed = (uintptr_t)arg + 1;
    std::vector<void *> held(200);
    for (;;) {
        uint64_t r = check_random(&seed);
        free(held[r % 200]);
        held[r % 200] = malloc((r >> 20) % ((r & 15) ? 2000 : 300000));
    }
}

static void process(void *arg)
{
    for (uintptr_t i = 0; i < 4; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, nullptr, forever, (void *)i) == 0);
        pthread_detach(thread);
    }
    atexit(at_exit);
    for (int i = 0; i < 50; i++)
        late.content[i] = std::string((size_t)i * 20, 'y');
    usleep((unsigned)(uintptr_t)arg * 100);
    exit(0);
}

int main()
{
    check_watchdog(50);
    for (uintptr_t i = 0; i < 150; i++) {
        char output[500];
        int status = check_child(process, (void *)(i % 40), output, sizeof output, 10);
        CHECKF(status == 0, "process %d: %s %s", (int)i, check_status(status), output);
    }
    return 0;
}
