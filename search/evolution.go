package search

// Evolution is regularized evolution (Real et al., AAAI 2019): the best of a
// sample is mutated, the oldest dies. With costs in the problem it is NSGA-II
// (Deb et al., 2002), one child at a time.
type Evolution struct {
	Population int // 1 or more
	Sample     int // drawn with replacement; 1 or more
}

// DefaultEvolution has the published settings.
func DefaultEvolution() Evolution { return Evolution{Population: 10, Sample: 3} }

// Name is "evolution".
func (Evolution) Name() string { return "evolution" }

// Validate checks the population and the sample.
func (e Evolution) Validate() error {
	switch {
	case e.Population < 1 || e.Population > maxPopulation:
		return settingError("population", e.Population, "1 to 100000")
	case e.Sample < 1 || e.Sample > maxPopulation:
		return settingError("sample", e.Sample, "1 to 100000")
	}
	return nil
}

// maxPopulation bounds memory.
const maxPopulation = 100000

func (e Evolution) search(s *session) error {
	if len(s.Costs) > 0 {
		return e.nondominated(s)
	}
	living, err := s.drawAndEvaluate(e.Population)
	if err != nil {
		return err
	}
	for !s.over() {
		var parent member
		for i := range e.Sample {
			if m := living[s.random.Intn(len(living))]; i == 0 || m.accuracy > parent.accuracy {
				parent = m
			}
		}
		child := s.mutate(parent.arch)
		accuracy, err := s.evaluate(child)
		if err != nil {
			return err
		}
		living = append(living[1:], member{child, accuracy})
	}
	return nil
}
