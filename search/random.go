package search

// Random is random search: it remembers nothing, so an architecture may be
// trained again.
type Random struct{}

// Name is "random".
func (Random) Name() string { return "random" }

// Validate never fails: there are no settings.
func (Random) Validate() error { return nil }

// drawnAhead is how many architectures are drawn at once for those who train them
// side by side.
const drawnAhead = 16

func (Random) search(s *session) error {
	n := 1
	if s.Ahead != nil {
		n = drawnAhead
	}
	for !s.over() {
		jobs, err := s.drawJobs(n)
		if err != nil {
			return err
		}
		for i := 0; i < n && !s.over(); i++ {
			if _, err := s.do(jobs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
