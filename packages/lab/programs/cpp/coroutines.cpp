// C++20 coroutines: a generator is resumed by its handle, a ring passes by symmetric transfer.
// Usage: coroutines ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
#include <coroutine>

#include "bench.hpp"

// A coroutine that yields to its resumer, or to a coroutine that it awaits.
struct Coroutine {
  struct promise_type {
    long value = 0;
    Coroutine get_return_object() { return {Handle::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    std::suspend_always yield_value(long answer) noexcept {
      value = answer;
      return {};
    }
    void return_void() noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
  using Handle = std::coroutine_handle<promise_type>;
  Handle handle;

  long resume() const {
    handle.resume();
    return handle.promise().value;
  }
};

Coroutine counter(long times) {
  for (;;) co_yield ++times;
}

// Leaves to `target`, handing it a number.
struct Transfer {
  Coroutine::Handle target;
  long passed;
  Coroutine::promise_type* self = nullptr;

  bool await_ready() noexcept { return false; }
  Coroutine::Handle await_suspend(Coroutine::Handle me) noexcept {
    self = &me.promise();
    target.promise().value = passed;
    return target;
  }
  long await_resume() noexcept { return self->value; }
};

struct Member {
  Coroutine coroutine;
  const Member* next;
};

long limit = 0;

// The number of passes travels with control. The member that makes the last one answers its weight.
Coroutine member(const Member& self, long weight) {
  long passed = self.coroutine.handle.promise().value;
  for (;;) {
    if (++passed == limit) {
      co_yield weight;
      passed = self.coroutine.handle.promise().value;
    } else {
      passed = co_await Transfer{self.next->coroutine.handle, passed};
    }
  }
}

void ring(Bench& bench) {
  std::vector<Member> members(bench.fibers);
  std::vector<Member*> order;
  bench.create([&](long index) {
    Member& self = members[index];
    self.coroutine = member(self, bench.weight(index));
    order.push_back(&self);
  });
  bench.arrange(order);
  for (size_t i = 0; i < order.size(); i++) order[i]->next = order[(i + 1) % order.size()];
  bench.passes([&](long at, long passes) {
    limit = passes;
    const Coroutine& first = order[at]->coroutine;
    first.handle.promise().value = 0;
    first.resume();
    return order[(at + passes - 1) % bench.fibers]->coroutine.handle.promise().value;
  });
}

void counters(Bench& bench) {
  std::vector<Coroutine> coroutines;
  bench.create([&](long index) { coroutines.push_back(counter(bench.weight(index))); });
  bench.arrange(coroutines);
  bench.resumes([&](long i) { return coroutines[i].resume(); });
}

// Whose coroutine is destroyed with it.
class Owner {
 public:
  explicit Owner(Coroutine owned) : coroutine(owned) {}
  Owner(Owner&& other) noexcept : coroutine{std::exchange(other.coroutine.handle, nullptr)} {}
  Owner& operator=(Owner&& other) noexcept {
    std::swap(coroutine, other.coroutine);
    return *this;
  }
  ~Owner() {
    if (coroutine.handle) coroutine.handle.destroy();
  }
  long resume() const { return coroutine.resume(); }

 private:
  Coroutine coroutine;
};

void churn(Bench& bench) {
  bench.churn([](long weight) { return Owner(counter(weight)); },
              [](const Owner& one) { return one.resume(); });
}

// Calls of coroutines: the caller waits, and the root knows its innermost one, which is resumed.
Coroutine::Handle innermost;

struct Call {
  Coroutine callee;
  bool await_ready() noexcept { return false; }
  Coroutine::Handle await_suspend(std::coroutine_handle<>) noexcept { return innermost = callee.handle; }
  void await_resume() noexcept {}
};

Coroutine descend(long depth) {
  if (depth > 1) {
    co_await Call{descend(depth - 1)};
  } else {
    co_await Call{counter(0)};
  }
}

void deep(Bench& bench) {
  const long depth = std::exchange(bench.fibers, 1);
  bench.create([&](long) { innermost = descend(depth).handle; });
  bench.resumes([](long) {
    innermost.resume();
    return innermost.promise().value;
  });
}

int main(int, char** words) {
  return benchmark(words, [](Bench& bench) {
    if (bench.experiment == "ring") return ring(bench);
    if (bench.experiment == "depth") return deep(bench);
    if (bench.experiment == "gc") return churn(bench);
    counters(bench);
  });
}
