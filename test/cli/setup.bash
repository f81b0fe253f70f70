# setup.bash -- sourced by every test of the command; not a test itself.
#
# ACRE_BUILD_DIR: the build folder (default: build/, or ACRE_BUILD when that names a
# folder).  A test prints nothing and ends with 0 when all is well, with 77 when it
# cannot be done here, else it names each failed check.
set -u
unset LD_PRELOAD ACRE_OPTIONS ACRE_LIBRARY
export LC_ALL=C
: "${ACRE_BUILD_DIR:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}"
[ -x "${ACRE_BUILD:-}/acre" ] && ACRE_BUILD_DIR=$ACRE_BUILD
acre=$ACRE_BUILD_DIR/acre
library=$ACRE_BUILD_DIR/libacre-malloc.so
work=$(mktemp -d)
failures=0
background=

cleanup() {
    local status=$?
    local pid
    for pid in $background; do
        kill -9 "$pid"
        wait "$pid"
    done 2>/dev/null
    rm -rf "$work"
    [ "$status" -ne 0 ] && exit "$status"
    [ "$failures" -eq 0 ] || exit 1
}
trap cleanup EXIT

skip() { echo "skipped: $*"; exit 77; }
[ -x "$acre" ] || skip "$acre is not built"

need_library() { [ -e "$library" ] || skip "$library is not built"; }
fail() { echo "$(basename "$0"): $*"; failures=$((failures + 1)); }

# run COMMAND...: its status, standard output and standard error in variables.
run() {
    {   # the shell's own word about a signal goes nowhere
        "$@" >"$work/out" 2>"$work/err" </dev/null
        status=$?
    } 2>/dev/null
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}
is_status() { [ "$status" -eq "$1" ] || fail "status $status, not $1, of: $2: $err"; }
says() { case "$out" in *"$1"*) ;; *) fail "'$1' is not in the output: $out" ;; esac; }
errs() { case "$err" in *"$1"*) ;; *) fail "'$1' is not in the errors: $err" ;; esac; }
quiet() { [ -z "$err" ] || fail "unexpected errors: $err"; }
is_json() {
    command -v python3 >/dev/null || return 0
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$1" 2>/dev/null ||
        fail "not JSON: $(head -c 300 "$1")"
}
# json FILE EXPRESSION: a Python expression over d, the document, is true.
json() {
    command -v python3 >/dev/null || return 0
    python3 - "$1" "$2" <<'PYTHON' || fail "not true in JSON: $2: $(head -c 600 "$1")"
import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)
PYTHON
}
# until_true SECONDS COMMAND...
until_true() {
    local tries=$(($1 * 50))
    shift
    while [ "$tries" -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.02
        tries=$((tries - 1))
    done
    return 1
}
