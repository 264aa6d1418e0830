package bench

import (
	"bytes"
	"cellnet/bench/record"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"cellnet/internal/mt19937"
)

// player makes recorded calls.
type player struct {
	b      *Benchmark
	r      recording // that the calls are of
	nats   recording // of the other program, on a file of the same records as nas_201_api's
	shared string
	random mt19937.Source
	clock  Clock
	// isStore: the benchmark comes from a store, which keeps no weights.
	isStore bool
}

// compare makes a call and tells what is wrong with its answer.
func (p *player) compare(c recorded) string {
	switch {
	case c.Call == "show" && string(c.Args["index"]) == "-1":
		return p.compareShowAll(c)
	case c.failed() && c.hpIsNumber() && c.Call != "get_more_info": // which takes both
		return p.compareNumberHP(c)
	case c.failed() && c.Call == "statistics" && p.b.API() == NAS201:
		if twin, ok := p.nats.find(c.Call, c.Args); ok {
			return p.compareWith(c, twin.Result) // nas_201_api wants a file of the whole search space
		}
	}
	return p.compareWith(c, c.Result)
}

// compareWith tells in what the answer to a call is not the wanted one.
func (p *player) compareWith(c recorded, result json.RawMessage) string {
	got, err := p.answer(c)
	c.Result = result
	if p.isStore && errors.Is(err, ErrMissing) && strings.Contains(string(result), "sha256") {
		return "" // stores keep no weights
	}
	switch {
	case c.failed() && err == nil:
		return fmt.Sprintf("got %v, want an error like %.200s", got, result)
	case c.failed():
		if strings.Contains(err.Error(), "\n") {
			return fmt.Sprintf("error of several lines: %v", err)
		}
		return ""
	case c.Call == "query_info_str_by_arch" && string(result) == "null":
		if !errors.Is(err, ErrMissing) {
			return fmt.Sprintf("error %v, want one that says it is missing", err)
		}
		return ""
	case err != nil:
		return fmt.Sprintf("error %v, want %.300s", err, result)
	}
	text, err := json.Marshal(got)
	if err != nil {
		return err.Error()
	}
	var have, want any
	if err := errors.Join(decodeNumbers(text, &have), decodeNumbers(result, &want)); err != nil {
		return err.Error()
	}
	if !sameJSON(have, want) {
		return fmt.Sprintf("got %.1000s, want %.1000s", text, result)
	}
	return ""
}

// hpIsNumber tells whether a recipe is given as a number, which most calls of the
// programs take for another one than the text.
func (c recorded) hpIsNumber() bool {
	var n int
	return json.Unmarshal(c.Args["hp"], &n) == nil
}

// compareNumberHP compares the answer to a call that failed since its recipe is
// the number 200 with that to the text "200". In Go there is one type of recipes.
func (p *player) compareNumberHP(c recorded) string {
	c = c.asText()
	args := c.Args
	call := c.Call
	switch call {
	case "find_best":
		if p.b.Layout() != record.NATSFolder {
			delete(args, "enforce_all") // false is the default
		}
	case "query_meta_info_by_index": // prints what query_by_index does without a dataset
		call, args["dataname"] = "query_by_index", json.RawMessage("null")
	case "query_info_str_by_arch":
		return p.compareInfoToShow(c)
	case "statistics":
		p = &player{b: p.b, r: p.nats}
		args["hp"] = json.RawMessage("200") // nats_bench takes the number
	}
	twin, ok := p.r.find(call, args)
	if !ok {
		return "the call with a text is not recorded"
	}
	return p.compareWith(c, twin.Result)
}

// compareInfoToShow looks for the words on an architecture in what show printed.
func (p *player) compareInfoToShow(c recorded) string {
	got, err := p.answer(c)
	if err != nil {
		return err.Error()
	}
	shown, ok := p.r.find("show", map[string]json.RawMessage{"index": c.Args["arch"]})
	if !ok {
		return "show is not recorded"
	}
	words := strings.Replace(got.(string), "extra-info : arch-index="+string(c.Args["arch"]), "extra-info : None", 1)
	if !strings.Contains(shown.Stdout, "200 epochs") || !strings.Contains(shown.Stdout, words) {
		return fmt.Sprintf("got %s, show printed %s", words, shown.Stdout)
	}
	return ""
}

// compareShowAll compares what is shown of all architectures with what the program
// printed before it failed, on any file that lacks some, and with what it printed
// of single ones.
func (p *player) compareShowAll(c recorded) string {
	var out strings.Builder
	if err := p.b.ShowAll(&out); err != nil {
		return err.Error()
	}
	if !c.failed() || len(c.Stdout) < 100 || !strings.HasPrefix(out.String(), c.Stdout) {
		return fmt.Sprintf("got %.500s, want what begins with %s", &out, c.Stdout)
	}
	for _, index := range p.b.Stored() {
		one, ok := p.r.find("show", map[string]json.RawMessage{"index": json.RawMessage(fmt.Sprint(index))})
		if ok && !one.failed() && !strings.Contains(out.String(), one.Stdout) {
			return fmt.Sprintf("architecture %d is not shown as %s", index, one.Stdout)
		}
	}
	if got, want := strings.Count(out.String(), "-th architecture! ----------\n"), len(p.b.Stored()); got != want {
		return fmt.Sprintf("%d architectures are shown, want %d", got, want)
	}
	return ""
}

// find looks for the answer to a call.
func (r recording) find(call string, args map[string]json.RawMessage) (recorded, bool) {
	i := slices.IndexFunc(r.Calls, func(c recorded) bool { return c.Call == call && reflect.DeepEqual(c.Args, args) })
	if i < 0 {
		return recorded{}, false
	}
	return r.Calls[i], true
}

func decodeNumbers(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(v)
}

// sameJSON compares decoded JSON, numbers by their bits as float64.
func sameJSON(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, err1 := a.Float64()
		y, err2 := b.Float64()
		return err1 == nil && err2 == nil && math.Float64bits(x) == math.Float64bits(y)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k := range a {
			v, ok := b[k]
			if !ok || !sameJSON(a[k], v) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameJSON(a[i], b[i]) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a, b)
}
