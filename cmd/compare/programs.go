package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"cellnet/cell"
	"cellnet/internal/speed"
)

//go:embed throughput.py refnet.py eval.py searchsteps.py
var scripts embed.FS

// programs are those that are compared, in a folder of their own.
type programs struct {
	settings
	dir string
}

// newPrograms makes a folder, which remove removes, for the scripts, checks that PyTorch
// is there and builds cellnet if it isn't given.
func newPrograms(ctx context.Context, s settings) (p *programs, err error) {
	dir, err := os.MkdirTemp("", "compare-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the programs: %w", err)
	}
	p = &programs{s, dir}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	if err := os.CopyFS(dir, scripts); err != nil {
		return nil, fmt.Errorf("unpacking the scripts: %w", err)
	}
	if _, err := start(ctx, s.threads, s.python, "-c", "import torch"); err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, fmt.Errorf("looking for PyTorch: %w: install it, on Debian and Ubuntu by \"apt install python3-torch\", or name a Python that has it by --python", err)
	}
	if s.cellnet != "" {
		return p, nil
	}
	p.cellnet = filepath.Join(dir, "cellnet")
	if runtime.GOOS == "windows" {
		p.cellnet += ".exe"
	}
	out, err := exec.CommandContext(ctx, "go", "build", "-o", p.cellnet, "cellnet/cmd/cellnet").CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("building cellnet: %w%s: run compare within the module, or name a cellnet by --cellnet", err, lastLine(string(out)))
	}
	return p, nil
}

func (p *programs) remove() { os.RemoveAll(p.dir) }

func (p *programs) script(name string) string { return filepath.Join(p.dir, name) }

// measured is what a program could do with a cell.
type measured struct {
	train, eval             float64 // images/s
	trainMemory, evalMemory float64 // MB
	record                  speed.Record
}

// measureCellnet measures cellnet: training and evaluation in processes of
// their own.
func (p *programs) measureCellnet(ctx context.Context, arch cell.Arch) (measured, error) {
	one := func(flag string) (speed.Record, float64, error) {
		var r speed.Record
		f, err := start(ctx, p.threads, p.cellnet, "speed", arch.String(), flag, "--json", "--batch", strconv.Itoa(p.batch),
			"--threads", strconv.Itoa(p.threads), "--seconds", fmt.Sprint(p.seconds))
		if err == nil {
			err = f.decode(&r)
		}
		return r, f.memory, err
	}
	fail := func(err error) (measured, error) {
		return measured{}, fmt.Errorf("measuring cellnet's speed on %s: %w", arch, err)
	}
	training, trainMemory, err := one("--train")
	if err != nil {
		return fail(err)
	}
	r, evalMemory, err := one("--eval")
	if err != nil {
		return fail(err)
	}
	if training.Train == nil || training.TrainFLOPs == nil || r.Eval == nil || r.EvalFLOPs == nil {
		return fail(errors.New("it didn't measure what it was asked to"))
	}
	r.Train, r.TrainFLOPs, r.Peak = training.Train, training.TrainFLOPs, max(r.Peak, training.Peak)
	return measured{*r.Train, *r.Eval, trainMemory, evalMemory, r}, nil
}

// measurePyTorch measures PyTorch: training and evaluation in one process.
func (p *programs) measurePyTorch(ctx context.Context, arch cell.Arch) (measured, error) {
	var r struct{ Train, Eval float64 }
	f, err := start(ctx, p.threads, p.python, "-B", p.script("throughput.py"), "--batch", strconv.Itoa(p.batch),
		"--threads", strconv.Itoa(p.threads), "--seconds", fmt.Sprint(p.seconds), arch.String())
	if err == nil {
		err = f.decode(&r)
	}
	if err == nil && !(r.Train > 0 && r.Eval > 0) {
		err = fmt.Errorf("it printed %.100q, want images/s of training and evaluation", f.stdout)
	}
	if err != nil {
		return measured{}, fmt.Errorf("measuring PyTorch's speed on %s: %w", arch, err)
	}
	return measured{train: r.Train, eval: r.Eval, trainMemory: f.memory}, nil
}
