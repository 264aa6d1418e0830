package bench

import (
	"fmt"

	"cellnet/internal/pickle/unpickle"
)

// The names that NAS-Bench-201's files have for recipes.
var hp201 = map[string]HP{"less": HP12, "full": HP200}

// name201 is the opposite of hp201.
func name201(hp HP) (string, bool) {
	for name, of := range hp201 {
		if of == hp {
			return name, true
		}
	}
	return "", false
}

// hpOf reads a recipe's key, "less" or "full" in NAS-Bench-201's files, "12" in
// those of NATS-Bench.
func hpOf(key string) (HP, API, error) {
	if hp, ok := hp201[key]; ok {
		return hp, NAS201, nil
	}
	hp, err := ParseHP(key)
	if err != nil || hp.String() != key {
		return 0, 0, fmt.Errorf("key %.40q is no recipe: want less or full, or a number of epochs such as 01 or 200", key)
	}
	return hp, NATS, nil
}

// arch makes an architecture's record of its published state, a dictionary of
// recipes.
func (b *builder) arch(index int, v unpickle.Value) (a *Arch, api API, err error) {
	if !v.IsDict() || v.HasAttributes() {
		return nil, 0, want("the record", v, "a dict")
	}
	a = &Arch{Index: index}
	items := v.Items()
	for i := 0; i < len(items); i += 2 {
		if items[i].Kind() != unpickle.String {
			return nil, 0, want("a recipe's key", items[i], "a str")
		}
		hp, of, err := hpOf(string(items[i].Text()))
		if err != nil {
			return nil, 0, err
		}
		if i > 0 && of != api {
			return nil, 0, fmt.Errorf("recipe %s is named unlike the others", items[i].Text())
		}
		api = of
		if _, twice := a.Results(hp); twice == nil {
			return nil, 0, fmt.Errorf("recipe %v is there twice", hp)
		}
		r, err := b.results(index, items[i+1])
		if err != nil {
			return nil, 0, fmt.Errorf("recipe %v: %w", hp, err)
		}
		a.Set(hp, r)
		a.Name = r.Arch
	}
	a.ordered = v.Kind() == unpickle.OrderedDict
	return a, api, nil
}
