# frozen_string_literal: true

# Pauses of the garbage collector while FIBERS fibers stay alive, suspended, and COUNT others are created,
# entered and dropped: what Ruby bug #17263 leaves out by GC.disable and calls not constant time.
# Ruby has no event loop here, so there is nothing to be late.
# Usage: ruby gc.rb FIBERS COUNT sequential|shuffled SECONDS (it ends with whichever is reached first)
require_relative 'section'

MAX, COUNT = ARGV.first(2).map(&:to_i)
LIMIT = (ARGV[3] || Float::INFINITY).to_f
# As in the lab's own workers: BATCH fibers are created and dropped together, and ALIVE batches are alive.
BATCH = 200
ALIVE = 20

def create
  fiber = Fiber.new { loop { Fiber.yield } }
  fiber.resume
  fiber
end

empty = Section.memory
live = []
entered = 0
begin
  MAX.times { live << Fiber.new { loop { Fiber.yield } } }
  live.shuffle!(random: Random.new(17_263)) if ARGV[2] == 'shuffled'
  live.each do |fiber|
    fiber.resume
    entered += 1
  end
rescue FiberError, NoMemoryError => e
  Section.stopped(entered, e)
end

GC.start
settled = Section.memory
GC::Profiler.enable
done = 0
used = Section.measure do
  alive = Array.new(ALIVE)
  turn = 0
  t0 = Section.clock
  while done < COUNT && Section.clock - t0 < LIMIT
    alive[turn % ALIVE] = Array.new(BATCH) { create }
    done += BATCH
    turn += 1
  end
rescue FiberError, NoMemoryError => e
  Section.stopped(MAX + done, e)
end

pauses = GC::Profiler.raw_data.map { |run| run[:GC_TIME] }.sort
at = ->(part) { pauses[[(pauses.size * part).ceil - 1, 0].max] }
rss = Section.rss
Section.check(live)
Section.print(
  used.merge(
    count: done,
    best: done / used[:seconds],
    rssKiB: rss,
    **Section.added(empty, settled, MAX),
    gcSeconds: pauses.sum,
    pauses: pauses.empty? ? nil : { p50: at[0.5], p99: at[0.99], max: pauses.last }
  )
)
