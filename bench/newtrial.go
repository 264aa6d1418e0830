package bench

// NewTrial makes a trial of what a training program of this module recorded. Files
// spell its seed as the published files do, "0777".
func NewTrial(t Trial) *Trial {
	t.raw = nil
	t.spelling = spelling{}
	return &t
}
