// Tasks as goroutines, on one processor.
//
// Usage: goroutines WORKLOAD N EACH sequential|shuffled SECONDS
// The contract that all task programs keep is in ../README.md.
package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Units of work between two looks at the clock.
const slice = 1_000

var (
	workload = os.Args[1]
	n        = number(2)
	// Laps of yield, seconds of sleep and of timeout.
	each  = number(3)
	began = time.Now()
	start = usage()
	limit = seconds(5)
	// Resident before there is any task, KiB.
	empty = resident("VmRSS:")
	// Tasks made, in case the program is cut off meanwhile.
	made int

	// Even on one processor a goroutine may be stopped between reading and writing.
	done, sum atomic.Int64
)

func main() {
	runtime.GOMAXPROCS(1)
	switch workload {
	case "spawn":
		spawn(runtime.Gosched)
	case "spawn-at-once":
		spawn(func() {})
	case "skynet":
		skynet()
	case "sleep":
		sleepers()
	case "yield":
		yields(false)
	case "yield-replaced":
		yields(true)
	case "timeout":
		timeouts()
	case "limits":
		limits()
	default:
		program, known := between[workload]
		if !known {
			panic("no workload " + workload)
		}
		program()
	}
	finish(sum.Load())
}

func weight(index int) int { return index%7 + 1 }

func spawn(turn func()) {
	results := make([]chan int, n)
	for index := range results {
		making(index)
		results[index] = make(chan int, 1)
		go func(index int, result chan<- int) {
			turn()
			result <- weight(index)
		}(index, results[index])
	}
	for _, result := range results {
		unit(<-result)
	}
}

// A tree of tasks, ten children a node, that adds up the numbers of its n leaves.
func skynet() {
	root := make(chan int64, 1)
	node(0, n, root)
	finish(<-root)
}

func node(first, leaves int, parent chan<- int64) {
	if leaves == 1 {
		unit(first)
		parent <- int64(first)
		return
	}
	unit(0)
	children := make(chan int64)
	share := leaves / 10
	for child := 0; child < 10; child++ {
		go node(first+child*share, share, children)
	}
	total := int64(0)
	for child := 0; child < 10; child++ {
		total += <-children
	}
	parent <- total
}

func sleepers() {
	var all sync.WaitGroup
	all.Add(n)
	for index := 0; index < n; index++ {
		making(index)
		go func() {
			defer all.Done()
			time.Sleep(time.Duration(each) * time.Second)
			unit(1)
		}()
	}
	all.Wait()
}

// A task that waits to be told whether it is to run.
type standing struct{ start, ended chan bool }

func stand() standing {
	task := standing{make(chan bool, 1), make(chan bool, 1)}
	go func() {
		if <-task.start {
			for times := 1; times <= each; times++ {
				unit(times)
				runtime.Gosched()
			}
		}
		task.ended <- true
	}()
	return task
}

func yields(replaced bool) {
	tasks := make([]standing, n)
	for index := range tasks {
		making(index)
		tasks[index] = stand()
	}
	runtime.Gosched()
	for time := 0; replaced && time < 3; time++ {
		replaceHalf(tasks)
	}
	inOrder(tasks)
	start = usage()
	began = time.Now()
	for _, task := range tasks {
		task.start <- true
	}
	for _, task := range tasks {
		<-task.ended
	}
}

// Replaces a random half of the tasks by new ones.
func replaceHalf(tasks []standing) {
	half := rand.Perm(n)[:n/2]
	for _, place := range half {
		tasks[place].start <- false
	}
	for _, place := range half {
		<-tasks[place].ended
		tasks[place] = stand()
	}
	runtime.Gosched()
}

// Every task waits under its own timeout, and gets what it waits for in time.
func timeouts() {
	var all sync.WaitGroup
	all.Add(n)
	gates := make([]chan int, n)
	for index := range gates {
		making(index)
		given := make(chan int)
		gates[index] = given
		go func() {
			defer all.Done()
			timeout := time.NewTimer(time.Duration(each) * time.Second)
			defer timeout.Stop()
			select {
			case value := <-given:
				unit(value)
			case <-timeout.C:
				panic("timed out")
			}
		}()
	}
	for index, given := range gates {
		given <- weight(index)
	}
	all.Wait()
}

// Timeouts one after the other, around work that ends in time.
func limits() {
	for index := 0; index < n; index++ {
		_, cancel := context.WithTimeout(context.Background(), time.Duration(each)*time.Second)
		unit(weight(index))
		cancel()
	}
}

func unit(value int) {
	sum.Add(int64(value))
	inTime(int(done.Add(1)))
}

func making(index int) {
	made = index
	inTime(index)
}

// inTime prints what was done so far, and ends, when the time is over.
func inTime(units int) {
	if units%slice == 0 && limit > 0 && time.Since(began) > limit {
		finish(sum.Load())
	}
}

func finish(total int64) {
	seconds := time.Since(began).Seconds()
	stop := usage()
	fmt.Printf(`{"workload":"%s","n":%d,"seconds":%.6f,"userSeconds":%.6f,"systemSeconds":%.6f,`+
		`"count":%d,"made":%d,`+
		`"rssKiB":%d,"emptyKiB":%d,"sum":%d}`+"\n",
		workload, n, seconds, since(start.Utime, stop.Utime), since(start.Stime, stop.Stime), done.Load(), made, resident("VmHWM:"), empty, total)
	os.Exit(0)
}

func usage() (found syscall.Rusage) {
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &found)
	return found
}

func since(start, stop syscall.Timeval) float64 {
	return float64(stop.Nano()-start.Nano()) / 1e9
}

func resident(what string) int {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range bytes.Split(status, []byte("\n")) {
		if bytes.HasPrefix(line, []byte(what)) {
			value, _ := strconv.Atoi(string(bytes.Fields(line)[1]))
			return value
		}
	}
	return 0
}

// inOrder is the lab's shuffle, or the order as it is.
func inOrder[T any](items []T) []T {
	if os.Args[4] == "shuffled" {
		state := uint32(17263)
		for i := len(items) - 1; i > 0; i-- {
			state = state*1664525 + 1013904223
			j := int(float64(state) / 4294967296 * float64(i+1))
			items[i], items[j] = items[j], items[i]
		}
	}
	return items
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
