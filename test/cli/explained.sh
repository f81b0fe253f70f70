#!/bin/bash
# Resident memory of real programs is explained: the parts that acre stat shows add up to
# RSS within 1%, and none is wild.  Programs that end by _exit leave a record too.
. "$(dirname "$0")/setup.bash"
need_library
command -v python3 >/dev/null || skip "python3 is not installed"
cat >"$work/judge.py" <<'PYTHON'
import json, sys
m = json.load(open(sys.argv[1]))["memory"]
assert m is not None, "there is no record"
plus = ("requested", "rounding", "cached", "free_in_pages", "unpurged", "metadata", "outside")
total = sum(m[k] for k in plus) - m["untouched"]
assert total == m["rss_sum"], f"rss_sum {m['rss_sum']} is not the sum {total}"
assert abs(total - m["rss"]) <= m["rss"] / 100, f"the sum {total} is not rss {m['rss']}"
for key, value in m.items():
    assert not isinstance(value, int) or key == "rss_difference" or 0 <= value < 1 << 46, \
        f"{key} is {value}"
assert m["requested"] + m["rounding"] == m["live"], "live"
assert m["malloc_count"] - m["free_count"] == m["live_count"], "live_count"
assert m["untouched"] <= m["live"] + m["cached"], "untouched"
assert m["used_peak"] >= m["live"], "used_peak"
assert m["outside"] > 500 << 10, f"outside is {m['outside']}: no program is so small"
assert m["metadata"] < 4 << 20, f"metadata is {m['metadata']}"
PYTHON

judge() {       # NAME
    local why
    why=$(python3 "$work/judge.py" "$work/json" 2>&1) || fail "$1: $(tail -n 1 <<<"$why")"
}
explained() {   # COMMAND...
    command -v "$1" >/dev/null || return 0
    "$acre" stat --json -o "$work/json" -- "$@" >/dev/null 2>"$work/err" </dev/null ||
        fail "$1 failed: $(head -c 300 "$work/err")"
    judge "$1"
}

objects='x = [{i: str(i)} for i in range(100000)]; del x[::2]'
explained ls /
explained bash -c 'for i in {1..5000}; do a[i]=$i; done'
explained python3 -c "$objects"
PYTHONMALLOC=malloc explained python3 -c "$objects"
explained python3 -c 'x = [bytearray(1 << 20) for i in range(200)]'
explained python3 -c "
import threading
def work(): return [bytes(i) for i in range(3000)]
threads = [threading.Thread(target=work) for i in range(8)]
for t in threads: t.start()
for t in threads: t.join()"
explained perl -e 'my %h; $h{$_} = "x" x ($_ % 200) for 1..50000; delete $h{$_} for 1..30000'
explained git --version
explained sqlite3 :memory: 'create table t(a, b);
    with recursive c(x) as (select 1 union all select x + 1 from c where x < 50000)
    insert into t select x, hex(randomblob(20)) from c; create index i on t(b);'
explained node -e 'let a = []; for (let i = 0; i < 100000; i++) a.push({i, s: "x" + i});'
if command -v gcc >/dev/null; then
    for i in {1..300}; do echo "int f$i(int x) { return x > $i ? x * $i : f$i(x + 1); }"
    done >"$work/x.c"
    explained "$(gcc -print-prog-name=cc1)" -O2 -quiet "$work/x.c" -o /dev/null
fi
if command -v redis-server redis-cli >/dev/null; then
    "$acre" stat --json -o "$work/json" -- redis-server --port 0 --save '' --dir "$work" \
        --unixsocket "$work/redis" >/dev/null 2>&1 &
    background="$background $!"
    ask() { redis-cli -s "$work/redis" "$@"; }
    until_true 10 ask ping || fail "redis-server does not answer"
    ask debug populate 50000 key 100 >/dev/null
    ask shutdown nosave >/dev/null 2>&1
    wait "$!"
    judge redis-server
fi

# --- The ends of a process ----------------------------------------------------------
for shell in dash "bash -c" "busybox sh"; do
    command -v "${shell%% *}" >/dev/null || continue
    [ "$shell" = dash ] && shell="dash -c"
    # shellcheck disable=SC2086
    "$acre" stat --json -o "$work/json" -- $shell 'exit 7' 2>"$work/err"
    [ $? -eq 7 ] || fail "$shell: the status is lost"
    judge "$shell"
done
command -v gcc >/dev/null || exit
cat >"$work/end.c" <<'C'
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static void crashed(int signal) { (void)signal; _exit(5); }
static void vforked(void)
{
    for (int i = 0; i < 3; i++)
        if (vfork() == 0) {
            execl("/nonexistent", "x", (char *)0);
            _exit(127);
        }
    while (wait(NULL) > 0)
        ;
}
int main(int argc, char **argv)
{
    static char stack[16384];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK};
    char *volatile block = malloc(100000);
    switch (argc > 1 ? argv[1][0] : 0) {
    case '_': _exit(3);
    case 'E': _Exit(4);
    case 's':
        sigaltstack(&alternate, NULL);
        sigaction(SIGSEGV, &action, NULL);
        block[0] = *(volatile char *)8;
        return 1;
    case 'q': quick_exit(6);
    case 'v': vforked(); _exit(7);
    default: return 8;
    }
}
C
gcc -w -O1 "$work/end.c" -o "$work/end" || fail "end.c does not compile"
code=3
for how in _ E s q v return; do
    "$acre" stat --json -o "$work/json" -- "$work/end" $how 2>"$work/err"
    [ $? -eq $code ] || fail "end $how: the status is not $code"
    judge "end $how"
    json "$work/json" 'd["memory"]["large_bytes"] == 102400'
    json "$work/json" 'd["children"] == []'     # of vfork: they executed nothing
    code=$((code + 1))
done

# Without stat nothing is written; with verbose, why nothing was.
run "$acre" run -- "$work/end" _; is_status 3 "_exit"; quiet
[ -z "$out" ] || fail "_exit writes: $out"
ACRE_OPTIONS=stat run "$acre" run -- "$work/end" _; is_status 3 "_exit, stat"
errs "resident memory"
[ "$(grep -c "acre statistics after" "$work/err")" -eq 1 ] || fail "written twice: $err"
for where in /nowhere/x /dev/full; do
    ACRE_OPTIONS=stat,verbose,stat_file=$where run "$acre" run -- "$work/end" _
    is_status 3 "$where"; errs "acre: statistics could not be written to '$where': no "
    ACRE_OPTIONS=stat,stat_file=$where run "$acre" run -- "$work/end" _
    is_status 3 "$where"; quiet
done

# --- verbose at the start --------------------------------------------------------------
ACRE_OPTIONS=verbose run "$acre" run -- "$work/end" _
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "verbose is not one line: $err"
errs "acre: active in process "; errs ": mode fast; options defaults; address space "
ACRE_OPTIONS=verbose,retain=4M,stat=0 run bash -c "ulimit -v 4000000; '$acre' run -- '$work/end' _"
errs "; options retain=4M; "; errs "degraded: address space is limited to 3.81 GiB"
