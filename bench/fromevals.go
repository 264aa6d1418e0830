package bench

import (
	"bytes"
	"fmt"
	"slices"

	"cellnet/data"
	"cellnet/internal/pickle/unpickle"
)

// evals reads eval_names and the three dictionaries of the evaluation sets.
func (f *fields) evals(t *Trial) error {
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
		t.Evals = append(t.Evals, Eval{Set: set})
	}
	for _, c := range []struct {
		key   string
		of    func(*Eval) *Curve
		order *setOrder
	}{
		{"eval_acc1es", func(e *Eval) *Curve { return &e.Top1 }, &t.spelling.Top1Order},
		{"eval_times", func(e *Eval) *Curve { return &e.Seconds }, &t.spelling.SecondsOrder},
		{"eval_losses", func(e *Eval) *Curve { return &e.Loss }, &t.spelling.LossOrder},
	} {
		v, _ := f.lookup(c.key)
		if v.Kind() == unpickle.None && c.key == "eval_times" {
			t.spelling.NoEvalTimes = true
			continue
		}
		if !v.IsDict() {
			return want(c.key, v, "a dict")
		}
		f.odd = f.odd || v.Kind() != unpickle.Dict
		order, err := f.evalCurves(c.key, v, t, c.of)
		if err != nil {
			return err
		}
		*c.order = order
	}
	return nil
}

// evalCurves reads a dictionary with keys such as "ori-test@199", and gives the
// order of the sets in it.
func (f *fields) evalCurves(key string, v unpickle.Value, t *Trial, of func(*Eval) *Curve) (setOrder, error) {
	items := v.Items()
	var (
		order []data.Set
		name  []byte
		curve *Curve
	)
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return "", want("a key of "+key, items[i], "a str")
		}
		text := items[i].Text()
		at := bytes.IndexByte(text, '@')
		epoch, ok := parseEpoch(text[at+1:])
		if at < 0 || !ok {
			return "", fmt.Errorf("%s has a key %.40q, want set@epoch", key, text)
		}
		if curve == nil || !bytes.Equal(text[:at], name) {
			name = text[:at]
			set, err := data.ParseSet(string(name))
			if err != nil || set == data.Train {
				return "", fmt.Errorf("%s has a key %.40q, want x-valid, x-test or ori-test", key, text)
			}
			e, ok := t.Eval(set)
			if !ok {
				return "", fmt.Errorf("%s has %v, which eval_names does not list", key, set)
			}
			curve = of(e)
			if curve.Values == nil {
				curve.Values = make([]float64, 0, min(t.Epochs, len(items)/2))
			}
			f.odd = f.odd || slices.Contains(order, set)
			order = append(order, set)
		}
		x, ok := items[i+1].Float()
		if !ok {
			return "", want("a value of "+key, items[i+1], "a number")
		}
		f.odd = f.odd || items[i+1].Kind() != unpickle.Float
		curve.add(epoch, x)
	}
	for i := range t.Evals {
		if !of(&t.Evals[i]).distinct() {
			return "", fmt.Errorf("%s has an epoch of %v twice", key, t.Evals[i].Set)
		}
	}
	return t.orderAsSpelled(order, of), nil
}

// orderAsSpelled gives the order of the sets that have a curve, or "" if that is
// the order of Evals.
func (t *Trial) orderAsSpelled(order []data.Set, of func(*Eval) *Curve) setOrder {
	var usual []data.Set
	for i := range t.Evals {
		if of(&t.Evals[i]).Len() > 0 {
			usual = append(usual, t.Evals[i].Set)
		}
	}
	if slices.Equal(order, usual) || len(order) > len(usual) {
		return "" // as usual, or mixed in a way that is odd
	}
	return orderOf(order)
}

// parseEpoch reads a number without sign or leading zeros.
func parseEpoch(text []byte) (int, bool) {
	n := 0
	for i, c := range text {
		if c < '0' || c > '9' || i == 1 && text[0] == '0' {
			return 0, false
		}
		if n = 10*n + int(c-'0'); n >= maxEpochs {
			return 0, false
		}
	}
	return n, len(text) > 0
}
