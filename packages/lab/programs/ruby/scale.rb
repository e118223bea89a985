# frozen_string_literal: true

# The third program of Ruby bug #17263, https://bugs.ruby-lang.org/issues/17263, by Samuel Williams:
# the one that made the table from 2^0 to 2^20 fibers.
# Changed here: one size a process, so that a limit stops that size alone; size, repeats and order are
# arguments; what creating and entering the fibers took (time, page faults, memory) is printed too.
# Usage: ruby scale.rb FIBERS COUNT sequential|shuffled
GC.disable

MAX, REPEATS = ARGV.first(2).map(&:to_i)
FIBERS = []

def rss
  File.read('/proc/self/status')[/VmRSS:\s*(\d+)/, 1].to_i
rescue SystemCallError
  `ps -o rss= -p #{Process.pid}`.to_i
end

def faults
  File.read('/proc/self/stat').split(') ').last.split[7].to_i
rescue SystemCallError
  0
end

before = [rss, faults]
t0 = Process.clock_gettime(Process::CLOCK_MONOTONIC)

begin
  MAX.times do
    fiber = Fiber.new { loop { Fiber.yield } }
    fiber.resume
    FIBERS << fiber
  end
rescue Exception => e
  puts "Stopped at #{FIBERS.size} fibers"
  p e
  exit
end

created = Process.clock_gettime(Process::CLOCK_MONOTONIC) - t0
puts "created: #{MAX} elapsed: #{created} bytes: #{(rss - before[0]) * 1024} faults: #{faults - before[1]}"

def run(fibers, repeats = REPEATS)
  count = 0

  t0 = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  while count < repeats
    fibers.each do |fiber|
      count += 1
      fiber.resume
    end
  end

  elapsed = Process.clock_gettime(Process::CLOCK_MONOTONIC) - t0
  puts "fibers: #{fibers.size} rss: #{rss} count: #{count} rate: #{count / elapsed}"
end

exit if REPEATS.zero?
run(ARGV[2] == 'shuffled' ? FIBERS.shuffle(random: Random.new(17_263)) : FIBERS)
