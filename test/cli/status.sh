#!/bin/bash
# acre status: active with proof, or why not.
. "$(dirname "$0")/setup.bash"
need_library

begin() {   # COMMAND...: in the background; its id in pid
    "$@" &
    pid=$!
    background="$background $pid"
}

begin "$acre" run --options retain=3M,regret_ms=7 -- sleep 30
until_true 5 "$acre" status $pid || fail "never active"
run "$acre" status $pid; is_status 0 "status"; quiet
says "acre is active in process $pid"; says "$(realpath "$library"), mapped at 0x"
says "acre_status at 0x"; says "ACRESTAT, version 0."; says "mode       fast"
says "retain=3M*"; says "regret_ms=7*"; says "list_max=1M"
"$acre" status --json $pid >"$work/json"; is_json "$work/json"
json "$work/json" 'd["active"] and d["mode"] == "fast" and d["options"]["retain"] == "3M"'
json "$work/json" 'd["pid"] == d["block_pid"] and d["age_seconds"] < 60'

# A stripped copy that is replaced while it runs: found by its magic.
cp "$library" "$work/libacre-malloc.so"
ACRE_LIBRARY=$work/libacre-malloc.so begin "$acre" run -- sleep 30
until_true 5 "$acre" status $pid || fail "copy: never active"
rm "$work/libacre-malloc.so"
run "$acre" status $pid; is_status 0 "deleted library"; says "by its magic"

# A stopped process can be looked at.
kill -STOP $pid
run "$acre" status $pid; is_status 0 "stopped process"
kill -CONT $pid

# Why not.
begin sleep 30
until_true 5 grep -q sleep /proc/$pid/comm
run "$acre" status $pid; is_status 1 "sleep alone"
says "no LD_PRELOAD in its environment"
"$acre" status --json $pid >"$work/json"; is_json "$work/json"
json "$work/json" 'not d["active"] and "LD_PRELOAD" in d["why"]'
LD_PRELOAD=/nowhere/libacre-malloc.so begin sleep 30 2>/dev/null
until_true 5 grep -q sleep /proc/$pid/comm
run "$acre" status $pid; is_status 1 "missing library"
says "the dynamic loader did not load it"
if echo 'int pause(void); int main(void) { return pause(); }' >"$work/s.c" &&
    cc -static "$work/s.c" -o "$work/static" 2>/dev/null; then
    LD_PRELOAD=$library begin "$work/static"
    until_true 5 grep -q static /proc/$pid/comm
    run "$acre" status $pid; is_status 1 static; says "it is linked statically"
fi
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    cp "$(type -P sleep)" "$work/setuid-sleep"
    chown 65534 "$work/setuid-sleep" && chmod u+s "$work/setuid-sleep"
    chmod 755 "$work"
    LD_PRELOAD=$library begin "$work/setuid-sleep" 30 2>/dev/null
    until_true 5 grep -q setuid /proc/$pid/comm
    if [ "$(awk '/^Uid/ { print $3 }' /proc/$pid/status)" = 65534 ]; then
        run "$acre" status $pid; is_status 1 setuid; says "setuid, setgid or"
    fi
    begin "$acre" run -- sleep 30       # of root, looked at by nobody
    until_true 5 "$acre" status $pid
    nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
    if $nobody test -x "$acre"; then
        run $nobody "$acre" status $pid; is_status 4 "no permission"
        says "acre cannot tell about process $pid"
    fi
fi
begin bash -c 'sleep 0 & echo $! >'"$work/zombie"'; exec sleep 30'
until_true 5 test -s "$work/zombie"
zombie=$(cat "$work/zombie")
if until_true 5 grep -q '^State:.*Z' /proc/"$zombie"/status; then
    run "$acre" status "$zombie"; is_status 1 zombie; says "it has ended"
fi

run "$acre" status 4194999; is_status 3 "no process"; says "there is no such process"
run "$acre" status; is_status 2 "no id"; errs "no process is given"
for wrong in abc 0 -5 1x 99999999999 ''; do
    run "$acre" status -- "$wrong"; is_status 2 "'$wrong'"; errs "is not a process id"
done
