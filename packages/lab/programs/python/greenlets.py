"""Greenlets: coroutines in C for Python, with a switch to any greenlet.

Usage: greenlets.py ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
"""

import sys

from greenlet import getcurrent, greenlet

import bench

# The greenlet that resumed the running one.
back = getcurrent().switch


def counter(times):
    while True:
        times += 1
        back(times)


def descend(depth):
    if depth > 1:
        descend(depth - 1)
    else:
        counter(0)


limit = 0


class Member:
    def __init__(self, weight):
        self.weight = weight
        self.next = self
        self.switch = greenlet(self.run).switch

    def run(self):
        passed = back()
        while True:
            passed += 1
            if passed == limit:
                passed = back(self.weight)
            else:
                passed = self.next.switch(passed)


def link(members):
    for member, following in zip(members, [*members[1:], members[0]]):
        member.next = following

    entered = False

    def passes(at, count):
        global limit
        nonlocal entered
        if not entered:
            # From here, for a greenlet's native stack begins where it is first entered.
            for member in members:
                member.switch()
            entered = True
        limit = count
        return members[at].switch(0)

    return passes


def resumes(body, argument):
    return greenlet(lambda: body(argument)).switch


if bench.EXPERIMENT == "ring":
    bench.measure_passes(Member, link)
elif bench.EXPERIMENT == "depth":
    # From 3.11 on, calls do not use the native stack that this limit protects.
    if sys.version_info >= (3, 11):
        sys.setrecursionlimit(bench.FIBERS + 1_000)
    bench.measure_depth(lambda depth: resumes(descend, depth))
elif bench.EXPERIMENT == "gc":
    bench.measure_churn(lambda weight: resumes(counter, weight))
else:
    bench.measure_resumes(lambda weight: resumes(counter, weight))
