# frozen_string_literal: true

# make_many_fibers.rb of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by KJ Tsanaktsidis.
# Changed here: the size is an argument; all are created first and then entered, so that the two can be
# told apart; what they took is printed.
# Usage: ruby create.rb FIBERS COUNT sequential|shuffled
require_relative 'section'

GC.disable

MAX = ARGV.first.to_i
FIBERS = []

empty = Section.memory
entered = 0
create_seconds = nil

begin
  used = Section.measure do
    t0 = Section.clock
    MAX.times do
      FIBERS << Fiber.new do
        loop do
          Fiber.yield
        end
      end
    end
    create_seconds = Section.clock - t0
    order = ARGV[2] == 'shuffled' ? FIBERS.shuffle(random: Random.new(17_263)) : FIBERS
    order.each do |fiber|
      fiber.resume
      entered += 1
    end
  end
rescue FiberError, NoMemoryError => e
  Section.stopped(entered, e)
end

settled = Section.memory
Section.print(
  used.merge(
    count: entered,
    best: MAX / used[:seconds],
    rssKiB: settled[:resident],
    createSeconds: create_seconds,
    enterSeconds: used[:seconds] - create_seconds,
    faultsPerFiber: used[:minorFaults] && (used[:minorFaults] + used[:majorFaults]) / MAX.to_f,
    **Section.added(empty, settled, MAX)
  )
)
