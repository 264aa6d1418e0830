package search

// Run is the log of a search: for each training, in order, what it was and what
// stood then.
type Run struct {
	Space    *Space
	Visited  []int     // architectures
	Epochs   []int     // trained
	Accuracy []float64 // on the validation set in percent
	Clock    []float64 // seconds after the training
	Best     []int     // architecture with the highest accuracy so far, the first on ties
	// Modelled tells of Hyperband and BOHB whether a model proposed the
	// architecture; nil for others.
	Modelled []bool
	// Policy is what REINFORCE has learned, by position and choice; nil for
	// others.
	Policy [][]float32
}

// Seconds is the time on the clock.
func (r *Run) Seconds() float64 {
	if len(r.Clock) == 0 {
		return 0
	}
	return r.Clock[len(r.Clock)-1]
}

// Incumbent is the architecture that the run found; -1 if nothing was trained.
func (r *Run) Incumbent() int {
	if len(r.Best) == 0 {
		return -1
	}
	return r.Best[len(r.Best)-1]
}

// At is what the published tables print: of the two trainings that ended nearest
// to a time, the line through the values of the incumbents after them. Where both
// ended before or after, it extrapolates, but not beyond the end of the run, which
// published runs don't have before their budget: there it is the last incumbent's.
// values are by architecture; the run must have one training at least.
func (r *Run) At(seconds float64, value func(arch int) float64) float64 {
	if len(r.Clock) == 1 || seconds > r.Seconds() {
		return value(r.Incumbent())
	}
	a, b := r.nearest(seconds)
	ta, tb := r.Clock[a], r.Clock[b]
	va, vb := value(r.Best[a]), value(r.Best[b])
	if ta == tb {
		return va
	}
	return (tb-seconds)/(tb-ta)*va + (seconds-ta)/(tb-ta)*vb
}

// nearest gives the two trainings that ended nearest to a time, the earlier ones
// on ties.
func (r *Run) nearest(seconds float64) (a, b int) {
	distance := func(i int) float64 {
		d := r.Clock[i] - seconds
		if d < 0 {
			return -d
		}
		return d
	}
	a, b = 0, 1
	if distance(1) < distance(0) {
		a, b = 1, 0
	}
	for i := 2; i < len(r.Clock); i++ {
		switch d := distance(i); {
		case d < distance(a):
			a, b = i, a
		case d < distance(b):
			b = i
		}
	}
	return a, b
}

// By gives the incumbent at a time: after the last training that ended by then,
// or false if none had.
func (r *Run) By(seconds float64) (arch int, ok bool) {
	// The clock never goes back.
	low, high := 0, len(r.Clock)
	for low < high {
		if mid := (low + high) / 2; r.Clock[mid] <= seconds {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return -1, false
	}
	return r.Best[low-1], true
}
