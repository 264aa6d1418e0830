package experiment

import (
	"slices"

	"cellnet/data"
	"cellnet/search"
	"cellnet/search/simulate"
)

// Published gives what the paper of NATS-Bench (TPAMI 2021) reports of an
// algorithm's 500 runs with the published budgets; false for those that it does
// not have. "optimal" is the highest accuracy of the topology space.
func Published(space *search.Space, d data.Dataset, algorithm string) (valid, test Spread, ok bool) {
	topology := map[string][3][2]Spread{
		"evolution": {{{91.25, 0.31}, {94.02, 0.31}}, {{72.28, 0.95}, {72.23, 0.84}}, {{45.71, 0.77}, {45.77, 0.80}}},
		"reinforce": {{{91.12, 0.25}, {93.90, 0.26}}, {{71.80, 0.94}, {71.86, 0.89}}, {{45.37, 0.74}, {45.64, 0.78}}},
		"random":    {{{91.07, 0.26}, {93.86, 0.23}}, {{71.46, 0.97}, {71.55, 0.97}}, {{45.03, 0.91}, {45.28, 0.97}}},
		"bohb":      {{{91.17, 0.27}, {93.94, 0.28}}, {{72.04, 0.93}, {72.00, 0.86}}, {{45.55, 0.79}, {45.70, 0.86}}},
		"optimal":   {{{91.61, 0}, {94.37, 0}}, {{73.49, 0}, {73.51, 0}}, {{46.73, 0}, {47.31, 0}}},
	}
	size := map[string][3][2]Spread{
		"evolution": {{{90.37, 0.20}, {93.22, 0.16}}, {{70.23, 0.50}, {70.11, 0.61}}, {{45.30, 0.69}, {45.94, 0.92}}},
		"reinforce": {{{90.25, 0.23}, {93.16, 0.21}}, {{69.84, 0.59}, {69.96, 0.57}}, {{45.06, 0.77}, {45.71, 0.93}}},
		"random":    {{{90.10, 0.26}, {93.03, 0.25}}, {{69.57, 0.57}, {69.72, 0.61}}, {{45.01, 0.74}, {45.42, 0.86}}},
		"bohb":      {{{90.07, 0.28}, {93.01, 0.24}}, {{69.75, 0.60}, {69.90, 0.60}}, {{45.11, 0.69}, {45.56, 0.81}}},
	}
	table := topology
	if space == search.Size() {
		table = size
	}
	row, ok := table[algorithm]
	number := slices.Index([]data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16}, d)
	if !ok || number < 0 {
		return Spread{}, Spread{}, false
	}
	return row[number][0], row[number][1], true
}

// Published gives what the paper reports of the plan's algorithm, if the plan has
// the published budget, recipe and no limits.
func (p Plan) Published() (valid, test Spread, ok bool) {
	q := p.Problem
	if q.Epochs != 12 || q.Allowed != nil || len(q.Costs) > 0 || q.Evaluations > 0 || q.Budget != simulate.Budget(q.Space, p.Dataset) {
		return Spread{}, Spread{}, false
	}
	return Published(q.Space, p.Dataset, p.Algorithm.Name())
}
