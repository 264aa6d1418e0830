package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cellnet/bench"
	"cellnet/internal/fixture"
	"cellnet/internal/query"
)

// openStore opens a store made of three real records: architectures 0, 11 and 284.
func openStore(t testing.TB) *bench.Benchmark {
	t.Helper()
	files, err := bench.Open(fixture.Shared(t, "data/nats/NATS-tss-v1_0-3ffb9-simple"))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	path := filepath.Join(t.TempDir(), "store.parquet")
	if err := bench.Import(files, path, nil); err != nil {
		t.Fatal(err)
	}
	store, err := bench.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return store
}

func quiet() *log.Logger { return logTo(io.Discard) }

func logTo(w io.Writer) *log.Logger { return log.New(w, "", 0) }

// start serves a benchmark and gives the server's address, and a function that
// stops it.
func start(t testing.TB, b *bench.Benchmark, o Options) (address string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, l, b, o) }()
	t.Cleanup(cancel)
	return l.Addr().String(), func() error {
		cancel()
		return <-ended
	}
}

func get(h http.Handler, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w
}

func TestAnswersAreThoseOfTheQueries(t *testing.T) {
	b := openStore(t)
	h := Handler(context.Background(), b, quiet())
	values := map[query.Param]string{query.Index: "11", query.Arch: "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
		query.Dataset: "cifar100", query.Set: "test"}
	for _, q := range query.All() {
		given, form := map[string]string{}, url.Values{}
		for _, p := range q.Needs {
			given[string(p)] = values[p]
			form.Set(string(p), values[p])
		}
		args, err := q.Parse(given)
		if err != nil {
			t.Fatal(err)
		}
		want, err := write(t.Context(), b, q, args)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second answer may be a kept one
			got := get(h, "/api/"+q.Name+"?"+form.Encode())
			if got.Code != http.StatusOK || !bytes.Equal(got.Body.Bytes(), want) {
				t.Errorf("%s: %d %s, want %s", q.Name, got.Code, got.Body, want)
			}
		}
	}
}

func TestRefuses(t *testing.T) {
	h := Handler(context.Background(), openStore(t), quiet())
	long := strings.Repeat("x", 300)
	for _, c := range []struct {
		target string
		status int
		word   string
	}{
		{"/api/metrics?index=11", 400, "dataset: missing"},
		{"/api/metrics?index=11&dataset=mnist", 400, `unknown dataset \"mnist\"`},
		{"/api/metrics?index=11&dataset=synthetic", 400, "unknown dataset"},
		{"/api/metrics?index=-1&dataset=cifar10", 400, "no whole number"},
		{"/api/metrics?index=99999999999999999999&dataset=cifar10", 400, "no whole number"},
		{"/api/metrics?index=15625&dataset=cifar10", 404, "want 0 to 15624"},
		{"/api/metrics?index=12&dataset=cifar10", 404, "no record"},
		{"/api/metrics?index=11&arch=x&dataset=cifar10", 400, "does not go with"},
		{"/api/metrics?index=11&index=12&dataset=cifar10", 400, "given 2 times"},
		{"/api/metrics?index=11&dataset=cifar10&hp=7", 404, "7"},
		{"/api/metrics?index=11&dataset=cifar10&hp=x", 400, "unknown recipe"},
		{"/api/metrics?index=11&dataset=cifar10&epoch=12", 404, "epoch 12"},
		{"/api/metrics?index=11&dataset=cifar10&seed=1", 404, "no trial with seed 1"},
		{"/api/metrics?index=11&dataset=cifar10&colour=red", 400, "unknown parameter"},
		{"/api/metrics?index=11&dataset=%zz", 400, "can't be read"},
		{"/api/arch?arch=" + long, 400, "unknown cell"},
		{"/api/arch?arch=" + strings.Repeat(long, 10), 414, "at most 2048"},
		{"/api/arch?arch=foo", 400, "unknown cell"},
		{"/api/top?dataset=cifar10&set=test&limit=1001", 400, "at most 1000"},
		{"/api/best?dataset=cifar10&set=test&max-flops=NaN", 400, "no number"},
		{"/api/simulate?index=11&dataset=cifar10-valid", 400, "cannot be simulated"},
		{"/api/cell.svg?index=99999", 404, "out of range"},
		{"/api/cell.svg", 400, "index: missing"},
		{"/api/nothing", 404, "no page"},
		{"/../etc/passwd", 307, ""},
	} {
		got := get(h, c.target)
		if got.Code != c.status || !strings.Contains(got.Body.String(), c.word) {
			t.Errorf("%.80s: got %d %s, want %d with %q", c.target, got.Code, got.Body, c.status, c.word)
		}
		if c.status >= 400 && !json.Valid(got.Body.Bytes()) {
			t.Errorf("%.80s: no JSON: %s", c.target, got.Body)
		}
	}
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/api/info", nil),
		httptest.NewRequest(http.MethodDelete, "/", nil),
		httptest.NewRequest(http.MethodGet, "/api/info", strings.NewReader("body")),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code < 405 || w.Code > 413 {
			t.Errorf("%s %s: got %d", r.Method, r.URL, w.Code)
		}
	}
}

