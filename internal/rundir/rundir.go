// Package rundir keeps the folder of one training: run.json, which says what is
// trained, log.jsonl with a line for every epoch, checkpoints, and at the end the
// weights and pictures of the curves.
//
// The folder belongs to one process at a time, which holds its lock before it looks
// at what is there, and looks before it touches any of it.
package rundir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/internal/atomicfile"
	"cellnet/internal/filelock"
	"cellnet/internal/plots"
	"cellnet/train"
)

// Names in the folder.
const (
	planName        = "run.json"
	logName         = "log.jsonl"
	weightsName     = "weights.pth"
	checkpointsName = "checkpoints"
	lockName        = "lock"
)

// Dir is a folder of a training that is held by this process.
type Dir struct {
	path string
	lock *filelock.Lock
	made bool // by this process
}

// Begin takes a folder, which need not exist, for a new training. One that holds a
// training already is refused.
func Begin(path string) (*Dir, error) {
	d, err := hold(path)
	if err != nil {
		return nil, err
	}
	if err := d.wantNew(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Resume takes a folder to go on with its training, or to begin one if there is
// none.
func Resume(path string) (*Dir, error) { return hold(path) }

// WantFolder refuses a file as the folder for results. It need not exist.
func WantFolder(path string) error {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return fmt.Errorf("--out %s is a file: name a folder for the results", path)
	}
	return nil
}

func hold(path string) (*Dir, error) {
	if err := WantFolder(path); err != nil {
		return nil, err
	}
	d := &Dir{path: path}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		d.made = true
	}
	for {
		if err := os.MkdirAll(path, 0o777); err != nil {
			return nil, fmt.Errorf("making a folder for the results: %w", err)
		}
		var err error
		d.lock, err = filelock.TryAcquire(d.file(lockName))
		switch {
		case err == nil:
			return d, nil
		case errors.Is(err, filelock.ErrHeld):
			return nil, fmt.Errorf("another process trains in %s: wait for it, or choose another folder: %w", path, err)
		case !errors.Is(err, fs.ErrNotExist): // of a process that failed, and took its new folder away
			return nil, err
		}
	}
}

// Close gives the folder up. If it was made by this process and nothing was
// written, it is removed.
func (d *Dir) Close() error {
	err := d.lock.Remove()
	if d.made {
		_ = os.Remove(d.path) // fails, as it must, if something is in it
	}
	return err
}

func (d *Dir) file(name string) string { return filepath.Join(d.path, name) }

// Checkpoints is the folder for the trainer's checkpoints.
func (d *Dir) Checkpoints() string { return d.file(checkpointsName) }

// Weights is the file of the trained weights.
func (d *Dir) Weights() string { return d.file(weightsName) }

func (d *Dir) wantNew() error {
	some, err := train.HasCheckpoints(d.Checkpoints())
	if err != nil {
		return err
	}
	if some || exists(d.Weights()) || notEmpty(d.file(logName)) {
		return fmt.Errorf("%s holds a training already: go on with --resume, or choose another --out", d.path)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func notEmpty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

// Start records what is trained and opens the log: the first writing in the folder.
// The trainer has resumed from a checkpoint if there was one; if not, what the
// folder tells of an earlier training must be of the same one.
func (d *Dir) Start(plan Plan, resumed bool, done []train.Epoch) (*Log, error) {
	if !resumed {
		if err := d.wantSame(plan); err != nil {
			return nil, err
		}
	}
	if err := d.writePlan(plan); err != nil {
		return nil, err
	}
	return openLog(d.file(logName), plan.Run.Recipe.TotalEpochs(), done)
}

func (d *Dir) wantSame(plan Plan) error {
	if exists(d.Weights()) {
		return fmt.Errorf("%s holds a finished training whose checkpoints are gone, there is nothing to go on from: choose another --out", d.path)
	}
	before, found, err := readPlan(d.file(planName))
	if err != nil || !found {
		return err
	}
	same, err := sameRun(plan, before)
	if err == nil && !same && notEmpty(d.file(logName)) {
		err = fmt.Errorf("%s is of another run, images or kernels: resume with the same arguments, or choose another folder", d.file(planName))
	}
	return err
}

// Finish writes the weights and the curves.
func (d *Dir) Finish(t *train.Trainer, plan Plan) error {
	if err := t.WriteWeights(d.Weights()); err != nil {
		return err
	}
	title := fmt.Sprintf("%s on %v", spec.Name(plan.Run.Net), plan.Run.Dataset)
	if net, ok := plan.Run.Net.(cell.Network); ok {
		if index, ok := net.Arch().Index(); ok && net.Arch().Space() == cell.Topology {
			title = fmt.Sprintf("cell %d on %v", index, plan.Run.Dataset)
		}
	}
	panels := curves(int(plan.Run.Seed), t.History())
	for name, format := range map[string]plots.Format{"curves.svg": plots.SVG, "curves.png": plots.PNG} {
		err := atomicfile.Write(d.file(name), func(w io.Writer) error { return plots.Curves(w, format, title, panels...) })
		if err != nil {
			return err
		}
	}
	return nil
}
