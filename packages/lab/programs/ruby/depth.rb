# frozen_string_literal: true

# One fiber that yields from under CALLS calls, and is resumed COUNT times: is a switch the same however
# deep it happens? Not in Ruby bug #17263; each call has its frame on the fiber's own stack.
# Usage: ruby depth.rb CALLS COUNT sequential|shuffled SECONDS (it ends with whichever is reached first)
require_relative 'section'

CALLS, COUNT = ARGV.first(2).map(&:to_i)
LIMIT = (ARGV[3] || Float::INFINITY).to_f
# Resumes between two looks at the clock.
SLICE = 10_000

@reached = 0

def descend(depth)
  @reached += 1
  if depth > 1
    descend(depth - 1)
  else
    times = 0
    loop { Fiber.yield(times += 1) }
  end
  # So that no call is the last thing that its caller does.
  depth
end

GC.start
GC.disable

fiber = Fiber.new { descend(CALLS) }
begin
  fiber.resume
rescue SystemStackError => e
  Section.stopped(@reached, e, 'calls')
end

done = 0
used = Section.measure do
  t0 = Section.clock
  while done < COUNT && Section.clock - t0 < LIMIT
    slice = [SLICE, COUNT - done].min
    slice.times { fiber.resume }
    done += slice
  end
end

answer = fiber.resume
raise "the innermost call answered #{answer} times, not #{done + 2}" unless answer == done + 2

Section.print(used.merge(count: done, best: done / used[:seconds], rssKiB: Section.rss))
