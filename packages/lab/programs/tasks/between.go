// Goroutines with channels and locks between them. The messages are counted by each goroutine for itself,
// because an atomic count would cost as much as a tenth of a message.
package main

import (
	"reflect"
	"runtime"
	"sync"
	"time"
)

const (
	slots       = 1_024
	permits     = 10
	concurrency = 100
)

var between = map[string]func(){
	"rendezvous":   rendezvous,
	"stream":       streams,
	"channel-ring": rings,
	"sieve":        sieve,
	"line":         lines,
	"fan":          fans,
	"select":       selects,
	"broadcast":    broadcasts,
	"lock":         locks,
	"try-lock":     triedLocks,
	"hand-over":    handOvers,
	"semaphore":    semaphores,
	"map":          maps,
}

// What one goroutine has done.
type tally struct {
	count int
	sum   int64
}

func (t *tally) unit(value int) {
	t.sum += int64(value)
	if t.count++; t.count == slice {
		t.flush()
	}
}

func (t *tally) flush() {
	sum.Add(t.sum)
	done.Add(int64(t.count))
	*t = tally{}
	if limit > 0 && time.Since(began) > limit {
		finish(sum.Load())
	}
}

// gather starts goroutines, and waits for all of them.
func gather(count int, work func(index int, t *tally)) {
	var all sync.WaitGroup
	all.Add(count)
	for index := 0; index < count; index++ {
		making(index)
		go func(index int) {
			defer all.Done()
			var t tally
			work(index, &t)
			t.flush()
		}(index)
	}
	all.Wait()
}

func channels(count, capacity int) []chan int {
	made := make([]chan int, count)
	for index := range made {
		made[index] = make(chan int, capacity)
	}
	return made
}

func rendezvous() {
	there, back := channels(n, 0), channels(n, 0)
	gather(2*n, func(index int, t *tally) {
		there, back := there[index/2], back[index/2]
		for times := 1; times <= each; times += 2 {
			if index%2 == 0 {
				there <- times
				if times < each {
					t.unit(<-back)
				}
			} else {
				t.unit(<-there)
				if times < each {
					back <- times + 1
				}
			}
		}
	})
}

func streams() {
	between := channels(n, slots)
	gather(2*n, func(index int, t *tally) {
		channel := between[index/2]
		for times := 1; times <= each; times++ {
			if index%2 == 0 {
				channel <- times
			} else {
				t.unit(<-channel)
			}
		}
	})
}

func rings() {
	ring := inOrder(channels(n, 0))
	var all sync.WaitGroup
	all.Add(n)
	for index := range ring {
		making(index)
		go func(from <-chan int, to chan<- int, last bool) {
			defer all.Done()
			var t tally
			for times := 1; times <= each; times++ {
				t.unit(<-from)
				if !last {
					to <- times
				} else if times < each {
					to <- times + 1
				}
			}
			t.flush()
		}(ring[index], ring[(index+1)%n], index == n-1)
	}
	runtime.Gosched()
	start = usage()
	began = time.Now()
	ring[0] <- 1
	all.Wait()
}

func sieve() {
	from := make(chan int)
	go func(to chan<- int) {
		for number := 2; ; number++ {
			to <- number
		}
	}(from)
	var t tally
	for index := 0; index < n; index++ {
		prime := <-from
		t.unit(prime)
		to := make(chan int)
		go func(from <-chan int, to chan<- int) {
			for number := range from {
				if number%prime != 0 {
					to <- number
				}
			}
		}(from, to)
		from = to
	}
	t.flush()
}

func lines() {
	channel := make(chan int)
	go func() {
		for runtime.NumGoroutine() < n+2 {
			runtime.Gosched()
		}
		runtime.Gosched()
		start = usage()
		began = time.Now()
		for lap := 1; lap <= each; lap++ {
			for index := 0; index < n; index++ {
				channel <- lap
			}
		}
	}()
	gather(n, func(_ int, t *tally) {
		for times := 1; times <= each; times++ {
			t.unit(<-channel)
		}
	})
}

func fans() {
	out, back := make(chan int, slots), make(chan int, slots)
	go func() {
		for times := 1; times <= each; times++ {
			for index := 0; index < n; index++ {
				out <- times
			}
		}
	}()
	for worker := 0; worker < n; worker++ {
		go func() {
			for times := 1; times <= each; times++ {
				back <- <-out
			}
		}()
	}
	var t tally
	for count := 0; count < n*each; count++ {
		t.unit(<-back)
	}
	t.flush()
}

func selects() {
	all := channels(n, 1)
	cases := make([]reflect.SelectCase, n)
	for index, channel := range all {
		cases[index] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(channel)}
	}
	start = usage()
	began = time.Now()
	var t tally
	for lap := 1; lap <= each; lap++ {
		for _, channel := range all {
			channel <- lap
			_, value, _ := reflect.Select(cases)
			t.unit(int(value.Int()))
		}
	}
	t.flush()
}

// Go has no channel that all receivers hear. Each has its own.
func broadcasts() {
	all := channels(n, slots)
	go func() {
		for times := 1; times <= each; times++ {
			for _, channel := range all {
				channel <- times
			}
		}
	}()
	gather(n, func(index int, t *tally) {
		for times := 1; times <= each; times++ {
			t.unit(<-all[index])
		}
	})
}

func locks() {
	gather(n, func(_ int, t *tally) {
		var mutex sync.Mutex
		for times := 1; times <= each; times++ {
			mutex.Lock()
			t.unit(times)
			mutex.Unlock()
		}
	})
}

func triedLocks() {
	gather(n, func(_ int, t *tally) {
		var mutex sync.Mutex
		for times := 1; times <= each; times++ {
			if !mutex.TryLock() {
				panic("the lock is taken")
			}
			t.unit(times)
			mutex.Unlock()
		}
	})
}

func handOvers() {
	var mutex sync.Mutex
	mutex.Lock()
	go func() {
		for runtime.NumGoroutine() < n+2 {
			runtime.Gosched()
		}
		runtime.Gosched()
		start = usage()
		began = time.Now()
		mutex.Unlock()
	}()
	gather(n, func(_ int, t *tally) {
		for times := 1; times <= each; times++ {
			mutex.Lock()
			t.unit(times)
			runtime.Gosched()
			mutex.Unlock()
		}
	})
}

func semaphores() {
	semaphore := make(chan struct{}, permits)
	gather(n, func(_ int, t *tally) {
		for times := 1; times <= each; times++ {
			semaphore <- struct{}{}
			t.unit(times)
			runtime.Gosched()
			<-semaphore
		}
	})
}

func maps() {
	items := make(chan int)
	results := make([]int, n)
	go func() {
		for index := 0; index < n; index++ {
			items <- index
		}
		close(items)
	}()
	gather(concurrency, func(_ int, t *tally) {
		for index := range items {
			runtime.Gosched()
			results[index] = weight(index)
			t.unit(results[index])
		}
	})
}
