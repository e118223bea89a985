// Goroutines on one processor: a resume is a receive from the goroutine's own unbuffered channel,
// a ring passes a number from channel to channel.
//
// Usage: goroutines ring|resume|scale|create|depth|counters FIBERS COUNT sequential|shuffled SECONDS
// The contract that all programs keep is in ../README.md.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"
)

// Operations between two looks at the clock.
const slice = 10_000

var (
	experiment    = os.Args[1]
	fibers, count = number(2), number(3)
	shuffled      = os.Args[4] == "shuffled"
	// What creating may take, and the timed section again.
	limit = seconds(5)
)

func main() {
	runtime.GOMAXPROCS(1)
	switch experiment {
	case "ring":
		ring()
	case "depth":
		depth := fibers
		fibers = 1
		counters(func(answers chan<- int, _ int) { descend(answers, depth) })
	default:
		counters(counter)
	}
}

// counter answers how often it has been resumed.
func counter(answers chan<- int, times int) {
	for {
		times++
		answers <- times
	}
}

// descend answers from under that many calls. What it returns keeps the calls from being tail calls.
func descend(answers chan<- int, depth int) int {
	if depth > 1 {
		return 1 + descend(answers, depth-1)
	}
	counter(answers, 0)
	return 1
}

func counters(body func(answers chan<- int, weight int)) {
	all := make([]chan int, 0, fibers)
	if experiment == "create" {
		start()
	}
	for len(all) < fibers {
		inTime(len(all))
		answers := make(chan int)
		go body(answers, len(all)%7)
		all = append(all, answers)
	}
	created := time.Now()
	arrange(all)

	if experiment == "create" {
		sum := 0
		for _, answers := range all {
			sum = (sum*31 + <-answers) & 0xffff_ffff
		}
		enter := time.Since(created)
		finish(fibers, sum, func() string {
			after := process()
			debug.FreeOSMemory()
			return fmt.Sprintf(`"enterSeconds":%.9f,"settled":"%s","mappings":%d,"after":"%s"`,
				enter.Seconds(), process(), mappings(), after)
		})
		return
	}
	if experiment != "resume" {
		for _, answers := range all {
			<-answers
		}
	}
	laps, atOnce := (count+fibers-1)/fibers, max(1, slice/fibers)
	done, sum := 0, 0
	start()
walk:
	for lap := 0; lap < laps; lap += atOnce {
		turns := min(atOnce, laps-lap)
		for from := 0; from < fibers; from += slice {
			part := all[from:min(fibers, from+slice)]
			for turn := 0; turn < turns; turn++ {
				for _, answers := range part {
					sum += <-answers
				}
			}
			done += turns * len(part)
			if late() {
				break walk
			}
		}
	}
	finish(done, sum, after)
}

// A member of the ring receives how often control has been passed. Its channel has one place, so that
// a ring of one can pass to itself.
type member struct {
	in, next chan int
	weight   int
}

func ring() {
	members := make([]*member, 0, fibers)
	supervisor := make(chan int)
	last := 0
	for len(members) < fibers {
		inTime(len(members))
		self := &member{in: make(chan int, 1), weight: len(members) % 7}
		go func() {
			for passed := range self.in {
				passed++
				if passed == last {
					supervisor <- self.weight
				} else {
					self.next <- passed
				}
			}
		}()
		members = append(members, self)
	}
	arrange(members)
	for at, self := range members {
		self.next = members[(at+1)%fibers].in
	}
	done, sum := 0, 0
	start()
	for done < count && !late() {
		last = min(slice, count-done)
		members[done%fibers].in <- 0
		sum = (sum*31 + <-supervisor) & 0xffff_ffff
		done += last
	}
	finish(done, sum, after)
}

// arrange is the lab's shuffle, or nothing.
func arrange[T any](items []T) {
	if !shuffled {
		return
	}
	state := uint32(17263)
	for i := len(items) - 1; i > 0; i-- {
		state = state*1664525 + 1013904223
		j := int(float64(state) / 4294967296 * float64(i+1))
		items[i], items[j] = items[j], items[i]
	}
}

var (
	before string
	began  = time.Now()
)

func start() {
	before = process()
	perf("enable\n")
	began = time.Now()
}

func finish(done, sum int, rest func() string) {
	seconds := time.Since(began).Seconds()
	perf("disable\n")
	fmt.Printf(`{"count":%d,"seconds":%.9f,"sum":%d,"before":"%s",%s}`+"\n", done, seconds, sum, before, rest())
}

func after() string {
	return fmt.Sprintf(`"after":"%s"`, process())
}

func late() bool {
	return limit > 0 && time.Since(began) > limit
}

// inTime stops the program when creating takes too long.
func inTime(made int) {
	if made%slice == 0 && late() {
		fmt.Printf(`{"stoppedAt":%d,"error":"the time limit"}`+"\n", made)
		os.Exit(0)
	}
}

// process is what Linux says of this process: /proc/self/stat after the name.
func process() string {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(stat[bytes.LastIndex(stat, []byte(") "))+2:]))
}

func mappings() int {
	maps, _ := os.ReadFile("/proc/self/maps")
	return bytes.Count(maps, []byte("\n"))
}

// perf switches perf's counters on and off, where the lab has asked for it.
func perf(what string) {
	control, ack := os.Getenv("FIBRIL_PERF_CONTROL"), os.Getenv("FIBRIL_PERF_ACK")
	if control == "" || ack == "" {
		return
	}
	if err := os.WriteFile(control, []byte(what), 0); err != nil {
		panic(err)
	}
	answer, err := os.Open(ack)
	if err != nil {
		panic(err)
	}
	defer answer.Close()
	bufio.NewReader(answer).ReadString('\n')
}

func seconds(index int) time.Duration {
	value, err := strconv.ParseFloat(os.Args[index], 64)
	if err != nil {
		panic(err)
	}
	return time.Duration(value * float64(time.Second))
}

func number(index int) int {
	value, err := strconv.Atoi(os.Args[index])
	if err != nil {
		panic(err)
	}
	return value
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
