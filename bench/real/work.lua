-- Real work for Lua: tables, strings, closures, a small parser, sorting.

local function words(seed, count)
    local list = {}
    for i = 1, count do
        seed = (seed * 1103515245 + 12345) % 2147483648
        list[i] = string.format("w%x_%d", seed % 5000, seed % 7)
    end
    return list
end

local function histogram(list)
    local counts, keys = {}, {}
    for _, word in ipairs(list) do
        if not counts[word] then
            counts[word] = 0
            keys[#keys + 1] = word
        end
        counts[word] = counts[word] + 1
    end
    table.sort(keys, function(a, b)
        if counts[a] ~= counts[b] then return counts[a] > counts[b] end
        return a < b
    end)
    return keys
end

local function tree(depth)
    if depth == 0 then return { name = "leaf" } end
    return { left = tree(depth - 1), right = tree(depth - 1), depth = depth }
end

local function count(node)
    if not node.left then return 1 end
    return 1 + count(node.left) + count(node.right)
end

-- Split "key=value;key=value" lines into records.
local function parse(text)
    local records = {}
    for line in text:gmatch("[^\n]+") do
        local record = {}
        for key, value in line:gmatch("(%w+)=([%w_]+)") do
            record[key] = value
        end
        records[#records + 1] = record
    end
    return records
end

local function document(list)
    local lines = {}
    for i = 1, #list - 3, 3 do
        lines[#lines + 1] = "a=" .. list[i] .. ";b=" .. list[i + 1]
            .. ";c=" .. list[i + 2]
    end
    return table.concat(lines, "\n")
end

local total = 0
for round = 1, 5 do
    local list = words(round, 60000)
    local keys = histogram(list)
    local records = parse(document(list))
    total = total + #keys + #records + count(tree(15))
end
print(total)
