#!/bin/bash
# T-tool1: Valgrind beside us: memcheck, massif, DHAT and callgrind of a program under our
# preload: no crash, no false error, exit 0; and of one linked statically with us: it runs.
# program: tool_victim.c
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need valgrind
export ACRE_TEST_SMALL=1
for tool in memcheck callgrind massif dhat none; do
    case $tool in
    memcheck) options=--error-exitcode=9 ;;
    callgrind|massif|dhat) options=--$tool-out-file=$tool.out ;;
    *) options= ;;
    esac
    LIMIT=80 acre valgrind -q --tool=$tool $options ./tool_victim >out 2>err
    status=$?
    [ $status = 0 ] || fail "valgrind --tool=$tool, preloaded: status $status; $(grep -v '^==.*$' err | head -3) $(grep '^==' err | head -5)"
    if grep -q '^acre: ' err; then fail "--tool=$tool: $(grep -m1 '^acre: ' err)"; fi
done
# memcheck still sees a leak and an overflow in a program that has them
acre valgrind -q --leak-check=full --error-exitcode=9 ./tool_victim leak >out 2>err
grep -q 'definitely lost\|are definitely' err || echo "note: memcheck sees no leak over us" >&2
if [ -f "$ACRE_BUILD/libacre-malloc.a" ]; then
    gcc -O1 -g -fno-builtin -D_GNU_SOURCE -static "$ACRE_TEST_SRC/interpose/tool_victim.c" \
        "$ACRE_BUILD/libacre-malloc.a" -o static -pthread || fail "does not link"
    # (memcheck complains about any static glibc program: only the run is judged)
    timeout 80 valgrind -q ./static >out 2>err
    status=$?
    [ $status = 0 ] && grep -q done out || fail "memcheck, static: status $status; $(tail -3 err)"
fi
exit 0
