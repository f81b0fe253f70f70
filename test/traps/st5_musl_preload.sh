#!/bin/bash
# T-st5: preloaded (by mistake) into a musl program, the glibc build is refused by the
# loader or works; it must not crash.
command -v musl-gcc >/dev/null || { echo "no musl-gcc" >&2; exit 77; }
[ -n "$ACRE_PRELOAD" ] || { echo "no library under test" >&2; exit 77; }
cd "$ACRE_TEST_BIN" || exit 1
cat >m.c <<'END'
#include <stdio.h>
#include <stdlib.h>
int main(void) { void *p = malloc(100); puts(p ? "fine" : "no"); free(p); return 0; }
END
musl-gcc -O1 -fno-builtin m.c -o m || exit 1
[ "$(timeout 10 ./m)" = fine ] || { echo "no dynamic musl here" >&2; exit 77; }
out=$(LD_PRELOAD=$ACRE_PRELOAD timeout 10 ./m 2>log); status=$?
[ $status = 0 ] && [ "$out" = fine ] && exit 0
[ $status = 127 ] && [ -s log ] && exit 0
echo "status $status, output '$out'" >&2; head -5 log >&2
exit 1
