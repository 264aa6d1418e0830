package cluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func printed(t *testing.T, args []string, w Work) string {
	t.Helper()
	var f Flags
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.Add(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	if err := f.Check(""); err != nil {
		t.Fatal(err)
	}
	text, err := f.Print("cellnet-generate", []string{"generate", "--archs=0-99", "--out=a b", "--x=|none~0|"}, w, 4)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSizeOfArray(t *testing.T) {
	hours := func(n int, each float64) []float64 { return slices.Repeat([]float64{each * 3600}, n) }
	for _, c := range []struct {
		name       string
		pieces     []float64
		args       []string
		array, max string // of the tasks; the time of one, with margin and notice
	}{
		{"short", hours(10, 0.01), nil, "1-1", "0-00:12:00"},
		{"as many as take 8 hours", hours(100, 1), nil, "1-19", "0-09:02:00"},
		{"fewer than the pieces", hours(2, 100), nil, "1-2", "6-06:02:00"},
		{"given", hours(100, 1), []string{"--tasks=10"}, "1-10", "0-15:02:00"},
		{"more than pieces", hours(3, 1), []string{"--tasks=10"}, "1-3", "0-01:32:00"},
		{"as many as an array has", hours(20000, 100), nil, "1-1000", "125-00:02:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := printed(t, append(c.args, "--slurm"), Work{Pieces: c.pieces, Memory: 1 << 30, Program: "/opt/cellnet"})
			for _, want := range []string{"--array=" + c.array + "\n", "--mem=1536M\n", "--cpus-per-task=4\n", "\n/opt/cellnet generate --archs=0-99 '--out=a b' '--x=|none~0|' --shard=\"$SLURM_ARRAY_TASK_ID/"} {
				if !strings.Contains(text, want) {
					t.Errorf("want %q in\n%s", want, text)
				}
			}
			if !strings.Contains(text, "--time="+c.max+"\n") {
				t.Errorf("want the time %s in\n%s", c.max, text)
			}
		})
	}
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{{"--slurm", "--kubernetes"}, {"--tasks=3"}, {"--slurm", "--tasks=-1"}, {"--slurm", "--tasks=1001"}} {
		var f Flags
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.Add(flags)
		if err := flags.Parse(args); err != nil {
			t.Fatal(err)
		}
		if err := f.Check(""); err == nil {
			t.Errorf("%v was taken", args)
		}
	}
	if err := (&Flags{slurm: true}).Check("1/2"); err == nil {
		t.Error("a job of a part was taken")
	}
	if _, err := (&Flags{slurm: true}).Print("x", nil, Work{}, 1); err == nil {
		t.Error("a job without work was printed")
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(Flags).Add(flags)
	flags.String("out", "", "")
	flags.Bool("dedup", false, "")
	flags.String("seeds", "777", "")
	if err := flags.Parse([]string{"--slurm", "--out", "a b", "--tasks", "3", "--dedup"}); err != nil {
		t.Fatal(err)
	}
	if got := Arguments(flags); !slices.Equal(got, []string{"--dedup=true", "--out=a b"}) {
		t.Errorf("arguments %q", got)
	}
}

// The script runs its command, hands signals on, and is queued again if its time is
// over before the work is.
func TestSlurmScript(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	// A command that takes a while, and is told to end by TERM.
	const work = `#!/bin/bash
trap 'echo interrupted >&2; exit 130' TERM
echo "args $#: $3 $5" && touch begun
[ -n "${FAIL:-}" ] && exit 3
[ -n "${QUICK:-}" ] && exit 0
for i in $(seq 600); do sleep 0.1; done
`
	for _, c := range []struct {
		name, env, signal string
		code              int
		requeued          bool
	}{
		{"done", "QUICK=1", "", 0, false},
		{"failed", "FAIL=1", "", 3, false},
		{"preempted", "", "TERM", 130, false},
		{"out of time", "", "USR1", 130, true},
		{"out of time too often", "SLURM_RESTART_COUNT=100", "USR1", 130, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{"work": work, "scontrol": "#!/bin/bash\necho \"$@\" > requeued\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			script := printed(t, []string{"--slurm"}, Work{Pieces: []float64{1}, Program: filepath.Join(dir, "work")})
			cmd := exec.Command(bash, "-c", script)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "SLURM_ARRAY_JOB_ID=5", "SLURM_ARRAY_TASK_ID=2", c.env)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.signal != "" {
				for range 600 {
					if _, err := os.Stat(filepath.Join(dir, "begun")); err == nil {
						break
					}
					time.Sleep(50 * time.Millisecond)
				}
				if err := exec.Command("kill", "-"+c.signal, strconv.Itoa(cmd.Process.Pid)).Run(); err != nil {
					t.Fatal(err)
				}
			}
			_ = cmd.Wait()
			requeued, err := os.ReadFile(filepath.Join(dir, "requeued"))
			if code := cmd.ProcessState.ExitCode(); code != c.code || (err == nil) != c.requeued {
				t.Errorf("exit code %d, requeued %q, want %d, %v\n%s", code, requeued, c.code, c.requeued, &out)
			}
			if c.requeued && string(requeued) != "requeue 5_2\n" {
				t.Errorf("scontrol %s", requeued)
			}
			if !strings.Contains(out.String(), "args 5: --out=a b --shard=2/1\n") {
				t.Errorf("the command said %s", &out)
			}
		})
	}
}

// The manifest is one of Kubernetes's by its own types, without unknown fields.
func TestManifest(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Kubernetes's types")
	}
	text := printed(t, []string{"--kubernetes", "--tasks=2", "--claim=disk", "--image=cellnet:1"}, Work{Pieces: []float64{1, 2, 3}, Memory: 1 << 30})
	build := exec.Command("go", "build", "-o", filepath.Join(t.TempDir(), "batchv1"), ".")
	build.Dir = filepath.Join("testdata", "batchv1")
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("no types of Kubernetes to read the manifest by: %v\n%s", err, out)
	}
	read := exec.Command(build.Args[3])
	read.Stdin = strings.NewReader(text)
	out, err := read.CombinedOutput()
	want := `batch/v1 Job cellnet-generate true 2 12
Never 120 4 1536Mi disk
Ignore
Ignore
FailJob
generate
--archs=0-99
--out=a b
--x=|none~0|
--shard=/2
`
	if err != nil || string(out) != want {
		t.Errorf("the manifest says %s (%v), want %s", out, err, want)
	}
	read = exec.Command(build.Args[3])
	read.Stdin = strings.NewReader(strings.Replace(text, "completionMode", "completionmodus", 1))
	if err := read.Run(); err == nil {
		t.Error("an unknown field was taken")
	}
}
