#!/bin/bash
# T-tool2: ASan, TSan, UBSan and LSan programs with us preloaded (the sanitizer's malloc wins,
# it must still start, pass and find its error), and an ASan program beside libacre.so.
# program: tool_victim.c
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need gcc setarch
src=$ACRE_TEST_SRC/interpose/tool_victim.c
cat >bad.c <<'END'
#include <stdlib.h>
int main(int argc, char **argv) { (void)argv; volatile char *p = malloc(10); p[9 + argc] = 1; free((void *)p); return 0; }
END
try() { # name, flags...
    local name=$1; shift
    "$@" -g -O1 -D_GNU_SOURCE "$src" -o good -pthread 2>err && "$@" -g -O1 bad.c -o bad 2>>err ||
        { echo "note: no $name here" >&2; return; }
    [ "$(setarch -R ./good 2>err)" = done ] || { echo "note: $name does not run natively here" >&2; return; }
    out=$(acre setarch -R ./good 2>err); status=$?
    if [ $status = 1 ] && grep -q 'runtime does not come first' err; then
        out=$(ASAN_OPTIONS=verify_asan_link_order=0 acre setarch -R ./good 2>err); status=$?
    fi
    [ "$out" = done ] && [ $status = 0 ] || fail "$name: status $status; $(head -4 err)"
}
finds() {
    ASAN_OPTIONS=verify_asan_link_order=0 acre setarch -R ./bad >out 2>err && fail "$1: missed the overflow"
    grep -q 'heap-buffer-overflow' err || fail "$1: $(head -4 err)"
}
try "gcc ASan, static runtime" gcc -fsanitize=address -static-libasan; finds "gcc ASan"
try "gcc UBSan" gcc -fsanitize=undefined
try "gcc TSan" gcc -fsanitize=thread -static-libtsan
try "gcc LSan" gcc -fsanitize=leak -static-liblsan
if command -v clang >/dev/null; then
    try "clang ASan" clang -fsanitize=address; [ -x bad ] && finds "clang ASan"
    try "clang MSan" clang -fsanitize=memory
    try "clang TSan" clang -fsanitize=thread
fi
# the shared runtime: it may refuse to start with a clear word, but not crash
gcc -fsanitize=address -g "$src" -D_GNU_SOURCE -o shared -pthread || exit 1
acre ./shared >out 2>err; status=$?
[ $status = 0 ] || grep -q 'ASan runtime does not come first' err || fail "gcc ASan, shared runtime: status $status; $(head -4 err)"
# beside libacre.so, which overrides nothing
if [ -f "$ACRE_BUILD/libacre.so" ] && [ -z "${ACRE_PEER:-}" ]; then
    cat >beside.c <<'END'
#include <stdlib.h>
#include <string.h>
void *acre_malloc(size_t); void acre_free(void *);
int main(void) { for (size_t n = 1; n < 1000000; n = n * 2 + 1) { char *p = acre_malloc(n), *q = malloc(n); memset(p, 1, n); memset(q, 2, n); acre_free(p); free(q); } return 0; }
END
    gcc -fsanitize=address,undefined -g beside.c "$ACRE_BUILD/libacre.so" -Wl,-rpath,"$ACRE_BUILD" -o beside || fail "beside: does not link"
    timeout 20 ./beside 2>err || fail "ASan beside libacre.so: $(head -4 err)"
fi
exit 0
