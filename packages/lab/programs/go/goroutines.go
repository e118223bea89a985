// Goroutines on one processor: a resume is a receive from the goroutine's own unbuffered channel,
// a ring passes a number from channel to channel.
//
// Usage: goroutines ring|resume|scale|create|depth|counters|gc FIBERS COUNT sequential|shuffled SECONDS
// The contract that all programs keep is in ../README.md.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// Operations between two looks at the clock.
	slice = 10_000
	// Fibers that are created and dropped together in gc, and the batches that are alive at any time.
	batch, alive = 200, 20
)

var (
	experiment    = os.Args[1]
	fibers, count = number(2), number(3)
	shuffled      = os.Args[4] == "shuffled"
	// The time for creating the fibers, and the same for the timed section.
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
	case "gc":
		churn()
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
	empty := memory()
	if experiment == "create" {
		start()
	}
	for len(all) < fibers {
		inTime(len(all), limit)
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
			return fmt.Sprintf(`"enterSeconds":%.9f,%s`, enter.Seconds(), memories(empty, settle()))
		})
		return
	}
	settled := ""
	if experiment != "resume" {
		for _, answers := range all {
			<-answers
		}
		settled = settle()
	}
	laps, atOnce := (count+fibers-1)/fibers, max(1, slice/fibers)
	done, sum := 0, 0
	told := func() string {
		if experiment == "resume" && done >= fibers {
			settled = settle()
		}
		return memories(empty, settled)
	}
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
	finish(done, sum, told)
}

// A goroutine that waits for ever is never collected, so dropped ones are told to end.
func churn() {
	empty := memory()
	live := make([]chan int, 0, fibers)
	patience := limit
	if limit > 0 {
		patience = max(limit, 10*time.Second)
	}
	for len(live) < fibers {
		inTime(len(live), patience)
		answers := make(chan int)
		go counter(answers, len(live)%7)
		live = append(live, answers)
	}
	arrange(live)
	for _, answers := range live {
		<-answers
	}
	settled := settle()
	type batched struct {
		answers [batch]chan int
		end     chan struct{}
	}
	var batches [alive]batched
	done, sum := 0, 0
	start()
	for turn := 0; done < count && !late(); turn++ {
		if end := batches[turn%alive].end; end != nil {
			close(end)
		}
		fresh := batched{end: make(chan struct{})}
		for i := range fresh.answers {
			answers := make(chan int)
			go mortal(answers, i%7, fresh.end)
			fresh.answers[i] = answers
		}
		for _, answers := range fresh.answers {
			sum += <-answers
		}
		batches[turn%alive] = fresh
		done += batch
	}
	finishAfter(done, func() (int, string) {
		for _, answers := range live {
			sum += <-answers
		}
		return sum, memories(empty, settled)
	})
}

// mortal is a counter that ends when it is told to.
func mortal(answers chan<- int, times int, end <-chan struct{}) {
	for {
		times++
		select {
		case answers <- times:
		case <-end:
			return
		}
	}
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
		inTime(len(members), limit)
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
	finish(done, sum, func() string { return "" })
}

// arrange is the lab's shuffle, or the order as it is.
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
	before    string
	began     = time.Now()
	collected debug.GCStats
)

func start() {
	debug.ReadGCStats(&collected)
	before = process()
	perf("enable\n")
	began = time.Now()
}

// finish prints the line. It calls for the rest of the line last, when everything has been measured.
func finish(done, sum int, more func() string) {
	finishAfter(done, func() (int, string) { return sum, more() })
}

func finishAfter(done int, rest func() (sum int, more string)) {
	seconds := time.Since(began).Seconds()
	perf("disable\n")
	after, collections := process(), collections()
	sum, more := rest()
	fields := []string{
		fmt.Sprintf(`"count":%d,"seconds":%.9f,"sum":%d`, done, seconds, sum),
		fmt.Sprintf(`"before":"%s","after":"%s"`, before, after),
		collections,
	}
	if more != "" {
		fields = append(fields, more)
	}
	fmt.Printf("{%s}\n", strings.Join(fields, ","))
}

// collections says for how long the world was stopped since the start: beyond that the collector works
// beside the program. Go remembers the last 256 pauses.
func collections() string {
	var now debug.GCStats
	debug.ReadGCStats(&now)
	many := int(now.NumGC - collected.NumGC)
	told := fmt.Sprintf(`"gcCount":%d,"gcSeconds":%.9f`, many, (now.PauseTotal - collected.PauseTotal).Seconds())
	if many == 0 {
		return told
	}
	// The latest is first.
	pauses := now.Pause[:min(many, len(now.Pause))]
	sort.Slice(pauses, func(i, j int) bool { return pauses[i] < pauses[j] })
	at := func(percent int) float64 {
		return pauses[max(0, (len(pauses)*percent+99)/100-1)].Seconds()
	}
	return told + fmt.Sprintf(`,"pauses":{"p50":%.9f,"p99":%.9f,"max":%.9f}`, at(50), at(99), at(100))
}

func late() bool {
	return limit > 0 && time.Since(began) > limit
}

// inTime stops the program when creating takes too long.
func inTime(made int, limit time.Duration) {
	if made%slice == 0 && limit > 0 && time.Since(began) > limit {
		fmt.Printf(`{"stoppedAt":%d,"error":"the time limit"}`+"\n", made)
		os.Exit(0)
	}
}

// process is what Linux knows about this process: /proc/self/stat after the name, and the context switches of
// all threads.
func process() string {
	stat, err := os.ReadFile("/proc/self/stat")
	var used syscall.Rusage
	if err != nil || syscall.Getrusage(syscall.RUSAGE_SELF, &used) != nil {
		return ""
	}
	own := bytes.TrimSpace(stat[bytes.LastIndex(stat, []byte(") "))+2:])
	return fmt.Sprintf("%s %d %d", own, used.Nvcsw, used.Nivcsw)
}

// settle is the memory once garbage has been collected and given back.
func settle() string {
	debug.FreeOSMemory()
	return memory()
}

// memory is what Linux says of it: resident and mapped KiB, and mappings.
func memory() string {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return ""
	}
	resident, mapped := kilobytes("/proc/self/smaps_rollup", "Rss:"), kilobytes("/proc/self/status", "VmSize:")
	return fmt.Sprintf("%s %s %d", resident, mapped, bytes.Count(maps, []byte("\n")))
}

func memories(empty, settled string) string {
	return fmt.Sprintf(`"empty":"%s","settled":"%s"`, empty, settled)
}

// kilobytes is the number behind a name in a file of /proc.
func kilobytes(file, name string) string {
	text, _ := os.ReadFile(file)
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			return fields[1]
		}
	}
	return ""
}

// perf switches perf's counters on and off, where the lab asks for it.
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

func max[T int | time.Duration](a, b T) T {
	if a > b {
		return a
	}
	return b
}
