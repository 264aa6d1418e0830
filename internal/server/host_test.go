package server

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cellnet/bench"
)

func TestHosts(t *testing.T) {
	h := wantHost([]string{"nas.example"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "reached") }))
	for host, want := range map[string]int{
		"localhost": 200, "localhost:8201": 200, "LOCALHOST.": 200, "127.0.0.1:8201": 200, "[::1]:8201": 200, "[::1]": 200,
		"192.168.1.7:80": 200, "nas.example:8201": 200, "NAS.example": 200, "": 200,
		"evil.example": 421, "evil.example:8201": 421, "localhost.evil.example": 421, "nas.example.evil.example": 421,
		"127.0.0.1.evil.example": 421, "evil.example:80:80": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want || (want == 200) != (w.Body.String() == "reached") {
			t.Errorf("%q: %d %s, want %d", host, w.Code, w.Body, want)
		}
	}
}

func TestServeChecksTheHost(t *testing.T) {
	b, err := bench.Merge(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	address, stop := start(t, b, Options{})
	for host, want := range map[string]int{address: 200, "evil.example": 421} {
		r, err := http.NewRequest(http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		got, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		if got.StatusCode != want {
			t.Errorf("%s: %d, want %d", host, got.StatusCode, want)
		}
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// What is wrong on this side is told to the log alone.
func TestFailuresNameNoPaths(t *testing.T) {
	var said strings.Builder
	a := &api{log: logTo(&said)}
	w := httptest.NewRecorder()
	a.fail(w, httptest.NewRequest(http.MethodGet, "/api/best", nil), errors.New("reading /home/someone/\x1b[31mstore.parquet: broken"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "home") {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if !strings.Contains(said.String(), `/home/someone/\x1b[31mstore`) {
		t.Errorf("logged %q", said.String())
	}
}
