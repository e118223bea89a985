// What the C++ programs share: arguments, order, clock, checksums, and the line they print.
// The contract that all programs keep is in ../README.md.
#pragma once
#include <sys/resource.h>

#include <algorithm>
#include <array>
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
// Fibers that are created and dropped together in gc, and the batches that are alive at any time.
constexpr long BATCH = 200, ALIVE = 20;

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What was exhausted: time, or memory.
struct Stopped {
  long at;
  const char* error;
};

struct Bench {
  std::string experiment;
  long fibers, count;
  bool shuffled;
  // Seconds for creating the fibers, and the same for the timed section.
  double limit;

  explicit Bench(char** words)
      : experiment(words[1]),
        fibers(std::atol(words[2])),
        count(std::atol(words[3])),
        shuffled(std::string(words[4]) == "shuffled"),
        limit(std::atof(words[5]) > 0 ? std::atof(words[5]) : 1e300),
        began(now()) {}

  static long weight(long index) { return index % 7; }

  // The lab's shuffle, or the order as it is.
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
    if (experiment != "ring") empty = memory();
    if (experiment == "create") start();
    const double patience = experiment == "gc" ? std::max(limit, 10.0) : limit;
    for (long made = 0; made < fibers; made++) {
      if (made % SLICE == 0 && now() - began > patience) throw Stopped{made, "the time limit"};
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
      settled = memory();
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

  // Fibers that come and go while others stay alive, suspended. `make` takes a weight, `resume` a fiber; its
  // destructor ends it.
  template <class Make, class Resume>
  void churn(Make make, Resume resume) {
    using Fibers = std::vector<decltype(make(0L))>;
    Fibers live;
    create([&](long index) { live.push_back(make(weight(index))); });
    arrange(live);
    for (auto& fiber : live) resume(fiber);
    settled = memory();
    std::array<Fibers, ALIVE> alive;
    long done = 0;
    start();
    for (long turn = 0; done < count && !late(); turn++) {
      Fibers batch;
      batch.reserve(BATCH);
      for (long i = 0; i < BATCH; i++) batch.push_back(make(weight(i)));
      for (auto& fiber : batch) sum += resume(fiber);
      alive[turn % ALIVE] = std::move(batch);
      done += BATCH;
    }
    stop();
    for (auto& fiber : live) sum += resume(fiber);
    print(done);
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
  double began, ended = 0, created = 0;
  long sum = 0;
  std::string before, after, empty, settled;

  void start() {
    before = process();
    perf("enable\n");
    began = now();
  }

  bool late() const { return now() - began > limit; }

  void stop() {
    ended = now();
    perf("disable\n");
    after = process();
  }

  void finish(long done) {
    stop();
    if (experiment == "create" || (experiment == "resume" && done >= fibers)) settled = memory();
    print(done);
  }

  void print(long done) {
    std::printf(R"({"count":%ld,"seconds":%.9f,"sum":%ld,"before":"%s","after":"%s")", done,
                ended - began, sum, before.c_str(), after.c_str());
    if (settled != "") {
      std::printf(R"(,"empty":"%s","settled":"%s")", empty.c_str(), settled.c_str());
    }
    if (experiment == "create") std::printf(R"(,"enterSeconds":%.9f)", ended - created);
    // There is no collector.
    std::puts(R"(,"gcCount":0,"gcSeconds":0})");
    // The fibers are not taken down, because that is not measured.
    std::fflush(stdout);
    std::_Exit(0);
  }

  // What Linux knows about this process: /proc/self/stat after the name, and the context switches.
  static std::string process() {
    std::string stat;
    std::ifstream own("/proc/self/stat");
    if (!std::getline(own, stat)) return "";
    stat.erase(0, stat.rfind(") ") + 2);
    rusage used;
    getrusage(RUSAGE_SELF, &used);
    return stat + " " + std::to_string(used.ru_nvcsw) + " " + std::to_string(used.ru_nivcsw);
  }

  // Resident and mapped KiB, and mappings.
  static std::string memory() {
    long lines = 0;
    std::ifstream maps("/proc/self/maps");
    if (!maps) return "";
    for (std::string line; std::getline(maps, line);) lines++;
    return kilobytes("/proc/self/smaps_rollup", "Rss:") + " " +
           kilobytes("/proc/self/status", "VmSize:") + " " + std::to_string(lines);
  }

  // The number behind a name in a file of /proc.
  static std::string kilobytes(const char* path, const std::string& name) {
    std::ifstream file(path);
    for (std::string word, value; file >> word;) {
      if (word == name && file >> value) return value;
    }
    return "0";
  }

  // Switches perf's counters on and off, where the lab asks for it.
  static void perf(const char* what) {
    const char *control = std::getenv("FIBRIL_PERF_CONTROL"), *ack = std::getenv("FIBRIL_PERF_ACK");
    if (control == nullptr || ack == nullptr) return;
    std::string line;
    std::ofstream(control) << what << std::flush;
    std::ifstream answer(ack);
    std::getline(answer, line);
  }
};

// Runs a program, and prints where it reached a limit.
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
