package weightsharing

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"cellnet/internal/atomicfile"
	"cellnet/internal/checkpoints"
	"cellnet/internal/inputfile"
	"cellnet/internal/mt19937"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"
)

// checkpointVersion changes with what a checkpoint holds.
const checkpointVersion = 1

// Entries of a checkpoint, beside the network's state dict.
const (
	entryVersion = "search_checkpoint"
	entryRun     = "run"
	entryImages  = "images_sha256"
	entryKernels = "kernels"
	entryState   = "state"
	entrySGD     = "w_optimizer"
	entryAdam    = "a_optimizer"
	entryTorch   = "torch_generator"
	entryPython  = "python_generator"
	entryNetwork = "net_state_dict"
)

// network is the state dict of the supernet, with enas' controller.
func (e *engine) network() *weights.StateDict {
	s := e.weights.StateDict()
	if e.controller != nil {
		e.controller.addTo(s, ControllerPrefix)
	}
	return s
}

// loadNetwork takes over a state dict that network gives.
func (e *engine) loadNetwork(s *weights.StateDict) error {
	own := new(weights.StateDict)
	for name, t := range s.All() {
		if !strings.HasPrefix(name, ControllerPrefix) {
			own.Set(name, t)
		}
	}
	if e.controller == nil && own.Len() < s.Len() {
		return errors.New("it has a controller, as only those of enas have")
	}
	if e.controller != nil {
		c, err := controllerOf(s, ControllerPrefix)
		if err != nil {
			return err
		}
		*e.controller = *c
	}
	return e.weights.LoadStateDict(own)
}

func (e *engine) adam() *train.Adam {
	if e.cells != nil {
		return e.cells.adam
	}
	return e.sizes.adam
}

// save and load are for a state that is gone back to.
func (g *generators) save() (saved [2][]byte, err error) {
	for i, source := range []*mt19937.Source{g.torch, g.python} {
		if saved[i], err = source.MarshalBinary(); err != nil {
			return saved, err
		}
	}
	return saved, nil
}

func (g *generators) load(saved [2][]byte) error {
	for i, source := range []*mt19937.Source{g.torch, g.python} {
		if err := source.UnmarshalBinary(saved[i]); err != nil {
			return err
		}
	}
	return nil
}

// write writes all that the rest of the search depends on, in a file that torch.load
// reads, too.
func (s *Search) write(path string) error {
	net := s.engine.network()
	if names := net.NonFinite(); len(names) > 0 {
		return &train.DivergedError{Epoch: s.state.Epoch, Step: s.state.Step, What: "numbers of " + strings.Join(names, ", ") + " are not finite"}
	}
	s.state.Reached = slices.Sorted(maps.Keys(s.engine.learner.reached))
	if s.engine.baseline != nil {
		s.state.Rewards = *s.engine.baseline
	}
	run, err := json.Marshal(s.run)
	if err != nil {
		return err
	}
	state, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	generators, err := s.engine.draws.save()
	if err != nil {
		return err
	}
	return weights.WriteFile(path, weights.Zip, net,
		weights.Entry{Name: entryVersion, Value: weights.Int(checkpointVersion)},
		weights.Entry{Name: entryRun, Value: weights.Text(run)},
		weights.Entry{Name: entryImages, Value: weights.Text(s.images.Sum())},
		weights.Entry{Name: entryKernels, Value: weights.Text(s.kernels.String())},
		weights.Entry{Name: entryState, Value: weights.Text(state)},
		weights.Entry{Name: entrySGD, Value: s.engine.learner.sgd.State()},
		weights.Entry{Name: entryAdam, Value: s.engine.adam().State()},
		weights.Entry{Name: entryTorch, Value: bytesOf(generators[0])},
		weights.Entry{Name: entryPython, Value: bytesOf(generators[1])},
	)
}

func bytesOf(b []byte) weights.Tensor {
	return weights.Tensor{DType: weights.Uint8, Shape: []int{len(b)}, Data: b}
}

// OtherSearchError says that a checkpoint belongs to another search.
type OtherSearchError struct{ Path, Got, Want string }

// Error shows both.
func (e *OtherSearchError) Error() string {
	return fmt.Sprintf("resuming from %s: it is of the search %s, not of %s: resume with the same arguments, or choose another folder", e.Path, e.Got, e.Want)
}

// read takes over a checkpoint. On an error the search is as it was.
func (s *Search) read(path string) error {
	values, err := readValues(path)
	if err != nil {
		return err
	}
	r := reader{values: values}
	if version := entryOf[weights.Int](&r, entryVersion); r.err == nil && version != checkpointVersion {
		return fmt.Errorf("%s is a checkpoint of version %d, this program reads %d", path, version, checkpointVersion)
	}
	run, images, kernelName := entryOf[weights.Text](&r, entryRun), entryOf[weights.Text](&r, entryImages), entryOf[weights.Text](&r, entryKernels)
	want, err := json.Marshal(s.run)
	if err == nil {
		err = r.err
	}
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case string(run) != string(want):
		return &OtherSearchError{path, string(run), string(want)}
	case string(images) != s.images.Sum():
		return &train.OtherImagesError{Path: path}
	}
	kernels, err := s.kernelsOf(path, string(kernelName))
	if err != nil {
		return err
	}
	engine, err := s.newEngine(kernels)
	if err != nil {
		return err
	}
	state, err := r.into(engine, s.run, s.images.steps(s.run))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	s.engine, s.kernels, s.state = engine, kernels, state
	return nil
}

