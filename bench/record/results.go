package record

import (
	"fmt"
	"slices"

	"cellnet/data"
)

// Results are all trials of one architecture by one recipe.
//
// What a [Benchmark] returns belongs to it and must not be changed; change a
// [Results.Clone].
type Results struct {
	Index      int // of the architecture
	ArchString string
	Trials     []*Trial
	Seeds      []DatasetSeeds // which trials there are, in the order of the datasets' first trials
	Cleared    bool           // the trained weights were removed

	// Head is a pickle of the record as a file has it, without its trials, if the
	// file writes it unlike others; else nil.
	Head []byte
}

// DatasetSeeds lists the seeds of the trials on a dataset, lowest first.
type DatasetSeeds struct {
	Dataset data.Dataset
	Seeds   []int
}

// Equal tells whether two lists are the same.
func (s DatasetSeeds) Equal(o DatasetSeeds) bool {
	return s.Dataset == o.Dataset && slices.Equal(s.Seeds, o.Seeds)
}

// NewResults makes the results of trials, of which no two may have the same
// dataset and seed.
func NewResults(index int, archString string, trials []*Trial) (*Results, error) {
	r := &Results{Index: index, ArchString: archString, Trials: trials, Seeds: SeedsOf(trials)}
	for _, s := range r.Seeds {
		for i, seed := range s.Seeds[1:] {
			if seed == s.Seeds[i] {
				return nil, fmt.Errorf("architecture %d has two trials on %v with seed %d", index, s.Dataset, seed)
			}
		}
	}
	r.Cleared = !slices.ContainsFunc(trials, func(t *Trial) bool { return t.HasWeights })
	return r, nil
}

// SeedsOf lists the seeds of trials as the published programs do.
func SeedsOf(trials []*Trial) []DatasetSeeds {
	var all []DatasetSeeds
	for _, t := range trials {
		i := slices.IndexFunc(all, func(s DatasetSeeds) bool { return s.Dataset == t.Dataset })
		if i < 0 {
			i = len(all)
			all = append(all, DatasetSeeds{Dataset: t.Dataset})
		}
		all[i].Seeds = append(all[i].Seeds, t.Seed)
	}
	for _, s := range all {
		slices.Sort(s.Seeds)
	}
	return all
}

// FollowFromTrials reports whether the results' own index and seeds follow from the
// index that they are filed under and from their trials.
func (r *Results) FollowFromTrials(index int) bool {
	return r.Index == index && len(r.Trials) > 0 && slices.EqualFunc(r.Seeds, SeedsOf(r.Trials), DatasetSeeds.Equal)
}

// Datasets lists the datasets with trials.
func (r *Results) Datasets() []data.Dataset {
	all := make([]data.Dataset, len(r.Seeds))
	for i, s := range r.Seeds {
		all[i] = s.Dataset
	}
	return all
}

// SeedsOn lists the seeds of the trials on a dataset, lowest first.
func (r *Results) SeedsOn(d data.Dataset) ([]int, error) {
	for _, s := range r.Seeds {
		if s.Dataset == d {
			return slices.Clone(s.Seeds), nil
		}
	}
	return nil, &NoTrialError{r.Index, d}
}

// NoTrialError says that an architecture has results by a recipe, but none on a
// dataset. It wraps [ErrMissing].
type NoTrialError struct {
	Index   int
	Dataset data.Dataset
}

// Error names the architecture and the dataset.
func (e *NoTrialError) Error() string {
	return fmt.Sprintf("architecture %d has no trial on %v: %v", e.Index, e.Dataset, ErrMissing)
}

// Unwrap gives ErrMissing.
func (e *NoTrialError) Unwrap() error { return ErrMissing }

// Trial gives the trial on a dataset with a seed.
func (r *Results) Trial(d data.Dataset, seed int) (*Trial, error) {
	for _, t := range r.Trials {
		if t.Dataset == d && t.Seed == seed {
			return t, nil
		}
	}
	return nil, fmt.Errorf("architecture %d has no trial on %v with seed %d: %w", r.Index, d, seed, ErrNoSeed)
}

// On gives the trials on a dataset in the order of their seeds.
func (r *Results) On(d data.Dataset) ([]*Trial, error) {
	seeds, err := r.SeedsOn(d)
	if err != nil {
		return nil, err
	}
	trials := make([]*Trial, len(seeds))
	for i, seed := range seeds {
		if trials[i], err = r.Trial(d, seed); err != nil {
			return nil, err
		}
	}
	return trials, nil
}

// Epochs gives the number of epochs of the trials on a dataset.
func (r *Results) Epochs(d data.Dataset) (int, error) {
	trials, err := r.On(d)
	if err != nil {
		return 0, err
	}
	return sameEpochs(r.Index, trials)
}

// AllEpochs gives the number of epochs of all trials.
func (r *Results) AllEpochs() (int, error) {
	var trials []*Trial
	for _, s := range r.Seeds {
		on, err := r.On(s.Dataset)
		if err != nil {
			return 0, err
		}
		trials = append(trials, on...)
	}
	return sameEpochs(r.Index, trials)
}

func sameEpochs(index int, trials []*Trial) (int, error) {
	if len(trials) == 0 {
		return 0, fmt.Errorf("architecture %d has no trial: %w", index, ErrMissing)
	}
	for _, t := range trials {
		if t.Epochs != trials[0].Epochs {
			return 0, fmt.Errorf("architecture %d has trials of %d and of %d epochs: %w", index, trials[0].Epochs, t.Epochs, ErrMixed)
		}
	}
	return trials[0].Epochs, nil
}

// Latency is the mean latency of the trials on a dataset in seconds. It is an
// error if any of them has none.
func (r *Results) Latency(d data.Dataset) (float64, error) {
	trials, err := r.On(d)
	if err != nil {
		return 0, err
	}
	latencies := make([]float64, len(trials))
	for i, t := range trials {
		l := t.MeanLatency()
		if !l.OK || l.Value <= 0 {
			return 0, fmt.Errorf("architecture %d: latency on %v with seed %d: %w", r.Index, d, t.Seed, ErrMissing)
		}
		latencies[i] = l.Value
	}
	return plainSum(latencies) / float64(len(latencies)), nil
}

// String gives the line that the published APIs print for an architecture's
// results.
func (r *Results) String() string {
	cleared := "False"
	if r.Cleared {
		cleared = "True"
	}
	return fmt.Sprintf("ArchResults(arch-index=%d, arch=%s, %d runs, clear=%s)", r.Index, r.ArchString, len(r.Trials), cleared)
}

// IndexString gives the index as file names have it, such as "000157".
func (r *Results) IndexString() string { return fmt.Sprintf("%06d", r.Index) }

// Clone copies the results.
func (r *Results) Clone() *Results {
	c := *r
	c.Trials = make([]*Trial, len(r.Trials))
	for i, t := range r.Trials {
		c.Trials[i] = t.Clone()
	}
	c.Seeds = slices.Clone(r.Seeds)
	for i, s := range r.Seeds {
		c.Seeds[i].Seeds = slices.Clone(s.Seeds)
	}
	return &c
}

// ClearWeights notes that the trained weights are no longer there.
func (r *Results) ClearWeights() {
	for _, t := range r.Trials {
		t.HasWeights = false
	}
	r.Cleared = true
}
