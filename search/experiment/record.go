package experiment

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/search"
)

// Record is what a run is written as: the fields of the reference program's
// recordings, and what was found.
type Record struct {
	Algorithm  string      `json:"algorithm"`
	Space      string      `json:"space"`
	Dataset    string      `json:"dataset"`
	Seed       uint32      `json:"seed"`
	Budget     float64     `json:"budget"`
	Visited    []int       `json:"visited"`
	Accuracy   []float64   `json:"accuracy"`
	Clock      []float64   `json:"clock"`
	Best       []int       `json:"best"`
	FinalValid float64     `json:"final_valid"`
	FinalTest  float64     `json:"final_test"`
	CurveTest  []float64   `json:"curve_test"` // at tenths of the budget
	Epochs     []int       `json:"epochs,omitempty"`
	Modelled   []int       `json:"modelled,omitempty"`
	Theta      [][]float32 `json:"theta,omitempty"`
	Found      int         `json:"found"`
	Arch       string      `json:"arch"`
	// Front and Hypervolume are there where costs were weighed.
	Front       []int     `json:"front,omitempty"`
	Hypervolume []float64 `json:"hypervolume,omitempty"`
}

// RecordOf gives the record of a run by the plan; number counts the seeds from 0.
func (p Plan) RecordOf(run *search.Run, number int) (Record, error) {
	f, err := p.finals([]*search.Run{run})
	if err != nil {
		return Record{}, err
	}
	r := Record{
		Algorithm: p.Algorithm.Name(), Space: run.Space.String(), Dataset: p.Dataset.String(),
		Seed: p.Problem.Seed + uint32(number), Budget: p.Problem.Budget,
		Visited: run.Visited, Accuracy: run.Accuracy, Clock: run.Clock, Best: run.Best, Theta: run.Policy,
		Found: run.Incumbent(),
	}
	if len(run.Clock) > 0 {
		r.Arch = run.Space.Arch(r.Found)
		r.FinalValid, r.FinalTest = run.At(r.Budget, f.validOf), run.At(r.Budget, f.testOf)
		for k := range 10 {
			r.CurveTest = append(r.CurveTest, run.At(float64(k+1)*r.Budget/10, f.testOf))
		}
	}
	if run.Modelled != nil {
		r.Epochs = run.Epochs
		for _, m := range run.Modelled {
			v := 0
			if m {
				v = 1
			}
			r.Modelled = append(r.Modelled, v)
		}
	}
	if costs := p.Problem.Costs; len(costs) > 0 {
		r.Front, r.Hypervolume = run.Front(costs), run.Hypervolume(costs)
	}
	return r, nil
}

// WriteResults writes results.pth, which the published plots read: an OrderedDict
// of run -> {"all_archs": [index, ...], "all_total_times": [seconds, ...]}, the
// best architecture so far and the clock after every training.
func WriteResults(w io.Writer, runs []*search.Run) error {
	all := &pickle.Dict{Ordered: true}
	for i, r := range runs {
		archs, times := pickle.NewList(), pickle.NewList()
		for k, arch := range r.Best {
			archs.Append(arch)
			times.Append(r.Clock[k])
		}
		one := &pickle.Dict{}
		one.Set("all_archs", archs)
		one.Set("all_total_times", times)
		all.Set(i, one)
	}
	return torchfile.Write(w, all, torchfile.Zip)
}

// ResultsPath is where the published plots look for results.pth, below what they
// are given as save_dir without its last word: search-tss or search-sss, dataset
// and budget, algorithm.
func (p Plan) ResultsPath() string {
	root := "search-tss"
	if p.Problem.Space == search.Size() {
		root = "search-sss"
	}
	recipe := ""
	if p.Problem.Epochs != 12 {
		recipe = "-FULL"
	}
	budget := strconv.FormatFloat(p.Problem.Budget, 'f', -1, 64)
	return filepath.Join(root, fmt.Sprintf("%v-T%s%s", p.Dataset, budget, recipe), p.publishedName(), "results.pth")
}

// publishedName is the folder of an algorithm there.
func (p Plan) publishedName() string {
	switch a := p.Algorithm.(type) {
	case search.Evolution:
		return fmt.Sprintf("R-EA-SS%d", a.Sample)
	case search.Reinforce:
		return fmt.Sprintf("REINFORCE-%v", a.Rate)
	}
	return strings.ToUpper(p.Algorithm.Name())
}
