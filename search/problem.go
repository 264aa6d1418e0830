package search

import (
	"context"
	"errors"
	"fmt"
	"math"

	"cellnet/internal/mt19937"
)

// Judge says what a training brings. It may be asked by several runs at the same
// time.
type Judge interface {
	// Trials is the number of trials of an architecture to draw from, 1 or more.
	Trials(arch int) (int, error)
	// Train trains an architecture. It returns soon after the context is done.
	Train(ctx context.Context, job Job) (Outcome, error)
}

// Job is a training that is wanted.
type Job struct {
	Arch   int // number in the space
	Trial  int // 0 to Trials-1
	Epochs int // of the problem's recipe; training stops there
}

// Outcome is what a training brought.
type Outcome struct {
	Accuracy float64 // on the validation set in percent
	Seconds  float64 // of training and one validation
}

// Problem is what is searched, by which judge, for how long.
type Problem struct {
	Space  *Space
	Judge  Judge
	Epochs int     // of a whole training, 1 or more
	Budget float64 // seconds; a run ends with the first training that ends at or past it
	Seed   uint32
	// Evaluations is the greatest number of trainings; 0 sets no limit.
	Evaluations int
	// Allowed are the architectures that may be trained; nil allows all.
	Allowed *Set
	// Costs are what accuracy is weighed against, none, one or two.
	Costs []Cost
	// Alone tells that no other run goes on at the same time: the algorithm may
	// use all processors for its own work. The run is the same.
	Alone bool
	// Ahead, if there is one, is told of jobs that will be asked for next,
	// whatever comes out of those before them.
	Ahead func([]Job)
}

// Validate returns an error that names the first setting out of its range.
func (p Problem) Validate() error {
	switch {
	case p.Space == nil:
		return settingError("space", "none is given", "topology or size")
	case p.Judge == nil:
		return settingError("judge", "none is given", "one")
	case p.Epochs < 1:
		return settingError("epochs", p.Epochs, "1 or more")
	case !(p.Budget > 0) || math.IsInf(p.Budget, 0):
		return settingError("budget", p.Budget, "a number of seconds above 0")
	case p.Evaluations < 0:
		return settingError("evaluations", p.Evaluations, "0 or more")
	case len(p.Costs) > 2:
		return settingError("costs", len(p.Costs), "2 at most")
	}
	for _, c := range p.Costs {
		if len(c.Values) != p.Space.Len() {
			return fmt.Errorf("search: cost %s has %d values, the space %d architectures", c.Name, len(c.Values), p.Space.Len())
		}
	}
	if allowed := p.allowed(); allowed != nil && allowed.Len() == 0 {
		return errors.New("search: no architecture of the space is within the limits")
	}
	return nil
}

// allowed gives the architectures that may be trained: those whose costs aren't
// known may not, if the problem has costs. It gives nil for all.
func (p Problem) allowed() *Set {
	if len(p.Costs) == 0 {
		return p.Allowed
	}
	var known []Limit
	for _, c := range p.Costs {
		known = append(known, Limit{c, math.Inf(1)})
	}
	return p.Allowed.and(Within(p.Space, known))
}

func settingError(name string, got any, want string) error {
	return fmt.Errorf("search: %s: %v, want %s", name, got, want)
}

// Algorithm is one of this package's searches: [Random], [Evolution],
// [Reinforce], [Hyperband], [BOHB], [Local], [Bayesian].
type Algorithm interface {
	// Name is what commands call it.
	Name() string
	// Validate returns an error that names the first setting out of its range.
	Validate() error
	search(*session) error
}

// weighing is an algorithm that weighs accuracy against costs.
type weighing interface{ weighsCosts() }

func (Random) weighsCosts()    {}
func (Evolution) weighsCosts() {}

// Search runs an algorithm. If it fails, what was trained until then is in the
// run.
func Search(ctx context.Context, a Algorithm, p Problem) (*Run, error) {
	run, _, err := search(ctx, a, p)
	return run, err
}

// Check returns an error that names the first setting of a search that is out of
// its range.
func Check(a Algorithm, p Problem) error {
	if err := a.Validate(); err != nil {
		return err
	}
	if err := p.Validate(); err != nil {
		return err
	}
	if _, ok := a.(weighing); len(p.Costs) > 0 && !ok {
		return fmt.Errorf("search: %s finds the highest accuracy only, want evolution or random to weigh it against costs", a.Name())
	}
	if b, ok := a.(inBrackets); ok {
		return b.fits(p)
	}
	return nil
}

// inBrackets is an algorithm with lengths of trainings.
type inBrackets interface{ fits(Problem) error }

// NextSeed runs a search and returns the seed that the published programs take
// for the run after it: they draw it from the generator as the search left it.
// Seeds soon repeat that way.
func NextSeed(ctx context.Context, a Algorithm, p Problem) (seed uint32, err error) {
	_, random, err := search(ctx, a, p)
	if err != nil {
		return 0, err
	}
	return uint32(1 + random.Intn(100000)), nil
}

