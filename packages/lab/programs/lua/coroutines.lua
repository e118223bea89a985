-- Lua and LuaJIT coroutines: a resume is a call of a wrapped coroutine; a ring is a loop that resumes
-- whichever coroutine the last one yielded, for Lua has no symmetric transfer.
--
-- Usage: lua coroutines.lua ring|resume|scale|create|depth|counters FIBERS COUNT sequential|shuffled SECONDS
-- The contract that all programs keep is in ../README.md.

local create, wrap, resume, yield = coroutine.create, coroutine.wrap, coroutine.resume, coroutine.yield
local floor, max, min = math.floor, math.max, math.min

-- Operations between two looks at the clock.
local SLICE = 10000

-- Seconds of a clock on the wall: LuaJIT can ask the system, Lua needs LuaSocket for that. Without
-- either it is the processor time, which is the same on a machine with nothing else to do.
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
-- Seconds that creating may take, and the timed section again.
local limit = tonumber(arg[5]) > 0 and tonumber(arg[5]) or math.huge

-- What Linux says of this process: /proc/self/stat after the name, and the context switches.
local function process()
  local stat, status = io.open("/proc/self/stat"), io.open("/proc/self/status")
  if not (stat and status) then return "" end
  local fields = stat:read("*a"):match(".*%) (.-)%s*$")
  for switches in status:read("*a"):gmatch("ctxt_switches:%s+(%d+)") do fields = fields .. " " .. switches end
  stat:close()
  status:close()
  return fields
end

local function mappings()
  local lines = 0
  for _ in io.lines("/proc/self/maps") do lines = lines + 1 end
  return lines
end

-- Switches perf's counters on and off, where the lab has asked for it.
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

local began, before = now(), nil

local function start()
  before = process()
  perf("enable\n")
  began = now()
end

local function late()
  return now() - began > limit
end

local function finish(done, sum, more)
  local seconds = now() - began
  perf("disable\n")
  local after = process()
  print(string.format('{"count":%.0f,"seconds":%.9f,"sum":%.0f,"before":"%s","after":"%s"%s}',
    done, seconds, sum, before, after, more and more(seconds) or ""))
  io.stdout:flush()
  -- Nothing is taken down: that is not what is measured.
  os.exit(0, false)
end

-- Ends the program when creating takes too long.
local function in_time(made)
  if made % SLICE == 0 and late() then
    print(string.format('{"stoppedAt":%d,"error":"the time limit"}', made))
    os.exit(0, false)
  end
end

-- The lab's shuffle, or nothing.
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

local function counters(body, argument)
  local all = {}
  if experiment == "create" then start() end
  for i = 1, fibers do
    in_time(i - 1)
    local with = argument or (i - 1) % 7
    all[i] = wrap(function() return body(with) end)
  end
  local created = now()
  arrange(all)
  if experiment == "create" then
    local sum = 0
    for i = 1, fibers do sum = (sum * 31 + all[i]()) % 4294967296 end
    return finish(fibers, sum, function(seconds)
      collectgarbage()
      return string.format(',"enterSeconds":%.9f,"settled":"%s","mappings":%d',
        seconds - (created - began), process(), mappings())
    end)
  end
  if experiment ~= "resume" then walk(all, 1, fibers, 1) end
  local laps, at_once = math.ceil(count / fibers), max(1, floor(SLICE / fibers))
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
  finish(done, sum)
end

-- Lua raises an error where memory, or one coroutine's stack, comes to its end.
local ok, trouble = pcall(function()
  if experiment == "ring" then
    ring()
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
