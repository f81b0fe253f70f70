# lib.bash -- for the tests of real programs: native and under acre must say the same.
#   need PROGRAM...      skip unless all are there
#   same NAME COMMAND... run COMMAND (bash text) natively and preloaded; compare
#   acre COMMAND         run preloaded        fail TEXT   skip TEXT
set -u
cd "$ACRE_TEST_BIN" || exit 1
unset LD_PRELOAD
fail() { echo "$(basename "$0"): $*" >&2; exit 1; }
skip() { echo "$*" >&2; exit 77; }
need() { for p; do command -v "$p" >/dev/null || skip "no $p"; done; }
acre() { LD_PRELOAD=$ACRE_PRELOAD timeout "${LIMIT:-60}" "$@"; }
same() {
    local name=$1 want got status_want status_got
    shift
    rm -rf native preloaded
    mkdir native preloaded
    ( cd native && timeout "${LIMIT:-60}" bash -c "$*" >../native.out 2>../native.err )
    status_want=$?
    [ $status_want = 0 ] || skip "$name fails natively: $(tail -1 native.err)"
    ( cd preloaded && acre bash -c "$*" >../preloaded.out 2>../preloaded.err )
    status_got=$?
    [ $status_got = 0 ] || fail "$name: status $status_got; $(tail -3 preloaded.err)"
    cmp -s native.out preloaded.out || fail "$name: output differs: $(diff native.out preloaded.out | head -5)"
    if grep -q '^acre: ' preloaded.err; then fail "$name: $(grep -m1 '^acre: ' preloaded.err)"; fi
    [ -s native.out ] || fail "$name: no output to compare"
}
# The process PID really has our library (a test of a server must not test nothing).
has_acre() { grep -q "$(basename "$ACRE_PRELOAD")" "/proc/$1/maps" || fail "process $1 runs without us"; }
[ -n "${ACRE_PRELOAD:-}" ] || skip "no library under test"
