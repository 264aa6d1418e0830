package experiment

import (
	"fmt"
	"slices"
	"strings"

	"cellnet/search"
)

// Settings are those of all algorithms together; each takes its own.
type Settings struct {
	Population, Sample           int
	Rate, Momentum               float64
	Eta                          float64
	Shortest, Longest, Brackets  int
	Samples                      int
	RandomFraction, MinBandwidth float64
	TopPercent                   int
	Start                        int
	Memory, First                bool
	Noise, Beta                  float64
}

// DefaultSettings are the published ones, and for local search and Bayesian
// optimization the best known.
func DefaultSettings() Settings {
	e, r, b := search.DefaultEvolution(), search.DefaultReinforce(), search.DefaultBOHB()
	l, g := search.DefaultLocal(), search.DefaultBayesian()
	return Settings{
		Population: e.Population, Sample: e.Sample, Rate: r.Rate, Momentum: r.Momentum,
		Eta: b.Eta, Shortest: b.Shortest, Longest: b.Longest, Brackets: b.Number,
		Samples: b.Samples, RandomFraction: b.RandomFraction, MinBandwidth: b.MinBandwidth, TopPercent: b.TopPercent,
		Start: l.Start, Memory: l.Memory, First: l.First, Noise: g.Noise, Beta: g.Beta,
	}
}

// Best is the algorithm that finds the highest accuracies on the benchmark.
const Best = "bayesian"

// Names lists the algorithms.
func Names() []string {
	return []string{"random", "evolution", "reinforce", "hyperband", "bohb", "local", "bayesian"}
}

// Algorithm gives the algorithm of a name with its settings.
func (s Settings) Algorithm(name string) (search.Algorithm, error) {
	brackets := search.Brackets{Eta: s.Eta, Shortest: s.Shortest, Longest: s.Longest, Number: s.Brackets}
	var a search.Algorithm
	switch name {
	case "random":
		a = search.Random{}
	case "evolution":
		a = search.Evolution{Population: s.Population, Sample: s.Sample}
	case "reinforce":
		a = search.Reinforce{Rate: s.Rate, Momentum: s.Momentum}
	case "hyperband":
		a = search.Hyperband{Brackets: brackets}
	case "bohb":
		a = search.BOHB{Brackets: brackets, Samples: s.Samples, RandomFraction: s.RandomFraction, MinBandwidth: s.MinBandwidth, TopPercent: s.TopPercent}
	case "local":
		a = search.Local{Start: s.Start, Memory: s.Memory, First: s.First}
	case "bayesian":
		a = search.Bayesian{Start: s.Start, Noise: s.Noise, Beta: s.Beta}
	default:
		return nil, fmt.Errorf("search: algorithm: %.40q, want one of %s", name, strings.Join(Names(), ", "))
	}
	return a, a.Validate()
}

// Used tells whether an algorithm has a setting of a name, as the names of flags
// are: population, random-fraction.
func Used(algorithm, setting string) bool {
	brackets := []string{"eta", "shortest", "longest", "brackets"}
	own := map[string][]string{
		"evolution": {"population", "sample"},
		"reinforce": {"rate", "momentum"},
		"hyperband": brackets,
		"bohb":      append([]string{"samples", "random-fraction", "min-bandwidth", "top-percent"}, brackets...),
		"local":     {"start", "memory", "first"},
		"bayesian":  {"start", "noise", "beta"},
	}
	return slices.Contains(own[algorithm], setting)
}
