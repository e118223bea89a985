"""What the Python programs share: arguments, order, clock, checksums, and the line they print.

The contract that all programs keep is in ../README.md.
"""

import gc
import json
import math
import os
import re
import resource
import sys
import time
from contextlib import suppress

# Operations between two looks at the clock; fewer where they may be slow.
SLICE = 10_000
# Fibers that are created and dropped together in `gc`, and the batches that are alive at any time.
BATCH, ALIVE = 200, 20

EXPERIMENT = sys.argv[1]
FIBERS, COUNT = int(sys.argv[2]), int(sys.argv[3])
SHUFFLED = sys.argv[4] == "shuffled"
# Seconds for creating the fibers, and the same for the timed section.
LIMIT = float(sys.argv[5]) or float("inf")

now = time.perf_counter
began = now()


def late(limit=LIMIT):
    return now() - began > limit


def arrange(items):
    """The lab's shuffle, or the order as it is."""
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

    def __init__(self):
        self.memory = {}
        self.pauses = []

    def start(self):
        global began
        self.before = process()
        gc.callbacks.append(self.collecting)
        perf("enable\n")
        began = now()

    def collecting(self, phase, _info):
        if phase == "start":
            self.paused = now()
        else:
            self.pauses.append(now() - self.paused)

    def entered(self):
        """In `create`: every fiber has been created, now each is entered once."""
        self.created = now()

    def settle(self):
        """Every fiber lives and has been entered."""
        gc.collect()
        self.memory["settled"] = memory()

    def stop(self):
        self.ended = now()
        perf("disable\n")
        gc.callbacks.remove(self.collecting)
        self.after = process()

    def report(self, done, total):
        line = {"count": done, "seconds": self.ended - began, "sum": total}
        line |= {"before": self.before, "after": self.after}
        line |= {"gcCount": len(self.pauses), "gcSeconds": sum(self.pauses)}
        if self.pauses:
            line["pauses"] = spread(self.pauses)
        # Fibers that were not entered have no answer yet.
        if EXPERIMENT == "create" or (EXPERIMENT == "resume" and done >= FIBERS):
            self.settle()
        if EXPERIMENT == "create":
            line["enterSeconds"] = self.ended - self.created
        print(json.dumps(line | self.memory), flush=True)
        # The fibers are not taken down, because that is not measured.
        os._exit(0)

    def finish(self, done, total):
        self.stop()
        self.report(done, total)


def spread(seconds):
    ordered = sorted(seconds)
    return {
        "p50": ordered[math.ceil(len(ordered) * 0.5) - 1],
        "p99": ordered[math.ceil(len(ordered) * 0.99) - 1],
        "max": ordered[-1],
    }


def stopped(at, error):
    print(json.dumps({"stoppedAt": at, "error": error}), flush=True)
    os._exit(0)


def create(make, clock):
    """Creates every fiber; `make` takes its weight."""
    if EXPERIMENT != "ring":
        clock.memory["empty"] = memory()
    if EXPERIMENT == "create":
        clock.start()
    limit = max(10, LIMIT) if EXPERIMENT == "gc" else LIMIT
    made = []
    try:
        for index in range(FIBERS):
            if index % SLICE == 0 and late(limit):
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
        clock.settle()
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


def measure_churn(make):
    """Counters come and go, while as many as were asked for live on."""
    clock = Clock()
    live = arrange(create(make, clock))
    walk(live, 1)
    clock.settle()
    alive = [None] * ALIVE
    done = total = turn = 0
    clock.start()
    while done < COUNT and not late():
        batch = [make(index % 7) for index in range(BATCH)]
        total += walk(batch, 1)
        alive[turn % ALIVE] = batch
        done += BATCH
        turn += 1
    clock.stop()
    clock.report(done, total + walk(live, 1))


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
    """What Linux knows about this process: /proc/self/stat after the name, and the context switches."""
    with suppress(OSError):
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return f"{proc('stat').rpartition(') ')[2].strip()} {usage.ru_nvcsw} {usage.ru_nivcsw}"
    return ""


def memory():
    """Resident and mapped KiB, and the number of mappings."""
    with suppress(OSError):
        resident = re.search(r"Rss:\s+(\d+)", proc("smaps_rollup"))
        mapped = re.search(r"VmSize:\s+(\d+)", proc("status"))
        return f"{resident[1]} {mapped[1]} {len(proc('maps').splitlines())}"
    return ""


def proc(name):
    with open(f"/proc/self/{name}") as file:
        return file.read()


def perf(what):
    """Switches perf's counters on and off, where the lab asks for it."""
    control, ack = os.environ.get("FIBRIL_PERF_CONTROL"), os.environ.get("FIBRIL_PERF_ACK")
    if not (control and ack):
        return
    with open(control, "w") as out:
        out.write(what)
    with open(ack) as answer:
        answer.readline()
