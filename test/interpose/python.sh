#!/bin/bash
# T-tool6, M1: /usr/bin/python3 with PYTHONMALLOC=malloc: data structures, threads,
# processes, json, re, sqlite3, compression.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need /usr/bin/python3
cat >work.py <<'END'
import collections, concurrent.futures, gc, hashlib, json, multiprocessing, re, sqlite3, sys, zlib
def work(n):
    d = collections.defaultdict(list)
    for i in range(n):
        d["key%d" % (i * 7919 % 1009)].append({"i": i, "s": "x" * (i % 97), "t": (i, str(i))})
    text = json.dumps(d, sort_keys=True)
    assert json.loads(text)["key0"]
    z = zlib.compress(text.encode())
    assert zlib.decompress(z).decode() == text
    return hashlib.md5(text.encode()).hexdigest(), len(re.findall(r"x{5,}", text))
if __name__ == "__main__":
    print(work(20000))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        print(sorted(pool.map(work, [3000, 3001, 3002, 3003, 3004])))
    with multiprocessing.get_context("fork").Pool(3) as pool:
        print(pool.map(work, range(1000, 1010)))
    db = sqlite3.connect(":memory:")
    db.execute("create table t(a integer primary key, b text)")
    db.executemany("insert into t values(?, ?)", ((i, "text%d" % i * (i % 20)) for i in range(20000)))
    print(db.execute("select count(*), sum(length(b)), max(b) from t where a % 3 = 1").fetchall())
    big = bytearray(50_000_000); big[::4096] = b"y" * len(big[::4096]); big.extend(b"z" * 30_000_000)
    print(hashlib.md5(big).hexdigest())
    print(sum(len(set(range(i))) for i in range(0, 200000, 40000)), gc.collect() >= 0)
    import ctypes, decimal, subprocess
    print(decimal.Decimal(2) ** 2000, subprocess.check_output(["echo", "hello"]))
END
export PYTHONHASHSEED=1
same python 'PYTHONMALLOC=malloc /usr/bin/python3 ../work.py'
same 'python with its own arenas' '/usr/bin/python3 ../work.py'
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    same numpy '/usr/bin/python3 -c "
import numpy as n
a = n.arange(4000000, dtype=n.float64).reshape(2000, 2000)
print((a @ a[:, :50]).sum(), n.sort(a.ravel()[::-7])[:5], n.fft.fft(a[0]).sum())"'
fi
