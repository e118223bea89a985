-- Lua and LuaJIT coroutines: a resume is a call of a wrapped coroutine; a ring is a loop that resumes
-- the coroutine that the last one yielded, because Lua has no symmetric transfer.
--
-- Usage: lua coroutines.lua ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
-- The contract that all programs keep is in ../README.md.

local create, wrap, resume, yield = coroutine.create, coroutine.wrap, coroutine.resume, coroutine.yield
local ceil, floor, max, min = math.ceil, math.floor, math.max, math.min

-- Operations between two looks at the clock.
local SLICE = 10000

-- Seconds of a clock on the wall: LuaJIT can ask the system, Lua needs LuaSocket for that. Without
-- either it is the processor time, which is the same on an otherwise idle machine.
local function clock()
  local ok, ffi = pcall(require, "ffi")
  if ok then
    ffi.cdef("struct timespec { long seconds, nanoseconds; }; int clock_gettime(int, struct timespec *);")
    local time, MONOTONIC = ffi.new("struct timespec"), ffi.os == "OSX" and 6 or 1
    return function()
      ffi.C.clock_gettime(MONOTONIC, time)
      return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
    end
  end
  local installed, socket = pcall(require, "socket")
  return installed and socket.gettime or os.clock
end

local now = clock()
local experiment, fibers, count, shuffled = arg[1], tonumber(arg[2]), tonumber(arg[3]), arg[4] == "shuffled"
-- Seconds for creating the fibers, and the same for the timed section.
local limit = tonumber(arg[5]) > 0 and tonumber(arg[5]) or math.huge

-- A file of /proc/self, or nothing where there is none.
local function proc(name)
  local file = io.open("/proc/self/" .. name)
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

-- What Linux knows about this process: /proc/self/stat after the name, and the context switches of its
-- one thread.
local function process()
  local fields = proc("stat"):match(".*%) (.-)%s*$") or ""
  for switches in proc("status"):gmatch("ctxt_switches:%s+(%d+)") do fields = fields .. " " .. switches end
  return fields
end

-- Resident and mapped KiB, and the number of mappings.
local function memory()
  local resident, mapped = proc("smaps_rollup"):match("Rss:%s+(%d+)"), proc("status"):match("VmSize:%s+(%d+)")
  if not (resident and mapped) then return "" end
  local _, mappings = proc("maps"):gsub("\n", "")
  return string.format("%s %s %d", resident, mapped, mappings)
end

-- Switches perf's counters on and off, where the lab asks for it.
local function perf(what)
  local control, ack = os.getenv("FIBRIL_PERF_CONTROL"), os.getenv("FIBRIL_PERF_ACK")
  if not (control and ack) then return end
  local out = assert(io.open(control, "w"))
  out:write(what)
  out:close()
  local answer = assert(io.open(ack))
  answer:read("*l")
  answer:close()
end

-- Completed collections: each leaves a sentinel for the next one to find.
local collections = 0
local function watch()
  local function again()
    collections = collections + 1
    watch()
  end
  if newproxy then getmetatable(newproxy(true)).__gc = again else setmetatable({}, { __gc = again }) end
end
watch()

-- Lua 5.4 starts with a generational collector, which does all of its work at once or none of it.
-- Others do it in small steps beside the program, from the doubling of the memory on.
local generational = pcall(collectgarbage, "generational")
-- KiB up to which the collector has had nothing to do: it does not tell its time.
local idle_up_to

-- Once everything lives that will: what it has come to.
local function settle()
  collectgarbage()
  idle_up_to = 2 * collectgarbage("count")
  return memory()
end

local empty = experiment ~= "ring" and memory() or nil
local began, before, collected = now(), nil, nil

local function start()
  before = process()
  perf("enable\n")
  collected = collections
  idle_up_to = idle_up_to or collectgarbage("count")
  began = now()
end

-- Stops the clock and returns the line to print.
local function stop()
  local seconds = now() - began
  local kib = collectgarbage("count")
  perf("disable\n")
  local after = process()
  local line = {
    seconds = seconds,
    before = before,
    after = after,
    empty = empty,
    gcCount = collections - collected,
  }
  if line.gcCount == 0 and (generational or kib <= idle_up_to) then line.gcSeconds = 0 end
  return line
end

