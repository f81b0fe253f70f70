#!/bin/bash
# T-tool3: heaptrack, ltrace and strace over a program under us: they run, and heaptrack and
# ltrace see the allocations. (Our own wrapper in both orders: traps/init1.)
# program: tool_victim.c
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
ran=0
if command -v heaptrack >/dev/null && timeout 30 heaptrack -o native ./tool_victim >out 2>&1; then
    ran=1
    LD_PRELOAD=$ACRE_PRELOAD timeout 60 heaptrack -o trace ./tool_victim >out 2>&1 || fail "heaptrack: $(tail -3 out)"
    grep -q done out || fail "heaptrack: the program did not finish: $(tail -3 out)"
    number() { sed -n 's/.*allocations:[^0-9]*\([0-9]*\).*/\1/p' "$1" | head -1; }
    seen=$(number out)
    [ "${seen:-0}" -gt 200 ] || fail "heaptrack saw ${seen:-no} allocations: $(tail -8 out)"
fi
if command -v ltrace >/dev/null && timeout 20 ltrace -o native.lt -e malloc+free ./tool_victim >out 2>&1 && [ -s native.lt ]; then
    ran=1
    LIMIT=60 acre ltrace -o trace.lt -e malloc+free ./tool_victim >out 2>&1 || fail "ltrace: $(tail -3 out)"
    grep -q done out || fail "ltrace: the program did not finish"
fi
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
    ran=1
    LIMIT=60 acre strace -f -o trace.st ./tool_victim >out 2>&1 || fail "strace: $(tail -3 out)"
    grep -q done out || fail "strace: the program did not finish"
fi
[ $ran = 1 ] || skip "no heaptrack, ltrace or strace that works here"
exit 0
