package published

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/pickle/unpickle"
)

// evals reads eval_names and the three dictionaries of the evaluation sets.
func (f *fields) evals(t *record.Trial) error {
	names, _ := f.lookup("eval_names")
	if names.Kind() != unpickle.List {
		return want("eval_names", names, "a list")
	}
	for _, name := range names.Items() {
		set, err := data.ParseSet(string(name.Text()))
		if err != nil || name.Kind() != unpickle.String || set == data.Train {
			return want("an element of eval_names", name, "x-valid, x-test or ori-test")
		}
		if _, twice := t.Eval(set); twice {
			return fmt.Errorf("eval_names has %v twice", set)
		}
		t.Evals = append(t.Evals, record.Eval{Set: set})
	}
	for _, c := range evalCurves(&t.Dialect) {
		v, _ := f.lookup(c.key)
		if c.readNoTimes(v, &t.Dialect) {
			continue
		}
		if !v.IsDict() {
			return want(c.key, v, "a dict")
		}
		f.irregular = f.irregular || v.Kind() != unpickle.Dict
		order, err := f.evalCurve(c, v, t)
		if err != nil {
			return err
		}
		c.readOrder(t, order)
	}
	return nil
}

// evalCurve reads a dictionary with keys such as "ori-test@199", and gives the
// order of the sets in it.
func (f *fields) evalCurve(c evalCurve, v unpickle.Value, t *record.Trial) (order []data.Set, err error) {
	var (
		items = v.Items()
		name  []byte
		curve *record.Curve
	)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return nil, want("a key of "+c.key, items[i], "a str")
		}
		text := items[i].Text()
		at := bytes.IndexByte(text, '@')
		epoch, ok := parseEpoch(text[at+1:])
		if at < 0 || !ok {
			return nil, fmt.Errorf("%s has a key %.40q, want set@epoch", c.key, text)
		}
		if curve == nil || !bytes.Equal(text[:at], name) {
			name = text[:at]
			set, err := data.ParseSet(string(name))
			if err != nil || set == data.Train {
				return nil, fmt.Errorf("%s has a key %.40q, want x-valid, x-test or ori-test", c.key, text)
			}
			e, ok := t.Eval(set)
			if !ok {
				return nil, fmt.Errorf("%s has %v, which eval_names does not list", c.key, set)
			}
			curve = c.of(e)
			if curve.Values == nil {
				curve.Values = make([]float64, 0, min(t.Epochs, len(items)/2))
			}
			f.irregular = f.irregular || slices.Contains(order, set)
			order = append(order, set)
		}
		x, ok := items[i+1].Float()
		if !ok {
			return nil, want("a value of "+c.key, items[i+1], "a number")
		}
		f.irregular = f.irregular || items[i+1].Kind() != unpickle.Float
		curve.Add(epoch, x)
	}
	for i := range t.Evals {
		if !c.of(&t.Evals[i]).Distinct() {
			return nil, fmt.Errorf("%s has an epoch of %v twice", c.key, t.Evals[i].Set)
		}
	}
	return order, nil
}

// parseEpoch reads a number without sign or leading zeros.
func parseEpoch(text []byte) (int, bool) {
	n := 0
	for i, c := range text {
		if c < '0' || c > '9' || i == 1 && text[0] == '0' {
			return 0, false
		}
		if n = 10*n + int(c-'0'); n >= record.MaxEpochs {
			return 0, false
		}
	}
	return n, len(text) > 0
}

// evalKey names an epoch of an evaluation set.
func evalKey(set data.Set, epoch int) string { return set.String() + "@" + strconv.Itoa(epoch) }
