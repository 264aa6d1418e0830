package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestServeAnswersUntilInterrupted(t *testing.T) {
	serveUntilInterrupted(t, nats(t))
}

// Without a file the built-in results are served.
func TestServeBuiltin(t *testing.T) { serveUntilInterrupted(t) }

func serveUntilInterrupted(t *testing.T, file ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stderr, out := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code := run(ctx, append([]string{"serve", "--listen", "127.0.0.1:0"}, file...), strings.NewReader(""), io.Discard, out)
		out.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(stderr)
	if !lines.Scan() {
		t.Fatal("no address")
	}
	_, address, found := strings.Cut(lines.Text(), " on ")
	if !found {
		t.Fatal(lines.Text())
	}
	r, err := http.Get(address + "api/metrics?index=11&dataset=cifar100&hp=200")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	got, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := mustCellnet(t, append([]string{"query"}, append(file, "metrics", "11", "--dataset", "cifar100", "--hp", "200", "--json")...)...)
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	cancel()
	if lines.Scan() {
		t.Errorf("said %q", lines.Text())
	}
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
