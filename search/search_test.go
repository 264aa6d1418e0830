package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"cellnet/internal/mt19937"
)

// numbers is a judge by a smooth function of the choices, with some noise
// between its two trials; its trainings take 10 s an epoch.
type numbers struct {
	space *Space
	calls *int
}

func (n numbers) Trials(int) (int, error) { return 2, nil }

func (n numbers) Train(_ context.Context, job Job) (Outcome, error) {
	if n.calls != nil {
		*n.calls++
	}
	accuracy := 40.0
	for i, c := range n.space.Choices(job.Arch) {
		accuracy += float64(c) * float64(i+1) / float64(n.space.options)
	}
	return Outcome{accuracy + float64(job.Trial)/4 + float64(job.Epochs)/100, 10 * float64(job.Epochs)}, nil
}

func problem(space *Space) Problem {
	return Problem{Space: space, Judge: numbers{space: space}, Epochs: 12, Budget: 9000, Seed: 3}
}

func algorithms() []Algorithm {
	return []Algorithm{
		Random{}, DefaultEvolution(), DefaultReinforce(), Hyperband{DefaultBrackets()}, DefaultBOHB(), DefaultLocal(), DefaultBayesian(),
	}
}

// costs are what networks cost, more with greater choices; some are unknown.
func costs(space *Space, unknown int) Cost {
	c := Cost{Name: "cost", Values: make([]float64, space.Len())}
	for arch := range c.Values {
		for _, choice := range space.Choices(arch) {
			c.Values[arch] += float64(choice)
		}
		if unknown > 0 && arch%unknown == 0 {
			c.Values[arch] = math.NaN()
		}
	}
	return c
}

func TestSpaces(t *testing.T) {
	for _, s := range []*Space{Topology(), Size()} {
		for arch := range s.Len() {
			if got := s.Index(s.Choices(arch)); got != arch {
				t.Fatalf("%v: Index(Choices(%d)) = %d", s, arch, got)
			}
		}
		r := mt19937.NewPython(5)
		for range 200 {
			arch := s.random(r)
			around := s.neighbours(arch)
			for _, n := range around {
				if different(s, arch, n) != 1 {
					t.Fatalf("%v: %d is no neighbour of %d", s, n, arch)
				}
			}
			if m := s.mutate(arch, r); m != arch && !slices.Contains(around, m) || s == Topology() && m == arch {
				t.Fatalf("%v: %d is no mutation of %d", s, m, arch)
			}
		}
		if parsed, err := ParseSpace(s.String()); err != nil || parsed != s {
			t.Errorf("ParseSpace(%q) = %v, %v", s, parsed, err)
		}
	}
	if _, err := ParseSpace("tss"); err == nil {
		t.Error("space tss is taken")
	}
	for space, want := range map[*Space]string{
		Topology(): "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
		Size():     "8:8:8:8:16",
	} {
		if got := space.Arch(1); got != want {
			t.Errorf("architecture 1 of %v is %s, want %s", space, got, want)
		}
	}
}

func different(s *Space, a, b int) (n int) {
	for i, c := range s.Choices(a) {
		if c != s.Choices(b)[i] {
			n++
		}
	}
	return n
}

