package bench

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"

	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
	"cellnet/internal/torchfile"
)

// The entries of a benchmark file's root.
const (
	keyArchs     = "meta_archs"
	keyRecords   = "arch2infos"
	keyEvaluated = "evaluated_indexes"
)

// pickleFile is a benchmark in a single pickle: those of NAS-Bench-201 and of
// NATS-Bench. Opening it passes over the file once; records are decoded when
// they are asked for.
type pickleFile struct {
	c        *torchfile.Stream
	f        *unpickle.File
	order    []int
	spans    map[int]unpickle.Span
	decoders sync.Pool
	closer   io.Closer
}

type decoder struct {
	unpickle.Decoder
	builder
}

func newPickleFile(c *torchfile.Stream, f *unpickle.File, closer io.Closer) (*pickleFile, error) {
	p := &pickleFile{c: c, f: f, spans: make(map[int]unpickle.Span, len(f.Items)), closer: closer}
	p.decoders.New = func() any { return new(decoder) }
	for _, item := range f.Items {
		index := int(item.Key)
		if _, twice := p.spans[index]; twice {
			return nil, fmt.Errorf("architecture %d is there twice", index)
		}
		p.spans[index] = item.Span
		p.order = append(p.order, index)
	}
	return p, nil
}

func (p *pickleFile) Close() error       { return p.closer.Close() }
func (p *pickleFile) indexes() []int     { return p.order }
func (p *pickleFile) has(index int) bool { _, ok := p.spans[index]; return ok }

func (p *pickleFile) arch(index int) (*Arch, error) {
	span, ok := p.spans[index]
	if !ok {
		return nil, errNotStored
	}
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	_, v, err := d.Entry(p.f, span)
	if err != nil {
		return nil, archError(index, err)
	}
	a, _, err := d.builder.arch(index, v)
	if err != nil {
		return nil, archError(index, err)
	}
	return a, nil
}

func archError(index int, err error) error {
	return fmt.Errorf("architecture %d: %w", index, err)
}

func (p *pickleFile) all() iter.Seq2[*Arch, error] {
	return inOrder(len(p.order), func(i int) (*Arch, error) { return p.arch(p.order[i]) })
}

// root gives the file's root without records.
func (p *pickleFile) root() (*pickle.Dict, error) {
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	return rootTree(p.f.Root, func(key string) (unpickle.Value, error) { return p.entry(d, key) })
}

// entry decodes an entry of the root.
func (p *pickleFile) entry(d *decoder, key string) (unpickle.Value, error) {
	span, ok := p.f.Lookup(key)
	if !ok {
		return unpickle.Value{}, fmt.Errorf("%s is missing: not a benchmark file", key)
	}
	_, v, err := d.Entry(p.f, span)
	if err != nil {
		return unpickle.Value{}, fmt.Errorf("%s: %w", key, err)
	}
	return v, nil
}

func (p *pickleFile) archs() ([]string, error) {
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	v, err := p.entry(d, keyArchs)
	if err != nil {
		return nil, err
	}
	return archStrings(v)
}

func archStrings(v unpickle.Value) ([]string, error) {
	if v.Kind() != unpickle.List {
		return nil, want(keyArchs, v, "a list")
	}
	archs := make([]string, v.Len())
	for i, item := range v.Items() {
		if item.Kind() != unpickle.String {
			return nil, want("an element of "+keyArchs, item, "a str")
		}
		archs[i] = string(item.Text())
	}
	return archs, nil
}

func (p *pickleFile) evaluated() ([]int, error) {
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	v, err := p.entry(d, keyEvaluated)
	if err != nil {
		return nil, err
	}
	return evaluatedIndexes(v)
}

func evaluatedIndexes(v unpickle.Value) ([]int, error) {
	if v.Kind() != unpickle.List && v.Kind() != unpickle.Set {
		return nil, want(keyEvaluated, v, "a list or a set")
	}
	indexes := make([]int, v.Len())
	for i, item := range v.Items() {
		if item.Kind() != unpickle.Int {
			return nil, want("an element of "+keyEvaluated, item, "an int")
		}
		indexes[i] = int(item.Int())
	}
	slices.Sort(indexes)
	return indexes, nil
}

// layout tells which program the file is for, by its first record's keys.
func (p *pickleFile) layout(torch bool) (Layout, error) {
	if len(p.order) > 0 {
		d := p.decoders.Get().(*decoder)
		defer p.decoders.Put(d)
		index := p.order[0]
		_, v, err := d.Entry(p.f, p.spans[index])
		if err != nil {
			return 0, archError(index, err)
		}
		if v.Len() > 0 {
			_, api, err := hpOf(string(v.Items()[0].Text()))
			if err != nil {
				return 0, archError(index, err)
			}
			torch = api == NAS201
		}
	}
	if torch {
		return NASBench201, nil
	}
	return NATSFile, nil
}

var errNoRecords = errors.New("there are no records in it")
