package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/data"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/train"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

// loaded is a network with the weights of a file.
type loaded struct {
	description weights.Description
	params      *models.Parameters
}

// network describes the network.
func (l loaded) network() spec.Network { return l.params.Network() }

// loadNetwork reads a network from a weights file. arch may be empty where the
// file names its architecture; the two must agree.
func (a *app) loadNetwork(path string, space cell.Space, arch string, flags networkFlags) (loaded, error) {
	wrap := func(err error) error { return fmt.Errorf("reading weights %s: %w", path, err) }
	selector, err := flags.selector()
	if err != nil {
		return loaded{}, err
	}
	var given cell.Arch
	if arch != "" && !isTwoCells(arch) {
		if given, err = parseArch(space, arch); err != nil {
			return loaded{}, err
		}
		noteOrder(a.stderr, given)
	}
	file, err := weights.OpenFile(path)
	if err != nil {
		return loaded{}, err
	}
	defer file.Close()
	if !given.IsZero() {
		selector.Arch = given.String()
	}
	chosen, err := flags.choose(file, selector)
	if err != nil {
		return loaded{}, err
	}
	if isTwoCells(arch) || arch == "" && slices.Contains(file.Entries(), train.EntryNetwork) {
		state, err := chosen.Load()
		if err != nil {
			return loaded{}, err
		}
		params, err := twoCellParams(arch, file, state)
		if err != nil {
			return loaded{}, wrap(err)
		}
		return loaded{chosen.Description, params}, nil
	}
	if given.IsZero() {
		if chosen.Arch == "" {
			return loaded{}, usage.Errorf("%s does not name its architecture: give it as ARCH", path)
		}
		if given, err = cell.ParseArch(chosen.Arch); err != nil {
			return loaded{}, wrap(err)
		}
	}
	for _, note := range chosen.Notes {
		a.note("%s: %s", path, quotedName(note))
	}
	if err := chosen.CheckNetwork(); err != nil {
		return loaded{}, wrap(err)
	}
	state, err := chosen.Load()
	if err != nil {
		return loaded{}, err
	}
	net, err := chosen.Structure(given)
	if err != nil {
		return loaded{}, wrap(err)
	}
	params, err := models.FromStateDict(net, state)
	if err != nil {
		return loaded{}, wrap(err)
	}
	if bad := state.NonFinite(); len(bad) > 0 {
		a.say("warning: %s: NaN or infinity in %s", path, strings.Join(bad, ", "))
	}
	return loaded{chosen.Description, params}, nil
}

// info is what the file tells of the user's own images that the network was
// trained on; it is zero if it tells nothing.
func (l loaded) info() (info data.Info, err error) {
	text := l.description.DatasetInfo
	if text == "" {
		return info, nil
	}
	if err := json.Unmarshal([]byte(text), &info); err != nil {
		return info, fmt.Errorf("reading what the weights file tells of its images: %w", err)
	}
	if err := info.Validate(); err != nil {
		return info, fmt.Errorf("reading what the weights file tells of its images: %w", err)
	}
	if of := l.network().NumClasses(); info.Classes != of {
		return info, fmt.Errorf("reading what the weights file tells of its images: they have %d classes, the network %d", info.Classes, of)
	}
	return info, nil
}

func newWeightsCommand(a *app) *cobra.Command {
	return newGroup("weights", "Show and convert files of weights",
		newWeightsShowCommand(a),
		newWeightsConvertCommand(a),
	)
}

// networkFlags choose one of the networks of a weights file.
type networkFlags struct {
	hp, trial, entry string
}

func (f *networkFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.hp, "hp", "", "take the weights of this training recipe: its number of epochs, such as 12 or 200")
	cmd.Flags().StringVar(&f.trial, "trial", "", "take the weights of this trial, as `DATASET:SEED`")
	cmd.Flags().StringVar(&f.entry, "entry", "", "take the state dict in this entry of the file")
}

// selector reads the flags. The parts of a trial may be * or left out.
func (f networkFlags) selector() (weights.Selector, error) {
	s := weights.Selector{Entry: f.entry}
	if f.hp != "" {
		n, err := strconv.Atoi(f.hp)
		if err != nil || n < 1 {
			return s, usage.Errorf("--hp %.40q is no number of epochs", f.hp)
		}
		s.HP = n
	}
	dataset, seed, _ := strings.Cut(f.trial, ":")
	if dataset != "*" {
		s.Dataset = dataset
	}
	if seed != "" && seed != "*" {
		n, err := strconv.Atoi(seed)
		if err != nil {
			return s, usage.Errorf("--trial %.60q is not DATASET:SEED, such as cifar10:777", f.trial)
		}
		s.Seed = &n
	}
	return s, nil
}

// choose gives the network that the flags mean.
func (f networkFlags) choose(file *weights.File, s weights.Selector) (*weights.Network, error) {
	n, err := file.Select(s)
	var selection *weights.SelectionError
	if errors.As(err, &selection) && len(selection.Fitting) > 0 {
		return nil, usage.Errorf("%w; use --hp, --trial or --entry", err)
	}
	return n, err
}

// checkArch makes sure that weights are those of a network of the architecture.
func checkArch(a cell.Arch, n *weights.Network, state *weights.StateDict) error {
	if err := n.CheckNetwork(); err != nil {
		return err
	}
	config, err := n.Structure(a)
	if err != nil {
		return errors.New("they are not those of a network of cells")
	}
	_, err = models.FromStateDict(config, state)
	return err
}
