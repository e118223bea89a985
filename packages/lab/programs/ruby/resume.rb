# frozen_string_literal: true

# The second program of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by Sharon Rosner.
# Changed here: size, count and order are arguments; rss and what the section took are printed too; the
# fibers are resumed once more after it.
# Usage: ruby resume.rb FIBERS COUNT sequential|shuffled
require 'fiber'
require_relative 'section'

NUM_FIBERS, COUNT = ARGV.first(2).map(&:to_i)
SHUFFLED = ARGV[2] == 'shuffled'

GC.start
GC.disable

empty = Section.memory
fibers = []
NUM_FIBERS.times do
  fibers << Fiber.new { loop { Fiber.yield } }
end
fibers.shuffle!(random: Random.new(17_263)) if SHUFFLED

def run(fibers)
  count = 0
  while count < COUNT
    fibers.each do |f|
      count += 1
      f.resume
    end
  end
  count
rescue FiberError, NoMemoryError => e
  Section.stopped(count, e)
end

count = 0
used = Section.measure { count = run(fibers) }
rate = count / used[:seconds]
settled = Section.memory
Section.check(fibers)
puts "fibers: #{NUM_FIBERS} rss: #{settled[:resident]} count: #{count} rate: #{rate}"
Section.print(
  used.merge(
    count: count,
    best: rate,
    rssKiB: settled[:resident],
    **Section.added(empty, settled, NUM_FIBERS)
  )
)
