#!/bin/bash
# T-os3 (fault injection), T-api1 in part: every system call that the allocator makes fails
# in turn, once and from then on for ever (strace --inject); the program gets NULL and
# ENOMEM at worst: no crash, no loop, no other errno.
# program: os3_victim.c
# timeout: 150
command -v strace >/dev/null || { echo "no strace" >&2; exit 77; }
[ -n "$ACRE_PRELOAD" ] || { echo "no library under test" >&2; exit 77; }
cd "$ACRE_TEST_BIN" || exit 1
strace -o /dev/null true 2>/dev/null || { echo "strace may not trace here" >&2; exit 77; }
bad=0
run() { # syscall error when
    timeout 30 strace -f -o trace -e trace=none -e "inject=$1:error=$2:when=$3" \
        env LD_PRELOAD="$ACRE_PRELOAD" ./os3_victim >out 2>err
    status=$?
    # 127 and a refusal by the loader: the failure hit the loader, not us
    if [ $status = 127 ] || grep -qE 'error while loading|cannot be preloaded|rtld' err; then return; fi
    if [ $status -ne 0 ] && ! grep -q 'acre: .*memory' err; then
        echo "$1 fails with $2 at $3: status $status $(head -3 err)" >&2; bad=1
    fi
}
env LD_PRELOAD="$ACRE_PRELOAD" strace -f -o trace ./os3_victim >out 2>err || { cat err >&2; exit 1; }
for call in mmap munmap mprotect madvise mremap brk; do
    error=ENOMEM
    total=$(grep -c "[ 0-9]*$call(" trace)
    [ "$total" -gt 0 ] || continue
    cp trace base
    step=$(( total / 12 + 1 ))
    [ "$ACRE_SOAK" = 1 ] && step=1
    for (( n = 1; n <= total; n += n < 30 && total < 200 ? (step + 1) / 2 : step )); do
        run $call $error $n
        [ $bad = 0 ] || break
    done
    for (( n = 1; n <= total; n += step )); do
        run $call $error "$n+"
        [ $bad = 0 ] || break
    done
    cp base trace
done
for call in getrandom openat read sched_getaffinity prctl prlimit64 membarrier rseq sysinfo \
            readlink getcpu gettid sched_yield; do
    grep -q "[ 0-9]*$call(" trace || continue
    cp trace base
    [ $call = openat ] || [ $call = read ] || run $call EPERM 1+
    for n in 1 2 3 4 5 6; do run $call EPERM $n; done
    cp base trace
done
exit $bad