// search also returns Python's generator as the search left it.
func search(ctx context.Context, a Algorithm, p Problem) (*Run, *mt19937.Source, error) {
	if err := Check(a, p); err != nil {
		return &Run{Space: p.Space}, nil, err
	}
	s := &session{Problem: p, ctx: ctx, run: &Run{Space: p.Space}, random: mt19937.NewPython(uint64(p.Seed))}
	s.Allowed = p.allowed()
	err := a.search(s)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return s.run, s.random, err
}

// session is a run under way.
type session struct {
	Problem
	ctx    context.Context
	run    *Run
	random *mt19937.Source // Python's
	top    float64         // accuracy of the incumbent
}

// errEnough ends a run whose number of trainings is reached.
var errEnough = errors.New("enough trainings")

// over tells whether the budget is spent.
func (s *session) over() bool { return s.run.Seconds() >= s.Budget }

// full counts the architectures that may be trained.
func (s *session) full() int {
	if s.Allowed == nil {
		return s.Space.Len()
	}
	return s.Allowed.Len()
}

func (s *session) allowed(arch int) bool { return s.Allowed == nil || s.Allowed.Has(arch) }

// draw draws an architecture that is allowed.
func (s *session) draw() int {
	for {
		if arch := s.Space.random(s.random); s.allowed(arch) {
			return arch
		}
	}
}

// mutate draws a mutation that is allowed, or if there is none any architecture.
func (s *session) mutate(parent int) int {
	arch := s.Space.mutate(parent, s.random)
	if s.allowed(arch) {
		return arch
	}
	if len(s.neighbours(parent)) == 0 {
		return s.draw()
	}
	for !s.allowed(arch) {
		arch = s.Space.mutate(parent, s.random)
	}
	return arch
}

// neighbours lists those that are allowed.
func (s *session) neighbours(arch int) []int {
	all := s.Space.neighbours(arch)
	if s.Allowed == nil {
		return all
	}
	kept := all[:0]
	for _, a := range all {
		if s.Allowed.Has(a) {
			kept = append(kept, a)
		}
	}
	return kept
}

// job draws the trial of a training.
func (s *session) job(arch, epochs int) (Job, error) {
	n, err := s.Judge.Trials(arch)
	if err != nil {
		return Job{}, s.failed(arch, err)
	}
	if n < 1 {
		return Job{}, s.failed(arch, errors.New("there is no trial"))
	}
	return Job{arch, s.random.Intn(n), epochs}, nil
}

// evaluate trains an architecture with the whole recipe and returns its accuracy.
func (s *session) evaluate(arch int) (float64, error) { return s.evaluateFor(arch, s.Epochs) }

func (s *session) evaluateFor(arch, epochs int) (float64, error) {
	job, err := s.job(arch, epochs)
	if err != nil {
		return 0, err
	}
	return s.do(job)
}

// drawJobs draws the trainings of n random architectures, and tells of them.
func (s *session) drawJobs(n int) ([]Job, error) {
	jobs := make([]Job, n)
	for i := range jobs {
		var err error
		if jobs[i], err = s.job(s.draw(), s.Epochs); err != nil {
			return nil, err
		}
	}
	s.tell(jobs)
	return jobs, nil
}

// drawAndEvaluate trains n random architectures, which are known ahead.
func (s *session) drawAndEvaluate(n int) ([]member, error) {
	jobs, err := s.drawJobs(n)
	if err != nil {
		return nil, err
	}
	members := make([]member, n)
	for i, job := range jobs {
		accuracy, err := s.do(job)
		if err != nil {
			return nil, err
		}
		members[i] = member{job.Arch, accuracy}
	}
	return members, nil
}

// tell tells of jobs that come next, without those that the number of trainings
// leaves out.
func (s *session) tell(jobs []Job) {
	if s.Ahead == nil {
		return
	}
	if s.Evaluations > 0 {
		jobs = jobs[:min(len(jobs), s.Evaluations-len(s.run.Visited))]
	}
	s.Ahead(jobs)
}

// member is an architecture with the accuracy it was found to have.
type member struct {
	arch     int
	accuracy float64
}

// do has a job done and notes what came out.
func (s *session) do(job Job) (float64, error) {
	r := s.run
	if s.Evaluations > 0 && len(r.Visited) >= s.Evaluations {
		return 0, errEnough
	}
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	o, err := s.Judge.Train(s.ctx, job)
	if err != nil {
		return 0, s.failed(job.Arch, err)
	}
	if math.IsNaN(o.Accuracy) {
		return 0, s.failed(job.Arch, errors.New("its accuracy is not a number"))
	}
	if !(o.Seconds >= 0) || math.IsInf(o.Seconds, 0) {
		return 0, s.failed(job.Arch, fmt.Errorf("its training takes %v seconds", o.Seconds))
	}
	best := job.Arch
	if len(r.Best) > 0 && o.Accuracy <= s.top {
		best = r.Best[len(r.Best)-1]
	} else {
		s.top = o.Accuracy
	}
	r.Clock = append(r.Clock, r.Seconds()+o.Seconds)
	r.Best = append(r.Best, best)
	r.Visited = append(r.Visited, job.Arch)
	r.Accuracy = append(r.Accuracy, o.Accuracy)
	r.Epochs = append(r.Epochs, job.Epochs)
	return o.Accuracy, nil
}

func (s *session) failed(arch int, err error) error {
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	return fmt.Errorf("search: architecture %d: %w", arch, err)
}
