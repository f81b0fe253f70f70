#!/bin/bash
# T-tool6, M1: lua: tables, strings, coroutines, collector.
# timeout: 100
. "$ACRE_TEST_SRC/interpose/lib.bash"
lua=$(command -v lua5.4 || command -v lua5.3 || command -v lua) || skip "no lua"
cat >work.lua <<'END'
local t = {}
for i = 1, 200000 do t[i % 5003 .. "k"] = { i, tostring(i), string.rep("x", i % 50) } end
local n = 0; for _ in pairs(t) do n = n + 1 end; print(n)
local s = {}; for i = 1, 30000 do s[#s + 1] = ("%d:%s"):format(i, i * i) end; print(#table.concat(s, ","))
table.sort(s); print(s[1], s[#s])
local co = coroutine.wrap(function() for i = 1, 20000 do coroutine.yield({ i }) end end)
local sum = 0; for i = 1, 20000 do sum = sum + co()[1] end; print(sum)
local text = string.rep("hello world ", 100000); print(#text:gsub("o", "00"))
for i = 1, 5 do collectgarbage() end; print(collectgarbage("count") > 0)
END
same lua "$lua ../work.lua"
