// Real work for Node: JSON, maps, strings, buffers, compression.
"use strict";
const zlib = require("zlib");
const crypto = require("crypto");

let seed = 99;
function draw(n) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >>> 8) % n;
}

function records(count) {
    const list = [];
    for (let i = 0; i < count; i++)
        list.push({ id: i, name: "user" + draw(5000),
                    tags: ["t" + draw(30), "t" + draw(30)],
                    at: { x: draw(1000) / 10, y: draw(1000) / 10 } });
    return list;
}

function group(list) {
    const groups = new Map();
    for (const r of list) {
        if (!groups.has(r.name)) groups.set(r.name, []);
        groups.get(r.name).push(r);
    }
    return groups;
}

// Buffers live outside of the JavaScript heap: these come from malloc.
function buffers(count) {
    const kept = new Array(2000);
    let sum = 0;
    for (let i = 0; i < count; i++) {
        const b = Buffer.allocUnsafeSlow(64 + draw(6000));
        b[0] = i & 255;
        kept[draw(kept.length)] = b;
        sum += b[0];
    }
    return sum;
}

const text = JSON.stringify(records(30000));
const groups = group(JSON.parse(text));
let packed = 0;
for (let i = 0; i < 20; i++) {
    const part = text.slice(i * 40000, (i + 1) * 40000);
    packed += zlib.gunzipSync(zlib.gzipSync(part, { level: 3 })).length;
    packed += crypto.createHash("sha256").update(part).digest().length;
}
console.log(groups.size, packed, buffers(80000));

// --settle: what is resident a second later.
if (process.argv.includes("--settle"))
    setTimeout(() => console.log("settled_kb", process.memoryUsage().rss >> 10), 1000);
