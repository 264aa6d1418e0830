package search

import (
	"math"

	"cellnet/internal/mt19937"
)

// BOHB is Hyperband with proposals from a model of what was seen (Falkner et
// al., ICML 2018), as HpBandSter 0.7.4 computes it.
type BOHB struct {
	Brackets
	Samples        int     // drawn from the model for a proposal; 1 or more
	RandomFraction float64 // of proposals that are drawn without the model, 0 to 1
	MinBandwidth   float64 // of the model's kernels, above 0
	TopPercent     int     // of architectures that count as good, 1 to 99
}

// DefaultBOHB has the published settings.
func DefaultBOHB() BOHB {
	return BOHB{Brackets: DefaultBrackets(), Samples: 4, MinBandwidth: 0.3, TopPercent: 15}
}

// Name is "bohb".
func (BOHB) Name() string { return "bohb" }

// Validate checks all settings.
func (b BOHB) Validate() error {
	switch {
	case b.Samples < 1 || b.Samples > maxPopulation:
		return settingError("samples", b.Samples, "1 to 100000")
	case !(b.RandomFraction >= 0 && b.RandomFraction <= 1):
		return settingError("random_fraction", b.RandomFraction, "0 to 1")
	case !(b.MinBandwidth > 0) || math.IsInf(b.MinBandwidth, 0):
		return settingError("min_bandwidth", b.MinBandwidth, "a number above 0")
	case b.TopPercent < 1 || b.TopPercent > 99:
		return settingError("top_n_percent", b.TopPercent, "1 to 99")
	}
	return b.Brackets.Validate()
}

func (b BOHB) search(s *session) error {
	return b.run(s, &modelProposals{
		BOHB: b, prior: randomProposals{s, mt19937.New(s.Seed)}, numpy: mt19937.New(s.Seed),
		seen: map[float64][]member{}, models: map[float64]model{},
	})
}

// modelProposals are BOHB's.
type modelProposals struct {
	BOHB
	prior  randomProposals
	numpy  *mt19937.Source
	seen   map[float64][]member // by length
	models map[float64]model    // by length
}

// model holds the densities of good and of other architectures.
type model struct{ good, bad *density }

// longest gives the length that models are of, 0 if there are none.
func (p *modelProposals) longest() float64 {
	longest := 0.0
	for length := range p.models {
		longest = max(longest, length)
	}
	return longest
}

func (p *modelProposals) next() (arch int, modelled bool) {
	if len(p.models) == 0 || p.numpy.Float64() < p.RandomFraction {
		return p.prior.next()
	}
	m := p.models[p.longest()]
	const tiny = 1e-32
	best, choice := math.Inf(1), -1
	for range p.Samples {
		x := p.sample(m.good)
		arch := p.prior.Space.Index(x)
		if !p.prior.allowed(arch) {
			continue
		}
		bad, good := m.bad.at(x), m.good.at(x)
		above, below := tiny, good // Python's max(tiny, bad) and max(good, tiny)
		if bad > tiny {
			above = bad
		}
		if tiny > good {
			below = tiny
		}
		ratio := above / below
		if !finite(ratio) && finite(good) {
			return arch, true
		}
		if ratio < best {
			best, choice = ratio, arch
		}
	}
	if choice < 0 {
		p.prior.next() // the published program draws one that it can't use
		return p.prior.next()
	}
	return choice, true
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// sample draws choices near one of a density's rows.
func (p *modelProposals) sample(d *density) []uint8 {
	row := d.rows[p.numpy.MaskedIntn(len(d.rows))]
	x := make([]uint8, len(row))
	for i, v := range row {
		if p.numpy.Float64() < 1-d.width[i] {
			x[i] = v
		} else {
			x[i] = uint8(p.numpy.MaskedIntn(p.prior.Space.options))
		}
	}
	return x
}

func (p *modelProposals) learn(length float64, arch int, loss float64) {
	if p.longest() > length {
		return
	}
	seen := append(p.seen[length], member{arch, 100 - loss})
	p.seen[length] = seen
	n, least := len(seen), p.prior.Space.positions+1
	if n < least {
		return
	}
	good, bad := max(least, p.TopPercent*n/100), max(least, (100-p.TopPercent)*n/100)
	order := byLoss(seen)
	if n-good < least {
		return
	}
	rows := make([][]uint8, n)
	for i, k := range order {
		rows[i] = p.prior.Space.Choices(seen[k].arch)
	}
	p.models[length] = model{
		newDensity(rows[:good], p.MinBandwidth), newDensity(rows[good:min(good+bad, n)], p.MinBandwidth),
	}
}
