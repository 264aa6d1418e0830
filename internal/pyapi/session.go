package pyapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"cellnet/bench"
	"cellnet/bench/record"
)

// session is a client's object of one of the published programs.
type session struct {
	options Options
	calls   map[string]func(*call) (any, error)
	b       *bench.Benchmark
	opened  *bench.Benchmark // by the session itself
}

func (s *session) close() {
	if s.opened != nil {
		s.opened.Close()
	}
}

func raise(class, format string, args ...any) *exception {
	return &exception{class, fmt.Sprintf(format, args...)}
}

// walking are the calls that read all records.
func walking(q *request) bool {
	switch q.Call {
	case "find_best", "statistics", "avaliable_hps":
		return true
	case "show":
		return strings.HasPrefix(string(q.Args.Index), "-")
	case "reload":
		return len(q.Args.Index) == 0
	}
	return false
}

// answer makes a call, with what c has learned by making it before.
func (s *session) answer(ctx context.Context, q *request, c *call) answer {
	if q.Call == "open" {
		return s.open(ctx, &q.Args)
	}
	if s.b == nil {
		return answer{raised: raise("RuntimeError", "%.40q before open", q.Call)}
	}
	if s.options.Walk != nil && walking(q) {
		done, err := s.options.Walk(ctx)
		if err != nil {
			return answer{raised: raise("RuntimeError", "%v", err)}
		}
		defer done()
	}
	of, ok := s.calls[q.Call]
	if !ok {
		return answer{raised: raise("AttributeError", "no call %.60q", q.Call)}
	}
	a := answer{}
	c.answer = &a
	result, err := of(c)
	if err != nil {
		a.raised = c.exceptionOf(err)
		return a
	}
	a.result = result
	return a
}

// maxForeseen bounds the answers of a call that draws a number.
const maxForeseen = 8

// reply makes a call. One that draws a number is made for every number there may be,
// so that the client need not be asked: it chooses. It is asked where there are many.
func (s *session) reply(ctx context.Context, q *request, client bench.Intner) reply {
	c := &call{session: s, name: q.Call, args: &q.Args}
	r := reply{}
	for below := 1; len(r.answers) < below; {
		drawn := oneNumber{number: len(r.answers)}
		c.random = &drawn
		r.answers = append(r.answers, s.answer(ctx, q, c))
		if drawn.times == 0 {
			return r
		}
		if drawn.times > 1 || drawn.below > maxForeseen {
			c.random = client
			return replyOf(s.answer(ctx, q, c))
		}
		r.drawn, below = true, drawn.below
	}
	return r
}

// oneNumber draws a number that was chosen before.
type oneNumber struct {
	number       int
	times, below int // what was drawn
}

func (o *oneNumber) Intn(n int) int {
	o.times++
	o.below = n
	return min(o.number, n-1)
}

// open opens the benchmark, or takes the one there is, as one of the programs has it.
func (s *session) open(ctx context.Context, a *arguments) answer {
	if s.b != nil {
		return answer{raised: raise("RuntimeError", "open for a second time")}
	}
	b := s.options.Benchmark
	if b == nil {
		var err error
		if b, err = bench.OpenContext(ctx, a.File); err != nil {
			return answer{raised: raise("ValueError", "%v", err)}
		}
		s.opened = b
	}
	layout, err := layoutFor(b, a.Program, a.FastMode)
	if err != nil {
		return answer{raised: raise("ValueError", "%v", err)}
	}
	space, err := b.Space()
	if err == nil && a.Space != space.String() {
		err = fmt.Errorf("%s is of the search space %v, not %.20s", b.Name(), space, a.Space)
	}
	if err != nil {
		return answer{raised: raise("ValueError", "%v", err)}
	}
	if layout != b.Layout() {
		b = b.As(layout)
	}
	n, err := b.Len()
	if err != nil {
		return answer{raised: raise("ValueError", "%v", err)}
	}
	s.b = b
	return answer{result: record.Fields{
		{Key: "length", Value: n},
		{Key: "full_epochs", Value: record.FullEpochs(space)},
	}}
}

// layoutFor gives the layout in which a program has a benchmark: the benchmark's own,
// if that is the program's and read as it was asked for.
func layoutFor(b *bench.Benchmark, program string, fast bool) (bench.Layout, error) {
	switch program {
	case "nas_201_api":
		if b.API() == bench.NAS201 {
			return b.Layout(), nil
		}
		return record.NASBench201, nil
	case "nats_bench":
		switch {
		case b.API() == bench.NATS && b.Layout().OnDemand() == fast:
			return b.Layout(), nil
		case fast:
			return record.NATSFolder, nil
		}
		return record.NATSFile, nil
	}
	return 0, fmt.Errorf("program %.40q, want nas_201_api or nats_bench", program)
}

// call is a request that is being answered.
type call struct {
	*session
	name   string
	args   *arguments
	random bench.Intner
	answer *answer

	snapshots *record.Snapshots // that moreInfo was made of
}

// takesNumbers tells whether a recipe may be a number, as the published programs
// have it.
func (c *call) takesNumbers() bool {
	if c.b.API() == bench.NAS201 {
		return slices.Contains([]string{"get_more_info", "simulate_train_eval", "statistics", "clear_params"}, c.name)
	}
	return c.name != "find_best" && c.name != "query_info_str_by_arch"
}

