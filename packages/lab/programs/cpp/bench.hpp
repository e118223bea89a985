// What the C++ programs do alike: arguments, order, clock, checksums, and the line they print.
// The contract that all programs keep is in ../README.md.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <new>
#include <string>
#include <utility>
#include <vector>

// Operations between two looks at the clock.
constexpr long SLICE = 10'000;

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What ran out: time, or memory.
struct Stopped {
  long at;
  const char* error;
};

struct Bench {
  std::string experiment;
  long fibers, count;
  bool shuffled;
  // Seconds that creating may take, and the timed section again.
  double limit;

  explicit Bench(char** words)
      : experiment(words[1]),
        fibers(std::atol(words[2])),
        count(std::atol(words[3])),
        shuffled(std::string(words[4]) == "shuffled"),
        limit(std::atof(words[5]) > 0 ? std::atof(words[5]) : 1e300),
        began(now()) {}

  static long weight(long index) { return index % 7; }

  // The lab's shuffle, or nothing.
  template <class T>
  void arrange(std::vector<T>& items) const {
    if (!shuffled) return;
    uint32_t state = 17263;
    for (size_t i = items.size() - 1; i > 0; i--) {
      state = state * 1664525u + 1013904223u;
      std::swap(items[i], items[static_cast<size_t>(state / 4294967296.0 * (i + 1))]);
    }
  }

  // Creates every fiber; `create` takes its index.
  template <class Create>
  void create(Create create) {
    if (experiment == "create") start();
    for (long made = 0; made < fibers; made++) {
      if (made % SLICE == 0 && late()) throw Stopped{made, "the time limit"};
      try {
        create(made);
      } catch (const std::bad_alloc&) {
        throw Stopped{made, "out of memory"};
      }
    }
    created = now();
  }

  // Resumes every fiber, lap by lap; `resume` answers what fiber `i` of the order says.
  template <class Resume>
  void resumes(Resume resume) {
    if (experiment == "create") {
      for (long i = 0; i < fibers; i++) sum = (sum * 31 + resume(i)) % 0x1'0000'0000;
      return finish(fibers);
    }
    if (experiment != "resume") {
      for (long i = 0; i < fibers; i++) resume(i);
    }
    const long laps = (count + fibers - 1) / fibers, at_once = std::max(1L, SLICE / fibers);
    long done = 0;
    start();
    for (long lap = 0; lap < laps; lap += at_once) {
      const long turns = std::min(at_once, laps - lap);
      for (long from = 0; from < fibers; from += SLICE) {
        const long to = std::min(fibers, from + SLICE);
        for (long turn = 0; turn < turns; turn++) {
          for (long i = from; i < to; i++) sum += resume(i);
        }
        done += turns * (to - from);
        if (late()) return finish(done);
      }
    }
    finish(done);
  }

  // Passes control around; `pass` does so a number of times and answers the last member's weight.
  template <class Pass>
  void passes(Pass pass) {
    long done = 0;
    start();
    while (done < count && !late()) {
      const long some = std::min(SLICE, count - done);
      sum = (sum * 31 + pass(done % fibers, some)) % 0x1'0000'0000;
      done += some;
    }
    finish(done);
  }

 private:
  double began, created = 0;
  long sum = 0;
  std::string before;

  void start() {
    before = process();
    perf("enable\n");
    began = now();
  }

  bool late() const { return now() - began > limit; }

  void finish(long done) {
    const double ended = now();
    perf("disable\n");
    const std::string after = process();
    std::printf(R"({"count":%ld,"seconds":%.9f,"sum":%ld,"before":"%s","after":"%s")", done,
                ended - began, sum, before.c_str(), after.c_str());
    if (experiment == "create") {
      std::printf(R"(,"enterSeconds":%.9f,"mappings":%ld)", ended - created, mappings());
    }
    std::puts("}");
    // Nothing is taken down: that is not what is measured.
    std::fflush(stdout);
    std::_Exit(0);
  }

  // What Linux says of this process: /proc/self/stat after the name, and the context switches.
  static std::string process() {
    std::string stat, line;
    std::ifstream own("/proc/self/stat"), status("/proc/self/status");
    std::getline(own, stat);
    stat.erase(0, stat.rfind(") ") + 2);
    while (std::getline(status, line)) {
      if (line.find("ctxt_switches") != std::string::npos) stat += " " + line.substr(line.find('\t') + 1);
    }
    return stat;
  }

  static long mappings() {
    long lines = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) lines++;
    return lines;
  }

  // Switches perf's counters on and off, where the lab has asked for it.
  static void perf(const char* what) {
    const char *control = std::getenv("FIBRIL_PERF_CONTROL"), *ack = std::getenv("FIBRIL_PERF_ACK");
    if (control == nullptr || ack == nullptr) return;
    std::string line;
    std::ofstream(control) << what << std::flush;
    std::ifstream answer(ack);
    std::getline(answer, line);
  }
};

// Runs a program, and says so where it came to a limit.
template <class Program>
int benchmark(char** words, Program program) {
  Bench bench(words);
  try {
    program(bench);
  } catch (const Stopped& stopped) {
    std::printf(R"({"stoppedAt":%ld,"error":"%s"})", stopped.at, stopped.error);
  }
  std::fflush(stdout);
  std::_Exit(0);
}
