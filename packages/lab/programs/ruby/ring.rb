# frozen_string_literal: true

# The first program of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by Sharon Rosner.
# Changed here: size, count and order are arguments; rss is read from /proc where there is no ps.
# Usage: ruby ring.rb FIBERS COUNT sequential|shuffled
require 'fiber'

class Fiber
  attr_accessor :next
end

NUM_FIBERS, COUNT = ARGV.first(2).map(&:to_i)
SHUFFLED = ARGV[2] == 'shuffled'

def rss
  File.read('/proc/self/status')[/VmRSS:\s*(\d+)/, 1].to_i
rescue SystemCallError
  `ps -o rss= -p #{Process.pid}`.to_i
end

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

  t0 = Process.clock_gettime(Process::CLOCK_MONOTONIC)
  fibers.first.transfer
  elapsed = Process.clock_gettime(Process::CLOCK_MONOTONIC) - t0

  puts "fibers: #{num_fibers} rss: #{rss} count: #{count} rate: #{count / elapsed}"
rescue Exception => e
  puts "Stopped at #{count} fibers"
  p e
end

run(NUM_FIBERS)
