package bench

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/bench/internal/store"
	"cellnet/internal/fixture"
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

// asText gives the call with a recipe as a text that was given as a number.
func (c recorded) asText() recorded {
	text := maps.Clone(c.Args)
	text["hp"] = json.RawMessage(`"` + string(c.Args["hp"]) + `"`)
	c.Args = text
	return c
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
			compareAnswers(t, b, recordings, f.recording)
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
			compareAnswers(t, s, recordings, f.recording)
		})
	}
}

// compareAnswers makes the calls of a recording on b.
func compareAnswers(t *testing.T, b *Benchmark, all map[string]recording, name string) {
	t.Helper()
	r := all[name]
	if len(r.Calls) == 0 {
		t.Fatal("no calls")
	}
	failures := 0
	_, isStore := b.source.(*store.Store)
	p := player{b: b, r: r, isStore: isStore, nats: all["nats_mini"], shared: filepath.Dir(filepath.Dir(filepath.Dir(fixture.Shared(t, "fixtures/bench/expected.json"))))}
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
