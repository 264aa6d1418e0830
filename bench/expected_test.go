package bench

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/mt19937"
)

// recording holds calls of a published API on one object and its answers.
type recording struct {
	Calls []recorded `json:"calls"`
}

type recorded struct {
	Call   string                     `json:"call"`
	Args   map[string]json.RawMessage `json:"args"`
	Result json.RawMessage            `json:"result"`
	Stdout string                     `json:"stdout"`
}

// failed tells whether the API raised an exception.
func (c recorded) failed() bool {
	var e struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}
	return json.Unmarshal(c.Result, &e) == nil && e.Error != "" && e.Message != ""
}

func (c recorded) String() string {
	args, _ := json.Marshal(c.Args)
	return fmt.Sprintf("%s(%s)", c.Call, args)
}

func readRecordings(t *testing.T) map[string]recording {
	t.Helper()
	text, err := os.ReadFile(fixture.Shared(t, "fixtures/bench/expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	var real map[string]json.RawMessage
	if err := json.Unmarshal(all["nats_real"], &real); err != nil {
		t.Fatal(err)
	}
	all["nats_tss"], all["nats_sss"] = real["tss"], real["sss"]
	delete(all, "nats_real")
	delete(all, "about")
	recordings := map[string]recording{}
	for name, text := range all {
		var r recording
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		recordings[name] = r
	}
	return recordings
}

// publishedFiles says on which files the calls of a recording must give its
// answers.
var publishedFiles = []struct{ recording, file string }{
	{"nas201_mini", "fixtures/bench/mini/NAS-Bench-201-v1_1-mini.pth"},
	{"nas201_mini", "fixtures/bench/mini/NAS-Bench-201-v1_1-mini-zip.pth"},
	{"nas201_v1_0", "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth"},
	{"nas201_archive", "fixtures/bench/mini/NAS-Bench-201-v1_0-mini.pth"},
	{"nats_mini", "fixtures/bench/nats-mini/NATS-tss-v1_0-mini.pickle.pbz2"},
	{"nats_odd", "fixtures/bench/nats-mini/NATS-tss-v1_0-odd.pickle.pbz2"},
	{"nats_full", "fixtures/bench/nats-full/NATS-tss-v1_0-3ffb9-full"},
	{"nats_tss", "data/nats/NATS-tss-v1_0-3ffb9-simple"},
	{"nats_sss", "data/nats/NATS-sss-v1_0-50262-simple"},
}

func TestAnswersOfPublishedAPIs(t *testing.T) {
	recordings := readRecordings(t)
	for _, f := range publishedFiles {
		t.Run(f.recording+"/"+filepath.Base(f.file), func(t *testing.T) {
			t.Parallel()
			b, err := Open(fixture.Shared(t, f.file))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			b.name = strings.Replace(b.name, "-zip", "", 1) // the calls were recorded on the other
			compareAnswers(t, b, recordings[f.recording])
		})
	}
}

func TestAnswersOfStores(t *testing.T) {
	recordings := readRecordings(t)
	for _, f := range publishedFiles {
		t.Run(f.recording+"/"+filepath.Base(f.file), func(t *testing.T) {
			t.Parallel()
			b, err := Open(fixture.Shared(t, f.file))
			if err != nil {
				t.Fatal(err)
			}
			defer b.Close()
			b.name = strings.Replace(b.name, "-zip", "", 1)
			path := filepath.Join(t.TempDir(), "store.parquet")
			if err := Import(b, path, nil); err != nil {
				t.Fatal(err)
			}
			s, err := Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			compareAnswers(t, s, recordings[f.recording])
		})
	}
}

// compareAnswers makes the recorded calls on b.
func compareAnswers(t *testing.T, b *Benchmark, r recording) {
	t.Helper()
	if len(r.Calls) == 0 {
		t.Fatal("no calls")
	}
	failures := 0
	p := player{b: b, shared: filepath.Dir(filepath.Dir(filepath.Dir(fixture.Shared(t, "fixtures/bench/expected.json"))))}
	for _, c := range r.Calls {
		problem := p.compare(c)
		if problem == "" {
			continue
		}
		t.Errorf("%v: %s", c, problem)
		if failures++; failures == 20 {
			t.Fatal("too many")
		}
	}
}

// player makes recorded calls.
type player struct {
	b      *Benchmark
	shared string
	random mt19937.Source
}

var errUntyped = errors.New("a call that Go's types rule out")

// compare makes a call and tells what is wrong with its answer.
func (p *player) compare(c recorded) string {
	if meansBetter(c, p.b.API()) {
		return ""
	}
	got, err := p.answer(c)
	if _, ok := p.b.from.(*store); ok && errors.Is(err, ErrMissing) && strings.Contains(string(c.Result), "sha256") {
		return "" // stores keep no weights
	}
	switch {
	case err == errUntyped:
		return ""
	case c.failed() && err == nil:
		return fmt.Sprintf("got %v, want an error like %.200s", got, c.Result)
	case c.failed():
		if strings.Contains(err.Error(), "\n") {
			return fmt.Sprintf("error of several lines: %v", err)
		}
		return ""
	case c.Call == "query_info_str_by_arch" && string(c.Result) == "null":
		if !errors.Is(err, ErrMissing) {
			return fmt.Sprintf("error %v, want one that says it is missing", err)
		}
		return ""
	case err != nil:
		return fmt.Sprintf("error %v, want %.300s", err, c.Result)
	}
	text, err := json.Marshal(got)
	if err != nil {
		return err.Error()
	}
	var have, want any
	if err := errors.Join(decodeNumbers(text, &have), decodeNumbers(c.Result, &want)); err != nil {
		return err.Error()
	}
	if !sameJSON(have, want) {
		return fmt.Sprintf("got %.1000s, want %.1000s", text, c.Result)
	}
	return ""
}

// meansBetter tells whether the API fails at what it is meant to do.
func meansBetter(c recorded, api API) bool {
	switch c.Call {
	case "show":
		return string(c.Args["index"]) == "-1"
	case "statistics":
		return api == NAS201 && c.failed() && strings.Contains(string(c.Result), "KeyError")
	}
	return false
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
		a.fail(errUntyped)
	} else if err := json.Unmarshal(a.raw[name], &s); err != nil {
		a.fail(errUntyped)
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
		var seed int
		if raw == "null" || json.Unmarshal(a.raw["is_random"], &seed) != nil {
			a.fail(errUntyped)
		}
		return OfSeed(seed)
	}
}

func (a *args) results() *Results {
	r, err := a.p.b.load(a.index("index"))
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

// untyped tells whether an hp is given as a number where Python wants a string:
// everywhere but in get_more_info.
func untyped(c recorded) bool {
	raw := string(c.Args["hp"])
	return c.failed() && c.Call != "get_more_info" && raw != "" && raw[0] != '"'
}

func (p *player) answer(c recorded) (any, error) {
	if untyped(c) {
		return nil, errUntyped
	}
	a := &args{p: p, raw: c.Args}
	got, err := p.call(c, a)
	if a.err != nil {
		return nil, a.err
	}
	return got, err
}

func seedKeys[T any](trials []*Trial, of func(*Trial) T) map[int]T {
	m := map[int]T{}
	for _, t := range trials {
		m[t.Seed] = of(t)
	}
	return m
}

func timesJSON(times []Times) (json.RawMessage, error) {
	var o object
	o.addTimes(times)
	return o.end()
}

func (p *player) call(c recorded, a *args) (any, error) {
	b := p.b
	switch c.Call {
	case "query_index_by_arch":
		var i int
		if !a.isNull("arch") && json.Unmarshal(a.raw["arch"], &i) == nil {
			_, err := b.ArchString(i)
			return i, err
		}
		i, ok, err := b.IndexOf(a.text("arch"))
		if !ok {
			i = -1
		}
		return i, err
	case "arch":
		return b.ArchString(a.integer("index"))
	case "__len__":
		return b.Len()
	case "__repr__":
		return b.String(), nil
	case "avaliable_hps":
		return b.HPs()
	case "evaluated_indexes":
		return b.Evaluated()
	case "full_epochs_in_paper":
		s, err := b.Space()
		return s.FullEpochs(), err
	case "get_unique_str":
		arch, err := b.ArchString(a.index("arch"))
		if err != nil {
			return nil, err
		}
		of, err := cell.Parse(arch)
		if err != nil {
			return nil, err
		}
		return of.Canonical(cell.MergeSkipsAndZeros)
	case "str2lists":
		nodes, err := SplitArch(a.text("arch_str"))
		lists := [][][]any{}
		for _, edges := range nodes {
			list := [][]any{}
			for _, e := range edges {
				list = append(list, []any{e.Op, e.From})
			}
			lists = append(lists, list)
		}
		return lists, err
	case "str2matrix":
		var ops []string
		if !a.isNull("search_space") {
			json.Unmarshal(a.raw["search_space"], &ops)
		}
		return MatrixOf(a.text("arch_str"), ops...)
	case "reset_time":
		b.ResetTime()
		return nil, nil
	case "reload":
		return nil, b.Reload(filepath.Join(p.shared, "fixtures/bench", a.text("archive_root")), a.integer("index"))
	case "clear_params":
		if a.isNull("hp") {
			return nil, b.ClearWeights(a.index("index"))
		}
		return nil, b.ClearWeights(a.index("index"), a.hp())
	}
	return p.query(c, a)
}

func (p *player) query(c recorded, a *args) (any, error) {
	b := p.b
	switch c.Call {
	case "get_more_info":
		return b.MoreInfo(a.index("index"), a.dataset(), a.hp(), a.epoch(), a.choice())
	case "get_cost_info":
		return b.Cost(a.index("index"), a.dataset(), a.hp())
	case "get_latency":
		return b.Latency(a.index("index"), a.dataset(), a.hp())
	case "get_net_config":
		return b.NetConfig(a.index("index"), a.dataset())
	case "query_info_str_by_arch":
		return b.InfoString(a.index("arch"), a.hp())
	case "query_meta_info_by_index":
		r, err := b.Results(a.index("arch_index"), a.hp())
		if err != nil {
			return nil, err
		}
		return r.String(), nil
	case "query_by_index":
		r, err := b.Results(a.index("arch_index"), a.hp())
		if err != nil {
			return nil, err
		}
		if a.isNull("dataname") {
			return r.String(), nil
		}
		d, err := data.ParseDataset(a.text("dataname"))
		if err != nil {
			return nil, err
		}
		trials, err := b.Trials(a.index("arch_index"), d, a.hp())
		return seedKeys(trials, (*Trial).String), err
	case "get_net_param":
		return p.weights(a)
	case "show":
		var out strings.Builder
		if err := b.Show(&out, a.integer("index")); err != nil {
			return nil, err
		}
		if out.String() != c.Stdout {
			return nil, fmt.Errorf("printed %q, want %q", out.String(), c.Stdout)
		}
		return nil, nil
	case "statistics":
		return b.Statistics(a.dataset(), a.hp())
	case "find_best":
		d, set, err := SetByWord(a.dataset(), a.text("metric_on_set"))
		if err != nil {
			return nil, err
		}
		q := BestQuery{Dataset: d, Set: set, HP: a.hp(), Scope: OnlyEvaluated}
		var all bool
		json.Unmarshal(a.raw["enforce_all"], &all)
		if all || a.isNull("enforce_all") && b.Layout() == NATSFolder {
			q.Scope = WholeSpace
		}
		if all && b.Layout() != NATSFolder {
			return nil, errUntyped
		}
		for _, name := range []string{"FLOP_max", "flop_max"} {
			if !a.isNull(name) {
				q.MaxFLOPs = a.number(name)
			}
		}
		for _, name := range []string{"Param_max", "param_max"} {
			if !a.isNull(name) {
				q.MaxParams = a.number(name)
			}
		}
		index, accuracy, err := b.Best(q)
		return []any{index, accuracy}, err
	case "simulate_train_eval":
		q := SimulateQuery{Index: a.index("arch"), Dataset: a.dataset(), HP: a.hp(), Epoch: a.epoch(), Random: &p.random}
		q.OffTheClock = string(a.raw["account_time"]) == "false"
		s, err := b.Simulate(q)
		return []any{s.Accuracy, s.Latency, s.Cost, s.UsedTime}, err
	}
	return p.ofObject(c, a)
}

// weights answers with the hashes of tensors, of one trial or of all.
func (p *player) weights(a *args) (any, error) {
	index, d, hp := a.index("index"), a.dataset(), a.hp()
	of := func(seed int) (any, error) {
		s, err := p.b.Weights(index, d, seed, hp)
		if s == nil {
			return nil, err
		}
		tensors := map[string]any{}
		for name, v := range s.All() {
			tensors[name] = map[string]any{
				"dtype": "torch." + v.DType.String(), "shape": v.Shape, "sha256": fmt.Sprintf("%x", sha256.Sum256(v.Data)),
			}
		}
		return tensors, err
	}
	if !a.isNull("seed") {
		return of(a.integer("seed"))
	}
	trials, err := p.b.Trials(index, d, hp)
	all := map[int]any{}
	for _, t := range trials {
		if all[t.Seed], err = of(t.Seed); err != nil {
			return nil, err
		}
	}
	return all, err
}

// ofObject answers calls of an architecture's results or of a trial.
func (p *player) ofObject(c recorded, a *args) (any, error) {
	api := p.b.API()
	switch c.Call {
	case "ArchResults.__repr__":
		return a.results().String(), nil
	case "ArchResults.arch_idx_str":
		return a.results().IndexString(), nil
	case "ArchResults.get_dataset_names":
		return a.results().Datasets(), nil
	case "ArchResults.get_total_epoch":
		if a.isNull("dataset") {
			return a.results().AllEpochs()
		}
		return a.results().Epochs(a.dataset())
	case "ArchResults.get_dataset_seeds":
		return a.results().SeedsOn(a.dataset())
	case "ArchResults.get_compute_costs":
		return a.results().Cost(api, a.dataset())
	case "ArchResults.get_latency":
		return a.results().Latency(a.dataset())
	case "ArchResults.get_metrics":
		return a.results().Metrics(api, a.dataset(), a.set("setname"), a.epoch(), a.choice())
	case "ResultsCount.__repr__":
		return a.trial().String(), nil
	case "ResultsCount.get_latency":
		if l := a.trial().MeanLatency(); l.OK {
			return l, nil
		}
		return -1, nil
	case "ResultsCount.get_times":
		return timesJSON(a.trial().Times(api))
	case "ResultsCount.get_eval_set":
		return a.trial().Sets(), nil
	case "ResultsCount.get_total_epoch":
		return a.trial().Epochs, nil
	case "ResultsCount.get_config":
		return a.trial().Net, nil
	case "ResultsCount.get_train":
		return a.trial().Metrics(data.Train, a.epoch())
	case "ResultsCount.get_eval":
		return a.trial().Metrics(a.set("name"), a.epoch())
	}
	return nil, errUntyped
}