func TestOpenAPIDescribesTheQueries(t *testing.T) {
	text, err := files.ReadFile("page/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]struct {
			Get struct {
				Parameters []struct {
					Name     string
					Required bool
				}
			}
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	if got, want := len(doc.Paths), len(query.All())+2; got != want { // the picture of a cell and the search are no queries
		t.Errorf("%d paths, want %d", got, want)
	}
	for _, q := range query.All() {
		var got, needed []string
		for _, p := range doc.Paths["/api/"+q.Name].Get.Parameters {
			got = append(got, p.Name)
			if p.Required {
				needed = append(needed, p.Name)
			}
		}
		var want, needs []string
		for _, p := range q.Params() {
			want = append(want, string(p))
		}
		for _, p := range q.Needs {
			if p != query.Index {
				needs = append(needs, string(p))
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) || !slices.Equal(needed, needs) {
			t.Errorf("%s: described with %v (needed %v), want %v (%v)", q.Name, got, needed, want, needs)
		}
	}
}

func TestIdleAndSlowClientsAreCutOff(t *testing.T) {
	address, stop := start(t, openStore(t), Options{HeaderTimeout: 300 * time.Millisecond, MaxConnections: 1200})
	var idle []net.Conn
	for i := range 1000 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if i%2 == 0 {
			fmt.Fprint(c, "GET /api/info HTT") // and then nothing
		}
		idle = append(idle, c)
	}
	r, err := http.Get("http://" + address + "/api/metrics?index=11&dataset=cifar10")
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusOK {
		t.Errorf("beside idle clients: status %d", r.StatusCode)
	}
	for _, c := range idle {
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.Copy(io.Discard, c); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatalf("an idle client was not cut off: %v", err)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// Clients that ask for much and read nothing block their own connections only, and
// are cut off.
func TestClientsThatDontReadAreCutOff(t *testing.T) {
	address, stop := start(t, openStore(t), Options{WriteTimeout: 500 * time.Millisecond})
	var slow []net.Conn
	for range 20 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		request := "GET /api/trials?index=11&dataset=cifar10&hp=200 HTTP/1.1\r\nHost: x\r\n\r\n"
		c.SetWriteDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(c, strings.Repeat(request, 500)); err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatal(err)
		}
		slow = append(slow, c)
	}
	for range 20 {
		r, err := http.Get("http://" + address + "/api/metrics?index=11&dataset=cifar10")
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Errorf("beside slow clients: status %d", r.StatusCode)
		}
	}
	time.Sleep(time.Second) // in which they read nothing
	for _, c := range slow {
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		n, err := io.Copy(io.Discard, c)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("a client that read nothing is not cut off, %d bytes came", n)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestConnectionsBeyondTheLimitAreTold(t *testing.T) {
	address, stop := start(t, openStore(t), Options{MaxConnections: 1})
	first, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(c net.Conn) int {
		fmt.Fprint(c, "GET /api/arch?index=11 HTTP/1.1\r\nHost: localhost\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, err := io.ReadAll(r.Body)
		if err != nil || !json.Valid(text) {
			t.Errorf("answer %q, %v", text, err)
		}
		return r.StatusCode
	}
	if got := ask(first); got != http.StatusOK {
		t.Errorf("first: %d", got)
	}
	second, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := http.ReadResponse(bufio.NewReader(second), nil); err != nil || r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("second: %v, %v", r, err)
	}
	second.Close()
	first.Close()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestStopsAfterRunningRequests(t *testing.T) {
	address, stop := start(t, openStore(t), Options{})
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /api/arch?index=11 HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", r, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("still listens")
	}
}

// FuzzQueries asks with any parameters: the server answers with JSON, and faults of
// the client's are told as such.
func FuzzQueries(f *testing.F) {
	b := openStore(f)
	h := Handler(context.Background(), b, quiet())
	for _, q := range query.All() {
		for _, s := range []string{"index=11&dataset=cifar100&hp=200", "dataset=cifar10&set=valid&max-flops=1e3", "arch=%7Cnone~0%7C", "index=284&dataset=cifar10&set=x-test&epoch=3&seed=777"} {
			f.Add(q.Name, s)
		}
	}
	f.Fuzz(func(t *testing.T, name, parameters string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.Path, r.URL.RawQuery = "/api/"+name, parameters
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s?%s: %d %s", name, parameters, w.Code, w.Body)
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s?%s: no JSON: %s", name, parameters, w.Body)
		}
	})
}
