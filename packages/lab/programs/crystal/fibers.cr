# Crystal's fibers by `Fiber#resume`: the switch under `spawn` and `Fiber.yield`, to any fiber.
# It carries no value, so the running fiber leaves its answer in a variable.
#
# Usage: fibers ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
# The contract that all programs keep is in ../README.md.

# Operations between two looks at the clock.
SLICE = 10_000_i64
# Fibers that are created and dropped together in gc, and the batches that are alive at any time.
BATCH = 200_i64
ALIVE =      20

EXPERIMENT = ARGV[0]
FIBERS     = EXPERIMENT == "depth" ? 1_i64 : ARGV[1].to_i64
COUNT      = ARGV[2].to_i64
# Seconds for creating the fibers, and the same for the timed section.
LIMIT = ARGV[4].to_f.seconds

# The answer of the running fiber.
class Said
  class_property answer = 0_i64
  class_property passed = 0_i64
  class_property last = 0_i64
  # Where the stack of the one deep fiber begins.
  class_property stack = 0_u64
  # Whether the running fiber is to end.
  class_property over = false
end

# The pauses of the collector, which calls from within a collection: nothing may be allocated there.
class Pauses
  LIMIT = 65_536
  @@began = uninitialized LibC::Timespec
  @@seconds = Slice(Float64).new(LIMIT)
  @@count = 0

  # Its events are numbered: 0 is the start of a collection, 5 its end. Crystal's binding leaves that out.
  def self.watch
    listener = ->(event : LibC::Int) do
      case event
      when 0 then LibC.clock_gettime(LibC::CLOCK_MONOTONIC, pointerof(@@began))
      when 5 then ended
      end
    end
    LibGC.set_on_collection_event(Proc(Nil).new(listener.pointer, Pointer(Void).null))
  end

  def self.ended
    LibC.clock_gettime(LibC::CLOCK_MONOTONIC, out now)
    took = (now.tv_sec - @@began.tv_sec) + (now.tv_nsec - @@began.tv_nsec) / 1e9
    @@seconds[@@count % LIMIT] = took
    @@count += 1
  end

  def self.count
    @@count
  end

  # Since there were so many, as fields of the line.
  def self.told(before)
    pauses = ({before, @@count - LIMIT}.max...@@count).map { |index| @@seconds[index % LIMIT] }.sort
    line = %("gcCount":#{@@count - before},"gcSeconds":#{pauses.sum})
    return line if pauses.empty?
    at = ->(part : Float64) { pauses[{(pauses.size * part).ceil.to_i - 1, 0}.max] }
    %(#{line},"pauses":{"p50":#{at.call(0.5)},"p99":#{at.call(0.99)},"max":#{pauses.last}})
  end
end

Pauses.watch

class Clock
  @began = Time.monotonic
  @before = ""
  @collected = 0
  @empty = ""
  @settled = ""

  getter began

  # The memory before the first fiber.
  def empty
    @empty = memory
  end

  # The memory with all of them, once garbage has been collected.
  def settle
    GC.collect
    @settled = memory
  end

  def start
    @collected = Pauses.count
    @before = process
    perf("enable\n")
    @began = Time.monotonic
  end

  def late?(limit = LIMIT)
    limit > Time::Span.zero && Time.monotonic - @began > limit
  end

  # The block, which answers the sum, and how long entering took, comes after the clock.
  def finish(done, entered = nil, &)
    seconds = (Time.monotonic - @began).total_seconds
    perf("disable\n")
    after, pauses = process, Pauses.told(@collected)
    sum = yield
    settle if EXPERIMENT == "create" || (EXPERIMENT == "resume" && done >= FIBERS)
    print %({"count":#{done},"seconds":#{seconds},"sum":#{sum},"before":"#{@before}","after":"#{after}",#{pauses})
    print %(,"enterSeconds":#{entered}) if entered
    print %(,"empty":"#{@empty}","settled":"#{@settled}") unless @settled.empty?
    puts "}"
    # The fibers are not taken down, because that is not measured.
    STDOUT.flush
    LibC._exit 0
  end

  # What Linux knows about this process: /proc/self/stat after the name, and the context switches of all threads.
  private def process
    return "" unless File.exists? "/proc/self/stat"
    switches = Dir.glob("/proc/self/task/*/status").map { |status| File.read(status) }.join
    sums = {"\nvoluntary", "\nnonvoluntary"}.map do |kind|
      switches.scan(/#{kind}_ctxt_switches:\s+(\d+)/).sum(&.[1].to_i64)
    end
    "#{File.read("/proc/self/stat").rpartition(") ")[2].strip} #{sums.join(' ')}"
  end

  # Resident and mapped KiB, and mappings.
  private def memory
    return "" unless File.exists? "/proc/self/smaps_rollup"
    resident = kilobytes("/proc/self/smaps_rollup", "Rss")
    mapped = kilobytes("/proc/self/status", "VmSize")
    "#{resident} #{mapped} #{File.read_lines("/proc/self/maps").size}"
  end

  private def kilobytes(file, name)
    File.read(file)[/^#{name}:\s+(\d+)/m, 1]
  end

  # Switches perf's counters on and off, where the lab asks for it.
  private def perf(what)
    control, ack = ENV["FIBRIL_PERF_CONTROL"]?, ENV["FIBRIL_PERF_ACK"]?
    return unless control && ack
    File.write(control, what)
    File.open(ack, &.gets)
  end
end

CLOCK = Clock.new

# The lab's shuffle, or the order as it is.
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
  CLOCK.empty
  CLOCK.start if EXPERIMENT == "create"
  patience = EXPERIMENT == "gc" && LIMIT > Time::Span.zero ? {LIMIT, 10.seconds}.max : LIMIT
  FIBERS.times do |index|
    stopped(index, "the time limit") if index % SLICE == 0 && CLOCK.late?(patience)
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
    break if Said.over
  end
  # A fiber that ends leaves the choice of the next one to the scheduler.
  driver.enqueue
end

# A link in each native frame, so that no compiler turns the calls into a loop, and the innermost can count.
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
    CLOCK.finish(FIBERS, (Time.monotonic - created).total_seconds) { sum }
  end
  unless EXPERIMENT == "resume"
    fibers.each &.resume
    CLOCK.settle
  end
  laps, at_once = (COUNT + FIBERS - 1) // FIBERS, {1_i64, SLICE // FIBERS}.max
  parts = fibers.each_slice(SLICE.to_i).to_a
  done = sum = 0_i64
  CLOCK.start
  0_i64.step(to: laps, by: at_once, exclusive: true) do |lap|
    turns = {at_once, laps - lap}.min
    parts.each do |part|
      turns.times { part.each { |fiber| sum += answer_of(fiber) } }
      done += turns * part.size
      CLOCK.finish(done) { sum } if CLOCK.late?
    end
  end
  CLOCK.finish(done) { sum }
end

# A fiber that waits for ever is never collected, so dropped ones are told to end.
def churn(driver : Fiber, live)
  arrange(live)
  live.each &.resume
  CLOCK.settle
  alive = Array(Array(Fiber)).new(ALIVE) { [] of Fiber }
  done = sum = 0_i64
  turn = 0
  CLOCK.start
  while done < COUNT && !CLOCK.late?
    Said.over = true
    alive[turn % ALIVE].each &.resume
    Said.over = false
    begin
      batch = Array(Fiber).new(BATCH) { |index| Fiber.new { count_for(driver, (index % 7).to_i64) } }
    rescue error
      stopped(FIBERS + done, error.message)
    end
    batch.each { |fiber| sum += answer_of(fiber) }
    alive[turn % ALIVE] = batch
    done += BATCH
    turn += 1
  end
  CLOCK.finish(done) do
    live.each { |fiber| sum += answer_of(fiber) }
    sum
  end
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
  CLOCK.finish(done) { sum }
end

driver = Fiber.current
case EXPERIMENT
when "ring"
  ring(create { |weight| Member.new(driver, weight) })
when "depth"
  depth = ARGV[1].to_i64
  counters(create { Fiber.new { descend(driver, depth, depth, Pointer(Call).null) } })
when "gc"
  churn(driver, create { |weight| Fiber.new { count_for(driver, weight) } })
else
  counters(create { |weight| Fiber.new { count_for(driver, weight) } })
end
