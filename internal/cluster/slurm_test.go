//go:build slurm

package cluster

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"cellnet/weights"
)

const slurmConf = `ClusterName=test
SlurmctldHost=%[1]s(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[2]s/munge.socket
CredType=cred/munge
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile=%[2]s/ctld.pid
SlurmdPidFile=%[2]s/d.pid
StateSaveLocation=%[2]s/state
SlurmdSpoolDir=%[2]s/spool
SlurmctldLogFile=%[2]s/ctld.log
SlurmdLogFile=%[2]s/d.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
NodeName=%[1]s NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`

// A real Slurm on this machine runs the printed script: six trials in two tasks, one
// of which is queued again in the midst. Run it as root, with Debian's slurm-wlm:
//
//	go test -tags slurm ./internal/cluster -run TestSlurm -timeout 30m
func TestSlurm(t *testing.T) {
	for _, name := range []string{"munged", "slurmctld", "slurmd", "sbatch"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no Slurm here: %v", err)
		}
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	path := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{"slurm.conf": fmt.Sprintf(slurmConf, host, dir), "key": strings.Repeat("a key of a test ", 64)} {
		if err := os.WriteFile(path(name), []byte(text), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"state", "spool"} {
		if err := os.Mkdir(path(name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SLURM_CONF", path("slurm.conf"))
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s %q: %v\n%s%s", name, args, err, &out, &errs)
		}
		return out.String()
	}
	run("go", "build", "-C", mustAbs(t, "../.."), "-o", path("cellnet"), "./cmd/cellnet")
	run("munged", "--force", "--key-file="+path("key"), "--socket="+path("munge.socket"), "--pid-file="+path("munge.pid"),
		"--log-file="+path("munge.log"), "--seed-file="+path("munge.seed"))
	t.Cleanup(func() { end(t, path("munge.pid")) })
	run("slurmctld", "-c")
	t.Cleanup(func() { end(t, path("ctld.pid")) })
	run("slurmd", "-c")
	t.Cleanup(func() { end(t, path("d.pid")) })

	work := []string{"generate", "--archs=0-2", "--seeds=777,888", "--datasets=synthetic", "--epochs=20", "--batch=16", "--limit=100", "--channels=8", "--cells=1", "--checkpoint-every=1s"}
	script := run(path("cellnet"), append(work, "--out=array", "--slurm", "--tasks=2")...)
	if err := os.WriteFile(path("job.sh"), []byte(script), 0o666); err != nil {
		t.Fatal(err)
	}
	id := strings.Fields(run("sbatch", "--parsable", "job.sh"))[0]
	t.Cleanup(func() { _ = exec.Command("scancel", "--full", id).Run() })
	wait := func(what string, done func() bool) {
		t.Helper()
		for range 1200 {
			if done() {
				return
			}
			time.Sleep(500 * time.Millisecond)
		}
		t.Fatalf("%s: not within 10 minutes", what)
	}
	wait("a checkpoint of the first task", func() bool {
		found, _ := filepath.Glob(path("array/*/unfinished/arch-000000-seed-0777/*/*.ckpt"))
		return len(found) > 0
	})
	run("scontrol", "requeue", id+"_1")
	wait("the first task in the queue", func() bool { // where it would wait for two minutes
		return exec.Command("scontrol", "update", "JobId="+id+"_1", "StartTime=now").Run() == nil
	})
	wait("the array", func() bool { return strings.TrimSpace(run("squeue", "-h", "-j", id, "-o", "%T")) == "" })
	if state := run("scontrol", "show", "job", id+"_1"); !strings.Contains(state, "Restarts=1") || !strings.Contains(state, "JobState=COMPLETED") {
		t.Errorf("the first task: %s", state)
	}
	run(path("cellnet"), append(work, "--out=local")...)
	local, err := filepath.Glob(path("local/*/*.pth"))
	if err != nil || len(local) != 6 {
		t.Fatalf("%d trials here, %v", len(local), err)
	}
	for _, file := range local {
		name, err := filepath.Rel(path("local"), file)
		if err != nil {
			t.Fatal(err)
		}
		if numbers(t, file) != numbers(t, filepath.Join(path("array"), name)) {
			t.Errorf("%s has other weights than a local run's", name)
		}
	}
	logs := run("bash", "-c", "cat cellnet-generate-*.log")
	if trained := strings.Count(logs, ": trained in "); trained != 6 || !strings.Contains(logs, "cellnet: interrupted") {
		t.Errorf("%d trials were trained, want 6, after one interruption: %s", trained, logs)
	}
	run(path("cellnet"), "collect", "array", "--nats", "own.pickle.pbz2")
}

func mustAbs(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// end ends the process that wrote a file with its number.
func end(t *testing.T, pidFile string) {
	text, err := os.ReadFile(pidFile)
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	for range 100 {
		if process.Signal(os.Interrupt) != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("the process of %s does not end", pidFile)
}

func numbers(t *testing.T, file string) string {
	t.Helper()
	f, err := weights.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	network, err := f.Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := network.Load()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for name, tensor := range state.All() {
		b.WriteString(name)
		b.Write(tensor.Data)
	}
	return b.String()
}
