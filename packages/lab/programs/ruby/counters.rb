# frozen_string_literal: true

# transfer_many_fibers.rb of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by KJ
# Tsanaktsidis.
# Changed here: one size a process, so that a limit stops that size alone; size, repeats and order are
# arguments; perf is started by the lab around the process and counts while the section runs; the fibers
# are resumed once more after it.
# Usage: ruby counters.rb FIBERS COUNT sequential|shuffled
require_relative 'section'

GC.disable

MAX, REPEATS = ARGV.first(2).map(&:to_i)
FIBERS = []

empty = Section.memory

begin
  MAX.times do
    fiber = Fiber.new do
      loop do
        Fiber.yield
      end
    end
    fiber.resume
    FIBERS << fiber
  end
rescue FiberError, NoMemoryError => e
  Section.stopped(FIBERS.size, e)
end

settled = Section.memory
FIBERS.shuffle!(random: Random.new(17_263)) if ARGV[2] == 'shuffled'

def run(fibers, repeats = REPEATS)
  count = 0
  while count < repeats
    fibers.each do |fiber|
      count += 1
      fiber.resume
    end
  end
  count
end

GC.start
count = 0
used = Section.measure { count = run(FIBERS) }
rss = Section.rss
Section.check(FIBERS)
Section.print(
  used.merge(
    count: count,
    best: count / used[:seconds],
    rssKiB: rss,
    **Section.added(empty, settled, MAX)
  )
)