// kernelsOf gives the kernels that a search goes on with, those of its checkpoint.
func (s *Search) kernelsOf(path, name string) (models.ISA, error) {
	used, err := models.ParseISA(name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	_, cause := used.Resolve()
	if s.options.Kernels != models.AnyISA && s.options.Kernels != used {
		return 0, &train.OtherKernelsError{Path: path, Got: used, Want: s.options.Kernels}
	}
	if cause != nil {
		return 0, &train.OtherKernelsError{Path: path, Got: used, Want: s.options.Kernels, Cause: cause}
	}
	return used, nil
}

// reader takes entries out of a checkpoint; the first error stays.
type reader struct {
	values weights.Dict
	err    error
}

func readValues(path string) (weights.Dict, error) {
	f, size, err := inputfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	values, err := weights.ReadValues(f, size)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return values, nil
}

func entryOf[T weights.Value](r *reader, name string) (value T) {
	v, there := r.values.Get(name)
	value, ok := v.(T)
	if r.err == nil && !there {
		r.err = fmt.Errorf("entry %s is missing", name)
	}
	if r.err == nil && !ok {
		r.err = fmt.Errorf("entry %s is a %T, want a %T", name, v, value)
	}
	return value
}

// stateDict is also that of an optimizer that took no step.
func (r *reader) stateDict(name string) *weights.StateDict {
	v, _ := r.values.Get(name)
	if dict, ok := v.(weights.Dict); ok && len(dict) == 0 {
		return new(weights.StateDict) // nothing tells that an empty dict is one of tensors
	}
	return entryOf[*weights.StateDict](r, name)
}

// into fills an engine.
func (r *reader) into(e *engine, run Run, steps int) (s state, err error) {
	text := entryOf[weights.Text](r, entryState)
	net, sgd, adam := r.stateDict(entryNetwork), r.stateDict(entrySGD), r.stateDict(entryAdam)
	generators := [2][]byte{entryOf[weights.Tensor](r, entryTorch).Data, entryOf[weights.Tensor](r, entryPython).Data}
	if r.err != nil {
		return s, r.err
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("entry %s: %w", entryState, err)
	}
	if s.Epoch != len(s.History) || s.Epoch > run.Epochs || s.Step < 0 || s.Step > steps || s.Updates < 0 || s.Updates > run.ControllerUpdates {
		return s, fmt.Errorf("position %d, %d, %d is outside the search", s.Epoch, s.Step, s.Updates)
	}
	if err := errors.Join(e.loadNetwork(net), e.learner.sgd.LoadState(sgd), e.adam().LoadState(adam), e.draws.load(generators)); err != nil {
		return s, err
	}
	for _, name := range s.Reached {
		e.learner.reached[name] = true
	}
	if e.baseline != nil {
		*e.baseline = s.Rewards
	}
	return s, nil
}

// openCheckpoints makes the folder for checkpoints, and removes what a killed process
// has left there.
func (s *Search) openCheckpoints() error {
	folder := s.options.Checkpoints
	if folder == "" {
		return nil
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("making a folder for checkpoints: %w", err)
	}
	if err := atomicfile.RemoveLeftovers(folder, checkpoints.Is); err != nil {
		return err
	}
	return checkpoints.RemoveOld(folder)
}

// checkpoint writes a checkpoint of the present position and removes old ones.
func (s *Search) checkpoint() error {
	if s.options.Checkpoints == "" {
		return nil
	}
	if _, err := checkpoints.Write(s.options.Checkpoints, s.state.Epoch, s.state.Step+s.state.Updates, s.write); err != nil {
		return err
	}
	s.lastCheckpoint = time.Now()
	return nil
}

// Resume goes to the position of the last checkpoint in the folder for checkpoints;
// of a damaged one, to that of the one before, and damaged tells why. If there is
// none, resumed is false. A checkpoint of another search is an [*OtherSearchError],
// of other images a [*train.OtherImagesError], and one that can only go on by other
// kernels a [*train.OtherKernelsError].
func (s *Search) Resume() (resumed bool, damaged []error, err error) {
	paths, err := checkpoints.List(s.options.Checkpoints)
	if err != nil {
		return false, nil, fmt.Errorf("looking for checkpoints: %w", err)
	}
	for _, path := range paths {
		err := s.read(path)
		if err == nil {
			return true, damaged, nil
		}
		var other *OtherSearchError
		var images *train.OtherImagesError
		var kernels *train.OtherKernelsError
		if errors.As(err, &other) || errors.As(err, &images) || errors.As(err, &kernels) {
			return false, damaged, err
		}
		damaged = append(damaged, fmt.Errorf("reading checkpoint %w", err))
	}
	if len(damaged) > 0 {
		return false, damaged, fmt.Errorf("resuming from %s: no checkpoint can be read: %w", s.options.Checkpoints, damaged[0])
	}
	return false, nil, nil
}
