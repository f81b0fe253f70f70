#!/bin/bash
# T-st4: static, static-pie, LTO, --gc-sections, --whole-archive, order of arguments,
# C++, clang: each links with libacre-malloc.a and runs.
LIB=$ACRE_BUILD/libacre-malloc.a
[ -f "$LIB" ] || { [ -n "$ACRE_PEER" ] && { echo "only for acre" >&2; exit 77; }; echo "no $LIB" >&2; exit 1; }
cd "$ACRE_TEST_BIN" || exit 1
cat >p.c <<'END'
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void *run(void *arg)
{
    for (size_t n = 1; n < 3000000; n = n * 2 + 1) {
        char *p = (char *)malloc(n);
        memset(p, 1, n);
        p = (char *)realloc(p, 2 * n);
        if (malloc_usable_size(p) < 2 * n)
            abort();
        free(p);
    }
    return arg;
}
int main(void)
{
    pthread_t t;
    pthread_create(&t, 0, run, 0);
    pthread_join(t, 0);
    run(0);
    printf("%s", "fine\n");
    return 0;
}
END
cat >p.cc <<'END'
#include <iostream>
#include <map>
#include <string>
int main()
{
    std::map<int, std::string> m;
    for (int i = 0; i < 10000; i++)
        m[i * 7919 % 10007] = std::string(i % 300, 'x');
    std::cout << (m.size() ? "fine" : "") << std::endl;
}
END
try() {
    rm -f p
    if ! "$@" -o p >log 2>&1; then
        echo "FAILS TO LINK: $*" >&2; head -20 log >&2; exit 1
    fi
    out=$(timeout 20 ./p); status=$?
    [ "$out" = fine ] && [ $status = 0 ] ||
        { echo "RUNS WRONGLY ($status, $out): $*" >&2; exit 1; }
    if nm p | grep -q _int_malloc && [ "${MODE:-}" != shared ]; then
        echo "libc's malloc linked as well: $*" >&2; exit 1
    fi
}
O="-O1 -fno-builtin-malloc -pthread"
try gcc $O -static p.c "$LIB"
try gcc $O -static "$LIB" p.c "$LIB"
try gcc $O -static-pie -fPIE p.c "$LIB"
try gcc $O -static -flto p.c "$LIB"
try gcc $O -static -ffunction-sections -fdata-sections -Wl,--gc-sections p.c "$LIB"
# the whole archive has operator new, which needs the C++ runtime
try gcc $O -static p.c -Wl,--whole-archive "$LIB" -Wl,--no-whole-archive -lstdc++
try gcc $O -static-pie -fPIE -flto -Wl,--gc-sections p.c -Wl,--whole-archive "$LIB" -Wl,--no-whole-archive -lstdc++
try g++ $O -static p.cc "$LIB"
try g++ $O -static p.cc -Wl,--whole-archive "$LIB" -Wl,--no-whole-archive
try g++ $O -static-libstdc++ p.cc "$LIB"
try gcc $O p.c "$LIB"
try gcc $O -pie -fPIE -Wl,-z,now p.c "$LIB"
if command -v clang >/dev/null; then
    try clang $O -static p.c "$LIB"
fi
if command -v ld.lld >/dev/null && command -v clang >/dev/null; then
    try clang $O -fuse-ld=lld -static p.c "$LIB"
fi
if command -v ld.gold >/dev/null; then
    try gcc $O -fuse-ld=gold -static p.c "$LIB"
fi
# --gc-sections must still keep malloc at home with the shared library
try gcc $O p.c "$ACRE_BUILD/libacre-malloc.so" -Wl,-rpath,"$ACRE_BUILD" -Wl,--as-needed
readelf -d p | grep -q 'NEEDED.*libacre-malloc' || { echo "--as-needed dropped us" >&2; exit 1; }
exit 0
