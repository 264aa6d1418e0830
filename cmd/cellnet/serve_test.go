package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// TestServeWithoutALog closes the standard error of a server. It logs failures
// there, and goes on.
func TestServeWithoutALog(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process")
	}
	folder := filepath.Join(t.TempDir(), "NATS-tss-v1_0-3ffb9-simple")
	if err := os.CopyFS(folder, os.DirFS(nats(t))); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMainProcess$", "--", "serve", folder, "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), mainEnv+"=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(stderr).ReadString('\n')
	_, address, found := strings.Cut(strings.TrimSpace(line), " on ")
	if err != nil || !found {
		t.Fatalf("said %q, %v", line, err)
	}
	stderr.Close()
	if err := os.WriteFile(filepath.Join(folder, "000011.pickle.pbz2"), []byte("BZh9 is damaged"), 0o666); err != nil {
		t.Fatal(err)
	}
	client := http.Client{Timeout: time.Minute}
	for range 3 {
		for arch, want := range map[int]int{11: http.StatusInternalServerError, 0: http.StatusOK} {
			r, err := client.Get(fmt.Sprintf("%sapi/metrics?index=%d&dataset=cifar100&hp=200", address, arch))
			if err != nil {
				t.Fatal(err)
			}
			r.Body.Close()
			if r.StatusCode != want {
				t.Errorf("architecture %d: status %d, want %d", arch, r.StatusCode, want)
			}
		}
	}
}
