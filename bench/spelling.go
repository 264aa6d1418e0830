package bench

import (
	"fmt"
	"strconv"
	"strings"

	"cellnet/data"
)

// spelling is how a published file spells a trial where files differ though
// they say the same. It lets a trial be written as it was read. The zero value
// is how this program writes trials of its own.
type spelling struct {
	SeedNumber    bool // seed is 777, not "0777"
	NumPyParams   bool // params is a numpy.float64
	NumPyFLOPs    bool // flop is a numpy.float64
	NumPyLatency  bool // latency's elements are numpy.float64s
	OrderedTimes  bool // train_times is an OrderedDict
	NoEvalTimes   bool // eval_times is None, not a dictionary
	WeightsSecond bool // net_state_dict comes after name, not at the end

	// The order of the sets in eval_acc1es, eval_times and eval_losses, where it
	// is not that of eval_names.
	Top1Order, SecondsOrder, LossOrder setOrder
}

// seed gives the seed as the file spells it.
func (s spelling) seed(seed int) string {
	if s.SeedNumber {
		return strconv.Itoa(seed)
	}
	return fmt.Sprintf("%04d", seed)
}

// setOrder is a sequence of evaluation sets, a letter each; "" stands for the
// order of the trial's Evals.
type setOrder string

const setLetters = "-tvxo" // by data.Set: none, train, x-valid, x-test, ori-test

func orderOf(sets []data.Set) setOrder {
	var b strings.Builder
	for _, s := range sets {
		b.WriteByte(setLetters[s])
	}
	return setOrder(b.String())
}

// sets gives the sequence, and false if o is none.
func (o setOrder) sets() ([]data.Set, bool) {
	var sets []data.Set
	for _, letter := range []byte(o) {
		s := data.Set(strings.IndexByte(setLetters, letter))
		if s < data.XValid || s > data.OriTest || strings.Count(string(o), string(letter)) > 1 {
			return nil, false
		}
		sets = append(sets, s)
	}
	return sets, true
}

// flags of a spelling's text, one letter each.
func (s *spelling) flags() []struct {
	letter byte
	flag   *bool
} {
	return []struct {
		letter byte
		flag   *bool
	}{
		{'i', &s.SeedNumber}, {'p', &s.NumPyParams}, {'f', &s.NumPyFLOPs}, {'l', &s.NumPyLatency},
		{'o', &s.OrderedTimes}, {'n', &s.NoEvalTimes}, {'w', &s.WeightsSecond},
	}
}

// String gives a short text that parseSpelling reads.
func (s spelling) String() string {
	var b strings.Builder
	for _, f := range s.flags() {
		if *f.flag {
			b.WriteByte(f.letter)
		}
	}
	if s.Top1Order+s.SecondsOrder+s.LossOrder != "" {
		fmt.Fprintf(&b, " %s %s %s", s.Top1Order, s.SecondsOrder, s.LossOrder)
	}
	return b.String()
}

func parseSpelling(text string) (spelling, error) {
	var s spelling
	letters, orders, ordered := strings.Cut(text, " ")
	for _, f := range s.flags() {
		if rest, ok := strings.CutPrefix(letters, string(f.letter)); ok {
			*f.flag, letters = true, rest
		}
	}
	bad := fmt.Errorf("%.40q is no spelling", text)
	if letters != "" {
		return s, bad
	}
	if !ordered {
		return s, nil
	}
	fields := strings.Split(orders, " ")
	if len(fields) != 3 {
		return s, bad
	}
	for i, o := range []*setOrder{&s.Top1Order, &s.SecondsOrder, &s.LossOrder} {
		*o = setOrder(fields[i])
		if _, ok := o.sets(); !ok {
			return s, bad
		}
	}
	return s, nil
}
