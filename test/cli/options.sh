#!/bin/bash
# The table of options, and errors about options before a program runs.
. "$(dirname "$0")/setup.bash"

run "$acre" options; is_status 0 options; quiet
for name in mode huge_pages huge_start retain retain_percent regret_ms list_max \
    free_check free_check_limit realloc_zero foreign stat stat_file verbose strict \
    arena; do
    says "  $name "
done
says "check (later)"
"$acre" options --json >"$work/json"; is_json "$work/json"
json "$work/json" 'all(o["name"] and o["type"] and o["help"] for o in d["options"])'
json "$work/json" '[o for o in d["options"] if o["name"] == "retain"][0]["default"] == "1M"'

refuses() {     # OPTIONS WORDS
    run "$acre" run --options "$1" -- /bin/true
    is_status 2 "$1"; errs "$2"
    run "$acre" stat --options "$1" -- /bin/true
    is_status 2 "$1"; errs "$2"
}
refuses retian=3M "did you mean 'retain'"
refuses retian=3M "(value '3M')"
refuses regret_ms=99999999 "allowed: 0 to 3600000"
refuses regret_ms=soon "is not a number"
refuses retain=3X "is not a size"
refuses mode=profile "this build does not have it yet"
refuses foreign=abrt "did you mean 'abort'?"
refuses stat=maybe "allowed: 0 or 1"
run "$acre" run --mode trace -- /bin/true; is_status 2 "--mode trace"
errs "this build does not have it yet"
run "$acre" run -m fats -- /bin/true; is_status 2 "-m fats"; errs "did you mean 'fast'?"

need_library
# The library reports by itself, and goes on.
ACRE_OPTIONS=retian=3M run "$acre" run -- /bin/true
is_status 0 "wrong variable"; errs "did you mean 'retain'"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "not one line: $err"
ACRE_OPTIONS=strict=1,retian=3M run "$acre" run -- /bin/true
is_status 78 "strict"; errs "strict=1"
