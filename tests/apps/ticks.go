// SPDX-License-Identifier: GPL-2.0-only
//
// For go.sh: goroutines that hand numbers on through a chain of channels, timers, tickers and
// time-outs, echoes over a unix socket, pipes of the poller, loops that are preempted by signals,
// memory for the collector. Each knows what must come. Told by /tmp/go.go, it gives its verdict (as in
// cpt_test.h).
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	chain   = 500
	keepers = 20
	timers  = 200
	echoes  = 8
)

var (
	dir   = "/tmp"
	done  = make(chan struct{})
	all   sync.WaitGroup
	wrong atomic.Pointer[string]
	units [6]atomic.Int64
	names = [6]string{"rounds of the chain", "arrays", "timers", "echoes", "time-outs", "loops"}
)

func fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if wrong.CompareAndSwap(nil, &text) {
		fmt.Println(text)
	}
}

func over() bool {
	select {
	case <-done:
		return true
	default:
		return wrong.Load() != nil
	}
}

// run: n goroutines, each until it is over
func run(n int, body func(i int)) {
	for i := 0; i < n; i++ {
		i := i
		all.Add(1)
		go func() {
			defer all.Done()
			body(i)
		}()
	}
}

// A number goes through a chain of goroutines, each of which adds one.
func circle(int) {
	first := make(chan int)
	last := first
	for i := 0; i < chain; i++ {
		in, out := last, make(chan int)
		go func() {
			for v := range in {
				out <- v + 1
			}
			close(out)
		}()
		last = out
	}
	for n := 0; !over(); n++ {
		first <- n
		if got := <-last; got != n+chain {
			fail("%d comes out of the chain as %d", n, got)
		}
		units[0].Add(1)
		time.Sleep(time.Millisecond)
	}
	close(first)
	if _, open := <-last; open {
		fail("there is more in the chain")
	}
}

// What is kept is as it was, while the collector takes all the rest.
func keep(me int) {
	var kept [30][]byte
	var sums [30][32]byte
	for n := 0; !over(); n++ {
		at := n % len(kept)
		if kept[at] != nil && sha256.Sum256(kept[at]) != sums[at] {
			fail("what was kept is another")
		}
		kept[at] = bytes.Repeat([]byte{byte(n), byte(me), byte(n >> 8)}, 50+n*31%3000)
		sums[at] = sha256.Sum256(kept[at])
		units[1].Add(1)
		if n%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// A timer comes once, and not before its time.
func wait(me int) {
	for n := 0; !over(); n++ {
		d := time.Duration(1+(me*37+n*11)%100) * time.Millisecond
		from := time.Now()
		t := time.NewTimer(d)
		<-t.C
		if took := time.Since(from); took < d {
			fail("a timer of %v came after %v", d, took)
		}
		if t.Stop() {
			fail("a timer comes twice")
		}
		units[2].Add(1)
	}
}

func serve(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go io.Copy(c, c)
	}
}

func echo(me int, path string) {
	c, err := net.Dial("unix", path)
	if err != nil {
		fail("%v", err)
		return
	}
	defer c.Close()
	got := make([]byte, 3000)
	for n := 0; !over(); n++ {
		sent := bytes.Repeat([]byte{byte(n), byte(n >> 8), byte(me)}, 1000)
		if _, err := c.Write(sent); err != nil {
			fail("%v", err)
		}
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
			fail("an echo is another: %v", err)
		}
		units[3].Add(1)
		time.Sleep(2 * time.Millisecond)
	}
}

// A pipe that nobody writes to: each read ends by its time-out, then by its context's.
func timeOut(int) {
	r, w, err := os.Pipe()
	if err != nil {
		fail("%v", err)
		return
	}
	defer w.Close()
	for !over() {
		r.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			fail("a read of nothing: %d, %v", n, err)
		}
		c, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		<-c.Done()
		if c.Err() != context.DeadlineExceeded {
			fail("a context: %v", c.Err())
		}
		cancel()
		units[4].Add(1)
	}
}

// It calls nothing: only a signal can take the processor from it.
func loop(int) {
	for !over() {
		x, f := uint64(88172645463325252), 1.0
		for i := 0; i < 2000000; i++ {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			f += float64(x&1023) / 1024
		}
		if first.CompareAndSwap(nil, &result{x, f}); *first.Load() != (result{x, f}) {
			fail("a loop gives %v", result{x, f})
		}
		units[5].Add(1)
		time.Sleep(5 * time.Millisecond)
	}
}

type result struct {
	x uint64
	f float64
}

var first atomic.Pointer[result]

func put(name, text string) {
	to := dir + "/" + name
	if err := os.WriteFile(to+".new", []byte(text), 0600); err != nil {
		fail("%v", err)
	}
	if err := os.Rename(to+".new", to); err != nil {
		fail("%v", err)
	}
}

// sum: what was done, if something of all kinds was
func sum() (n int64) {
	for i := range units {
		v := units[i].Load()
		if v == 0 {
			return 0
		}
		n += v
	}
	return
}

func main() {
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	path := dir + "/go.sock"
	l, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	go serve(l)
	run(1, circle)
	run(keepers, keep)
	run(timers, wait)
	run(echoes, func(me int) { echo(me, path) })
	run(4, timeOut)
	run(1, loop)
	tick := time.NewTicker(100 * time.Millisecond)
	for range tick.C {
		put("go.count", fmt.Sprint(sum()/100))
		if _, err := os.Stat(dir + "/go.go"); err == nil || wrong.Load() != nil {
			break
		}
	}
	close(done)
	all.Wait()
	l.Close()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	for i := range units {
		fmt.Println(units[i].Load(), names[i])
		if units[i].Load() == 0 {
			fail("no %s", names[i])
		}
	}
	fmt.Println(m.NumGC, "collections")
	if m.NumGC < 3 {
		fail("only %d collections", m.NumGC)
	}
	if w := wrong.Load(); w != nil {
		put("go.verdict", "fail: "+*w+"\n")
		os.Exit(1)
	}
	put("go.verdict", "pass\n")
}
