#!/bin/bash
# T-tool6, M1: redis-server on a Unix socket: set, get, benchmark, background save (fork),
# MEMORY USAGE (malloc_usable_size), flush, memory purge.
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
need redis-server redis-cli redis-benchmark
dir=$(mktemp -d /tmp/acre-redis-XXXXXX); sock=$dir/s
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$dir"' EXIT
LD_PRELOAD=$ACRE_PRELOAD redis-server --port 0 --unixsocket "$sock" --dir "$dir" --save "" \
    --appendonly no --io-threads 2 >"$dir/log" 2>&1 &
pid=$!
cli() { timeout 20 redis-cli -s "$sock" "$@"; }
for i in {1..100}; do [ "$(cli ping 2>/dev/null)" = PONG ] && break; sleep 0.1; done
[ "$(cli ping)" = PONG ] || fail "no answer: $(tail -3 "$dir/log")"
has_acre $pid
[ "$(cli set key value)" = OK ] && [ "$(cli get key)" = value ] || fail "set and get"
timeout 60 redis-benchmark -s "$sock" -q -n 20000 -c 20 -r 5000 -d 300 -t set,get,lpush,hset,zadd,mset >bench.out 2>&1 ||
    fail "redis-benchmark: $(tail -2 bench.out)"
cli eval 'for i = 1, 20000 do redis.call("set", "n" .. i, string.rep("y", i % 700)) end return "done"' 0 | grep -q done || fail eval
[ "$(cli strlen n650)" = 650 ] || fail "strlen"
[ "$(cli memory usage n650)" -ge 650 ] || fail "memory usage"
cli bgsave >/dev/null
for i in {1..100}; do cli info persistence | tr -d '\r' | grep -q 'rdb_bgsave_in_progress:0' && break; sleep 0.1; done
cli info persistence | tr -d '\r' | grep -q 'rdb_last_bgsave_status:ok' || fail "background save"
[ -s "$dir/dump.rdb" ] || fail "no dump"
cli debug reload >/dev/null; cli memory purge >/dev/null; cli memory doctor >/dev/null
[ "$(cli strlen n650)" = 650 ] || fail "after the reload"
cli flushall async >/dev/null; [ "$(cli dbsize)" = 0 ] || fail flushall
cli shutdown nosave; wait $pid; status=$?
[ $status = 0 ] || fail "ended with $status: $(tail -3 "$dir/log")"
exit 0