// Every algorithm ends at its budget with a log whose lists agree, and is a
// function of its seed.
func TestRunsAreWhole(t *testing.T) {
	for _, space := range []*Space{Topology(), Size()} {
		for _, a := range algorithms() {
			t.Run(fmt.Sprint(a.Name(), space), func(t *testing.T) {
				p := problem(space)
				run, err := Search(context.Background(), a, p)
				if err != nil {
					t.Fatal(err)
				}
				n := len(run.Visited)
				if len(run.Accuracy) != n || len(run.Clock) != n || len(run.Best) != n || len(run.Epochs) != n {
					t.Fatal("lists differ in length")
				}
				if run.Seconds() < p.Budget || run.Clock[n-2] >= p.Budget {
					t.Errorf("ends at %v s after %v s, want the first end at or past %v s", run.Seconds(), run.Clock[n-2], p.Budget)
				}
				for i := range n {
					best := slices.Index(run.Accuracy[:i+1], slices.Max(run.Accuracy[:i+1]))
					if run.Best[i] != run.Visited[best] {
						t.Fatalf("best after %d is %d, want %d", i, run.Best[i], run.Visited[best])
					}
				}
				again, err := Search(context.Background(), a, p)
				if err != nil || !slices.Equal(again.Visited, run.Visited) || !slices.Equal(again.Clock, run.Clock) {
					t.Errorf("a second run differs, error %v", err)
				}
				p.Seed++
				other, err := Search(context.Background(), a, p)
				if err != nil || slices.Equal(other.Visited, run.Visited) {
					t.Errorf("another seed gives the same run, error %v", err)
				}
			})
		}
	}
}

func TestLimitsAreKept(t *testing.T) {
	for _, space := range []*Space{Topology(), Size()} {
		for _, most := range []float64{0, 3, 12} {
			allowed := Within(space, []Limit{{costs(space, 7), most}})
			for _, a := range algorithms() {
				p := problem(space)
				p.Allowed = allowed
				run, err := Search(context.Background(), a, p)
				if most == 0 && (err == nil) != (allowed.Len() > 0) {
					t.Errorf("%s: error %v with %d allowed", a.Name(), err, allowed.Len())
				}
				if most > 0 && (err != nil || len(run.Visited) == 0) {
					t.Errorf("%s: %d trained, %v", a.Name(), len(run.Visited), err)
				}
				for _, arch := range run.Visited {
					if !allowed.Has(arch) {
						t.Fatalf("%s on %v trains %d, which is not allowed", a.Name(), space, arch)
					}
				}
			}
		}
	}
}

// A limit that leaves architectures without neighbours, or a policy without what
// it learned, stops nothing.
func TestFewAreAllowed(t *testing.T) {
	space := Topology()
	only := Cost{Name: "few", Values: make([]float64, space.Len())}
	for arch := range only.Values {
		only.Values[arch] = 1
	}
	for _, arch := range []int{7, 4000, 9000} {
		only.Values[arch] = 0
	}
	p := problem(space)
	p.Allowed = Within(space, []Limit{{only, 0}})
	for _, a := range algorithms() {
		run, err := Search(context.Background(), a, p)
		if err != nil {
			t.Errorf("%s: %v", a.Name(), err)
		}
		for _, arch := range run.Visited {
			if !p.Allowed.Has(arch) {
				t.Fatalf("%s trains %d", a.Name(), arch)
			}
		}
	}
}

func TestNumberOfTrainings(t *testing.T) {
	for _, a := range algorithms() {
		for _, n := range []int{1, 4, 30} {
			calls := 0
			p := problem(Topology())
			p.Judge = numbers{p.Space, &calls}
			p.Budget, p.Evaluations = 1e9, n
			run, err := Search(context.Background(), a, p)
			if err != nil || calls != n || len(run.Visited) != n {
				t.Errorf("%s: %d trainings, %d logged, %v, want %d", a.Name(), calls, len(run.Visited), err, n)
			}
		}
	}
}

// Local search with memory and Bayesian optimization end when they know all.
func TestTheWholeSpace(t *testing.T) {
	space := Topology()
	p := problem(space)
	p.Budget = 1e12
	p.Allowed = Within(space, []Limit{{costs(space, 0), 3}})
	for _, a := range []Algorithm{DefaultLocal(), DefaultBayesian()} {
		run, err := Search(context.Background(), a, p)
		if err != nil {
			t.Fatal(err)
		}
		sorted := slices.Compact(slices.Sorted(slices.Values(run.Visited)))
		if len(sorted) != p.Allowed.Len() || len(run.Visited) != len(sorted) {
			t.Errorf("%s trains %d, %d different, want the %d there are", a.Name(), len(run.Visited), len(sorted), p.Allowed.Len())
		}
	}
}

