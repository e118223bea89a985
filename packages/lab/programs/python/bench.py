"""What the Python programs do alike: arguments, order, clock, checksums, and the line they print.

The contract that all programs keep is in ../README.md.
"""

import gc
import json
import os
import re
import sys
import time

# Operations between two looks at the clock; fewer where they may be slow.
SLICE = 10_000

EXPERIMENT = sys.argv[1]
FIBERS, COUNT = int(sys.argv[2]), int(sys.argv[3])
SHUFFLED = sys.argv[4] == "shuffled"
# Seconds that creating may take, and the timed section again.
LIMIT = float(sys.argv[5]) or float("inf")

now = time.perf_counter
began = now()


def late():
    return now() - began > LIMIT


def arrange(items):
    """The lab's shuffle, or nothing."""
    if not SHUFFLED:
        return items
    state = 17263
    for i in range(len(items) - 1, 0, -1):
        state = (state * 1664525 + 1013904223) % 2**32
        j = int(state / 2**32 * (i + 1))
        items[i], items[j] = items[j], items[i]
    return items


class Clock:
    """The timed section, and what the process took in it."""

    def start(self):
        global began
        self.before = process()
        perf("enable\n")
        began = now()

    def entered(self):
        """In `create`: every fiber has been created, now each is entered once."""
        self.created = now()

    def finish(self, done, total):
        ended = now()
        perf("disable\n")
        line = {"count": done, "seconds": ended - began, "sum": total}
        line |= {"before": self.before, "after": process()}
        if EXPERIMENT == "create":
            gc.collect()
            line |= {"enterSeconds": ended - self.created, "settled": process(), "mappings": mappings()}
        print(json.dumps(line), flush=True)
        # Nothing is taken down: that is not what is measured.
        os._exit(0)


def stopped(at, error):
    print(json.dumps({"stoppedAt": at, "error": error}), flush=True)
    os._exit(0)


def create(make, clock):
    """Creates every fiber; `make` takes its weight."""
    if EXPERIMENT == "create":
        clock.start()
    made = []
    try:
        for index in range(FIBERS):
            if index % SLICE == 0 and late():
                stopped(index, "the time limit")
            made.append(make(index % 7))
    except MemoryError:
        stopped(len(made), "out of memory")
    return made


def measure_resumes(make):
    """`make` answers what resumes a new fiber, and answers how often it has been resumed."""
    clock = Clock()
    resumes = arrange(create(make, clock))
    clock.entered()
    if EXPERIMENT == "create":
        total = 0
        for resume in resumes:
            total = (total * 31 + resume()) % 2**32
        clock.finish(FIBERS, total)
    if EXPERIMENT != "resume":
        walk(resumes, 1)
    laps, at_once = -(-COUNT // FIBERS), max(1, SLICE // FIBERS)
    parts = [resumes[start : start + SLICE] for start in range(0, FIBERS, SLICE)]
    done = total = 0
    clock.start()
    for lap in range(0, laps, at_once):
        turns = min(at_once, laps - lap)
        for part in parts:
            total += walk(part, turns)
            done += turns * len(part)
            if late():
                clock.finish(done, total)
    clock.finish(done, total)


def walk(resumes, laps):
    total = 0
    for _ in range(laps):
        for resume in resumes:
            total += resume()
    return total


def measure_passes(make, link):
    """`link` takes the members in order and answers what passes control on a number of times."""
    clock = Clock()
    passes = link(arrange(create(make, clock)))
    done = total = 0
    clock.start()
    while done < COUNT and not late():
        some = min(SLICE, COUNT - done)
        total = (total * 31 + passes(done % FIBERS, some)) % 2**32
        done += some
    clock.finish(done, total)


def one_fiber():
    """In `depth` the fibers asked for are the calls of one."""
    global FIBERS, SLICE
    depth, FIBERS, SLICE = FIBERS, 1, 100
    return depth


def measure_depth(make):
    """`make` answers what resumes a fiber under that many calls."""
    depth = one_fiber()
    try:
        measure_resumes(lambda _weight: make(depth))
    except RecursionError as error:
        stopped(depth, f"RecursionError: {error}")


def process():
    """What Linux says of this process: /proc/self/stat after the name, and the context switches."""
    try:
        with open("/proc/self/stat") as stat, open("/proc/self/status") as status:
            switches = re.findall(r"ctxt_switches:\s+(\d+)", status.read())
            return " ".join([stat.read().rpartition(") ")[2].strip(), *switches])
    except OSError:
        return ""


def mappings():
    try:
        with open("/proc/self/maps") as maps:
            return sum(1 for _ in maps)
    except OSError:
        return 0


def perf(what):
    """Switches perf's counters on and off, where the lab has asked for it."""
    control, ack = os.environ.get("FIBRIL_PERF_CONTROL"), os.environ.get("FIBRIL_PERF_ACK")
    if not (control and ack):
        return
    with open(control, "w") as out:
        out.write(what)
    with open(ack) as answer:
        answer.readline()
