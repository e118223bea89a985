# frozen_string_literal: true

# The first program of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by Sharon Rosner.
# Changed here: size, count and order are arguments; rss is read from /proc; what the section took is
# printed too.
# Usage: ruby ring.rb FIBERS COUNT sequential|shuffled
require 'fiber'
require_relative 'section'

class Fiber
  attr_accessor :next
end

NUM_FIBERS, COUNT = ARGV.first(2).map(&:to_i)
SHUFFLED = ARGV[2] == 'shuffled'

def run(num_fibers)
  count = 0

  GC.start
  GC.disable

  fibers = []
  supervisor = Fiber.current
  num_fibers.times do
    fibers << Fiber.new do
      loop do
        count += 1
        if count == COUNT
          supervisor.transfer
        else
          Fiber.current.next.transfer
        end
      end
    end
  end
  fibers.shuffle!(random: Random.new(17_263)) if SHUFFLED
  fibers.each_with_index { |fiber, i| fiber.next = fibers[(i + 1) % num_fibers] }

  used = Section.measure { fibers.first.transfer }

  rate = count / used[:seconds]
  rss = Section.rss
  puts "fibers: #{num_fibers} rss: #{rss} count: #{count} rate: #{rate}"
  Section.print(used.merge(count: count, best: rate, rssKiB: rss))
rescue FiberError, NoMemoryError => e
  Section.stopped(count, e)
end

run(NUM_FIBERS)
