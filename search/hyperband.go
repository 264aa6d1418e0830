package search

import (
	"math"
	"slices"

	"cellnet/internal/mt19937"
)

// Brackets are Hyperband's (Li et al., JMLR 2018) as HpBandSter runs them:
// successive halving from many short trainings to few long ones. An architecture
// that is promoted is trained again from the start.
type Brackets struct {
	Eta      float64 // of Eta architectures one is promoted; 2 or more
	Shortest int     // epochs of a training, 1 or more
	Longest  int     // epochs, at least Shortest, at most the recipe's
	Number   int     // of brackets, after which a run ends; 1 or more
}

// DefaultBrackets has the published settings: 1 to 12 epochs of the recipe of
// 12.
func DefaultBrackets() Brackets { return Brackets{Eta: 3, Shortest: 1, Longest: 12, Number: 300} }

// Validate checks all settings.
func (b Brackets) Validate() error {
	switch {
	case !(b.Eta >= 2) || math.IsInf(b.Eta, 0):
		return settingError("eta", b.Eta, "a number of 2 or more")
	case b.Shortest < 1:
		return settingError("shortest", b.Shortest, "1 epoch or more")
	case b.Longest < b.Shortest:
		return settingError("longest", b.Longest, "at least the shortest length")
	case b.Number < 1:
		return settingError("brackets", b.Number, "1 or more")
	}
	return nil
}

// fits checks that the longest training is one of the recipe.
func (b Brackets) fits(p Problem) error {
	if b.Longest > p.Epochs {
		return settingError("longest", b.Longest, "the recipe's epochs at most")
	}
	return nil
}

// Hyperband takes random architectures into its brackets.
type Hyperband struct{ Brackets }

// Name is "hyperband".
func (Hyperband) Name() string { return "hyperband" }

func (h Hyperband) search(s *session) error {
	return h.run(s, &randomProposals{s, mt19937.New(s.Seed)})
}

// proposals is where brackets take architectures from.
type proposals interface {
	// next proposes an architecture, and tells whether a model did.
	next() (arch int, modelled bool)
	// learn is told what a training of a length brought.
	learn(length float64, arch int, loss float64)
}

// randomProposals draws as NumPy does.
type randomProposals struct {
	*session
	numpy *mt19937.Source
}

func (r *randomProposals) next() (arch int, modelled bool) {
	var c [maxPositions]uint8
	for {
		for i := range r.Space.positions {
			c[i] = uint8(r.numpy.MaskedIntn(r.Space.options))
		}
		if arch = r.Space.Index(c[:r.Space.positions]); r.allowed(arch) {
			return arch, false
		}
	}
}

func (*randomProposals) learn(float64, int, float64) {}

// lengths lists the lengths of trainings, the shortest first.
func (b Brackets) lengths() []float64 {
	stages := 1 - int(math.Log(float64(b.Shortest)/float64(b.Longest))/math.Log(b.Eta))
	lengths := make([]float64, stages)
	for k := range lengths {
		lengths[stages-1-k] = float64(b.Longest) * math.Pow(b.Eta, -float64(k))
	}
	return lengths
}

func (b Brackets) run(s *session, from proposals) error {
	lengths := b.lengths()
	stages := len(lengths)
	s.run.Modelled = []bool{}
	for bracket := range b.Number {
		last := stages - 1 - bracket%stages
		count := float64(stages/(last+1)) * math.Pow(b.Eta, float64(last))
		var entrants []member
		for stage, length := range lengths[stages-1-last:] {
			n := max(int(count*math.Pow(b.Eta, -float64(stage))), 1)
			if stage > 0 {
				entrants = promoted(entrants, n)
			}
			trained := make([]member, 0, n)
			for k := range n {
				if s.over() {
					return nil
				}
				var arch int
				modelled := false
				if stage > 0 {
					arch = entrants[k].arch
				} else {
					arch, modelled = from.next()
				}
				accuracy, err := s.evaluateFor(arch, int(length))
				if err != nil {
					return err
				}
				from.learn(length, arch, 100-accuracy)
				trained = append(trained, member{arch, accuracy})
				s.run.Modelled = append(s.run.Modelled, modelled)
			}
			entrants = trained
		}
	}
	return nil
}

// promoted gives the n best by loss, the first ones on ties, in their order.
func promoted(entrants []member, n int) []member {
	order := byLoss(entrants)[:n]
	slices.Sort(order)
	kept := make([]member, n)
	for i, k := range order {
		kept[i] = entrants[k]
	}
	return kept
}

// byLoss numbers the members from the least loss, 100 minus the accuracy, to the
// greatest; those of one loss stay in order.
func byLoss(members []member) []int {
	order := make([]int, len(members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := 100-members[i].accuracy, 100-members[j].accuracy
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	return order
}
