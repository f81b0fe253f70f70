#!/bin/bash
# T-os4: in a cgroup of 64 MiB without swap and 20% of a processor, a program whose live
# data is 30 MiB but whose turnover is 2 GiB is not killed: what it frees is used again or
# goes back.
# program: os4_churn_victim.c
[ -n "$ACRE_PRELOAD" ] || { echo "no library under test" >&2; exit 77; }
cd "$ACRE_TEST_BIN" || exit 1
name=acre-test-$$
if [ -d /sys/fs/cgroup/memory ]; then
    group=/sys/fs/cgroup/memory/$name limit=memory.limit_in_bytes swap=memory.memsw.limit_in_bytes
else
    group=/sys/fs/cgroup/$name limit=memory.max swap=memory.swap.max
fi
mkdir "$group" 2>/dev/null || { echo "may not make a cgroup" >&2; exit 77; }
trap 'rmdir "$group"' EXIT
echo 67108864 >"$group/$limit" || { echo "no memory controller" >&2; exit 77; }
if [ $swap = memory.swap.max ]; then echo 0 >"$group/$swap" 2>/dev/null
else echo 67108864 >"$group/$swap" 2>/dev/null; fi
( echo $BASHPID >"$group/cgroup.procs" && LD_PRELOAD=$ACRE_PRELOAD exec timeout 40 ./os4_churn_victim ) 2>err
status=$?
[ $status = 0 ] && exit 0
echo "status $status $(tail -3 err)" >&2
exit 1
