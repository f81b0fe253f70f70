#!/bin/bash
# T-tool6, M1: postgres: initdb, server, parallel queries, pgbench, all preloaded, as an
# unprivileged user.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
[ -n "$bin" ] || skip "no postgresql"
dir=$(mktemp -d /tmp/acre-pg-XXXXXX)
cp "$ACRE_PRELOAD" "$dir/"; lib=$dir/$(basename "$ACRE_PRELOAD")
as=()
if [ "$(id -u)" = 0 ]; then
    id postgres >/dev/null 2>&1 && user=postgres || user=nobody
    chown -R $user "$dir"; as=(setpriv --reuid $user --regid "$(id -g $user)" --clear-groups)
fi
trap '"${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
run() { "${as[@]}" env LD_PRELOAD="$lib" HOME="$dir" timeout 60 "$@"; }
run "$bin/initdb" -D "$dir/data" -U me -A trust >initdb.log 2>&1 || fail "initdb: $(tail -3 initdb.log)"
run "$bin/pg_ctl" -D "$dir/data" -w -t 40 -l "$dir/log" -o "-c listen_addresses= -k $dir -c shared_buffers=16MB -c fsync=off" start >ctl.log 2>&1 ||
    fail "start: $(tail -3 log ctl.log)"
has_acre "$(head -1 data/postmaster.pid)"
q() { run "$bin/psql" -h "$dir" -U me -d postgres -qAt -c "$1"; }
q "create table t as select i a, md5(i::text) b from generate_series(1, 100000) i" || fail create
[ "$(q "select count(distinct b) || ' ' || max(a) from t where b like '%a%'")" = "$(q "select count(distinct b) || ' ' || max(a) from (select * from t where position('a' in b) > 0) x")" ] || fail query
q "create index on t(b); analyze t; set force_parallel_mode=on; set max_parallel_workers_per_gather=2; select count(*) from t x join t y using (b)" | grep -q 100000 || fail "parallel join"
q "do \$\$ begin perform repeat('x', 30000000); raise exception 'undo'; exception when others then null; end \$\$"
if [ -x "$bin/pgbench" ]; then
    run "$bin/pgbench" -h "$dir" -U me -i -q postgres >bench.log 2>&1 &&
        run "$bin/pgbench" -h "$dir" -U me -c 4 -j 2 -t 100 postgres >>bench.log 2>&1 || fail "pgbench: $(tail -3 bench.log)"
fi
run "$bin/pg_ctl" -D "$dir/data" -m fast -w stop >/dev/null || fail stop
if grep -E 'PANIC|terminated by signal|acre: ' log; then fail "in the server's log"; fi
exit 0
