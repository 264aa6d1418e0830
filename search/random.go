package search

// Random is random search: it remembers nothing, so an architecture may be
// trained again.
type Random struct{}

// Name is "random".
func (Random) Name() string { return "random" }

// Validate never fails: there are no settings.
func (Random) Validate() error { return nil }

func (Random) search(s *session) error {
	for !s.over() {
		if _, err := s.evaluate(s.draw()); err != nil {
			return err
		}
	}
	return nil
}
