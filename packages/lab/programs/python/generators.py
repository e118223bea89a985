"""Python's generators: a ring is a loop that enters the generator that the last one yielded.

Usage: generators.py ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
"""

import sys

import bench


def counter(times):
    while True:
        times += 1
        yield times


def descend(depth):
    """Delegation: every resume walks all of it."""
    if depth > 1:
        yield from descend(depth - 1)
    else:
        yield from counter(0)


limit = 0


class Member:
    def __init__(self, weight):
        self.weight = weight
        self.next = self
        # `send` brings no value to a generator that has not begun.
        self.passed = 0
        self.enter = self.run().__next__

    def run(self):
        while True:
            self.passed += 1
            if self.passed == limit:
                yield None
            else:
                self.next.passed = self.passed
                yield self.next


def link(members):
    for member, following in zip(members, [*members[1:], members[0]]):
        member.next = following

    def passes(at, count):
        global limit
        limit = count
        current = members[at]
        current.passed = 0
        while current is not None:
            last, current = current, current.enter()
        return last.weight

    return passes


if bench.EXPERIMENT == "ring":
    bench.measure_passes(Member, link)
elif bench.EXPERIMENT == "depth":
    # Delegation goes over the native stack, which holds some more calls than Python allows.
    sys.setrecursionlimit(12_000)
    bench.measure_depth(lambda depth: descend(depth).__next__)
elif bench.EXPERIMENT == "gc":
    bench.measure_churn(lambda weight: counter(weight).__next__)
else:
    bench.measure_resumes(lambda weight: counter(weight).__next__)