// failing judges well some times.
type failing struct {
	Judge
	after int
	how   func() (Outcome, error)
	calls *int
}

func (f failing) Train(ctx context.Context, job Job) (Outcome, error) {
	if *f.calls++; *f.calls > f.after {
		return f.how()
	}
	return f.Judge.Train(ctx, job)
}

func TestAFailureKeepsTheLog(t *testing.T) {
	broken := errors.New("broken")
	ctx, cancel := context.WithCancel(context.Background())
	for name, c := range map[string]struct {
		how  func() (Outcome, error)
		want string
	}{
		"error":    {func() (Outcome, error) { return Outcome{}, broken }, "broken"},
		"nan":      {func() (Outcome, error) { return Outcome{Accuracy: math.NaN()}, nil }, "not a number"},
		"time":     {func() (Outcome, error) { return Outcome{Seconds: math.NaN()}, nil }, "seconds"},
		"backward": {func() (Outcome, error) { return Outcome{Seconds: -1}, nil }, "seconds"},
		"cancel":   {func() (Outcome, error) { cancel(); return Outcome{}, broken }, "canceled"},
	} {
		for _, a := range algorithms() {
			calls := 0
			p := problem(Topology())
			p.Judge = failing{p.Judge, 14, c.how, &calls}
			run, err := Search(ctx, a, p)
			if name == "cancel" {
				ctx, cancel = context.WithCancel(context.Background())
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || len(run.Visited) != 14 {
				t.Errorf("%s, %s: %v after %d trainings, want %q after 14", name, a.Name(), err, len(run.Visited), c.want)
			}
		}
	}
	cancel()
}

func TestBadSettings(t *testing.T) {
	with := func(change func(*Problem)) Problem {
		p := problem(Topology())
		change(&p)
		return p
	}
	brackets := func(b Brackets) Algorithm { return Hyperband{b} }
	bohb := func(change func(*BOHB)) Algorithm { b := DefaultBOHB(); change(&b); return b }
	good := problem(Topology())
	for _, c := range []struct {
		want string
		a    Algorithm
		p    Problem
	}{
		{"budget", Random{}, with(func(p *Problem) { p.Budget = 0 })},
		{"budget", Random{}, with(func(p *Problem) { p.Budget = math.NaN() })},
		{"budget", Random{}, with(func(p *Problem) { p.Budget = math.Inf(1) })},
		{"epochs", Random{}, with(func(p *Problem) { p.Epochs = 0 })},
		{"evaluations", Random{}, with(func(p *Problem) { p.Evaluations = -1 })},
		{"space", Random{}, with(func(p *Problem) { p.Space = nil })},
		{"judge", Random{}, with(func(p *Problem) { p.Judge = nil })},
		{"cost", Random{}, with(func(p *Problem) { p.Costs = []Cost{{Name: "flops"}} })},
		{"costs", Random{}, with(func(p *Problem) { p.Costs = make([]Cost, 3) })},
		{"limits", Random{}, with(func(p *Problem) { p.Allowed = Within(p.Space, []Limit{{costs(p.Space, 0), -1}}) })},
		{"local", DefaultLocal(), with(func(p *Problem) { p.Costs = []Cost{costs(p.Space, 0)} })},
		{"population", Evolution{0, 3}, good},
		{"sample", Evolution{10, 0}, good},
		{"rate", Reinforce{0, 0.9}, good},
		{"rate", Reinforce{math.NaN(), 0.9}, good},
		{"momentum", Reinforce{0.1, 1}, good},
		{"momentum", Reinforce{0.1, -0.1}, good},
		{"eta", brackets(Brackets{1.9, 1, 12, 300}), good},
		{"eta", brackets(Brackets{math.NaN(), 1, 12, 300}), good},
		{"shortest", brackets(Brackets{3, 0, 12, 300}), good},
		{"longest", brackets(Brackets{3, 5, 4, 300}), good},
		{"longest", brackets(Brackets{3, 1, 13, 300}), good},
		{"brackets", brackets(Brackets{3, 1, 12, 0}), good},
		{"samples", bohb(func(b *BOHB) { b.Samples = 0 }), good},
		{"random_fraction", bohb(func(b *BOHB) { b.RandomFraction = 1.1 }), good},
		{"random_fraction", bohb(func(b *BOHB) { b.RandomFraction = math.NaN() }), good},
		{"min_bandwidth", bohb(func(b *BOHB) { b.MinBandwidth = 0 }), good},
		{"top_n_percent", bohb(func(b *BOHB) { b.TopPercent = 100 }), good},
		{"eta", bohb(func(b *BOHB) { b.Eta = 1 }), good},
		{"start", Local{Start: 0}, good},
		{"start", Bayesian{0, 0.1, 2}, good},
		{"noise", Bayesian{10, 0, 2}, good},
		{"beta", Bayesian{10, 0.1, -1}, good},
	} {
		run, err := Search(context.Background(), c.a, c.p)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(run.Visited) > 0 {
			t.Errorf("%s: error %v, want one that names %s", c.a.Name(), err, c.want)
		}
	}
	// A sample may be larger than the population.
	if _, err := Search(context.Background(), Evolution{2, 5}, good); err != nil {
		t.Error(err)
	}
}

// A run that has all processors for itself is the same.
func TestAlone(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for _, space := range []*Space{Topology(), Size()} {
		p := problem(space)
		p.Evaluations = 40
		beside, err := Search(t.Context(), DefaultBayesian(), p)
		if err != nil {
			t.Fatal(err)
		}
		p.Alone = true
		alone, err := Search(t.Context(), DefaultBayesian(), p)
		if err != nil || !slices.Equal(alone.Visited, beside.Visited) {
			t.Errorf("%v: visited %v, error %v, want %v", space, alone.Visited, err, beside.Visited)
		}
	}
}

// The covariances of cells by the definition, with which tables of halves agree.
func TestCellCovariances(t *testing.T) {
	space := Topology()
	counts := func(arch int) map[string]int {
		n := map[string]int{}
		for _, path := range LivePaths(arch) {
			n[string(path)]++
		}
		return n
	}
	row := make([]float64, space.Len())
	for arch := 0; arch < space.Len(); arch += 3001 {
		space.covariances().of(arch, row)
		own := counts(arch)
		for other := 0; other < space.Len(); other += 13 {
			edges, distance, theirs := 0, 0, counts(other)
			for i, c := range space.Choices(arch) {
				if space.Choices(other)[i] != c {
					edges++
				}
			}
			for path, n := range own {
				distance += (n - theirs[path]) * (n - theirs[path])
			}
			for path, n := range theirs {
				if own[path] == 0 {
					distance += n * n
				}
			}
			if want := 0.5*math.Pow(0.75, float64(edges)) + 0.5*math.Pow(0.75, float64(distance)); row[other] != want {
				t.Fatalf("covariance of %d and %d: %v, want %v", arch, other, row[other], want)
			}
		}
	}
}

func TestAheadTellsOfJobs(t *testing.T) {
	var told []Job
	p := problem(Topology())
	p.Ahead = func(jobs []Job) { told = append(told, jobs...) }
	run, err := Search(context.Background(), DefaultEvolution(), p)
	if err != nil {
		t.Fatal(err)
	}
	for i, job := range told {
		if run.Visited[i] != job.Arch {
			t.Errorf("job %d is of %d, trained was %d", i, job.Arch, run.Visited[i])
		}
	}
	if len(told) != 10 {
		t.Errorf("told of %d jobs, want 10", len(told))
	}
}

func TestAt(t *testing.T) {
	run := &Run{Clock: []float64{10, 20, 40}, Best: []int{1, 2, 3}}
	value := func(arch int) float64 { return float64(100 * arch) }
	for _, c := range []struct{ at, want float64 }{{10, 100}, {15, 150}, {30, 250}, {40, 300}, {0, 0}, {50, 300}, {1e9, 300}} {
		if got := run.At(c.at, value); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("at %v s: %v, want %v", c.at, got, c.want)
		}
	}
	for _, c := range []struct {
		at   float64
		arch int
		ok   bool
	}{{9, -1, false}, {10, 1, true}, {39, 2, true}, {1000, 3, true}} {
		if arch, ok := run.By(c.at); arch != c.arch || ok != c.ok {
			t.Errorf("by %v s: %d, %v, want %d, %v", c.at, arch, ok, c.arch, c.ok)
		}
	}
	if got := (&Run{Clock: []float64{7}, Best: []int{4}}).At(100, value); got != 400 {
		t.Errorf("one training: %v", got)
	}
	if got := new(Run).Incumbent(); got != -1 {
		t.Errorf("incumbent of no run: %d", got)
	}
}

