package record

import (
	"fmt"
	"strconv"
	"strings"

	"cellnet/data"
)

// Dialect is how a published file writes a trial where files differ though they
// say the same. It lets a trial be written as it was read. The zero value is how
// this program writes trials of its own.
type Dialect struct {
	SeedNumber    bool // seed is 777, not "0777"
	NumPyParams   bool // params is a numpy.float64
	NumPyFLOPs    bool // flop is a numpy.float64
	NumPyLatency  bool // latency's elements are numpy.float64s
	OrderedTimes  bool // train_times is an OrderedDict
	NoEvalTimes   bool // eval_times is None, not a dictionary
	WeightsSecond bool // net_state_dict comes after name, not at the end

	// The order of the sets in eval_acc1es, eval_times and eval_losses, where it
	// is not that of eval_names.
	Top1Order, SecondsOrder, LossOrder SetOrder

	// Verbatim is a pickle of the trial's record, weights left out, if the file
	// writes it in a way that nothing else here describes; else nil.
	Verbatim []byte
}

// SeedText gives the seed as the file writes it.
func (d Dialect) SeedText(seed int) string {
	if d.SeedNumber {
		return strconv.Itoa(seed)
	}
	return fmt.Sprintf("%04d", seed)
}

// SetOrder is a sequence of evaluation sets, a letter each; "" stands for the
// order of the trial's Evals.
type SetOrder string

const setLetters = "-tvxo" // by data.Set: none, train, x-valid, x-test, ori-test

// OrderOf makes the order of evaluation sets.
func OrderOf(sets []data.Set) SetOrder {
	var b strings.Builder
	for _, s := range sets {
		b.WriteByte(setLetters[s])
	}
	return SetOrder(b.String())
}

// Sets gives the sequence, and false if o is none.
func (o SetOrder) Sets() ([]data.Set, bool) {
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

// flags of a dialect's text, one letter each.
func (d *Dialect) flags() []struct {
	letter byte
	flag   *bool
} {
	return []struct {
		letter byte
		flag   *bool
	}{
		{'i', &d.SeedNumber}, {'p', &d.NumPyParams}, {'f', &d.NumPyFLOPs}, {'l', &d.NumPyLatency},
		{'o', &d.OrderedTimes}, {'n', &d.NoEvalTimes}, {'w', &d.WeightsSecond},
	}
}

// String gives a short text that [ParseDialect] reads. Verbatim is not in it.
func (d Dialect) String() string {
	var b strings.Builder
	for _, f := range d.flags() {
		if *f.flag {
			b.WriteByte(f.letter)
		}
	}
	if d.Top1Order+d.SecondsOrder+d.LossOrder != "" {
		fmt.Fprintf(&b, " %s %s %s", d.Top1Order, d.SecondsOrder, d.LossOrder)
	}
	return b.String()
}

// ParseDialect reads what String gives.
func ParseDialect(text string) (Dialect, error) {
	var d Dialect
	letters, orders, ordered := strings.Cut(text, " ")
	for _, f := range d.flags() {
		if rest, ok := strings.CutPrefix(letters, string(f.letter)); ok {
			*f.flag, letters = true, rest
		}
	}
	bad := fmt.Errorf("%.40q is no Dialect", text)
	if letters != "" {
		return d, bad
	}
	if !ordered {
		return d, nil
	}
	fields := strings.Split(orders, " ")
	if len(fields) != 3 {
		return d, bad
	}
	for i, o := range []*SetOrder{&d.Top1Order, &d.SecondsOrder, &d.LossOrder} {
		*o = SetOrder(fields[i])
		if _, ok := o.Sets(); !ok {
			return d, bad
		}
	}
	return d, nil
}
