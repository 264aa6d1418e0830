package bench

import (
	"errors"
	"iter"

	"cellnet/bench/record"
	"cellnet/data"
)

// BestQuery asks for the architecture with the highest accuracy.
type BestQuery struct {
	Dataset data.Dataset
	Set     data.Set // which accuracy counts; data.Train is one too
	HP      HP

	MaxFLOPs  Number // in millions; not OK stands for no limit
	MaxParams Number // in millions; not OK stands for no limit

	Scope Scope
}

// Scope says which architectures are looked at.
type Scope uint8

const (
	// AllStored: those that there are records of, and that count as evaluated
	// where the file says which do.
	AllStored Scope = iota
	// OnlyEvaluated: those that Evaluated lists, as the published APIs do. In
	// layouts that are read on demand these are the ones asked for before.
	OnlyEvaluated
	// WholeSpace: all of the search space; it is an error if one has no record.
	WholeSpace
)

// SetByWord gives the dataset and set that BestQuery takes for a set as the
// published APIs name it: by its name, or by "valid" or "test". On CIFAR-10,
// "valid" means the trainings on half of the images.
func SetByWord(d data.Dataset, word string) (data.Dataset, data.Set, error) {
	switch {
	case word == "valid" && d == data.CIFAR10:
		return data.CIFAR10Valid, data.XValid, nil
	case word == "valid":
		return d, data.XValid, nil
	case word == "test" && d == data.CIFAR10:
		return d, data.OriTest, nil
	case word == "test" && (d == data.CIFAR100 || d == data.ImageNet16):
		return d, data.XTest, nil
	}
	set, err := data.ParseSet(word)
	return d, set, err
}

// Best gives the architecture with the highest mean accuracy, and that accuracy
// in percent. Of equal ones the lowest index wins. If none is within the limits
// the index is -1 and the accuracy not OK. It is an error if one that is looked
// at lacks the accuracy.
func (b *Benchmark) Best(q BestQuery) (index int, accuracy Number, err error) {
	index = -1
	for c, err := range b.ranked(q) {
		if err != nil {
			return -1, Number{}, err
		}
		if index == -1 || c.Accuracy > accuracy.Value {
			index, accuracy = c.Index, record.NumberOf(c.Accuracy)
		}
	}
	return index, accuracy, nil
}

// Candidate is an architecture with what Best compares.
type Candidate struct {
	Index    int
	Accuracy float64 // mean top-1 in percent
	FLOPs    float64 // multiply-accumulates in millions
	Params   float64 // parameters in millions
}

// Candidates walks over the architectures that Best looks at and that are within
// the limits, lowest index first. Unlike there, one that lacks the accuracy is
// left out.
func (b *Benchmark) Candidates(q BestQuery) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		for c, err := range b.ranked(q) {
			if errors.Is(err, ErrMissing) {
				continue
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func (q BestQuery) within(flops, params float64) bool {
	return !(q.MaxFLOPs.OK && flops > q.MaxFLOPs.Value) && !(q.MaxParams.OK && params > q.MaxParams.Value)
}

// Indexes lists the architectures of a scope, lowest first.
func (b *Benchmark) Indexes(s Scope) ([]int, error) {
	switch s {
	case WholeSpace:
		n, err := b.Len()
		if err != nil {
			return nil, err
		}
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all, nil
	case OnlyEvaluated:
		return b.Evaluated()
	}
	stored := b.Stored()
	if b.layout.OnDemand() {
		return stored, nil
	}
	evaluated, err := b.Evaluated()
	if err != nil {
		return nil, err
	}
	return common(stored, evaluated), nil
}

// common gives the numbers that two ascending lists share.
func common(a, b []int) []int {
	both := make([]int, 0, min(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			both = append(both, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return both
}
