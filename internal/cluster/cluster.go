// Package cluster writes what Slurm and Kubernetes take to run a command as an array
// of tasks that share its work, each of which goes on where it was stopped.
package cluster

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cellnet/internal/usage"

	"github.com/spf13/pflag"
)

// Job is a command that an array of tasks runs. A task that is told to end by SIGTERM
// keeps what it did and exits with [Interrupted]; the same command goes on.
type Job struct {
	Name       string   // lower case letters, digits and hyphens
	Command    []string // the program and its arguments
	Tasks      int
	Together   bool          // every task is told the same, else also which part is its own, by --shard
	Processors int           // of a task
	Memory     float64       // bytes of a task
	Time       time.Duration // that a task is expected to take
}

const (
	// Interrupted is the exit code of a command that was told to end.
	Interrupted = 130
	// usageCode is that of a command that would fail every time.
	usageCode = 2

	notice   = 2 * time.Minute // between the signal and the end of a task
	margin   = 1.5             // of time and memory, for slower machines
	wanted   = 8 * time.Hour   // of a task, if the number of tasks is free
	maxTasks = 1000            // an array of Slurm's has so many, unless it is set up otherwise
	restarts = 100             // of a task that does not get done in its time
)

// Work is what a plan says there is to do.
type Work struct {
	Pieces  []float64 // seconds of each, in the order in which tasks take them in turn
	Memory  float64   // bytes of a task
	Program string    // as a task calls it
	// Together says that tasks divide the work among themselves, so that none is told
	// its part.
	Together bool
}

// Flags ask for a job instead of its work.
type Flags struct {
	slurm, kubernetes bool
	tasks             int
	image, claim      string
}

// Add adds the flags.
func (f *Flags) Add(flags *pflag.FlagSet) {
	flags.BoolVar(&f.slurm, "slurm", false, "only print a script for sbatch that does this, by an array of tasks")
	flags.BoolVar(&f.kubernetes, "kubernetes", false, "only print a manifest for kubectl that does this, by an indexed job")
	flags.IntVar(&f.tasks, "tasks", 0, "`N` tasks of --slurm or --kubernetes (default: as many as take 8 hours each)")
	flags.StringVar(&f.image, "image", "cellnet", "container `IMAGE` of --kubernetes")
	flags.StringVar(&f.claim, "claim", "cellnet", "persistent volume claim of --kubernetes, by `NAME`: it is the folder that paths are relative to")
}

// Asked tells whether a job is asked for.
func (f *Flags) Asked() bool { return f.slurm || f.kubernetes }

// Tasks are those that were asked for, or one.
func (f *Flags) Tasks() int { return max(1, f.tasks) }

// Check looks at the flags, and at the --shard of a command beside them.
func (f *Flags) Check(shard string) error {
	switch {
	case f.Asked() && shard != "":
		return usage.Errorf("--shard: --slurm and --kubernetes tell the tasks their parts, want one of them")
	case f.slurm && f.kubernetes:
		return usage.Errorf("--slurm and --kubernetes, want one of them")
	case f.tasks < 0 || f.tasks > maxTasks:
		return usage.Errorf("--tasks: %d, want 1 to %d", f.tasks, maxTasks)
	case !f.Asked() && f.tasks > 0:
		return usage.Errorf("--tasks goes with --slurm or --kubernetes")
	}
	return nil
}

// Print gives the script or the manifest of the work of a command with arguments.
func (f *Flags) Print(name string, args []string, w Work, processors int) (string, error) {
	if len(w.Pieces) == 0 {
		return "", errors.New("there is nothing left to do for a cluster")
	}
	tasks := f.tasks
	if tasks == 0 {
		total := 0.0
		for _, s := range w.Pieces {
			total += s
		}
		tasks = int(math.Ceil(min(maxTasks, total*margin/wanted.Seconds())))
	}
	tasks = max(1, min(tasks, len(w.Pieces), maxTasks))
	job := Job{
		Name: name, Command: append([]string{w.Program}, args...), Tasks: tasks, Processors: processors,
		Memory: margin * w.Memory, Time: longest(w.Pieces, tasks), Together: w.Together,
	}
	if f.slurm {
		return job.Slurm(), nil
	}
	return job.Kubernetes(f.image, f.claim), nil
}

