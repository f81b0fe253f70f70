#!/bin/bash
# acre stat: the page, its JSON, statuses, children, programs without a record.
. "$(dirname "$0")/setup.bash"
need_library
export TMPDIR=$work/tmp%dir
mkdir -p "$TMPDIR"

run "$acre" stat -- ls /
is_status 0 "stat ls"
[ -n "$out" ] || fail "the output of the program is lost"
for words in "acre stat: ls /" "exit status    0" " s elapsed, CPU " "live  " "peak " \
    "allocations " "requested " "fragmentation  internal" "external" "page faults" \
    "resident memory " "requested by the program" "of these three, never touched" \
    "not acre's: code" "  sum  " \
    "difference " "block size" "large blocks"; do
    errs "$words"
done
case "$err" in *"MORE THAN"*) fail "the sum is not RSS: $err" ;; esac
case "$err" in *18446744*) fail "a negative figure: $err" ;; esac
[ "$(awk 'length > 100' "$work/err" | wc -l)" -eq 0 ] || fail "lines are too long"

run "$acre" stat -o "$work/page" -- ls /; quiet
grep -q "resident memory" "$work/page" || fail "-o: no page"
run "$acre" stat -o /nowhere/page -- ls /; is_status 125 "-o /nowhere"; errs "cannot write"
[ -z "$out" ] || fail "the program ran although the page has no place"

"$acre" stat --json -o "$work/json" -- ls / >/dev/null; is_json "$work/json"
json "$work/json" 'd["command"] == ["ls", "/"] and d["status"] == 0'
json "$work/json" 'd["memory"]["malloc_count"] > 0'
json "$work/json" 'd["memory"]["used_peak"] >= d["memory"]["live"]'
json "$work/json" 'abs(d["memory"]["rss_difference"]) <= d["memory"]["rss"] / 100'
json "$work/json" 'sum(d["memory"][k] for k in ("requested", "rounding", "cached", \
"free_in_pages", "unpurged", "metadata", "outside")) - d["memory"]["untouched"] \
== d["memory"]["rss_sum"]'
json "$work/json" 'd["elapsed_seconds"] > 0 and d["fault_minor_count"] > 0'

for code in 1 42 126; do
    run "$acre" stat -- bash -c "exit $code"; is_status $code "exit $code"
done
run "$acre" stat -- sh -c 'kill -9 $$'; is_status 137 "kill -9"
errs "137, by signal 9"; errs "There is no record"; errs "signal 9 (Killed) ended it"
"$acre" stat --json -o "$work/json" -- sh -c 'kill -11 $$' 2>/dev/null
json "$work/json" 'd["signal"] == 11 and d["status"] == 139 and d["memory"] is None'
json "$work/json" '"signal 11" in d["why"]'

# Children: a line for each program; the main process has the page.
run "$acre" stat -- bash -c 'ls /; ls /; cat </dev/null; exit 3'
is_status 3 "children"; errs "child processes"; errs "resident memory"
grep -Eq '^  ls +2 ' "$work/err" || fail "no line for two ls: $err"
grep -Eq '^  cat +1 ' "$work/err" || fail "no line for one cat: $err"
run "$acre" stat --children -- bash -c 'ls /; ls /; exit 0'
[ "$(grep -Ec '^  ls +[0-9]+ ' "$work/err")" -eq 2 ] || fail "--children: $err"
"$acre" stat --json -o "$work/json" -- bash -c 'for i in 1 2 3; do ls / >/dev/null; done'
json "$work/json" '[c["process_count"] for c in d["children"] if c["program"] == "ls"] == [3]'

# Nothing is left, and nobody else can look while it is there.
run "$acre" stat -- sh -c 'stat -c %a "$TMPDIR"/acre-stat.*'
[ "$out" = 700 ] || fail "the folder is $out"
[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"

# A damaged record names its place.
cat >"$work/break" <<'SCRIPT'
file=$(echo "$TMPDIR"/acre-stat.*)/$$
echo "acre-stats 9" >"$file"
kill -9 $$
SCRIPT
run "$acre" stat -- bash "$work/break"
errs "line 1, offset 11: expected version 1"
