package store

import (
	"bytes"
	"io"
	"reflect"
	"slices"
	"testing"

	"cellnet/bench/internal/published"
	"cellnet/bench/internal/source"
	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"

	"github.com/parquet-go/parquet-go"
)

// distinctTrial makes a trial all numbers of which differ.
func distinctTrial(d data.Dataset, seed int, archString string) *record.Trial {
	next := float64(seed)
	number := func() float64 { next += 0.125; return next }
	curve := func() record.Curve { return record.Curve{Values: []float64{number(), number(), number()}} }
	t := &record.Trial{
		Dataset: d, Seed: seed, Epochs: 3, FLOPs: number(), Params: number(), Latency: []float64{number(), number()},
		Net: record.NetConfig{Channels: 16, Cells: 5, ArchString: archString, Classes: d.Classes()},
	}
	t.Train = record.Curves{Loss: curve(), Top1: curve(), Top5: curve(), Seconds: curve()}
	for _, set := range d.EvaluationSets() {
		t.Evals = append(t.Evals, record.Eval{Set: set, Loss: curve(), Top1: curve(), Seconds: curve()})
	}
	return t
}

// contents are an architecture's trials on two datasets.
func contents(t testing.TB, index int) source.Contents {
	t.Helper()
	c, err := cell.FromIndex(index)
	if err != nil {
		t.Fatal(err)
	}
	a := &record.Architecture{Index: index, ArchString: c.String()}
	r, err := record.NewResults(index, c.String(), []*record.Trial{
		distinctTrial(data.CIFAR100, 777, c.String()), distinctTrial(data.CIFAR10Valid, 888, c.String()),
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Set(record.HP12, r)
	return source.Contents{
		Name: "small", Layout: record.NASBench201, ArchStrings: record.ArchStrings(record.Topology),
		Root: published.NewRoot(cell.SpaceSize, []int{index}, record.NASBench201),
		All:  source.FromRecords(source.FromMemory(a)).All(),
	}
}

func smallStore(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, contents(t, 5), func() {}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// useWhole opens a store and reads all of it, and gives the first error.
func useWhole(file []byte) error {
	s, err := Open(bytes.NewReader(file), int64(len(file)), io.NopCloser(nil))
	if err != nil {
		return err
	}
	if _, err := s.ArchStrings(); err != nil {
		return err
	}
	if _, err := s.Evaluated(); err != nil {
		return err
	}
	for _, err := range s.All() {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestColumnsHoldWhatTheirNamesSay reads a store as another program does: by the
// names of its columns.
func TestColumnsHoldWhatTheirNamesSay(t *testing.T) {
	file := smallStore(t)
	got := rowsByName(t, file)
	i := 0
	for a, err := range contents(t, 5).All {
		if err != nil {
			t.Fatal(err)
		}
		r, err := a.Results(record.HP12)
		if err != nil {
			t.Fatal(err)
		}
		for _, trial := range r.Trials {
			want := columnsByName(a.Index, record.HP12, trial)
			for name, values := range want {
				if have := got[i][name]; !slices.Equal(have, values) {
					t.Errorf("row %d: column %s has %v, want %v", i, name, have, values)
				}
			}
			for name, values := range got[i] {
				if _, known := want[name]; !known {
					t.Errorf("row %d: column %s has %v, and nothing says what it should have", i, name, values)
				}
			}
			i++
		}
	}
	if i != len(got) {
		t.Errorf("%d rows, want %d", len(got), i)
	}
}

// columnsByName says what the columns of a trial's row hold.
func columnsByName(index int, hp record.HP, t *record.Trial) map[string][]any {
	want := map[string][]any{
		"arch_index": {int64(index)}, "arch": {t.Net.ArchString}, "hp": {int64(hp)}, "dataset": {t.Dataset.String()},
		"seed": {int64(t.Seed)}, "epochs": {int64(t.Epochs)}, "channels": {int64(t.Net.Channels)}, "cells": {int64(t.Net.Cells)},
		"genotype": {t.Net.Genotype}, "classes": {int64(t.Net.Classes)}, "flops_m": {t.FLOPs}, "params_m": {t.Params},
		"has_weights": {t.HasWeights}, "spelling": {""}, "raw": {},
	}
	want["latency_s"] = anys(t.Latency)
	for _, set := range t.Sets() {
		want["eval_sets"] = append(want["eval_sets"], set.String())
	}
	add := func(prefix string, loss, top1, seconds record.Curve) {
		for name, c := range map[string]record.Curve{"loss": loss, "top1": top1, "seconds": seconds} {
			want[prefix+"_"+name+"_curve"] = anys(c.Values)
			want[prefix+"_"+name] = []any{}
			if n := c.Len(); n > 0 {
				want[prefix+"_"+name] = []any{c.Values[n-1]}
			}
		}
		want[prefix+"_total_seconds"] = []any{}
		if seconds.Len() > 0 {
			total := 0.0
			for _, s := range seconds.Values {
				total += s
			}
			want[prefix+"_total_seconds"] = []any{total}
		}
	}
	add("train", t.Train.Loss, t.Train.Top1, t.Train.Seconds)
	want["train_top5"], want["train_top5_curve"] = []any{t.Train.Top5.Values[2]}, anys(t.Train.Top5.Values)
	for set, prefix := range map[data.Set]string{data.XValid: "x_valid", data.XTest: "x_test", data.OriTest: "ori_test"} {
		var e record.Eval
		if found, ok := t.Eval(set); ok {
			e = *found
		}
		add(prefix, e.Loss, e.Top1, e.Seconds)
	}
	return want
}

func anys(values []float64) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}

// rowsByName reads a Parquet file's values by the first words of their columns'
// paths, nulls left out.
func rowsByName(t *testing.T, file []byte) []map[string][]any {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	paths := f.Schema().Columns()
	var all []map[string][]any
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		defer rows.Close()
		buf := make([]parquet.Row, g.NumRows())
		if n, err := rows.ReadRows(buf); n != len(buf) {
			t.Fatalf("%d rows, %v, want %d", n, err, len(buf))
		}
		for _, row := range buf {
			byName := map[string][]any{}
			for _, v := range row {
				name := paths[v.Column()][0]
				if byName[name] == nil {
					byName[name] = []any{}
				}
				if !v.IsNull() {
					byName[name] = append(byName[name], plain(v))
				}
			}
			all = append(all, byName)
		}
	}
	return all
}

func plain(v parquet.Value) any {
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return int64(v.Int32())
	case parquet.Int64:
		return v.Int64()
	case parquet.Double:
		return v.Double()
	}
	return string(v.ByteArray())
}

// countingReader counts the calls of ReadAt.
type countingReader struct {
	io.ReaderAt
	calls int
}

func (r *countingReader) ReadAt(p []byte, offset int64) (int, error) {
	r.calls++
	return r.ReaderAt.ReadAt(p, offset)
}

// TestPagesAreKept asks twice: the second time nothing is read.
func TestPagesAreKept(t *testing.T) {
	file := smallStore(t)
	r := &countingReader{ReaderAt: bytes.NewReader(file)}
	s, err := Open(r, int64(len(file)), io.NopCloser(nil))
	if err != nil {
		t.Fatal(err)
	}
	q := source.Query{Dataset: data.CIFAR100, HP: record.HP12, Parts: source.AllParts}
	var first any
	for i := range 2 {
		before := r.calls
		trials, err := s.Trials(5, q)
		if err != nil {
			t.Fatal(err)
		}
		snapshots, err := s.Snapshots(5, q)
		if err != nil {
			t.Fatal(err)
		}
		got := []any{trials, snapshots}
		if i == 0 {
			first = got
			continue
		}
		if !reflect.DeepEqual(got, first) || r.calls != before {
			t.Errorf("the second time %d reads, and %v, want none and %v", r.calls-before, got, first)
		}
	}
}
