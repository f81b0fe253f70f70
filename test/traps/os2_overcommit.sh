#!/bin/bash
# T-os2: vm.overcommit_memory 0, 1 and 2.  The mode is global, so the other two modes are
# tried only with ACRE_TEST_SYSCTL=1 (as root, on a machine of one's own); fork8 checks
# for all modes that what we reserve is never charged.
# program: os3.c
# serial: yes
FILE=/proc/sys/vm/overcommit_memory
RATIO=/proc/sys/vm/overcommit_ratio
run() {
    LD_PRELOAD=$ACRE_PRELOAD "$ACRE_TEST_BIN/os3" one ||
        { echo "fails under overcommit_memory=$(cat $FILE)" >&2; return 1; }
}
run || exit 1
[ "$ACRE_TEST_SYSCTL" = 1 ] && [ -w $FILE ] || exit 0
old=$(cat $FILE) old_ratio=$(cat $RATIO)
trap 'echo $old >$FILE; echo $old_ratio >$RATIO' EXIT
bad=0
for mode in 0 1 2; do
    echo 95 >$RATIO
    echo $mode >$FILE
    run || bad=1
done
exit $bad
