#!/bin/bash
# acre run: statuses, arguments, environment.
. "$(dirname "$0")/setup.bash"
need_library

run "$acre" run -- /bin/true; is_status 0 true; quiet
run "$acre" run true; is_status 0 "true without --"
for code in 1 2 42 125 126 127 255; do
    run "$acre" run -- sh -c "exit $code"; is_status $code "exit $code"
done
for signal in 9 15 11; do
    run "$acre" run -- sh -c "kill -$signal \$\$"
    is_status $((128 + signal)) "signal $signal"
done
run "$acre" run -- printf '%s|' a 'b c' '' '*' --mode
[ "$out" = 'a|b c||*|--mode|' ] || fail "arguments: $out"
out=$(echo text | "$acre" run -- cat); [ "$out" = text ] || fail "standard input: $out"

# The library stands before what was preloaded already, once.
real=$(realpath "$library")
run "$acre" run -- printenv LD_PRELOAD; [ "$out" = "$real" ] || fail "LD_PRELOAD: $out"
libc=$(sed -n 's|.* \(/.*/libc[.-].*\)|\1|p' /proc/self/maps | head -1)
LD_PRELOAD=$libc run "$acre" run -- printenv LD_PRELOAD
[ "$out" = "$real:$libc" ] || fail "LD_PRELOAD with another: $out"
run "$acre" run -- "$acre" run -- printenv LD_PRELOAD
[ "$out" = "$real" ] || fail "LD_PRELOAD twice: $out"
run "$acre" run -- grep -c "$real" /proc/self/maps
[ "$status" -eq 0 ] || fail "the library is not mapped"

# Options of the command come after those of the variable.
ACRE_OPTIONS=retain=1M run "$acre" run --options regret_ms=5 --mode fast -- \
    printenv ACRE_OPTIONS
[ "$out" = "retain=1M,regret_ms=5,mode=fast" ] || fail "ACRE_OPTIONS: $out"
run "$acre" run -- printenv ACRE_OPTIONS; is_status 1 "no ACRE_OPTIONS"

# -o: a record, with the place named from the root.
(cd "$work" && "$acre" run -o 'rec,ord.%p' -- /bin/ls / >/dev/null) || fail "run -o"
set -- "$work"/rec,ord.*
[ "$(head -1 "$1" 2>/dev/null)" = "acre-stats 1" ] || fail "no record in $1"
[ "$(tail -1 "$1" 2>/dev/null)" = end ] || fail "the record has no end"

# Where the library is looked for.
cp "$acre" "$work/acre"
run "$work/acre" run -- /bin/true; is_status 125 "no library"; errs "set ACRE_LIBRARY"
ACRE_LIBRARY=$library run "$work/acre" run -- printenv LD_PRELOAD
[ "$out" = "$real" ] || fail "ACRE_LIBRARY: $out"
ACRE_LIBRARY=/nowhere run "$acre" run -- /bin/true
is_status 125 "ACRE_LIBRARY=/nowhere"; errs "No such file"
mkdir -p "$work/bin" "$work/lib/acre" "$work/a b"
cp "$acre" "$work/bin/"; cp "$library" "$work/lib/acre/"
run "$work/bin/acre" run -- printenv LD_PRELOAD
[ "$out" = "$(realpath "$work")/lib/acre/libacre-malloc.so" ] || fail "../lib/acre: $out"
cp "$library" "$work/a b/"
ACRE_LIBRARY="$work/a b/libacre-malloc.so" run "$acre" run -- /bin/true
is_status 125 "a blank in the path"; errs "blanks and colons"
