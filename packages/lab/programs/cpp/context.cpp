// Boost.Context fibers: each has a stack of its own; a switch saves and loads registers.
// Usage: context ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>

#include "bench.hpp"

using boost::context::fiber;

constexpr long STACK = 16 * 1024;

template <class Body>
fiber make(Body body, long stack = STACK) {
  return fiber(std::allocator_arg, boost::context::fixedsize_stack(stack), body);
}

// The answer of the running fiber, because a switch carries no value.
long answer = 0;

long resume(fiber& target) {
  target = std::move(target).resume();
  return answer;
}

// Yields to the fiber that resumed this one last.
void yield(fiber& resumer, long value) {
  answer = value;
  resumer = std::move(resumer).resume();
}

fiber counter(fiber resumer, long times) {
  for (;;) yield(resumer, ++times);
}

fiber make_counter(long times) {
  return make([times](fiber&& resumer) { return counter(std::move(resumer), times); });
}

void counters(Bench& bench) {
  std::vector<fiber> fibers;
  bench.create([&](long index) { fibers.push_back(make_counter(bench.weight(index))); });
  bench.arrange(fibers);
  bench.resumes([&](long i) { return resume(fibers[i]); });
}

void churn(Bench& bench) { bench.churn(make_counter, resume); }

struct Member {
  fiber self;
  Member* next;
};

// A switch hands the target the fiber that was left, to be kept where that one is found again.
Member supervisor;
Member* left = nullptr;
long passed = 0, limit = 0;

void transfer(Member& from, Member& to) {
  if (&from == &to) return;  // in a ring of one there is nowhere to go
  left = &from;
  fiber previous = std::move(to.self).resume();
  left->self = std::move(previous);
}

void ring(Bench& bench) {
  std::vector<Member> members(bench.fibers);
  std::vector<Member*> order;
  bench.create([&](long index) {
    Member& member = members[index];
    member.self = make([&member, weight = bench.weight(index)](fiber&& previous) -> fiber {
      left->self = std::move(previous);
      for (;;) {
        if (++passed == limit) {
          answer = weight;
          transfer(member, supervisor);
        } else {
          transfer(member, *member.next);
        }
      }
    });
    order.push_back(&member);
  });
  bench.arrange(order);
  for (size_t i = 0; i < order.size(); i++) order[i]->next = order[(i + 1) % order.size()];
  bench.passes([&](long at, long passes) {
    passed = 0;
    limit = passes;
    transfer(supervisor, *order[at]);
    return passed == passes ? answer : -1;
  });
}

// A link in each native frame, so that no compiler turns the calls into a loop, and the innermost can count.
struct Call {
  const Call* caller;
};

long calls(const Call* call) {
  long count = 0;
  for (; call != nullptr; call = call->caller) count++;
  return count;
}

void descend(fiber& resumer, long left, long depth, const Call* caller) {
  const Call call{caller};
  if (left > 1) return descend(resumer, left - 1, depth, &call);
  // Zero, if all of them are there.
  long times = calls(&call) - depth;
  for (;;) yield(resumer, ++times);
}

void deep(Bench& bench) {
  const long depth = std::exchange(bench.fibers, 1);
  fiber one;
  bench.create([&](long) {
    const auto body = [depth](fiber&& resumer) {
      descend(resumer, depth, depth, nullptr);
      return std::move(resumer);
    };
    one = make(body, STACK + depth * 128);
  });
  bench.resumes([&](long) { return resume(one); });
}

int main(int, char** words) {
  return benchmark(words, [](Bench& bench) {
    if (bench.experiment == "ring") return ring(bench);
    if (bench.experiment == "depth") return deep(bench);
    if (bench.experiment == "gc") return churn(bench);
    counters(bench);
  });
}
