#!/bin/sh
# Instructions for one malloc and one free, or for one step of any micro test.
#
#   count.sh [--build DIR] [--preload LIB] TEST...
#
# callgrind counts the same run twice, with 10,000 and with 30,000 operations; the
# difference is what 20,000 cost, without start-up.  Instructions, not time: the
# count is the same on a busy machine.  The loop around malloc and free is in it.
set -eu

build=$(dirname "$0")/../build
preload=
while [ $# -gt 1 ]; do
    case $1 in
    --build) build=$2; shift 2 ;;
    --preload) preload=$2; shift 2 ;;
    *) break ;;
    esac
done
[ $# -gt 0 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v valgrind >/dev/null || { echo "count.sh: valgrind is missing" >&2; exit 1; }

instructions() { # TEST OPERATIONS
    LD_PRELOAD=$preload valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$build/bench/micro" --rounds 1 --ops "$2" "$1" 2>&1 |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

for test in "$@"; do
    few=$(instructions "$test" 10000)
    many=$(instructions "$test" 30000)
    awk -v t="$test" -v n=$((many - few)) 'BEGIN { printf "%s %.2f\n", t, n / 20000 }'
done
