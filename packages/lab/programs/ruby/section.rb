# frozen_string_literal: true

# What the Ruby programs share: the timed section, what the operating system knows about it, the
# memory that fibers add, and the gate of a perf around the process (see FIBRIL_PERF_CONTROL
# in the lab).
require 'json'

module Section
  module_function

  def rss
    kilobytes('/proc/self/smaps_rollup', 'Rss') || `ps -o rss= -p #{Process.pid}`.to_i
  end

  def mapped
    kilobytes('/proc/self/status', 'VmSize')
  end

  def mappings
    File.read('/proc/self/maps').count("\n")
  rescue SystemCallError
    nil
  end

  def kilobytes(file, field)
    File.read(file)[/^#{field}:\s*(\d+) kB/, 1].to_i
  rescue SystemCallError
    nil
  end

  def memory
    { resident: rss, mapped: mapped, mappings: mappings }
  end

  # What that many fibers have added to the memory before them.
  def added(empty, settled, fibers)
    bytes = lambda do |what|
      kilobytes = difference(settled[what], empty[what])
      kilobytes && kilobytes * 1024.0 / fibers
    end
    {
      bytesPerFiber: bytes[:resident],
      mappedBytesPerFiber: bytes[:mapped],
      mappings: settled[:mappings]
    }
  end

  def clock
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  # minor and major faults
  def faults
    fields = File.read('/proc/self/stat').split(') ').last.split
    [fields[7].to_i, fields[9].to_i]
  rescue SystemCallError
    [nil, nil]
  end

  # of all threads: Ruby may have a timer beside the program
  def switches
    threads = Dir.glob('/proc/self/task/*/status').map { |status| File.read(status) }
    threads.join.scan(/ctxt_switches:\s*(\d+)/).flatten.sum(&:to_i) unless threads.empty?
  end

  # Ruby has it since 3.1.
  def collecting
    GC.stat[:time]&.fdiv(1000)
  end

  def difference(after, before)
    after && before && (after - before)
  end

  # Runs the block with the gate open, and returns what it took.
  def measure
    gate = [ENV['FIBRIL_PERF_CONTROL'], ENV['FIBRIL_PERF_ACK']]
    gate = gate.all? ? [File.open(gate[0], 'w'), File.open(gate[1], 'r')] : nil
    before = [Process.times, *faults, switches, GC.count, collecting]
    say(gate, 'enable')
    t0 = clock
    yield
    elapsed = clock - t0
    say(gate, 'disable')
    after = [Process.times, *faults, switches, GC.count, collecting]
    {
      seconds: elapsed,
      userSeconds: after[0].utime - before[0].utime,
      systemSeconds: after[0].stime - before[0].stime,
      minorFaults: difference(after[1], before[1]),
      majorFaults: difference(after[2], before[2]),
      contextSwitches: difference(after[3], before[3]),
      gcCount: after[4] - before[4],
      gcSeconds: difference(after[5], before[5])
    }
  end

  def say(gate, word)
    return unless gate

    gate[0].puts(word)
    gate[0].flush
    gate[1].gets
  end

  # The programs of the bug report count in the loop that resumes. So every fiber must show that it continues.
  def check(fibers)
    raise 'a fiber has died' unless fibers.all?(&:alive?)

    fibers.each(&:resume)
    raise 'a fiber has died of one more resume' unless fibers.all?(&:alive?)
  end

  def print(sample)
    puts JSON.generate(sample.compact)
  end

  # A limit is a result, as in the programs of the bug report.
  def stopped(count, error, what = 'fibers')
    puts "Stopped at #{count} #{what}"
    p error
    exit
  end
end
