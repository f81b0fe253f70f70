#!/bin/bash
# T-st3: musl, static: our family replaces musl's without duplicate symbols, and musl's
# internal __libc_malloc is left alone.  Needs a build of the archive by musl-gcc, made
# here from the sources by CMake.
command -v musl-gcc >/dev/null || { echo "no musl-gcc" >&2; exit 77; }
ROOT=$(cd "$ACRE_TEST_SRC/.." && pwd)
[ -f "$ROOT/CMakeLists.txt" ] && command -v cmake >/dev/null ||
    { echo "no cmake or no CMakeLists.txt" >&2; exit 77; }
[ -z "$ACRE_PEER" ] || { echo "only for acre" >&2; exit 77; }
[ -e /usr/include/x86_64-linux-musl/linux ] || KERNEL="-idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu"
set -e
cd "$ACRE_TEST_BIN"
cmake -S "$ROOT" -B musl -DCMAKE_C_COMPILER=musl-gcc -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_C_FLAGS="$KERNEL -D_FORTIFY_SOURCE=0" >musl.log 2>&1 || { tail -20 musl.log >&2; exit 1; }
target=$(cmake --build musl --target help | grep -Eo 'acre[-_]malloc[-_a-z]*' | grep -E 'static|_a$' | head -1)
[ -n "$target" ] || target=acre-malloc
cmake --build musl --target "$target" >>musl.log 2>&1 || { grep -E 'error|warning' musl.log | head -20 >&2; exit 1; }
lib=$(find musl -name libacre-malloc.a | head -1)
[ -n "$lib" ] || { echo "no libacre-malloc.a was built" >&2; exit 1; }
cat >m.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void *run(void *arg)
{
    for (size_t n = 1; n < 3000000; n = n * 2 + 1) {
        char *p = malloc(n), *q = calloc(1, n);
        if (!p || !q || q[n - 1])
            abort();
        memset(p, 1, n);
        p = realloc(p, 2 * n);
        free(q);
        free(p);
    }
    free(strdup("text"));
    return arg;
}
int main(void)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], 0, run, 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], 0);
    if (fork() == 0) {
        run(0);
        _exit(0);
    }
    int status;
    wait(&status);
    return status != 0;
}
END
musl-gcc -static -O1 -fno-builtin m.c "$lib" -o m -pthread
timeout 20 ./m
