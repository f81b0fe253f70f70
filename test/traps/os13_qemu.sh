#!/bin/bash
# T-os13: under qemu user emulation (its mmap, madvise and futex differ; rr, gVisor, WSL and
# CRIU cannot be had here).
# program: os12_victim.c
qemu=$(command -v qemu-x86_64 || command -v qemu-x86_64-static) ||
    { echo "no qemu-x86_64" >&2; exit 77; }
[ -n "$ACRE_PRELOAD" ] || { echo "no library under test" >&2; exit 77; }
cd "$ACRE_TEST_BIN" || exit 1
timeout 50 "$qemu" ./os12_victim 2>err || { echo "fails without us here" >&2; exit 77; }
timeout 50 "$qemu" -E LD_PRELOAD="$ACRE_PRELOAD" ./os12_victim 2>err
status=$?
[ $status = 0 ] || { echo "status $status $(head -5 err)" >&2; exit 1; }
