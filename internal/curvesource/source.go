// Package curvesource reads learning curves: of trainings, of benchmark records, of
// histories that training scripts leave.
package curvesource

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/inputfile"
	"cellnet/internal/rundir"
	"cellnet/internal/usage"
)

// Source is an argument NAME[@SEED]=SOURCE.
type Source struct {
	name, source string
	seed         *int // nil if it is not given
}

// Parse reads an argument.
func Parse(arg string) (s Source, err error) {
	name, source, ok := strings.Cut(arg, "=")
	name, seed, hasSeed := strings.Cut(name, "@")
	if !ok || name == "" || source == "" {
		return s, usage.Errorf("%q: want NAME=SOURCE or NAME@SEED=SOURCE", arg)
	}
	s = Source{name: name, source: source}
	if hasSeed {
		n, err := strconv.ParseUint(seed, 10, 32)
		if err != nil {
			return s, usage.Errorf("%q: seed %q, want a number", arg, seed)
		}
		number := int(n)
		s.seed = &number
	}
	return s, nil
}

// maxBytes is how large a file of curves may be.
const maxBytes = 16 << 20

// Read reads the curves on a set that a source has.
func (s Source) Read(ctx context.Context, set data.Set) ([]Curve, error) {
	path, trials, ofBenchmark := s.split()
	if ofBenchmark {
		return s.readBenchmark(ctx, path, trials, set)
	}
	wrap := func(err error) error { return fmt.Errorf("reading curves from %s: %w", s.source, err) }
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = rundir.LogIn(path)
	}
	content, err := inputfile.Read(path, maxBytes)
	if err != nil {
		return nil, fmt.Errorf("reading curves: %w", err)
	}
	c := Curve{Name: s.name}
	var seed *int
	if filepath.Ext(path) == ".jsonl" {
		err = c.readLog(content, set)
		seed = seedBeside(path)
	} else {
		seed, err = c.readHistory(content, set)
	}
	switch {
	case err != nil:
		return nil, wrap(err)
	case len(c.Loss) == 0:
		return nil, wrap(fmt.Errorf("it has no epochs"))
	case seed != nil && s.seed != nil && *seed != *s.seed:
		return nil, wrap(fmt.Errorf("its seed is %d, not %d", *seed, *s.seed))
	case seed != nil:
		c.Seed = *seed
	case s.seed != nil:
		c.Seed = *s.seed
	default:
		return nil, wrap(fmt.Errorf("it doesn't tell its seed: give it as %s@SEED=%s", s.name, s.source))
	}
	return []Curve{c}, nil
}

// Path is the file or folder that is read.
func (s Source) Path() string {
	path, _, _ := s.split()
	return path
}

// split parts FILE#ARCH,DATASET,HP. A name may have a # of its own.
func (s Source) split() (path, trials string, ofBenchmark bool) {
	at := strings.LastIndexByte(s.source, '#')
	if _, err := os.Lstat(s.source); at < 0 || err == nil {
		return s.source, "", false
	}
	return s.source[:at], s.source[at+1:], true
}

// readLog reads log.jsonl.
func (c *Curve) readLog(content []byte, set data.Set) error {
	lines, err := rundir.ReadLog(content)
	if err != nil {
		return err
	}
	for _, line := range lines {
		m, ok := line.Metrics(set)
		if !ok {
			return fmt.Errorf("epoch %d has no %v", line.Epoch, set)
		}
		if err := c.set(line.Epoch, m.Loss, m.Top1); err != nil {
			return err
		}
	}
	return nil
}

// seedBeside is that of the run whose log it is, nil if that can't be told.
func seedBeside(log string) *int {
	plan, err := rundir.ReadPlan(filepath.Dir(log))
	if err != nil {
		return nil
	}
	seed := int(plan.Run.Seed)
	return &seed
}

// readHistory reads the history that a training script in Python leaves, and the
// seed if it is there.
func (c *Curve) readHistory(content []byte, set data.Set) (seed *int, err error) {
	var record struct {
		Seed    *int `json:"seed"`
		History []struct {
			Epoch     int     `json:"epoch"`
			TrainLoss float64 `json:"train_loss"`
			TrainTop1 float64 `json:"train_top1"`
			TestLoss  float64 `json:"test_loss"`
			TestTop1  float64 `json:"test_top1"`
		} `json:"history"`
	}
	if err := json.Unmarshal(content, &record); err != nil {
		return nil, err
	}
	for _, e := range record.History {
		loss, top1 := e.TestLoss, e.TestTop1
		switch set {
		case data.OriTest:
		case data.Train:
			loss, top1 = e.TrainLoss, e.TrainTop1
		default:
			return nil, fmt.Errorf("it has no %v", set)
		}
		if err := c.set(e.Epoch, loss, top1); err != nil {
			return nil, err
		}
	}
	return record.Seed, nil
}

// readBenchmark reads the curves of a benchmark's trials, chosen by
// ARCH,DATASET,HP and the seed if there is one.
func (s Source) readBenchmark(ctx context.Context, path, trials string, set data.Set) ([]Curve, error) {
	parts := strings.Split(trials, ",")
	if len(parts) != 3 {
		return nil, usage.Errorf("%s#%s: want FILE#ARCH,DATASET,HP, such as #11,cifar10-valid,12", path, trials)
	}
	arch, err := cell.Resolve(parts[0])
	if err != nil {
		return nil, usage.Fault(err)
	}
	index, ok := arch.Index()
	if !ok {
		return nil, usage.Errorf("%s is not one of the benchmark's architectures", parts[0])
	}
	d, err := data.ResolveDataset(parts[1])
	if err != nil {
		return nil, usage.Fault(err)
	}
	hp, err := bench.ParseHP(parts[2])
	if err != nil {
		return nil, usage.Fault(err)
	}
	b, err := bench.OpenContext(ctx, path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	found, err := b.Trials(index, d, hp)
	if err != nil {
		return nil, err
	}
	var all []Curve
	for _, t := range found {
		if s.seed != nil && t.Seed != *s.seed {
			continue
		}
		c := Curve{Name: s.name, Seed: t.Seed}
		loss, top1 := t.Train.Loss, t.Train.Top1
		if e, ok := t.Eval(set); ok {
			loss, top1 = e.Loss, e.Top1
		} else if set != data.Train {
			return nil, fmt.Errorf("%s: the trials have no %v: %w", path, set, bench.ErrMissing)
		}
		for epoch := range t.Epochs {
			l, okLoss := loss.At(epoch)
			a, okTop1 := top1.At(epoch)
			if !okLoss || !okTop1 {
				continue // old trials have some sets at the last epoch only
			}
			if err := c.set(epoch, l, a); err != nil {
				return nil, err
			}
		}
		all = append(all, c)
	}
	if s.seed != nil && len(all) == 0 {
		return nil, fmt.Errorf("%s has no trial of seed %d", s.source, *s.seed)
	}
	return all, nil
}
