package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"cellnet/data"
	"cellnet/search"
	"cellnet/search/experiment"
	"cellnet/search/simulate"
)

// Limits on the work of a search in this process, which whoever reaches the server
// may ask for.
const (
	maxSearchRuns   = 20
	maxModelledRuns = 4 // of Bayesian optimization, whose runs take a hundred times as long
	searchPatience  = 10 * time.Second
)

// found is an architecture that runs found.
type found struct {
	Index int     `json:"index"`
	Arch  string  `json:"arch"`
	Runs  int     `json:"runs"`
	Valid float64 `json:"valid"` // after 200 epochs in percent
	Test  float64 `json:"test"`
}

// searchAnswer is what a search brought. The curve is the test accuracy of what runs
// had found, in percent, mean and deviation.
type searchAnswer struct {
	Algorithm string  `json:"algorithm"`
	Dataset   string  `json:"dataset"`
	Budget    float64 `json:"budget"` // simulated seconds
	experiment.Summary
	Seconds []float64 `json:"seconds"`
	Mean    []float64 `json:"mean"`
	Std     []float64 `json:"std"`
	Found   []found   `json:"found"`   // most often found first
	Visited []int     `json:"visited"` // architectures that were trained, each once
}

// searchRequest reads the parameters of a search: algorithm, dataset, budget, runs,
// seed and max, limits such as flops=50 with commas between.
func searchRequest(values map[string]string) (r experiment.Request, err error) {
	r = experiment.Request{
		Algorithm: experiment.Best, Space: search.Topology(), Runs: 1, Settings: experiment.DefaultSettings(),
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text := values[name]
		switch name {
		case "algorithm":
			r.Algorithm = text
		case "dataset":
			r.Dataset, err = simulate.ParseDataset(text)
		case "budget":
			if r.Budget, err = strconv.ParseFloat(text, 64); err != nil || !(r.Budget > 0) {
				err = fmt.Errorf("budget: %.40q, want a number of seconds above 0", text)
			}
		case "runs":
			if r.Runs, err = strconv.Atoi(text); err != nil {
				err = fmt.Errorf("runs: %.40q, want 1 to %d", text, maxSearchRuns)
			}
		case "seed":
			if r.Seed, err = strconv.ParseInt(text, 10, 64); err != nil {
				err = fmt.Errorf("seed: %.40q, want a number of 0 or more", text)
			}
		case "max":
			r.Limits = strings.Split(text, ",")
		default:
			err = fmt.Errorf("unknown parameter %.40q, want algorithm, dataset, budget, runs, seed or max", name)
		}
		if err != nil {
			return experiment.Request{}, err
		}
	}
	most := maxSearchRuns
	if r.Algorithm == "bayesian" {
		most = maxModelledRuns
	}
	switch longest := simulate.Budget(r.Space, r.Dataset); {
	case r.Dataset == 0:
		return experiment.Request{}, errors.New("missing dataset, want cifar10, cifar100 or ImageNet16-120")
	case r.Runs < 1 || r.Runs > most:
		return experiment.Request{}, fmt.Errorf("runs: %d, want 1 to %d of %.40s", r.Runs, most, r.Algorithm)
	case r.Budget > longest:
		return experiment.Request{}, fmt.Errorf("budget: %v, want at most %v seconds", r.Budget, longest)
	case len(r.Limits) > len(experiment.CostNames()):
		return experiment.Request{}, fmt.Errorf("max: %d limits, want one a cost at most", len(r.Limits))
	}
	return r, nil
}

// judges keeps the judge of each dataset.
type judges struct {
	mu   sync.Mutex
	kept map[data.Dataset]simulate.Judge
}

func (j *judges) of(r experiment.Request) (simulate.Judge, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if judge, ok := j.kept[r.Dataset]; ok {
		return judge, nil
	}
	judge, err := r.JudgeOf()
	if err == nil {
		j.kept[r.Dataset] = judge
	}
	return judge, err
}

// search runs searches on the built-in results.
func (a *api) search(w http.ResponseWriter, r *http.Request) {
	values, err := parametersOf(r)
	var request experiment.Request
	if err == nil {
		request, err = searchRequest(values)
	}
	var plan experiment.Plan
	if err == nil {
		var judge simulate.Judge
		if judge, err = a.judges.of(request); err == nil {
			plan, err = request.Plan(judge)
		}
	}
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	patience, cancel := context.WithTimeout(r.Context(), searchPatience)
	defer cancel()
	select {
	case a.searches <- struct{}{}:
		defer func() { <-a.searches }()
	case <-patience.Done():
		a.fail(w, r, errBusy)
		return
	}
	text, err := answerSearch(patience, plan)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		a.fail(w, r, errBusy)
	case err != nil:
		a.fail(w, r, err)
	default:
		send(w, "application/json", text)
	}
}

func answerSearch(ctx context.Context, p experiment.Plan) ([]byte, error) {
	runs, err := p.Run(ctx, nil)
	if err != nil {
		return nil, err
	}
	answer := searchAnswer{Algorithm: p.Algorithm.Name(), Dataset: p.Dataset.String(), Budget: p.Problem.Budget}
	if answer.Summary, err = p.Summarize(runs); err != nil {
		return nil, err
	}
	c, err := p.CurveOf(runs, false)
	if err != nil {
		return nil, err
	}
	answer.Seconds = c.Seconds
	for _, s := range c.At {
		answer.Mean, answer.Std = append(answer.Mean, s.Mean), append(answer.Std, s.Std)
	}
	times := map[int]int{}
	for _, run := range runs {
		times[run.Incumbent()]++
		answer.Visited = append(answer.Visited, run.Visited...)
	}
	slices.Sort(answer.Visited)
	answer.Visited = slices.Compact(answer.Visited)
	for index, n := range times {
		f := found{Index: index, Arch: p.Problem.Space.Arch(index), Runs: n}
		if f.Valid, f.Test, err = p.Judge.Final(index); err != nil {
			return nil, err
		}
		answer.Found = append(answer.Found, f)
	}
	slices.SortFunc(answer.Found, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.Runs, a.Runs), cmp.Compare(b.Test, a.Test), cmp.Compare(a.Index, b.Index))
	})
	return json.Marshal(answer)
}
