package published

import (
	"fmt"
	"io"
	"sync"

	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
)

// file is a benchmark in a single pickle: those of NAS-Bench-201 and of
// NATS-Bench. Opening it passes over the file once; records are decoded when
// they are asked for.
type file struct {
	source.NoFile
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

// openFile makes a source of a file that holds a whole benchmark.
func openFile(o opened) (source.Records, record.Layout, error) {
	f := o.pickle
	p := &file{f: f, spans: make(map[int]unpickle.Span, len(f.Items)), closer: o.closer}
	p.decoders.New = func() any { return new(decoder) }
	for _, item := range f.Items {
		index := int(item.Key)
		if _, twice := p.spans[index]; twice {
			return nil, 0, fmt.Errorf("architecture %d is there twice", index)
		}
		p.spans[index] = item.Span
		p.order = append(p.order, index)
	}
	l, err := p.layout(o.container.Torch)
	if err != nil {
		return nil, 0, err
	}
	for _, key := range []string{keyArchs, keyEvaluated} {
		if _, ok := f.Lookup(key); !ok {
			return nil, 0, fmt.Errorf("it has no %s", key)
		}
	}
	return p, l, nil
}

// layout tells which program the file is for, by its first record's keys.
func (p *file) layout(torch bool) (record.Layout, error) {
	if len(p.order) > 0 {
		d := p.decoders.Get().(*decoder)
		defer p.decoders.Put(d)
		index := p.order[0]
		_, v, err := d.Entry(p.f, p.spans[index])
		if err != nil {
			return 0, archError(index, err)
		}
		if v.Len() > 0 {
			_, api, err := record.ParseRecipeKey(string(v.Items()[0].Text()))
			if err != nil {
				return 0, archError(index, err)
			}
			torch = api == record.NAS201
		}
	}
	if torch {
		return record.NASBench201, nil
	}
	return record.NATSFile, nil
}

func (p *file) Close() error       { return p.closer.Close() }
func (p *file) Indexes() []int     { return p.order }
func (p *file) Has(index int) bool { _, ok := p.spans[index]; return ok }

func (p *file) Architecture(index int) (*record.Architecture, error) {
	span, ok := p.spans[index]
	if !ok {
		return nil, source.ErrNotStored
	}
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	_, v, err := d.Entry(p.f, span)
	if err != nil {
		return nil, archError(index, err)
	}
	a, _, err := d.architecture(index, v)
	if err != nil {
		return nil, archError(index, err)
	}
	return a, nil
}

// Root gives the file's root without records.
func (p *file) Root() (*pickle.Dict, error) {
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	keys := make([]string, len(p.f.Root))
	for i, e := range p.f.Root {
		keys[i] = e.Key
	}
	return rootTree(keys, func(i int) (unpickle.Value, error) { return p.entry(d, keys[i]) })
}

// entry decodes an entry of the root.
func (p *file) entry(d *decoder, key string) (unpickle.Value, error) {
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

func (p *file) ArchStrings() ([]string, error) {
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	v, err := p.entry(d, keyArchs)
	if err != nil {
		return nil, err
	}
	return archStrings(v)
}

func (p *file) Evaluated() ([]int, error) {
	d := p.decoders.Get().(*decoder)
	defer p.decoders.Put(d)
	v, err := p.entry(d, keyEvaluated)
	if err != nil {
		return nil, err
	}
	return evaluatedIndexes(v)
}
