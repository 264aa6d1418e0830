package experiment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/data"
	"cellnet/search"
	"cellnet/search/simulate"
)

func request(algorithm string) Request {
	return Request{
		Algorithm: algorithm, Space: search.Topology(), Dataset: data.CIFAR100, Runs: 4, Seed: 7, Settings: DefaultSettings(),
	}
}

func plan(t testing.TB, r Request) Plan {
	t.Helper()
	j, err := r.JudgeOf()
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(j)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRunsAreThoseOfTheirSeeds(t *testing.T) {
	p := plan(t, request("evolution"))
	ended := 0
	done := make(chan struct{}, p.Runs)
	runs, err := p.Run(context.Background(), func() { done <- struct{}{} })
	close(done)
	for range done {
		ended++
	}
	if err != nil || len(runs) != 4 || ended != 4 {
		t.Fatalf("%d runs, %d told of, %v", len(runs), ended, err)
	}
	for i, run := range runs {
		problem := p.Problem
		problem.Seed = uint32(7 + i)
		alone, err := search.Search(context.Background(), p.Algorithm, problem)
		if err != nil || !slices.Equal(alone.Visited, run.Visited) {
			t.Errorf("run %d differs from that of its seed alone, error %v", i, err)
		}
	}
}

func TestRunsStop(t *testing.T) {
	p := plan(t, request("random"))
	p.Runs = 1000
	ctx, cancel := context.WithCancel(context.Background())
	runs, err := p.Run(ctx, cancel)
	if !errors.Is(err, context.Canceled) || len(runs) == p.Runs || len(runs) == 0 {
		t.Errorf("%d runs, error %v, want some and that they were stopped", len(runs), err)
	}
}

func TestSummariesAndCurves(t *testing.T) {
	p := plan(t, request("local"))
	runs, err := p.Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.Summarize(runs)
	if err != nil {
		t.Fatal(err)
	}
	var mean float64
	for i, run := range runs {
		r, err := p.RecordOf(run, i)
		if err != nil {
			t.Fatal(err)
		}
		mean += r.FinalTest / 4
	}
	if math.Abs(s.Test.Mean-mean) > 1e-9 || s.Runs != 4 {
		t.Errorf("summary %+v, want test accuracy %v", s, mean)
	}
	for _, published := range []bool{false, true} {
		c, err := p.CurveOf(runs, published)
		if err != nil || len(c.At) == 0 || c.Seconds[len(c.Seconds)-1] != p.Problem.Budget {
			t.Fatalf("curve %v, %v", c, err)
		}
		for k := 1; !published && k < len(c.At); k++ {
			if c.Seconds[k] <= c.Seconds[k-1] {
				t.Error("time goes back")
			}
		}
	}
	if _, err := (Plan{Algorithm: search.Random{}}).Summarize([]*search.Run{{}}); err == nil {
		t.Error("a run of nothing was summed up")
	}
}

func TestTableHasThePapersFigures(t *testing.T) {
	var plans []Plan
	var runs [][]*search.Run
	for _, d := range []data.Dataset{data.CIFAR10, data.ImageNet16} {
		for _, name := range []string{"evolution", "local"} {
			r := request(name)
			r.Dataset = d
			p := plan(t, r)
			some, err := p.Run(context.Background(), nil)
			if err != nil {
				t.Fatal(err)
			}
			plans, runs = append(plans, p), append(runs, some)
		}
	}
	table, err := Table(search.Topology(), plans, runs)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| evolution (4, ", "| evolution, paper (500) | 91.25±0.31 94.02±0.31 | 45.71±0.77 45.77±0.80 |", "| optimal, paper | 91.61 94.37 | 46.73 47.31 |"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if strings.Contains(table, "local, paper") {
		t.Errorf("the paper has no local search:\n%s", table)
	}
	var lines bytes.Buffer
	if err := WriteRecords(&lines, plans, runs); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(lines.Bytes()) {
		var r Record
		if err := json.Unmarshal(line, &r); err != nil || len(r.Visited) == 0 {
			t.Errorf("%v in %.80s", err, line)
		}
	}
	if panels, err := Panels(plans, runs, false); err != nil || len(panels) != 2 || len(panels[0].Bands) != 2 {
		t.Errorf("panels %v, %v", panels, err)
	}
}

func TestBadRequests(t *testing.T) {
	for want, change := range map[string]func(*Request){
		"algorithm": func(r *Request) { r.Algorithm = "bananas" },
		"runs":      func(r *Request) { r.Runs = 0 },
		"seed":      func(r *Request) { r.Seed = math.MaxUint32 - 2 },
		"budget":    func(r *Request) { r.Budget = -1 },
		"limit":     func(r *Request) { r.Limits = []string{"flops=NaN"} },
		"cost":      func(r *Request) { r.Limits = []string{"watts=3"} },
		"limits":    func(r *Request) { r.Limits = []string{"flops=0"} },
		"random":    func(r *Request) { r.Algorithm, r.Against = "local", []string{"flops"} },
		"size":      func(r *Request) { r.Space, r.Against = search.Size(), []string{"raspi4_latency"} },
	} {
		r := request("random")
		change(&r)
		j, err := r.JudgeOf()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Plan(j); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one of %s", err, want)
		}
	}
}

