package server

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/search/simulate"
)

func builtinHandler(t testing.TB) http.Handler {
	t.Helper()
	b, err := bench.OpenBuiltin()
	if err != nil {
		t.Fatal(err)
	}
	return Handler(context.Background(), b, quiet())
}

func TestSearch(t *testing.T) {
	h := builtinHandler(t)
	target := "/api/search?algorithm=evolution&dataset=cifar100&runs=3&seed=5&budget=9000"
	w := get(h, target)
	var got searchAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("status %d, %s, error %v", w.Code, w.Body, err)
	}
	runs := 0
	for _, f := range got.Found {
		runs += f.Runs
	}
	if n := len(got.Seconds); runs != 3 || n == 0 || len(got.Mean) != n || len(got.Std) != n || got.Algorithm != "evolution" || got.Budget != 9000 {
		t.Errorf("got %s", w.Body)
	}
	if !slices.IsSorted(got.Visited) || len(got.Visited) < 100 || float64(len(got.Visited)) > 3*got.Trainings {
		t.Errorf("visited %v", got.Visited)
	}
	for _, f := range got.Found {
		if _, ok := slices.BinarySearch(got.Visited, f.Index); !ok {
			t.Errorf("%d was found but not visited", f.Index)
		}
	}
	if again := get(h, target).Body.String(); again != w.Body.String() {
		t.Errorf("the same search brought %s, then %s", w.Body, again)
	}
}

func TestHostileSearchesAreRefused(t *testing.T) {
	h := builtinHandler(t)
	for query, want := range map[string]string{
		"":                                       "missing dataset",
		"dataset=mnist":                          "dataset",
		"dataset=synthetic":                      "dataset",
		"dataset=cifar10&algorithm=rm":           "algorithm",
		"dataset=cifar10&runs=1000000000":        "want 1 to 4 of bayesian",
		"dataset=cifar10&runs=-1":                "runs",
		"dataset=cifar10&runs=99999999999999999": "runs",
		"dataset=cifar10&budget=1e300":           "at most 20000",
		"dataset=cifar10&budget=NaN":             "above 0",
		"dataset=cifar10&budget=-Inf":            "above 0",
		"dataset=cifar10&budget=0":               "above 0",
		"dataset=cifar10&seed=-1":                "seed",
		"dataset=cifar10&seed=4294967296":        "seed",
		"dataset=cifar10&max=flops":              "limit",
		"dataset=cifar10&max=flops%3DNaN":        "limit",
		"dataset=cifar10&max=flops%3D0":          "within the limits",
		"dataset=cifar10&population=1":           "unknown parameter",
		"dataset=cifar10&dataset=cifar10":        "2 times",
	} {
		w := get(h, "/api/search?"+query)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q: status %d, %s, want %s", query, w.Code, w.Body, want)
		}
	}
}

// FuzzSearchRequest reads parameters of searches: what is accepted is within the
// limits on work.
func FuzzSearchRequest(f *testing.F) {
	f.Add("dataset=cifar10&algorithm=evolution&runs=20&budget=20000&seed=7&max=flops=50,params=1")
	f.Add("dataset=cifar100&budget=1e-9")
	f.Add("dataset=ImageNet16-120&runs=0x10&seed=-1&max=,")
	f.Add("dataset=cifar10&algorithm=reinforce&max=edgetpu_latency%3D1e308,raspi4_latency%3D-0")
	f.Add("dataset=cifar10&algorithm=bohb%0A&max=%00%3D1")
	all := judges{kept: map[data.Dataset]simulate.Judge{}}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		values := map[string]string{}
		for name, of := range parsed {
			values[name] = of[0]
		}
		r, err := searchRequest(values)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: more than a line: %v", text, err)
			}
			return
		}
		if r.Runs < 1 || r.Runs > maxSearchRuns || r.Budget < 0 || r.Budget > simulate.Budget(r.Space, r.Dataset) || r.Dataset == 0 {
			t.Errorf("%q is accepted as %+v", text, r)
		}
		judge, err := all.of(r)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if _, err := r.Plan(judge); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: more than a line: %v", text, err)
		}
	})
}
