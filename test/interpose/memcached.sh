#!/bin/bash
# T-tool6, M1: memcached, a multi-threaded server: 4 threads, 8 clients, sets, gets, stats.
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
need memcached python3
dir=$(mktemp -d /tmp/acre-mc-XXXXXX); chmod 777 "$dir"
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$dir"' EXIT
user=(); [ "$(id -u)" = 0 ] && user=(-u nobody)
LD_PRELOAD=$ACRE_PRELOAD memcached "${user[@]}" -s "$dir/s" -t 4 -m 32 >"$dir/log" 2>&1 &
pid=$!
for i in {1..50}; do [ -S "$dir/s" ] && break; sleep 0.1; done
[ -S "$dir/s" ] || fail "does not start: $(tail -3 "$dir/log")"
has_acre $pid
cat >client.py <<'END'
import socket, sys, threading
bad = []
def client(n):
    try:
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); f = s.makefile("rwb")
        for i in range(1500):
            v = b"%d" % i * (i % 200 + 1)
            f.write(b"set k%d.%d 0 0 %d\r\n%s\r\n" % (n, i % 300, len(v), v)); f.flush()
            assert f.readline() == b"STORED\r\n"
            f.write(b"get k%d.%d\r\n" % (n, i % 300)); f.flush()
            f.readline(); assert f.readline() == v + b"\r\n"; assert f.readline() == b"END\r\n"
        s.close()
    except Exception as e:
        bad.append(repr(e))
t = [threading.Thread(target=client, args=(n,)) for n in range(8)]
[x.start() for x in t]; [x.join() for x in t]
sys.exit(str(bad[0]) if bad else 0)
END
timeout 60 /usr/bin/python3 client.py "$dir/s" || fail "clients"
kill $pid; wait $pid; status=$?
[ $status = 0 ] || [ $status = 143 ] || fail "ended with $status: $(tail -3 "$dir/log")"
exit 0
