package server

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cellnet/internal/python"
)

// The Python packages take the server's address in the place of a file.
func TestPythonPackagesConnect(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("no python3 here")
	}
	ctx, stop := context.WithCancel(t.Context())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, l, openStore(t), Options{HeaderTimeout: 100 * time.Millisecond, WriteTimeout: 100 * time.Millisecond})
	}()
	dir := filepath.Join(t.TempDir(), "api")
	if err := python.Write(dir, "nothing"); err != nil {
		t.Fatal(err)
	}
	const program = `
import sys, time
from nas_201_api import NASBench201API
api = NASBench201API(sys.argv[1], verbose=False)
index = api.evaluated_indexes[0]
print(len(api), api.get_net_config(index, "cifar10")["name"])
time.sleep(0.5)  # longer than a page may take
print(api.query_index_by_arch(api[index]) == index)
try:
    api.reload(sys.path[0] or ".", index)
except PermissionError as e:
    print("refused")
sys.stdout.flush()
sys.stdin.readline()
`
	client := exec.Command("python3", "-c", program, "http://"+l.Addr().String())
	client.Env = append(os.Environ(), "PYTHONPATH="+dir)
	in, err := client.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	client.Stdout, client.Stderr = &out, &errs
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	response, err := http.Get("http://" + l.Addr().String() + "/api/python")
	if err != nil || response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("a browser's request gave %v, %v", response.Status, err)
	}
	in.Close()
	if err := client.Wait(); err != nil || out.String() != "15625 infer.tiny\nTrue\nrefused\n" {
		t.Errorf("the client printed %q: %v\n%s", &out, err, &errs)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
