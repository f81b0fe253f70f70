#!/bin/bash
# T-tool4: gdb stops the process inside our code and calls malloc, free and puts in it, also
# with the scheduler locked while another thread is inside the allocator; backtraces from
# inside malloc reach main; gcore writes a core in which they do, too.
# program: gdb_victim.c
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need gdb
base=(gdb -nx -batch -ex 'set confirm off' -ex 'set pagination off' -ex 'set debuginfod enabled off'
      -ex 'set startup-with-shell off' -ex "set environment LD_PRELOAD $ACRE_PRELOAD"
      -ex 'handle SIGALRM nostop noprint pass')
# 1. at a breakpoint in malloc, and 200 instructions further on, the stack reaches main
timeout 60 "${base[@]}" -ex 'break worker' -ex run -ex 'tbreak malloc' -ex continue -ex bt \
    -ex 'stepi 7' -ex bt -ex 'stepi 13' -ex bt -ex 'stepi 40' -ex bt -ex kill ./gdb_victim >out 2>&1
[ "$(grep -cE '(clone3|start_thread|worker)' out)" -ge 4 ] || fail "backtrace: $(tail -20 out)"
if grep -qE 'Backtrace stopped|corrupt stack' out; then fail "backtrace: $(grep -E 'Backtrace stopped|corrupt stack' out)"; fi
# 2. stop at random moments while four threads allocate, and call into the process
cat >calls.gdb <<'END'
print (void*)((void*(*)(unsigned long))malloc)(8)
print (void*)((void*(*)(unsigned long))malloc)(100000)
call ((void(*)(void*))free)($)
call ((int(*)(const char*))puts)("called")
set scheduler-locking on
print (void*)((void*(*)(unsigned long))malloc)(8)
print (void*)((void*(*)(unsigned long))malloc)(3000000)
call ((int(*)(const char*))puts)("locked")
thread apply all bt 6
set scheduler-locking off
detach
END
LD_PRELOAD=$ACRE_PRELOAD ./gdb_victim forever >victim.out 2>victim.err &
pid=$!
trap 'kill -9 $pid 2>/dev/null; rm -f core.*' EXIT
sleep 0.3
has_acre $pid
for i in 1 2 3 4 5 6; do
    timeout 25 gdb -nx -batch -ex 'set confirm off' -ex 'set debuginfod enabled off' -p $pid -x calls.gdb >out 2>&1
    status=$?
    if grep -q 'ptrace: Operation not permitted' out; then skip "may not attach here"; fi
    [ $status = 0 ] || fail "attach $i: gdb hangs or fails ($status): $(tail -5 out)"
    [ "$(grep -cE '^\$[0-9]+ = \(void \*\) 0x[0-9a-f]+' out)" -ge 4 ] || fail "attach $i: $(grep -vE '^\[|^warning' out | head -20)"
    if grep -qE '= \(void \*\) 0x0$' out; then fail "attach $i: malloc gave NULL"; fi
    kill -0 $pid 2>/dev/null || fail "the process died: $(tail -2 victim.err)"
    sleep 0.0$((i * 13))
done
if command -v gcore >/dev/null; then
    # reserved address space must not be dumped (MADV_DONTDUMP): that would be 64 GiB
    ( ulimit -f 1000000; timeout 60 gcore -o core $pid ) >out 2>&1
    status=$?
    if [ $status -ne 0 ] || grep -qE 'cannot close|File size|No space' out; then
        rm -f "core.$pid"
        fail "gcore ($status; a core of more than 1 GB?): $(tail -3 out)"
    fi
    timeout 60 gdb -nx -batch -ex 'set debuginfod enabled off' -ex 'thread apply all bt' ./gdb_victim "core.$pid" >out 2>&1
    [ "$(grep -cE 'in (worker|main) \(' out)" -ge 4 ] || fail "stacks in the core: $(grep -E '^#' out | head -30)"
    rm -f "core.$pid"
fi
kill -USR1 $pid; wait $pid; status=$?
[ $status = 0 ] || fail "afterwards the process ends with $status: $(tail -2 victim.err)"
exit 0
