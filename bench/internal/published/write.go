package published

import (
	"errors"
	"fmt"
	"hash"
	"io"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/atomicfile"
	"cellnet/internal/pickle"
	"cellnet/internal/statetree"
	"cellnet/internal/torchfile"
	"cellnet/weights"

	"github.com/dsnet/compress/bzip2"
)

// Options say how [Stage] writes.
type Options struct {
	Layout record.Layout
	Format weights.Format // of .pth files; zero is weights.Legacy
	Count  func()         // is called for every architecture that is done
	Sum    hash.Hash      // of the bytes of a layout of one file; may be nil
	// Weights, if it is not nil, gives the trained weights of a trial to be
	// written with it, or nil.
	Weights func(index int, hp record.HP, t *record.Trial) (*weights.StateDict, error)
}

// Stage writes a benchmark in a published layout: a file at path, or a folder that
// must not be there yet, as soon as what it returns is committed. Written in the
// layout of the file that they come from, the objects are equal to that file's, but
// for trained weights, which are None unless Options.Weights gives them.
func Stage(path string, c source.Contents, o Options) (atomicfile.Staged, error) {
	e := &exporter{Contents: c, to: o, encoder: encoder{api: o.Layout.API()}}
	switch o.Format {
	case 0, weights.Legacy:
		e.container = torchfile.Legacy
	case weights.Zip:
		e.container = torchfile.Zip
	default:
		return nil, fmt.Errorf("a benchmark can't be written as %v, want %v or %v", o.Format, weights.Legacy, weights.Zip)
	}
	if o.Weights != nil {
		e.encoder.weights = e.weightsTree
	}
	if o.Layout.API() == record.NAS201 && len(c.ArchStrings) > 0 && record.SpaceOf(c.ArchStrings[0]) == record.Size {
		return nil, fmt.Errorf("%v has no place for recipes and networks of the size search space, want %v or %v", o.Layout, record.NATSFile, record.NATSFolder)
	}
	for _, l := range layouts {
		if l.layout == o.Layout {
			return l.stage(e, path)
		}
	}
	return nil, fmt.Errorf("%v can't be written, want one of %v", o.Layout, record.Layouts())
}

type exporter struct {
	source.Contents
	to        Options
	container torchfile.Format
	encoder   encoder
	err       error // of reading, met while writing
}

// writeTorch writes a pickle as PyTorch's files have it.
func (e *exporter) writeTorch(w io.Writer, v any) error { return torchfile.Write(w, v, e.container) }

// writeNATS writes a pickle as NATS-Bench's files have it.
func writeNATS(w io.Writer, v any) error {
	z, err := bzip2.NewWriter(w, &bzip2.WriterConfig{Level: bzip2.BestCompression})
	if err != nil {
		return err
	}
	if err := pickle.NewWriter(z, pickle.Protocol4).Write(v); err != nil {
		return err
	}
	return z.Close()
}

func (e *exporter) weightsTree(index int, hp record.HP, t *record.Trial) (any, error) {
	state, err := e.to.Weights(index, hp, t)
	if state == nil || err != nil {
		return nil, err
	}
	return statetree.Of(state)
}

// fullRoot gives the root with the search space and the given records.
func (e *exporter) fullRoot(records any) (*pickle.Dict, error) {
	root := &dictMaker{dict: pickle.Dict{Ordered: e.Root.Ordered}}
	for key, value := range e.Root.All() {
		switch key {
		case keyArchs:
			list := new(pickle.List)
			for _, arch := range e.ArchStrings {
				list.Append(arch)
			}
			value = list
		case keyRecords:
			value = records
		}
		root.put(key, value)
	}
	return &root.dict, root.err
}

// state gives an architecture's state as its source has it or, for another
// layout, as the published files of that have it.
func (e *exporter) state(a *record.Architecture) (*pickle.Dict, error) {
	if e.Layout != e.to.Layout {
		relaid := &record.Architecture{Index: a.Index, ArchString: a.ArchString, OrderedDict: e.to.Layout.OrderedRecipes()}
		hps := a.HPs()
		if e.Layout.FixedHPs() == nil {
			hps = append(hps, e.to.Layout.API().RequiredHPs()...) // though they are empty
		}
		e.to.Layout.Order(hps)
		for _, hp := range hps {
			r, err := a.Results(hp)
			if errors.Is(err, record.ErrMissing) {
				r = &record.Results{Index: a.Index, ArchString: a.ArchString, Cleared: true}
			}
			relaid.Set(hp, r)
		}
		a = relaid
	}
	return e.encoder.architecture(a)
}
