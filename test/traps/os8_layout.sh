#!/bin/bash
# T-os8: other layouts of the address space: no randomisation, legacy layout with an
# unlimited stack, a 3 GB layout bit, read-implies-exec; pointers with tag bits are named
# as invalid (abuse/).  Addresses beyond 47 bits need a processor that has them.
# program: os8_victim.c
[ -n "$ACRE_PRELOAD" ] || { echo "no library under test" >&2; exit 77; }
cd "$ACRE_TEST_BIN" || exit 1
bad=0
for way in "" "setarch -R" "setarch -L" "setarch -3" "setarch -X" "setarch -R -L -X"; do
    LD_PRELOAD=$ACRE_PRELOAD timeout 20 $way ./os8_victim 2>err ||
        { echo "'$way': status $? $(head -3 err)" >&2; bad=1; }
done
( ulimit -s unlimited; LD_PRELOAD=$ACRE_PRELOAD timeout 20 ./os8_victim ) ||
    { echo "ulimit -s unlimited" >&2; bad=1; }
exit $bad
