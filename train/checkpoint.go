package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cellnet/models"
	"cellnet/weights"
)

// checkpointVersion changes with what a checkpoint holds.
const checkpointVersion = 1

// Entries of a checkpoint, beside the network's state dict.
const (
	entryVersion   = "checkpoint"
	entryRun       = "run"
	entryImages    = "images"
	entryImageSum  = "images_sha256"
	entryKernels   = "kernels"
	entryEpoch     = "epoch"
	entryStep      = "step"
	entryPartial   = "partial"
	entryRate      = "rate"
	entryElapsed   = "elapsed"
	entryHistory   = "history"
	entryOptimizer = "optimizer"
	entryWeights   = "net_state_dict"
)

// write writes a checkpoint: all that the rest of the run depends on. The random
// numbers to come are a function of the seed and the position. The file is one
// that torch.load reads, too.
func (t *Trainer) write(path string) error {
	state := t.params.StateDict()
	if names := state.NonFinite(); len(names) > 0 {
		return &DivergedError{t.state.epoch, t.state.step, "numbers of " + strings.Join(names, ", ") + " are not finite"}
	}
	run, err := t.run.text()
	if err != nil {
		return err
	}
	history, err := json.Marshal(t.state.history)
	if err != nil {
		return err
	}
	s := &t.state
	return weights.WriteFile(path, weights.Zip, state,
		weights.Entry{Name: entryVersion, Value: weights.Int(checkpointVersion)},
		weights.Entry{Name: entryRun, Value: weights.Text(run)},
		weights.Entry{Name: entryImages, Value: weights.Int(t.data.Train.Len())},
		weights.Entry{Name: entryImageSum, Value: weights.Text(t.data.Sum())},
		weights.Entry{Name: entryKernels, Value: kernelNames(t.kernels)},
		weights.Entry{Name: entryEpoch, Value: weights.Int(s.epoch)},
		weights.Entry{Name: entryStep, Value: weights.Int(s.step)},
		weights.Entry{Name: entryPartial, Value: weights.List{
			weights.Int(s.partial.N), weights.Int(s.partial.Top1), weights.Int(s.partial.Top5), weights.Float(s.partial.Loss),
		}},
		weights.Entry{Name: entryRate, Value: weights.Float(s.rate)},
		weights.Entry{Name: entryElapsed, Value: weights.Int(s.elapsed)},
		weights.Entry{Name: entryHistory, Value: weights.Text(history)},
		weights.Entry{Name: entryOptimizer, Value: t.optimizer.State()},
	)
}

// OtherRunError says that a checkpoint belongs to another run.
type OtherRunError struct {
	Path      string
	Got, Want string
}

// Error shows both runs.
func (e *OtherRunError) Error() string {
	return fmt.Sprintf("resuming from %s: it is of the run %s, not of %s: resume with the same arguments, or choose another folder", e.Path, e.Got, e.Want)
}

// OtherImagesError says that a checkpoint is of a training on other images.
type OtherImagesError struct{ Path string }

// Error says what to do.
func (e *OtherImagesError) Error() string {
	return fmt.Sprintf("resuming from %s: it is of a training on other images, though as many: take those that it was begun with, or choose another folder", e.Path)
}

// OtherKernelsError says that a training would go on by other kernels than it was
// begun with.
type OtherKernelsError struct {
	Path      string
	Got, Want models.ISA // those of the checkpoint, and those that were asked for
	Cause     error      // why the checkpoint's can't be used; nil if others were asked for
}

// Error says what other kernels mean, and what to do.
func (e *OtherKernelsError) Error() string {
	why := fmt.Sprintf("%v was asked for", e.Want)
	if e.Cause != nil {
		why = e.Cause.Error()
	}
	return fmt.Sprintf("resuming from %s: it was computed by the %v kernels, and %s: others round differently, so that the result would be that of neither: "+
		"go on where %[2]v runs, or mix them with --mix-isa", e.Path, e.Got, why)
}

// Unwrap gives the cause.
func (e *OtherKernelsError) Unwrap() error { return e.Cause }

func kernelNames(kernels []models.ISA) weights.List {
	var list weights.List
	for _, isa := range kernels {
		list = append(list, weights.Text(isa.String()))
	}
	return list
}

// goingOn gives the kernels of a run that goes on from a checkpoint that some have
// computed, if anything is left to compute.
func (t *Trainer) goingOn(path string, used []models.ISA, left bool) ([]models.ISA, error) {
	if len(used) == 0 {
		return t.kernels, nil
	}
	last := used[len(used)-1]
	if last == t.options.Kernels || !left {
		return used, nil
	}
	_, cause := last.Resolve()
	switch {
	case t.options.Kernels == models.AnyISA && cause == nil:
		return used, nil
	case t.options.MixKernels:
		return append(used, t.computing()), nil
	case t.options.Kernels != models.AnyISA:
		cause = nil
	}
	return nil, &OtherKernelsError{path, last, t.options.Kernels, cause}
}