// The volume of points, by counting the small cubes that they dominate.
func TestVolume(t *testing.T) {
	const n = 20
	r := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		points := make([]point, 1+r.IntN(8))
		for i := range points {
			points[i] = point{float64(r.IntN(n+1)) / n, float64(r.IntN(n+1)) / n, float64(r.IntN(n+1)) / n}
		}
		count := 0
		for x := range n {
			for y := range n {
				for z := range n {
					cube := point{float64(x+1) / n, float64(y+1) / n, float64(z+1) / n}
					if slices.ContainsFunc(points, func(p point) bool { return p.dominates(cube) }) {
						count++
					}
				}
			}
		}
		if got, want := volume(slices.Clone(points)), float64(count)/(n*n*n); math.Abs(got-want) > 1e-9 {
			t.Fatalf("%v: volume %v, want %v", points, got, want)
		}
	}
}

// Evolution that weighs costs dominates more than random search does.
func TestMultiObjective(t *testing.T) {
	for _, space := range []*Space{Topology(), Size()} {
		for number := range 2 {
			p := problem(space)
			p.Budget = 24000
			p.Costs = []Cost{costs(space, 7), costs(space, 0)}[:1+number]
			if number == 1 {
				for arch := range space.Len() {
					p.Costs[1].Values[arch] = float64(space.Choices(arch)[0])
				}
			}
			reached := map[string]float64{}
			for _, a := range []Algorithm{Random{}, Evolution{20, 2}} {
				for seed := range uint32(5) {
					p.Seed = seed
					run, err := Search(context.Background(), a, p)
					if err != nil {
						t.Fatal(err)
					}
					volumes := run.Hypervolume(p.Costs)
					if !slices.IsSorted(volumes) {
						t.Errorf("%s: the hypervolume falls", a.Name())
					}
					reached[a.Name()] += volumes[len(volumes)-1]
					checkFront(t, run, p.Costs)
				}
			}
			if reached["evolution"] <= reached["random"] {
				t.Errorf("%v, %d costs: hypervolumes %v, want the least of random", space, 1+number, reached)
			}
		}
	}
}

// checkFront compares the front with all that was seen.
func checkFront(t *testing.T, run *Run, costs []Cost) {
	t.Helper()
	s := newScale(costs)
	front := run.Front(costs)
	for i, arch := range run.Visited {
		if math.IsNaN(costs[0].Values[arch]) {
			t.Fatalf("%d has no cost", arch)
		}
		beaten := false
		for j, other := range run.Visited {
			p, q := s.point(other, run.Accuracy[j]), s.point(arch, run.Accuracy[i])
			beaten = beaten || p.dominates(q) && p != q
		}
		if !beaten && !slices.Contains(front, arch) {
			t.Fatalf("nothing beats %d, the front lacks it", arch)
		}
	}
}

func Example() {
	space := Topology()
	run, err := Search(context.Background(), DefaultLocal(), Problem{
		Space: space, Judge: numbers{space: space}, Epochs: 12, Budget: 20000, Seed: 1,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(run.Visited), "trainings, the best", space.Arch(run.Incumbent()))
	// Output: 167 trainings, the best |avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|
}
