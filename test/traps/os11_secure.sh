#!/bin/bash
# T-os11: a setuid program (AT_SECURE), statically linked with us and dynamically linked,
# ignores ACRE_OPTIONS, writes no file and no word; an ordinary setuid program under
# LD_PRELOAD just runs without us.
# program: os11_victim.c -static $BUILD/libacre-malloc.a
[ "$(id -u)" = 0 ] || { echo "needs root" >&2; exit 77; }
command -v setpriv >/dev/null || { echo "no setpriv" >&2; exit 77; }
where=$(mktemp -d /tmp/acre-secure-XXXXXX)
trap 'rm -rf "$where"' EXIT
chmod 755 "$where"
mkdir "$where/out" && chmod 1777 "$where/out"
gcc -O1 -fno-builtin -o "$where/dynamic" "$ACRE_TEST_SRC/traps/os11_victim.c" \
    -I"$ACRE_TEST_SRC/traps" -D_GNU_SOURCE "$ACRE_BUILD/libacre-malloc.so" \
    -Wl,-rpath,"$where" || exit 1
cp "$ACRE_BUILD/libacre-malloc.so" "$ACRE_BUILD"/libacre-malloc.so.? "$where/"
cp "$ACRE_BUILD/libacre-malloc.so" "$where/libacre-malloc.so.0"
cp "$ACRE_TEST_BIN/os11_victim" "$where/static"
gcc -O1 -fno-builtin -o "$where/plain" "$ACRE_TEST_SRC/traps/os11_victim.c" -D_GNU_SOURCE \
    -I"$ACRE_TEST_SRC/traps" || exit 1
chmod 755 "$where"/libacre-malloc.so*
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
for program in static dynamic plain; do
    chown 65533 "$where/$program"
    chmod 4755 "$where/$program"
    for options in "no_such_option=1" "mode=trace,output=$where/out/x" "mode=profile,file=$where/out/x" \
                   "mode=check" "verbose=1,stats=1" "=,,=" "limit=1"; do
        ( cd "$where/out" && as_nobody timeout 10 env ACRE_OPTIONS="$options" ACRE_STATS=1 \
            LD_PRELOAD="$ACRE_PRELOAD" "$where/$program" ) >"$where/log" 2>"$where/err"
        status=$?
        [ $status = 77 ] && { echo "no AT_SECURE here (nosuid?)" >&2; exit 77; }
        sed -i '/ld.so: object .* cannot be preloaded/d' "$where/err"
        if [ $status -ne 0 ] || [ -s "$where/err" ]; then
            echo "$program, ACRE_OPTIONS=$options: status $status, wrote: $(head -3 "$where/err")" >&2
            exit 1
        fi
        if [ -n "$(ls "$where/out")" ]; then
            echo "$program, ACRE_OPTIONS=$options: left files: $(ls "$where/out")" >&2
            exit 1
        fi
    done
done
exit 0
