# Crystal's fibers by `Fiber#resume`: the switch under `spawn` and `Fiber.yield`, to whichever fiber one
# likes. It carries no value, so the fiber in hand leaves its answer in a variable.
#
# Usage: fibers ring|resume|scale|create|depth|counters FIBERS COUNT sequential|shuffled SECONDS
# The contract that all programs keep is in ../README.md.

# Operations between two looks at the clock.
SLICE = 10_000_i64

EXPERIMENT = ARGV[0]
FIBERS     = EXPERIMENT == "depth" ? 1_i64 : ARGV[1].to_i64
COUNT      = ARGV[2].to_i64
# Seconds that creating may take, and the timed section again.
LIMIT = ARGV[4].to_f.seconds

# What the fiber in hand says.
class Said
  class_property answer = 0_i64
  class_property passed = 0_i64
  class_property last = 0_i64
  # Where the stack of the one deep fiber begins.
  class_property stack = 0_u64
end

class Clock
  @began = Time.monotonic
  @before = ""

  getter began

  def start
    @before = process
    perf("enable\n")
    @began = Time.monotonic
  end

  def late?
    LIMIT > Time::Span.zero && Time.monotonic - @began > LIMIT
  end

  def finish(done, sum, entered = nil)
    seconds = (Time.monotonic - @began).total_seconds
    perf("disable\n")
    print %({"count":#{done},"seconds":#{seconds},"sum":#{sum},"before":"#{@before}","after":"#{process}")
    if entered
      GC.collect
      print %(,"enterSeconds":#{entered},"settled":"#{process}","mappings":#{mappings})
    end
    puts "}"
    # Nothing is taken down: that is not what is measured.
    STDOUT.flush
    LibC._exit 0
  end

  # What Linux says of this process: /proc/self/stat after the name, and the context switches.
  private def process
    return "" unless File.exists? "/proc/self/stat"
    switches = File.read("/proc/self/status").scan(/ctxt_switches:\s+(\d+)/).map(&.[1])
    [File.read("/proc/self/stat").rpartition(") ")[2].strip, *switches].join(' ')
  end

  private def mappings
    File.exists?("/proc/self/maps") ? File.read_lines("/proc/self/maps").size : 0
  end

  # Switches perf's counters on and off, where the lab has asked for it.
  private def perf(what)
    control, ack = ENV["FIBRIL_PERF_CONTROL"]?, ENV["FIBRIL_PERF_ACK"]?
    return unless control && ack
    File.write(control, what)
    File.open(ack, &.gets)
  end
end

CLOCK = Clock.new

# The lab's shuffle, or nothing.
def arrange(items)
  return items unless ARGV[3] == "shuffled"
  state = 17263_u32
  (items.size - 1).downto(1) do |i|
    state = state &* 1664525_u32 &+ 1013904223_u32
    items.swap(i, (state / 4294967296 * (i + 1)).to_i)
  end
  items
end

def stopped(at, error)
  puts %({"stoppedAt":#{at},"error":#{error.inspect}})
  STDOUT.flush
  LibC._exit 0
end

# Creates every fiber; the block takes its weight.
def create(& : Int64 -> T) : Array(T) forall T
  made = Array(T).new(FIBERS)
  CLOCK.start if EXPERIMENT == "create"
  FIBERS.times do |index|
    stopped(index, "the time limit") if index % SLICE == 0 && CLOCK.late?
    begin
      made << yield(index % 7)
    rescue error
      stopped(index, error.message)
    end
  end
  made
end

# Answers how often it has been resumed.
def count_for(driver : Fiber, times : Int64)
  loop do
    Said.answer = times += 1
    driver.resume
  end
end

# A link in each native frame: so no compiler makes a loop of the calls, and the innermost can count.
struct Call
  def initialize(@caller : Call*)
  end

  def depth
    count, at = 1_i64, @caller
    until at.null?
      count += 1
      at = at.value.@caller
    end
    count
  end
end

# Of a fiber's eight MiB; Crystal ends the process at the eighth.
STACK = 7 * 1024 * 1024

def descend(driver : Fiber, left : Int64, depth : Int64, caller : Call*)
  call = Call.new(caller)
  Said.stack = pointerof(call).address if caller.null?
  stopped(depth, "stack overflow") if Said.stack - pointerof(call).address > STACK
  if left > 1
    descend(driver, left - 1, depth, pointerof(call))
  else
    # Zero, if all of them are there.
    count_for(driver, call.depth - depth)
  end
end

def answer_of(fiber : Fiber)
  fiber.resume
  Said.answer
end

def counters(fibers)
  created = Time.monotonic
  arrange(fibers)
  if EXPERIMENT == "create"
    sum = fibers.reduce(0_i64) { |so_far, fiber| (so_far * 31 + answer_of(fiber)) % 4294967296 }
    CLOCK.finish(FIBERS, sum, (Time.monotonic - created).total_seconds)
  end
  fibers.each &.resume unless EXPERIMENT == "resume"
  laps, at_once = (COUNT + FIBERS - 1) // FIBERS, {1_i64, SLICE // FIBERS}.max
  parts = fibers.each_slice(SLICE.to_i).to_a
  done = sum = 0_i64
  CLOCK.start
  0_i64.step(to: laps, by: at_once, exclusive: true) do |lap|
    turns = {at_once, laps - lap}.min
    parts.each do |part|
      turns.times { part.each { |fiber| sum += answer_of(fiber) } }
      done += turns * part.size
      CLOCK.finish(done, sum) if CLOCK.late?
    end
  end
  CLOCK.finish(done, sum)
end

class Member
  property! following : Member
  getter! fiber : Fiber

  def initialize(supervisor : Fiber, weight : Int64)
    @fiber = Fiber.new do
      loop do
        if (Said.passed += 1) == Said.last
          Said.answer = weight
          supervisor.resume
        elsif following != self # in a ring of one there is nowhere to go
          following.fiber.resume
        end
      end
    end
  end
end

def ring(members)
  arrange(members)
  members.each_with_index { |member, at| member.following = members[(at + 1) % members.size] }
  done = sum = 0_i64
  CLOCK.start
  while done < COUNT && !CLOCK.late?
    Said.passed = 0
    Said.last = {SLICE, COUNT - done}.min
    members[done % FIBERS].fiber.resume
    sum = (sum * 31 + Said.answer) % 4294967296
    done += Said.passed
  end
  CLOCK.finish(done, sum)
end

driver = Fiber.current
case EXPERIMENT
when "ring"
  ring(create { |weight| Member.new(driver, weight) })
when "depth"
  depth = ARGV[1].to_i64
  counters(create { Fiber.new { descend(driver, depth, depth, Pointer(Call).null) } })
else
  counters(create { |weight| Fiber.new { count_for(driver, weight) } })
end
