package query

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/internal/fixture"
)

// recorded is a call of a published API and its answer.
type recorded struct {
	Call   string                     `json:"call"`
	Args   map[string]json.RawMessage `json:"args"`
	Result any                        `json:"result"`
}

func (c recorded) failed() bool {
	m, ok := c.Result.(map[string]any)
	_, hasError := m["error"]
	return ok && hasError
}

// trap tells whether the call failed for a recipe that is given as a number, which
// is the same as a text here, or for architectures that a folder lacks, which are
// left out here.
func (c recorded) trap() bool {
	message, _ := c.Result.(map[string]any)["message"].(string)
	return !strings.HasPrefix(string(c.Args["hp"]), `"`) || strings.HasPrefix(message, "invalid data path")
}

// text gives an argument without quotes, and false if it is null or missing.
func (c recorded) text(name string) (string, bool) {
	raw, ok := c.Args[name]
	return strings.Trim(string(raw), `"`), ok && string(raw) != "null"
}

// query gives the query that asks the same, and false if there is none.
func (c recorded) query() (name string, values map[string]string, ok bool) {
	values = map[string]string{}
	for arg, param := range map[string]Param{"index": Index, "dataset": Dataset, "hp": HP, "iepoch": Epoch, "setname": Set,
		"FLOP_max": MaxFLOPs, "flop_max": MaxFLOPs, "Param_max": MaxParams, "param_max": MaxParams, "metric_on_set": Set} {
		if v, ok := c.text(arg); ok {
			values[string(param)] = v
		}
	}
	if v := values[string(Index)]; strings.HasPrefix(v, "|") { // the published functions take both
		delete(values, string(Index))
		values[string(Arch)] = v
	}
	switch random := string(c.Args["is_random"]); random { // a text keeps its quotes, and is no seed
	case "", "false":
	case "true":
		return "", nil, false // by a generator that carries over
	default:
		values[string(Seed)] = random
	}
	if arch, ok := c.text("arch"); ok {
		values[string(Arch)] = arch
	}
	if _, ok := c.text("enforce_all"); ok {
		return "", nil, false // of folders, all that is stored counts here
	}
	names := map[string]string{
		"get_more_info": "metrics", "ArchResults.get_metrics": "metrics", "get_cost_info": "cost",
		"get_net_config": "config", "arch": "arch", "find_best": "best", "query_index_by_arch": "index",
	}
	name = names[c.Call]
	if arch, ok := c.Args["arch"]; ok && !strings.HasPrefix(string(arch), `"`) {
		return "", nil, false
	}
	return name, values, name != ""
}

func TestAnswersAreThePublishedOnes(t *testing.T) {
	text, err := os.ReadFile(fixture.Shared(t, "fixtures/bench/expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct{ Calls []recorded }
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	delete(raw, "about")
	real := raw["nats_real"]
	delete(raw, "nats_real")
	joined, _ := json.Marshal(raw)
	if err := json.Unmarshal(joined, &all); err != nil {
		t.Fatal(err)
	}
	var reals map[string]struct{ Calls []recorded }
	if err := json.Unmarshal(real, &reals); err != nil {
		t.Fatal(err)
	}
	for name, calls := range reals {
		all[name] = calls
	}
	for recording, file := range map[string]string{
		"nas201_mini": "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth",
		"nats_mini":   "fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2",
		"tss":         "data/nats/NATS-tss-v1_0-3ffb9-simple",
		"sss":         "data/nats/NATS-sss-v1_0-50262-simple",
	} {
		t.Run(recording, func(t *testing.T) {
			b, err := bench.Open(fixture.Shared(t, file))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			asked := map[string]int{}
			for _, c := range all[recording].Calls {
				name, values, ok := c.query()
				if !ok {
					continue
				}
				asked[name]++
				if problem := compare(t, b, name, values, c); problem != "" {
					t.Errorf("%s(%s): %s", c.Call, c.Args, problem)
				}
			}
			if asked["metrics"] < 100 || asked["cost"] < 8 {
				t.Errorf("only %v were asked", asked)
			}
		})
	}
}

func compare(t *testing.T, b *bench.Benchmark, name string, values map[string]string, c recorded) string {
	t.Helper()
	got, err := ask(t, b, name, values)
	if name == "index" {
		// The published programs give -1 for everything but their own strings. Here
		// what is no architecture is an error, and other spellings are read.
		arch := values["arch"]
		_, known, _ := b.IndexOf(arch)
		if !known && (strings.TrimSpace(arch) != arch || errors.As(err, new(*Error))) {
			return ""
		}
	}
	if c.failed() {
		if name == "metrics" && values["dataset"] == "cifar10" && values["set"] == "valid" {
			return "" // the published program refuses what is here read as cifar10-valid
		}
		if err == nil && !c.trap() {
			return fmt.Sprintf("got %s, want an error as %v", got, c.Result)
		}
		return ""
	}
	if err != nil {
		return err.Error()
	}
	want := c.Result
	var have any
	if err := json.Unmarshal([]byte(got), &have); err != nil {
		return err.Error()
	}
	object, _ := have.(map[string]any)
	switch name {
	case "arch":
		have = object["arch"]
	case "index":
		have = object["index"]
	case "best":
		have = []any{object["index"], object["accuracy"]}
	}
	if !reflect.DeepEqual(have, want) {
		return fmt.Sprintf("got %v, want %v", have, want)
	}
	return ""
}

// ask gives the answer to a query in JSON.
func ask(t *testing.T, b *bench.Benchmark, name string, values map[string]string) (string, error) {
	t.Helper()
	for _, q := range All() {
		if q.Name != name {
			continue
		}
		args, err := q.Parse(values)
		if err != nil {
			return "", err
		}
		answer, err := q.Answer(t.Context(), b, args)
		if err != nil {
			return "", err
		}
		var out, table bytes.Buffer
		if err := Write(&out, answer); err != nil {
			return "", err
		}
		return out.String(), answer.Text(&table)
	}
	t.Fatalf("no query %s", name)
	return "", nil
}