local function json(value)
  if type(value) == "string" then return string.format("%q", value) end
  if type(value) == "number" then return (string.format(value % 1 == 0 and "%.0f" or "%.9f", value)) end
  local fields = {}
  for name, field in pairs(value) do fields[#fields + 1] = string.format('"%s":%s', name, json(field)) end
  return "{" .. table.concat(fields, ",") .. "}"
end

local function report(line, done, sum)
  line.count, line.sum = done, sum
  print(json(line))
  io.stdout:flush()
  -- The fibers are not taken down, because that is not measured.
  os.exit(0, false)
end

local function late(seconds)
  return now() - began > (seconds or limit)
end

-- Ends the program when creating takes too long.
local creation_limit = experiment == "gc" and max(10, limit) or limit
local function in_time(made)
  if made % SLICE == 0 and late(creation_limit) then
    print(string.format('{"stoppedAt":%d,"error":"the time limit"}', made))
    os.exit(0, false)
  end
end

-- The lab's shuffle, or the order as it is.
local function arrange(items)
  if not shuffled then return end
  local state = 17263
  for i = #items, 2, -1 do
    state = (state * 1664525 + 1013904223) % 4294967296
    local j = floor(state / 4294967296 * i) + 1
    items[i], items[j] = items[j], items[i]
  end
end

-- Answers how often it has been resumed.
local function counter(times)
  while true do
    times = times + 1
    yield(times)
  end
end

-- Answers from under that many calls. What it adds keeps the calls from being tail calls.
local function descend(depth)
  if depth > 1 then return 1 + descend(depth - 1) end
  counter(0)
  return 1
end

local function walk(all, from, to, turns)
  local sum = 0
  for _ = 1, turns do
    for i = from, to do sum = sum + all[i]() end
  end
  return sum
end

local function fiber(body, argument)
  return wrap(function() return body(argument) end)
end

local function create_all(body, argument)
  local all = {}
  for i = 1, fibers do
    in_time(i - 1)
    all[i] = fiber(body, argument or (i - 1) % 7)
  end
  return all
end

local function creation()
  start()
  local all = create_all(counter)
  local created = now()
  arrange(all)
  local sum = 0
  for i = 1, fibers do sum = (sum * 31 + all[i]()) % 4294967296 end
  local line = stop()
  line.enterSeconds = line.seconds - (created - began)
  line.settled = settle()
  report(line, fibers, sum)
end

local function counters(body, argument)
  local all = create_all(body, argument)
  arrange(all)
  local settled
  if experiment ~= "resume" then
    walk(all, 1, fibers, 1)
    settled = settle()
  end
  local function finish(done, sum)
    local line = stop()
    -- Fibers that were not entered have no answer yet.
    line.settled = settled or done >= fibers and settle() or nil
    report(line, done, sum)
  end
  local laps, at_once = ceil(count / fibers), max(1, floor(SLICE / fibers))
  local done, sum = 0, 0
  start()
  for lap = 0, laps - 1, at_once do
    local turns = min(at_once, laps - lap)
    for from = 1, fibers, SLICE do
      local to = min(fibers, from + SLICE - 1)
      sum = sum + walk(all, from, to, turns)
      done = done + turns * (to - from + 1)
      if late() then return finish(done, sum) end
    end
  end
  finish(done, sum)
end

-- Fibers that are created and dropped together, and the batches that are alive at any time.
local BATCH, ALIVE = 200, 20

-- The collector is run by hand after every batch, as hard as it would by itself, so that its time is
-- known. Where it works in steps it gets one for what was allocated meanwhile, and none after a cycle
-- until the memory has doubled. The one of generations knows when it has to: it is asked with next to nothing.
local function collect_by_hand()
  collectgarbage("stop")
  local used, pauses, spent = collectgarbage("count"), {}, 0
  local wake_at = generational and 0 or 2 * used
  local function step()
    local kib = collectgarbage("count")
    if kib >= wake_at then
      local from, seen = now(), collections
      local whole = collectgarbage("step", generational and 2 or ceil(kib - used))
      local pause = now() - from
      -- LuaJIT's collector goes on by itself after a step.
      collectgarbage("stop")
      kib = collectgarbage("count")
      if collections > seen or not generational then
        pauses[#pauses + 1], spent = pause, spent + pause
        wake_at = not generational and whole and 2 * kib or 0
      end
    end
    used = kib
  end
  local function told()
    table.sort(pauses)
    local function at(part) return pauses[ceil(#pauses * part)] end
    return spent, #pauses > 0 and { p50 = at(0.5), p99 = at(0.99), max = at(1) } or nil
  end
  return step, told
end

local function churn()
  local live = create_all(counter)
  arrange(live)
  walk(live, 1, fibers, 1)
  local settled = settle()
  local step, told = collect_by_hand()
  local alive = {}
  local done, sum, turn = 0, 0, 0
  start()
  repeat
    local batch = {}
    for i = 1, BATCH do batch[i] = fiber(counter, (i - 1) % 7) end
    sum = sum + walk(batch, 1, BATCH, 1)
    done, turn = done + BATCH, turn + 1
    alive[turn % ALIVE + 1] = batch
    step()
  until done >= count or late()
  local line = stop()
  line.settled, line.gcSeconds, line.pauses = settled, told()
  report(line, done, sum + walk(live, 1, fibers, 1))
end

local function ring()
  local last
  local members = {}
  for i = 1, fibers do
    in_time(i - 1)
    local self = {}
    self.weight = (i - 1) % 7
    self.coroutine = create(function(passed)
      while true do
        passed = passed + 1
        if passed == last then
          passed = yield(nil, self.weight)
        else
          passed = yield(self.next.coroutine, passed)
        end
      end
    end)
    members[i] = self
  end
  arrange(members)
  for i = 1, fibers do members[i].next = members[i % fibers + 1] end
  local function pass(at, passes)
    last = passes
    local target, value, ok = members[at + 1].coroutine, 0, nil
    while target do ok, target, value = resume(target, value) end
    return ok and value
  end
  local done, sum = 0, 0
  start()
  while done < count and not late() do
    local some = min(SLICE, count - done)
    sum = (sum * 31 + pass(done % fibers, some)) % 4294967296
    done = done + some
  end
  report(stop(), done, sum)
end

-- Lua raises an error where memory or the stack of a coroutine is exhausted.
local ok, trouble = pcall(function()
  if experiment == "ring" then
    ring()
  elseif experiment == "create" then
    creation()
  elseif experiment == "gc" then
    churn()
  elseif experiment == "depth" then
    local depth = fibers
    fibers = 1
    counters(descend, depth)
  else
    counters(counter)
  end
end)
if not ok then
  local known = tostring(trouble):match("stack overflow") or tostring(trouble):match("not enough memory")
  if not known then error(trouble, 0) end
  print(string.format('{"stoppedAt":%s,"error":"%s"}', arg[2], known))
end
