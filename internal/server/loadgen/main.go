// Command loadgen asks a server on this machine as fast as it answers, and prints
// how fast that was:
//
//	cellnet serve nb201.parquet &
//	go run ./internal/server/loadgen -requests 1000000 -pid $!
//	go run ./internal/server/loadgen -only search -requests 10000 -connections 2 -pid $!
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cellnet/cell"
)

func main() {
	var l load
	flag.StringVar(&l.address, "address", "127.0.0.1:8201", "of the server, on this machine")
	flag.IntVar(&l.requests, "requests", 100_000, "how many in all, at most 10 million")
	flag.IntVar(&l.connections, "connections", 16, "at once, at most 256")
	flag.DurationVar(&l.most, "for", 10*time.Minute, "stop after this time")
	flag.IntVar(&l.pid, "pid", 0, "print the memory of the process with this number, now and then")
	flag.StringVar(&l.only, "only", "", "ask only this query of the mix: metrics, cost, best ...; or search")
	flag.Parse()
	if err := l.run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

// load is what is asked of a server.
type load struct {
	address     string
	requests    int
	connections int
	most        time.Duration
	pid         int
	only        string

	indexes []int // of the stored architectures
	asked   atomic.Int64
}

func (l *load) run(out io.Writer) error {
	host, _, err := net.SplitHostPort(l.address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%s is not this machine", host)
	}
	asks := func(q string) bool { return strings.HasPrefix(q, l.only+"?") }
	if l.only != "" && !slices.ContainsFunc(l.mix(), asks) {
		return fmt.Errorf("-only %s: want search or a query of %v", l.only, l.mix())
	}
	if l.requests < 1 || l.requests > 10_000_000 || l.connections < 1 || l.connections > 256 {
		return errors.New("want 1 to 10 million requests on 1 to 256 connections")
	}
	if err := l.learn(); err != nil {
		return err
	}
	start := time.Now()
	end := start.Add(l.most)
	times := make([][]time.Duration, l.connections)
	failed := make([]error, l.connections)
	done := make(chan struct{})
	go l.watch(out, start, done)
	var wait sync.WaitGroup
	for i := range l.connections {
		wait.Go(func() { times[i], failed[i] = l.ask(uint64(i), end) })
	}
	wait.Wait()
	close(done)
	took := time.Since(start)
	if err := errors.Join(failed...); err != nil {
		return err
	}
	all := slices.Concat(times...)
	slices.Sort(all)
	at := func(share float64) time.Duration { return all[int(share*float64(len(all)-1))] }
	fmt.Fprintf(out, "%d queries in %.1f s on %d connections: %.0f/s; half within %v, 99 %% within %v, 99.9 %% within %v, the slowest %v\n",
		len(all), took.Seconds(), l.connections, float64(len(all))/took.Seconds(), at(0.5), at(0.99), at(0.999), at(1))
	return nil
}

// learn asks which architectures there are.
func (l *load) learn() error {
	r, err := http.Get("http://" + l.address + "/api/points?dataset=cifar10&set=test&hp=12")
	if err != nil {
		return err
	}
	defer r.Body.Close()
	var points struct{ Index []int }
	if err := json.NewDecoder(r.Body).Decode(&points); err != nil {
		return err
	}
	if l.indexes = points.Index; len(l.indexes) == 0 {
		return errors.New("the server has no architecture")
	}
	return nil
}

// ask asks over one connection, and tells how long each answer took.
func (l *load) ask(seed uint64, end time.Time) ([]time.Duration, error) {
	c, err := net.Dial("tcp", l.address)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	random := rand.New(rand.NewPCG(seed, 1))
	var times []time.Duration
	for l.asked.Add(1) <= int64(l.requests) {
		start := time.Now()
		if start.After(end) {
			break
		}
		query, err := l.query(random)
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Fprintf(c, "GET /api/%s HTTP/1.1\r\nHost: %s\r\n\r\n", query, l.address); err != nil {
			return nil, err
		}
		r, err := http.ReadResponse(answers, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", query, err)
		}
		text, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: %s %.200s (%v)", query, r.Status, text, err)
		}
		times = append(times, time.Since(start))
	}
	return times, nil
}

// mix are the queries that are drawn from, as often as they stand here. Every one
// is of an architecture, dataset and recipe drawn anew; EPOCH, LIMIT, ARCH and OF
// (which architecture, dataset and recipe) are replaced.
func (l *load) mix() []string {
	if l.only == "search" {
		return searches()
	}
	return []string{
		"metrics?OF", "metrics?OF", "metrics?OF&epoch=EPOCH", "metrics?OF&epoch=EPOCH&set=train",
		"cost?OF", "cost?OF",
		"arch?index=INDEX", "index?arch=ARCH", "config?index=INDEX&dataset=DATASET",
		"best?dataset=cifar10&set=valid&hp=HP&max-flops=LIMIT",
		"trials?OF&epoch=EPOCH", "trials?OF",
	}
}

// searches are those of every algorithm, of a budget, seed and limit drawn anew.
// Bayesian optimization, which takes a hundred times as long, is one of thirteen.
func searches() []string {
	const of = "&dataset=SEARCHED&budget=BUDGET&seed=SEED"
	all := []string{"search?algorithm=bayesian&runs=1" + of}
	for _, name := range []string{"random", "evolution", "reinforce", "hyperband", "bohb", "local"} {
		all = append(all, "search?algorithm="+name+"&runs=RUNS"+of, "search?algorithm="+name+"&runs=RUNS&max=flops%3DLIMIT"+of)
	}
	return all
}

// query draws a query.
func (l *load) query(random *rand.Rand) (string, error) {
	mix := l.mix()
	q := mix[random.IntN(len(mix))]
	for l.only != "" && !strings.HasPrefix(q, l.only+"?") {
		q = mix[random.IntN(len(mix))]
	}
	index := l.indexes[random.IntN(len(l.indexes))]
	net, err := cell.FromIndex(index)
	if err != nil {
		return "", err
	}
	q = strings.Replace(q, "OF", "index=INDEX&dataset=DATASET&hp=HP", 1)
	return strings.NewReplacer(
		"INDEX", strconv.Itoa(index), "ARCH", url.QueryEscape(net.String()),
		"DATASET", []string{"cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"}[random.IntN(4)],
		"HP", []string{"12", "200"}[random.IntN(2)], "EPOCH", strconv.Itoa(random.IntN(12)),
		"LIMIT", fmt.Sprintf("%.3f", 10+200*random.Float64()),
		"SEARCHED", []string{"cifar10", "cifar100", "ImageNet16-120"}[random.IntN(3)],
		"BUDGET", strconv.Itoa(1000+random.IntN(19000)), "SEED", strconv.Itoa(random.IntN(1e6)), "RUNS", strconv.Itoa(1+random.IntN(20)),
	).Replace(q), nil
}

// watch prints the server's memory ten times on the way.
func (l *load) watch(out io.Writer, start time.Time, done <-chan struct{}) {
	if l.pid == 0 {
		return
	}
	next := int64(0)
	for {
		select {
		case <-done:
			return
		case <-time.After(50 * time.Millisecond):
		}
		if asked := l.asked.Load(); asked >= next {
			next = asked + int64(l.requests/10)
			fmt.Fprintf(out, "%5.0f s %9d queries, server's memory %s\n", time.Since(start).Seconds(), asked, memory(l.pid))
		}
	}
}

// memory is the resident size of a process.
func memory(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(text)) {
		if size, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(size)
		}
	}
	return "unknown"
}
