#!/bin/bash
# Signals that reach acre stat reach the program, once; acre lives to tell.
. "$(dirname "$0")/setup.bash"
need_library

start() {   # SCRIPT: acre stat in the background, until the script says "ready"
    rm -f "$work/log"
    "$acre" stat -o "$work/page" -- bash -c "$1" >"$work/log" 2>"$work/err" &
    pid=$!
    background="$background $pid"
    until_true 5 grep -q ready "$work/log" || fail "the program did not start"
}
for signal in TERM HUP USR1 USR2 INT QUIT; do
    # bash starts a background job with INT and QUIT ignored; perl does not.
    case $signal in INT | QUIT) continue ;; esac
    start "trap 'echo got; exit 7' $signal; echo ready; while :; do sleep 0.02; done"
    kill -$signal $pid
    wait $pid; status=$?
    [ $status -eq 7 ] || fail "$signal: status $status"
    [ "$(grep -c got "$work/log")" -eq 1 ] || fail "$signal did not arrive once"
    grep -q "exit status    7" "$work/page" || fail "$signal: no page"
done
start "echo ready; exec sleep 20"
kill -TERM $pid
wait $pid; status=$?
[ $status -eq 143 ] || fail "TERM without a trap: $status"
grep -q "143, by signal 15" "$work/page" || fail "TERM without a trap: no page"

# SIGCHLD ignored by the caller, SIGHUP ignored as by nohup.
run bash -c "trap '' CHLD; exec '$acre' stat -o '$work/page' -- bash -c 'exit 5'"
is_status 5 "SIGCHLD ignored"
run bash -c "trap '' HUP; exec '$acre' stat -o '$work/page' -- bash -c 'kill -HUP \$PPID; kill -HUP \$\$; exit 6'"
is_status 6 "SIGHUP ignored"
