#!/bin/bash
# T-tool6, M1: nginx with two workers and a thread pool: 2000 requests over a Unix socket,
# reload, graceful end.
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
need nginx curl
dir=$(mktemp -d /tmp/acre-nginx-XXXXXX); chmod 755 "$dir"
trap 'kill $pid 2>/dev/null; wait $pid 2>/dev/null; rm -rf "$dir"' EXIT
seq 3000 >"$dir/file"; chmod 644 "$dir/file"
cat >"$dir/conf" <<END
daemon off; worker_processes 2; pid $dir/pid; error_log $dir/err;
thread_pool default threads=4;
events { worker_connections 200; }
http { access_log off; client_body_temp_path $dir/b; proxy_temp_path $dir/p; fastcgi_temp_path $dir/f;
  uwsgi_temp_path $dir/u; scgi_temp_path $dir/c; gzip on; gzip_types *; gzip_min_length 1;
  server { listen unix:$dir/s; root $dir; aio threads; location /hello { return 200 "hello\n"; } } }
END
LD_PRELOAD=$ACRE_PRELOAD nginx -p "$dir" -c "$dir/conf" >"$dir/log" 2>&1 &
pid=$!
get() { curl -s --max-time 10 --unix-socket "$dir/s" "$@"; }
for i in {1..50}; do [ "$(get http://x/hello)" = hello ] && break; sleep 0.1; done
[ "$(get http://x/hello)" = hello ] || fail "no answer: $(cat "$dir/log" "$dir/err" | tail -3)"
has_acre $pid
get "http://x/file?[1-1000]" >many; [ "$(wc -l <many)" = 3000000 ] || fail "plain: $(wc -l <many) lines"
get --compressed "http://x/file?[1-500]" | md5sum >one; for i in {1..500}; do cat "$dir/file"; done | md5sum | cmp -s - one || fail "compressed"
kill -HUP $pid; sleep 0.5; [ "$(get http://x/hello)" = hello ] || fail "after the reload"
kill -QUIT $pid; wait $pid || fail "ended with $?"
if grep -E 'signal|alert|emerg|acre: ' "$dir/err"; then fail "in its log"; fi
exit 0
