#!/bin/bash
# T-tool6, M1: node: objects, buffers, workers, zlib, a child process.
# timeout: 150
. "$ACRE_TEST_SRC/interpose/lib.bash"
need node
cat >work.js <<'END'
const { Worker, isMainThread, parentPort } = require("worker_threads");
const crypto = require("crypto"), zlib = require("zlib");
function work(n) {
  const m = new Map();
  for (let i = 0; i < n; i++) m.set("k" + (i * 7919 % 1009), { i, s: "x".repeat(i % 99) });
  const text = JSON.stringify([...m].sort((a, b) => (a[0] < b[0] ? -1 : 1)));
  const z = zlib.gunzipSync(zlib.gzipSync(text)).toString();
  return crypto.createHash("md5").update(z).digest("hex");
}
if (!isMainThread) parentPort.postMessage(work(20000));
else {
  console.log(work(100000));
  let sum = 0;
  for (let i = 0; i < 3000; i++) { const b = Buffer.alloc(1000 + i * 13, i & 255); sum += b[b.length - 1]; }
  console.log(sum, Buffer.alloc(60e6, "q").toString("latin1", 5e7, 5e7 + 5));
  let left = 3, out = [];
  for (let i = 0; i < 3; i++) new Worker(__filename).on("message", (m) => {
    out.push(m); if (--left === 0) console.log(out.join(" "), require("child_process").execSync("echo hi").toString()); });
}
END
LIMIT=100 same node 'node ../work.js'
