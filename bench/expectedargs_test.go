package bench

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"cellnet/data"
)

// args of a call, in Go's types. err is the first that does not fit.
type args struct {
	p   *player
	raw map[string]json.RawMessage
	err error
}

func (a *args) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

func (a *args) isNull(name string) bool {
	v, ok := a.raw[name]
	return !ok || string(v) == "null"
}

func (a *args) text(name string) (s string) {
	if a.isNull(name) {
		a.fail(fmt.Errorf("%s is missing", name))
	} else if err := json.Unmarshal(a.raw[name], &s); err != nil {
		a.fail(err)
	}
	return s
}

// index is an architecture, given by its number or its string.
func (a *args) index(name string) (i int) {
	if json.Unmarshal(a.raw[name], &i) == nil {
		return i
	}
	i, ok, err := a.p.b.IndexOf(a.text(name))
	if err != nil {
		a.fail(err)
	} else if !ok {
		a.fail(ErrMissing)
	}
	return i
}

func (a *args) number(name string) (n Number) {
	if a.isNull(name) {
		return Number{}
	}
	if err := json.Unmarshal(a.raw[name], &n); err != nil {
		a.fail(err)
	}
	return n
}

func (a *args) integer(name string) (i int) {
	if err := json.Unmarshal(a.raw[name], &i); err != nil {
		a.fail(err)
	}
	return i
}

// hp is "12" if it is left out. Python lets a number pass in some places only.
func (a *args) hp() HP {
	raw, ok := a.raw["hp"]
	if !ok {
		return HP12
	}
	hp, err := ParseHP(strings.Trim(string(raw), `"`))
	if err != nil {
		a.fail(err)
	}
	return hp
}

func (a *args) dataset() data.Dataset {
	d, err := data.ParseDataset(a.text("dataset"))
	if err != nil {
		a.fail(err)
	}
	return d
}

func (a *args) set(name string) data.Set {
	word := a.text(name)
	if word == "valid" {
		return data.XValid
	}
	s, err := data.ParseSet(word)
	if err != nil {
		a.fail(err)
	}
	return s
}

func (a *args) epoch() Epoch {
	if a.isNull("iepoch") {
		return Epoch{}
	}
	return AtEpoch(a.integer("iepoch"))
}

func (a *args) choice() Choice {
	switch raw := string(a.raw["is_random"]); raw {
	case "false":
		return MeanOfTrials()
	case "true":
		return OfRandomTrial(&a.p.random)
	default:
		seed, err := strconv.Atoi(raw) // as the command line and the server read seeds
		if err != nil {
			a.fail(err)
		}
		return OfSeed(seed)
	}
}

// selection gives what calls choose of an architecture.
func (a *args) selection() Selection {
	return Selection{a.index("index"), a.dataset(), a.hp(), a.epoch(), a.choice()}
}

func (a *args) results() *Results {
	r, err := a.p.b.source.Architecture(a.index("index"))
	if err != nil {
		a.fail(err)
		return &Results{}
	}
	of, err := r.Results(a.hp())
	if err != nil {
		a.fail(err)
		return &Results{}
	}
	return of
}

func (a *args) trial() *Trial {
	t, err := a.results().Trial(a.dataset(), a.integer("seed"))
	if err != nil {
		a.fail(err)
		return &Trial{}
	}
	return t
}