// read takes over a checkpoint. On an error the trainer is as it was. notes tell
// what an older checkpoint leaves open.
func (t *Trainer) read(path string) (notes []string, err error) {
	f, err := weights.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := checkpointReader{file: f}
	if version := c.int(entryVersion); c.err == nil && version != checkpointVersion {
		return nil, fmt.Errorf("%s is a checkpoint of version %d, this program reads %d", path, version, checkpointVersion)
	}
	want, err := t.run.text()
	if err != nil {
		return nil, err
	}
	got, images := c.text(entryRun), c.int(entryImages)
	if c.err != nil {
		return nil, fmt.Errorf("%s: %w", path, c.err)
	}
	if got != want {
		return nil, &OtherRunError{path, got, want}
	}
	if images != t.data.Train.Len() {
		return nil, &OtherRunError{path, fmt.Sprintf("on %d images", images), fmt.Sprintf("on %d", t.data.Train.Len())}
	}
	sum, told := optional[weights.Text](&c, entryImageSum)
	switch {
	case !told:
		notes = append(notes, fmt.Sprintf("%s is of an older program and does not tell on which images it was trained", path))
	case c.err == nil && string(sum) != t.data.Sum():
		return nil, &OtherImagesError{path}
	}
	used := c.kernels()
	if used == nil {
		notes = append(notes, fmt.Sprintf("%s is of an older program and does not tell by which kernels it was computed", path))
	}
	if c.err != nil {
		return nil, fmt.Errorf("%s: %w", path, c.err)
	}
	s := c.state()
	if c.err == nil && (s.epoch != len(s.history) || s.epoch > t.run.Recipe.TotalEpochs() || s.step < 0 || s.step > t.loader.Steps()) {
		c.err = fmt.Errorf("position %d, %d is outside the run", s.epoch, s.step)
	}
	optimizer, params := t.run.Recipe.Optimizer(), c.params(t.run)
	if state := c.stateDict(entryOptimizer); c.err == nil {
		c.err = optimizer.LoadState(state)
	}
	if c.err != nil {
		return nil, fmt.Errorf("%s: %w", path, c.err)
	}
	kernels, err := t.goingOn(path, used, s.epoch < t.run.Recipe.TotalEpochs())
	if err != nil {
		return nil, err
	}
	t.state, t.params, t.optimizer, t.kernels = s, params, optimizer, kernels
	return notes, nil
}

// checkpointReader takes entries out of a checkpoint; the first error stays.
type checkpointReader struct {
	file *weights.File
	err  error
}

func (c *checkpointReader) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

func entry[T weights.Value](c *checkpointReader, name string) (value T) {
	v, err := c.file.Entry(name)
	if err != nil {
		c.fail(err)
		return value
	}
	value, ok := v.(T)
	if !ok {
		c.fail(fmt.Errorf("entry %s is a %T, want a %T", name, v, value))
	}
	return value
}

// optional is entry for one that older checkpoints lack.
func optional[T weights.Value](c *checkpointReader, name string) (value T, there bool) {
	if !slices.Contains(c.file.Entries(), name) {
		return value, false
	}
	return entry[T](c, name), true
}

// kernels is empty for older checkpoints.
func (c *checkpointReader) kernels() (kernels []models.ISA) {
	names, _ := optional[weights.List](c, entryKernels)
	for _, v := range names {
		name, _ := v.(weights.Text)
		isa, err := models.ParseISA(string(name))
		if err != nil {
			c.fail(fmt.Errorf("entry %s: %w", entryKernels, err))
		}
		kernels = append(kernels, isa)
	}
	return kernels
}

func (c *checkpointReader) int(name string) int     { return int(entry[weights.Int](c, name)) }
func (c *checkpointReader) text(name string) string { return string(entry[weights.Text](c, name)) }
func (c *checkpointReader) stateDict(name string) *weights.StateDict {
	v, err := c.file.Entry(name)
	if dict, ok := v.(weights.Dict); ok && err == nil && len(dict) == 0 {
		return new(weights.StateDict) // nothing tells that an empty dict is one of tensors
	}
	return entry[*weights.StateDict](c, name)
}

func (c *checkpointReader) state() state {
	s := state{
		epoch: c.int(entryEpoch), step: c.int(entryStep), rate: float64(entry[weights.Float](c, entryRate)),
		elapsed: time.Duration(c.int(entryElapsed)), partial: c.partial(),
	}
	history := c.text(entryHistory)
	if c.err == nil {
		if err := json.Unmarshal([]byte(history), &s.history); err != nil {
			c.fail(fmt.Errorf("entry %s: %w", entryHistory, err))
		}
	}
	return s
}

func (c *checkpointReader) partial() (s Score) {
	values := entry[weights.List](c, entryPartial)
	counts := []*int{&s.N, &s.Top1, &s.Top5}
	if len(values) != len(counts)+1 {
		c.fail(fmt.Errorf("entry %s has %d values", entryPartial, len(values)))
		return s
	}
	for i, count := range counts {
		n, ok := values[i].(weights.Int)
		if !ok {
			c.fail(fmt.Errorf("entry %s: value %d is a %T", entryPartial, i, values[i]))
		}
		*count = int(n)
	}
	loss, ok := values[len(counts)].(weights.Float)
	if !ok {
		c.fail(fmt.Errorf("entry %s: the loss is a %T", entryPartial, values[len(counts)]))
	}
	s.Loss = float64(loss)
	return s
}

func (c *checkpointReader) params(run Run) *models.Parameters {
	if c.err != nil {
		return nil
	}
	for _, n := range c.file.Networks() {
		if n.Entry != entryWeights {
			continue
		}
		state, err := n.Load()
		if err != nil {
			c.fail(err)
			return nil
		}
		params, err := models.FromStateDict(run.Net, state)
		if err != nil {
			c.fail(err)
		}
		return params
	}
	c.fail(errors.New("no network"))
	return nil
}
