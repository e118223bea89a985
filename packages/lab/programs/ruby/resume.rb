# frozen_string_literal: true

# The second program of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by Sharon Rosner.
# Changed here: size, count and order are arguments; rss is printed too.
# Usage: ruby resume.rb FIBERS COUNT sequential|shuffled
require 'fiber'

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
  num_fibers.times do
    fibers << Fiber.new { loop { Fiber.yield } }
  end
  fibers.shuffle!(random: Random.new(17_263)) if SHUFFLED

  t0 = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  while count < COUNT
    fibers.each do |f|
      count += 1
      f.resume
    end
  end

  elapsed = Process.clock_gettime(Process::CLOCK_MONOTONIC) - t0
  puts "fibers: #{num_fibers} rss: #{rss} count: #{count} rate: #{count / elapsed}"
rescue Exception => e
  puts "Stopped at #{count} fibers"
  p e
end

run(NUM_FIBERS)