func (c *call) hp() bench.HP { return c.args.hp(c.takesNumbers()) }

// index reads an architecture, which is -1 if it is in no search space.
func (c *call) index() (int, error) {
	var i int
	if err := json.Unmarshal(c.args.Index, &i); err == nil {
		return i, nil
	}
	var arch string
	if err := json.Unmarshal(c.args.Index, &arch); err != nil {
		return 0, raise("TypeError", "index is %.60s, want a number or an arch string", c.args.Index)
	}
	i, ok, err := c.b.IndexOf(arch)
	if !ok {
		i = -1
	}
	return i, err
}

// archIndex reads an architecture of the search space.
func (c *call) archIndex() (int, error) {
	i, err := c.index()
	if err == nil {
		_, err = c.b.ArchString(i)
	}
	return i, err
}

// at reads whose numbers are meant.
func (c *call) at() (bench.Selection, error) {
	index, err := c.archIndex()
	choice, ok := c.args.choice(c.random)
	s := bench.Selection{Index: index, Dataset: c.args.dataset(), HP: c.hp(), Epoch: c.args.epoch(), Choice: choice}
	if err == nil && !ok {
		err = c.afterOthers(s)
	}
	return s, err
}

// moreInfo asks for the metrics on all sets. All drawn trials are of one reading.
func (c *call) moreInfo(at bench.Selection) (bench.Info, error) {
	if c.snapshots == nil {
		read, err := c.b.Snapshots(at)
		if err != nil {
			return bench.Info{}, err
		}
		c.snapshots = &read
	}
	return c.snapshots.Info(c.b.API(), at.HP, at.Choice)
}

// afterOthers gives the exception of a choice of trials that is none, if there is no
// other.
func (c *call) afterOthers(s bench.Selection) error {
	if _, err := c.b.MoreInfo(s); err != nil {
		return err
	}
	return raise("ValueError", "invalid value for is_random: %.60s", c.args.IsRandom)
}

// results gives an architecture's results by a recipe, as the client changed them.
func (c *call) results() (*bench.Results, error) {
	index, err := c.archIndex()
	if err != nil {
		return nil, err
	}
	find := c.b.Architecture
	if strings.Contains(c.name, ".") { // of an object, which needs no permission
		find = c.b.StoredArchitecture
	}
	a, err := find(index)
	if err != nil {
		return nil, err
	}
	r, err := a.Results(c.hp())
	if err != nil || len(c.args.Edits) == 0 {
		return r, err
	}
	r = r.Clone()
	for _, e := range c.args.Edits {
		if err := e.apply(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// trial gives a trial, as the client changed it.
func (c *call) trial() (*bench.Trial, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	if c.args.Seed == nil {
		return nil, raise("TypeError", "the seed is missing")
	}
	return r.Trial(c.args.dataset(), *c.args.Seed)
}

// apply changes results.
func (e edit) apply(r *bench.Results) error {
	if e.Call == "clear_params" {
		r.ClearWeights()
		return nil
	}
	d := datasetOf(e.Dataset)
	trials, err := r.On(d)
	if err == nil && e.Seed != nil {
		var t *bench.Trial
		t, err = r.Trial(d, *e.Seed)
		trials = []*bench.Trial{t}
	}
	if err != nil {
		return err
	}
	for _, t := range trials {
		switch e.Call {
		case "reset_latency":
			t.SetLatency(e.Value)
		case "reset_pseudo_train_times":
			t.SetTrainTimes(e.Value)
		case "reset_pseudo_eval_times":
			if t.SetEvalTimes(setOf(e.Set), e.Value) != nil {
				return raise("ValueError", "%.40q was not evaluated", e.Set)
			}
		default:
			return raise("AttributeError", "no change %.40q", e.Call)
		}
	}
	return nil
}

// scope reads which architectures find_best looks at. The published programs look at
// those that are evaluated; where records are read on demand, at the whole space.
func (c *call) scope() (bench.Scope, error) {
	onDemand := c.b.Layout().OnDemand()
	all := onDemand
	if c.args.EnforceAll != nil {
		all = *c.args.EnforceAll
	}
	switch {
	case all && !onDemand:
		return 0, raise("AssertionError", "enforce_all goes with fast_mode only")
	case all:
		return bench.WholeSpace, nil
	}
	return bench.OnlyEvaluated, nil
}

func (c *call) bestQuery() (q bench.BestQuery, err error) {
	q = bench.BestQuery{Dataset: c.args.dataset(), HP: c.hp()}
	if q.Scope, err = c.scope(); err != nil {
		return q, err
	}
	if d, set, err := bench.SetByWord(q.Dataset, c.args.Set); err == nil {
		q.Dataset, q.Set = d, set
	}
	if c.args.MaxFLOPs != nil {
		q.MaxFLOPs = record.NumberOf(*c.args.MaxFLOPs)
	}
	if c.args.MaxParams != nil {
		q.MaxParams = record.NumberOf(*c.args.MaxParams)
	}
	return q, nil
}