func TestCosts(t *testing.T) {
	for _, space := range []*search.Space{search.Topology(), search.Size()} {
		flops, err := CostOf(space, data.CIFAR100, "flops")
		if err != nil {
			t.Fatal(err)
		}
		params, err := CostOf(space, data.CIFAR100, "params")
		if err != nil {
			t.Fatal(err)
		}
		for arch := 0; arch < space.Len(); arch += 1009 {
			a, err := space.Of().Arch(arch)
			if err != nil {
				t.Fatal(err)
			}
			if want := a.Network(100).Cost(32); flops.Values[arch] != want.FLOPs || params.Values[arch] != want.Params {
				t.Errorf("%v %d: %v and %v, want %v", space, arch, flops.Values[arch], params.Values[arch], want)
			}
		}
	}
	if c, err := CostOf(search.Topology(), data.CIFAR100, "raspi4_latency"); err != nil || c.Values[0] != 10.433 {
		t.Errorf("latency of architecture 0: %v, %v", c.Values[0], err)
	}
	unknown, err := CostOf(search.Topology(), data.CIFAR10, "edgetpu_latency")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(unknown.Values, func(v float64) bool { return !math.IsNaN(v) })); n != 4699 {
		t.Errorf("%d cells don't run on the Edge TPU, want 4699", n)
	}
}

// PyTorch reads results.pth as the published plots do.
func TestResultsFile(t *testing.T) {
	p := plan(t, request("evolution"))
	runs, err := p.Run(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(p.ResultsPath()))
	var b bytes.Buffer
	if err := WriteResults(&b, runs); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join("search-tss", "cifar100-T40000", "R-EA-SS3", "results.pth"); p.ResultsPath() != want {
		t.Errorf("path %s, want %s", p.ResultsPath(), want)
	}
	const script = `
import sys, torch, collections
d = torch.load(sys.argv[1])
assert type(d) is collections.OrderedDict and list(d) == list(range(4)), d.keys()
print(d[1]["all_archs"][-1], len(d[1]["all_total_times"]), type(d[1]["all_total_times"][0]).__name__)
`
	out, err := exec.Command("/usr/bin/python3", "-c", script, path).CombinedOutput()
	if err != nil {
		if bytes.Contains(out, []byte("AssertionError")) {
			t.Fatalf("%s", out)
		}
		t.Skipf("no Python with PyTorch: %v", err)
	}
	var arch, n int
	var kind string
	if _, err := fmt.Sscan(string(out), &arch, &n, &kind); err != nil || arch != runs[1].Incumbent() || n != len(runs[1].Clock) || kind != "float" {
		t.Errorf("Python reads %s", out)
	}
}

func TestPublishedIsForPublishedPlans(t *testing.T) {
	r := request("evolution")
	if _, _, ok := plan(t, r).Published(); !ok {
		t.Error("no figures for the published plan")
	}
	r.Budget = simulate.Budget(r.Space, r.Dataset) / 2
	if _, _, ok := plan(t, r).Published(); ok {
		t.Error("figures for half the budget")
	}
}
