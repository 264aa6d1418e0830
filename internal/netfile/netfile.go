// Package netfile reads what a network is from files: config records, published
// config files, genotypes, and the checkpoints that a search in the DARTS space
// leaves.
package netfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/internal/inputfile"
	"cellnet/weights"
)

// maxText is the size of the largest file of JSON that is read.
const maxText = 1 << 24

// Options are what files may leave open.
type Options struct {
	C, N, StemMultiplier int  // of a genotype's network
	Auxiliary            bool // the same
	Classes              int
	// Genotype is a file or a name of [twocell.Names]: of the cells of a published
	// config file, which has none. Epoch is that of a checkpoint, see [Genotype].
	Genotype string
	Epoch    *int
}

// network is that of a genotype.
func (o Options) network(g twocell.Genotype) (spec.Network, error) {
	n := twocell.Network{C: o.C, N: o.N, StemMultiplier: o.StemMultiplier, Classes: o.Classes, Genotype: g, Auxiliary: o.Auxiliary}
	return n, n.Validate()
}

// OfGenotype returns the network of a genotype by its name.
func OfGenotype(name string, o Options) (spec.Network, error) {
	g, err := twocell.Named(name)
	if err != nil {
		return nil, err
	}
	return o.network(g)
}

// IsFile tells whether a text names a file rather than an architecture.
func IsFile(text string) bool {
	info, err := os.Stat(text)
	return err == nil && info.Mode().IsRegular()
}

// Kind is what a file says of a network.
type Kind uint8

// The kinds of files.
const (
	Record       Kind = iota // all
	ConfigFile               // all but the genotype
	GenotypeFile             // the genotype alone
	Checkpoint               // a genotype for every epoch
)

// Read reads the network of a file, and tells what the file says of it. Errors name
// the file.
func Read(path string, o Options) (spec.Network, Kind, error) {
	n, kind, err := read(path, o)
	if err != nil {
		return nil, kind, fmt.Errorf("reading %s: %w", path, err)
	}
	if n.NumClasses() != o.Classes {
		return nil, kind, fmt.Errorf("reading %s: the network has %d classes, the dataset has %d", path, n.NumClasses(), o.Classes)
	}
	return n, kind, nil
}

func read(path string, o Options) (n spec.Network, kind Kind, err error) {
	text, ok, err := readText(path)
	if err != nil {
		return nil, Record, err
	}
	if !ok {
		g, err := ofCheckpoint(path, o.Epoch)
		if err != nil {
			return nil, Checkpoint, err
		}
		n, err = o.network(g)
		return n, Checkpoint, err
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(text, &keys); err != nil {
		return nil, Record, errors.New("want a JSON object: a config record, a published config file or a genotype")
	}
	switch {
	case keys["super_type"] != nil:
		if o.Genotype == "" {
			return nil, ConfigFile, errors.New("a published config file has no genotype: give it with --genotype")
		}
		g, err := Genotype(o.Genotype, o.Epoch)
		if err != nil {
			return nil, ConfigFile, err
		}
		n, err = twocell.ReadConfigFile(text, g, o.Classes)
		return n, ConfigFile, err
	case keys["normal"] != nil:
		var g twocell.Genotype
		if err := g.UnmarshalJSON(text); err != nil {
			return nil, GenotypeFile, err
		}
		n, err = o.network(g)
		return n, GenotypeFile, err
	}
	n, err = spec.ReadRecord(text)
	return n, Record, err
}

// readText reads a file of JSON; false if it is none.
func readText(path string) ([]byte, bool, error) {
	f, _, err := inputfile.Open(path)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(f, first); err != nil {
		return nil, false, errors.New("the file is empty")
	}
	if first[0] != '{' && first[0] != ' ' && first[0] != '\n' {
		return nil, false, nil
	}
	rest, err := io.ReadAll(io.LimitReader(f, maxText))
	if err == nil && len(rest) == maxText {
		err = fmt.Errorf("the file is larger than %d MB", maxText>>20)
	}
	return append(first, rest...), true, err
}

// Genotype reads a genotype: by the name of a published one, of a file of JSON (a
// genotype, or a config record with one), or of a search's checkpoint, which has
// one for every epoch: that of the last epoch, or of the given one, counted as
// the checkpoint counts them, in which the search begins with -1.
func Genotype(text string, epoch *int) (twocell.Genotype, error) {
	if slices.Contains(twocell.Names(), text) {
		if epoch != nil {
			return twocell.Genotype{}, fmt.Errorf("genotype %s is none of a search: it has no epoch %d", text, *epoch)
		}
		return twocell.Named(text)
	}
	data, ok, err := readText(text)
	if err != nil {
		return twocell.Genotype{}, fmt.Errorf("reading genotype %s: %w", text, err)
	}
	var g twocell.Genotype
	if !ok {
		if g, err = ofCheckpoint(text, epoch); err != nil {
			return g, fmt.Errorf("reading genotype %s: %w", text, err)
		}
		return g, nil
	}
	if epoch != nil {
		return g, fmt.Errorf("reading genotype %s: it is no search's checkpoint: it has no epoch %d", text, *epoch)
	}
	var record struct{ Genotype json.RawMessage }
	if json.Unmarshal(data, &record) == nil && record.Genotype != nil {
		data = record.Genotype
	}
	if err := g.UnmarshalJSON(data); err != nil {
		return g, fmt.Errorf("reading genotype %s: %w", text, err)
	}
	return g, nil
}

// ofCheckpoint reads a genotype of a search's checkpoint.
func ofCheckpoint(path string, epoch *int) (twocell.Genotype, error) {
	var g twocell.Genotype
	f, err := weights.OpenFile(path)
	if err != nil {
		return g, err
	}
	defer f.Close()
	value, err := f.Entry("genotypes")
	if err != nil {
		return g, errors.New("it is neither JSON nor a search's checkpoint with genotypes")
	}
	byEpoch, ok := value.(weights.Dict)
	if !ok {
		return g, errors.New("genotypes: want a dict by epoch")
	}
	key, err := choose(byEpoch, epoch)
	if err != nil {
		return g, err
	}
	found, _ := byEpoch.Get(key)
	text, err := json.Marshal(plain(found))
	if err == nil {
		err = g.UnmarshalJSON(text)
	}
	if err != nil {
		return g, fmt.Errorf("genotype of epoch %s: %w", key, err)
	}
	return g, nil
}

// choose is the key of an epoch, of the last one if none is given.
func choose(byEpoch weights.Dict, epoch *int) (string, error) {
	if epoch != nil {
		key := strconv.Itoa(*epoch)
		if _, ok := byEpoch.Get(key); !ok {
			return "", fmt.Errorf("there is no genotype of epoch %s", key)
		}
		return key, nil
	}
	last, key := -2, ""
	for _, e := range byEpoch {
		if n, err := strconv.Atoi(e.Name); err == nil && n > last {
			last, key = n, e.Name
		}
	}
	if key == "" {
		return "", errors.New("genotypes: there is none")
	}
	return key, nil
}

// plain is a value as encoding/json takes it.
func plain(v weights.Value) any {
	switch v := v.(type) {
	case weights.Text:
		return string(v)
	case weights.Int:
		return int64(v)
	case weights.Float:
		return float64(v)
	case weights.Flag:
		return bool(v)
	case weights.List:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case weights.Dict:
		object := make(map[string]any, len(v))
		for _, e := range v {
			object[e.Name] = plain(e.Value)
		}
		return object
	}
	return nil
}
