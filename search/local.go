package search

// Local is local search (White et al., 2020): from the best of some random
// architectures to better neighbours until there is none, then from another
// one.
type Local struct {
	Start int // random architectures first; 1 or more
	// Memory keeps what was trained, so that nothing is trained twice.
	Memory bool
	// First moves to a neighbour as soon as one is better, not when all were
	// seen.
	First bool
}

// DefaultLocal starts from 10 architectures, with memory, at the first better
// neighbour.
func DefaultLocal() Local { return Local{Start: 10, Memory: true, First: true} }

// Name is "local".
func (Local) Name() string { return "local" }

// Validate checks the start.
func (l Local) Validate() error { return checkStart(l.Start) }

func checkStart(start int) error {
	if start < 1 || start > maxPopulation {
		return settingError("start", start, "1 to 100000")
	}
	return nil
}

func (l Local) search(s *session) error {
	known := map[int]float64{}
	train := func(arch int) (member, error) {
		if accuracy, ok := known[arch]; ok && l.Memory {
			return member{arch, accuracy}, nil
		}
		accuracy, err := s.evaluate(arch)
		known[arch] = accuracy
		return member{arch, accuracy}, err
	}
	around := func(arch int) []int {
		list := s.neighbours(arch)
		s.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list
	}
	var best, centre *member
	var left []int
	for start := l.Start; !s.over() && len(known) < s.full(); {
		switch {
		case start > 0:
			start--
			found, err := train(s.draw())
			if err != nil {
				return err
			}
			if best == nil || found.accuracy > best.accuracy {
				best = &found
			}
		case len(left) == 0 && centre != nil && best.accuracy <= centre.accuracy:
			found, err := train(s.draw())
			if err != nil {
				return err
			}
			best, centre = &found, &found
			left = around(found.arch)
		default:
			if len(left) == 0 {
				centre = best
				if left = around(centre.arch); len(left) == 0 {
					continue
				}
			}
			arch := left[len(left)-1]
			left = left[:len(left)-1]
			found, err := train(arch)
			if err != nil {
				return err
			}
			if found.accuracy > best.accuracy {
				best = &found
				if l.First {
					left = nil
				}
			}
		}
	}
	return nil
}
