"""asyncio's tasks: nothing resumes a task but the loop, so each sleeps for no time and the loop goes
round; a ring hands a number on through futures, a new one for each pass.

Usage: tasks.py ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
"""

import asyncio

import bench
from bench import ALIVE, BATCH, COUNT, EXPERIMENT

loop = asyncio.new_event_loop()
clock = bench.Clock()

# How many turns were taken, what was answered in them, and at how many turns to look at the clock.
taken = total = look_at = 0
# The number of turns to take.
turns = 0


async def counter(times, entry):
    """Answers how often it has had its turn."""
    global taken, total
    await entry
    times += 1
    enter(times)
    while True:
        await asyncio.sleep(0)
        times += 1
        total += times
        taken += 1
        if taken == look_at:
            look()


def enter(answer):
    global taken, total
    total = (total * 31 + answer) % 2**32 if EXPERIMENT == "create" else total + answer
    taken += 1
    if taken < bench.FIBERS:
        return
    if EXPERIMENT == "create":
        clock.finish(taken, total)
    if EXPERIMENT != "resume":
        taken = total = 0
        clock.settle()
        clock.start()
    look()


def look():
    global look_at
    if taken >= turns or bench.late():
        clock.finish(taken, total)
    look_at = min(taken + bench.SLICE, turns)


def measure_turns(body):
    global turns
    turns = -(-COUNT // bench.FIBERS) * bench.FIBERS

    def make(weight):
        entry = loop.create_future()
        # Kept here, because the loop holds tasks only weakly.
        return entry, loop.create_task(body(weight, entry))

    tasks = bench.create(make, clock)
    # One turn of the loop, so that each task waits for its entry.
    loop.run_until_complete(asyncio.sleep(0))
    clock.entered()
    if EXPERIMENT == "resume":
        clock.start()
    for entry, _task in bench.arrange(tasks):
        entry.set_result(None)
    loop.run_forever()


async def descend(depth, entry):
    """Every turn walks down all of it."""
    await (descend(depth - 1, entry) if depth > 1 else counter(0, entry))


async def deep(depth, entry):
    try:
        await descend(depth, entry)
    except RecursionError as error:
        bench.stopped(depth, f"RecursionError: {error}")


class Waiter:
    """A counter that the loop leaves alone until it is asked."""

    def __init__(self, weight):
        self.turn = loop.create_future()
        self.task = loop.create_task(self.run(weight))

    async def run(self, times):
        global total
        while True:
            await self.turn
            self.turn = loop.create_future()
            times += 1
            total += times


async def ask(waiters):
    for waiter in waiters:
        waiter.turn.set_result(None)
    await asyncio.sleep(0)


async def churn():
    live = bench.create(Waiter, clock)
    # One turn of the loop, so that each task waits for its turn.
    await asyncio.sleep(0)
    bench.arrange(live)
    await ask(live)
    clock.settle()
    await measure_churn(live)


async def measure_churn(live):
    global total
    alive = [[]] * ALIVE
    done = turn = total = 0
    clock.start()
    while done < COUNT and not bench.late():
        batch = [Waiter(index % 7) for index in range(BATCH)]
        await asyncio.sleep(0)
        await ask(batch)
        # A waiting task must be told to end: the loop complains about a task that is only forgotten.
        for waiter in alive[turn % ALIVE]:
            waiter.task.cancel()
        alive[turn % ALIVE] = batch
        done += BATCH
        turn += 1
    clock.stop()
    await ask(live)
    clock.report(done, total)


limit = 0
supervisor = None


class Member:
    def __init__(self, weight):
        self.weight = weight
        self.next = self
        self.token = loop.create_future()
        self.task = loop.create_task(self.run())

    async def run(self):
        while True:
            passed = await self.token + 1
            self.token = loop.create_future()
            if passed == limit:
                supervisor.set_result(self.weight)
            else:
                self.next.token.set_result(passed)


def link(members):
    for member, following in zip(members, [*members[1:], members[0]]):
        member.next = following

    def passes(at, count):
        global limit, supervisor
        limit, supervisor = count, loop.create_future()
        members[at].token.set_result(0)
        return loop.run_until_complete(supervisor)

    return passes


if EXPERIMENT == "ring":
    bench.measure_passes(Member, link)
elif EXPERIMENT == "depth":
    levels = bench.one_fiber()
    measure_turns(lambda _weight, entry: deep(levels, entry))
elif EXPERIMENT == "gc":
    loop.run_until_complete(churn())
else:
    measure_turns(counter)
