/* T-fork8, T-os2: what we map must not be charged as committed memory, or fork (and
 * mmap under vm.overcommit_memory 0 and 2) fails: address space that is merely
 * reserved is PROT_NONE.  Sums the mappings that are private and writable, which
 * are charged under mode 2 whether MAP_NORESERVE is set or not. */
#include "check.h"
#include <sys/mman.h>

static size_t writable_private(void)
{
    char line[512];
    size_t sum = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps)
        SKIP("no /proc/self/maps");
    while (fgets(line, sizeof line, maps)) {
        size_t from, to;
        char access[8];
        if (sscanf(line, "%zx-%zx %7s", &from, &to, access) == 3 &&
            access[1] == 'w' && access[3] == 'p' && !strstr(line, "[stack]"))
            sum += to - from;
    }
    fclose(maps);
    return sum;
}

int main(void)
{
    check_watchdog(30);
    check_every_size(100000);
    size_t small = writable_private();
    CHECKF(small < (size_t)96 << 20, "a small program has %zu MiB charged", small >> 20);

    enum { COUNT = 2000, SIZE = 50000 };
    static char *block[COUNT];
    for (int i = 0; i < COUNT; i++) {
        CHECK((block[i] = malloc(SIZE)) != NULL);
        memset(block[i], 1, SIZE);
    }
    size_t full = writable_private();
    CHECKF(full < small + (size_t)COUNT * SIZE * 2 + ((size_t)64 << 20),
           "%zu MiB charged for %d MiB of blocks", full >> 20, COUNT * SIZE >> 20);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0)
        _exit(0);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    for (int i = 0; i < COUNT; i++)
        free(block[i]);
    return 0;
}
