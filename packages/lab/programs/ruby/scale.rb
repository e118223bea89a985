# frozen_string_literal: true

# The third program of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by Samuel Williams:
# the one that made the table from 2^0 to 2^20 fibers.
# Changed here: one size a process, so that a limit stops that size alone; size, repeats and order are
# arguments; what the fibers take in memory and page faults, and what the section took, is printed too;
# they are resumed once more after it.
# Usage: ruby scale.rb FIBERS COUNT sequential|shuffled
require_relative 'section'

GC.disable

MAX, REPEATS = ARGV.first(2).map(&:to_i)
FIBERS = []

empty = Section.memory
faults = Section.faults.first

begin
  MAX.times do
    fiber = Fiber.new { loop { Fiber.yield } }
    fiber.resume
    FIBERS << fiber
  end
rescue FiberError, NoMemoryError => e
  Section.stopped(FIBERS.size, e)
end

faults = Section.difference(Section.faults.first, faults)
settled = Section.memory

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

fibers = ARGV[2] == 'shuffled' ? FIBERS.shuffle(random: Random.new(17_263)) : FIBERS
count = 0
used = Section.measure { count = run(fibers) }
rate = count / used[:seconds]
rss = Section.rss
Section.check(fibers)
puts "fibers: #{fibers.size} rss: #{rss} count: #{count} rate: #{rate}"
Section.print(
  used.merge(
    count: count,
    best: rate,
    rssKiB: rss,
    faultsPerFiber: faults&.fdiv(MAX),
    **Section.added(empty, settled, MAX)
  )
)