// longest is the time of the task with the most work, with a margin.
func longest(pieces []float64, tasks int) time.Duration {
	of := make([]float64, tasks)
	for i, s := range pieces {
		of[i%tasks] += s
	}
	return time.Duration(margin * slices.Max(of) * float64(time.Second)).Round(time.Second)
}

// Arguments gives the flags of a command as they were given, without those of Flags.
func Arguments(flags *pflag.FlagSet) []string {
	var own Flags
	ours := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.Add(ours)
	var args []string
	flags.Visit(func(flag *pflag.Flag) {
		if ours.Lookup(flag.Name) == nil {
			args = append(args, "--"+flag.Name+"="+flag.Value.String())
		}
	})
	return args
}

// limit is the time that a task is given: at least 10 minutes, to the minute, with the
// notice.
func (j Job) limit() time.Duration {
	return max(j.Time, 10*time.Minute).Round(time.Minute) + notice
}

func (j Job) megabytes() int { return max(512, int(math.Ceil(j.Memory/(1<<20)))) }

// shellWord quotes a word for a shell.
func shellWord(word string) string {
	plain := strings.IndexFunc(word, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=+.,:/@%", r))
	}) < 0
	if plain && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func shellLine(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	return strings.Join(quoted, " ")
}

// Slurm gives a script for sbatch. A task that gets no more time is queued again; one
// that is preempted is queued again by Slurm.
func (j Job) Slurm() string {
	limit := j.limit()
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("#!/bin/bash")
	p("# %s, about %s of work each. Submit it by sbatch, in the folder where", tasksOf(j.Tasks), j.Time.Round(time.Minute))
	p("# the command would be run; the same script goes on after anything that ended it.")
	p("#SBATCH --job-name=%s", j.Name)
	p("#SBATCH --array=1-%d", j.Tasks)
	p("#SBATCH --ntasks=1")
	p("#SBATCH --cpus-per-task=%d", j.Processors)
	p("#SBATCH --mem=%dM", j.megabytes())
	p("#SBATCH --time=%d-%02d:%02d:00", int(limit.Hours())/24, int(limit.Hours())%24, int(limit.Minutes())%60)
	p("#SBATCH --signal=B:USR1@%d", int(notice.Seconds()))
	p("#SBATCH --requeue")
	p("#SBATCH --open-mode=append")
	p("#SBATCH --output=%s-%%A_%%a.log", j.Name)
	p("set -u")
	p("export GOMAXPROCS=${SLURM_CPUS_PER_TASK:-%d}", j.Processors)
	p("")
	p("late=")
	own := ""
	if !j.Together {
		own = fmt.Sprintf(` --shard="$SLURM_ARRAY_TASK_ID/%d"`, j.Tasks)
	}
	p("%s%s &", shellLine(j.Command), own)
	p("work=$!")
	p("trap 'kill -TERM $work' TERM       # preempted, or cancelled")
	p("trap 'late=1; kill -TERM $work' USR1 # the time is nearly over")
	p("wait $work")
	p("code=$?")
	p("while kill -0 $work 2>/dev/null; do # a signal ended the waiting only")
	p("\twait $work")
	p("\tcode=$?")
	p("done")
	p("if [ -n \"$late\" ] && [ $code -eq %d ] && [ \"${SLURM_RESTART_COUNT:-0}\" -lt %d ]; then", Interrupted, restarts)
	p("\tscontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"")
	p("fi")
	p("exit $code")
	return b.String()
}

func tasksOf(n int) string {
	if n == 1 {
		return "One task"
	}
	return fmt.Sprintf("%d tasks", n)
}
