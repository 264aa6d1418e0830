package weightsharing

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/models"
	"cellnet/train"
)

func parsed(t *testing.T, text string) cell.Arch {
	t.Helper()
	a, err := cell.ParseArch(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestOneShotEvaluatesAsASearchDoes compares with a search's network, batch by batch.
func TestOneShotEvaluatesAsASearchDoes(t *testing.T) {
	const seed, batch = 3, 6
	for _, c := range []struct{ name, archs string }{
		{"gdas", "|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2| |none~0|+|none~0|none~1|+|none~0|none~1|none~2|"},
		{"tas", "2:2:4:6:8 8:8:8:8:8"},
	} {
		s := readSaved(t, filepath.Join("testdata", "published-"+c.name+".pth"))
		m := smallImages(t)
		var archs []cell.Arch
		for text := range strings.FieldsSeq(c.archs) {
			archs = append(archs, parsed(t, text))
		}
		told := 0
		all, err := OneShot{Images: m, Batch: batch, Seed: seed, OnArch: func(number int, got train.Metrics) {
			if number != told {
				t.Errorf("told of %d, want %d", number, told)
			}
			told++
		}}.Evaluate(t.Context(), s, archs)
		if err != nil || len(all) != len(archs) || told != len(archs) {
			t.Fatalf("%s: %d of %d, told of %d: %v", c.name, len(all), len(archs), told, err)
		}
		loader, err := m.validation(Run{EvaluationBatch: batch, Seed: seed}, validationBatches)
		if err != nil {
			t.Fatal(err)
		}
		o := models.SupernetOptions{Side: fakeSide, Capacity: batch}
		for i, a := range archs {
			var score train.Score
			for b, err := range loader.Epoch(t.Context(), 0, 0) {
				if err != nil {
					t.Fatal(err)
				}
				var logits []float32
				if s.Cells != nil {
					net, err := models.NewSupernet(s.Cells, o)
					if err != nil {
						t.Fatal(err)
					}
					var ops []cell.Op
					for _, e := range a.Cell().Edges() { // in the order of the parameters
						ops = append(ops, e.Op)
					}
					pass, err := net.Run(b.Input, b.Labels, models.Mixture{Ops: [][]cell.Op{ops}}, models.Wanted{})
					if err != nil {
						t.Fatal(err)
					}
					logits = pass.Logits
				} else {
					net, err := models.NewSizeSupernet(s.Widths, o)
					if err != nil {
						t.Fatal(err)
					}
					w := a.Widths()
					var layers []models.Narrowing
					for _, width := range []int{w[0], w[0], w[1], w[2], w[3], w[4]} { // the stem is as the first cell
						n := models.Narrowing{Channels: make([]float32, 8)}
						for c := range width {
							n.Channels[c] = 1
						}
						layers = append(layers, n)
					}
					pass, err := net.Run(b.Input, b.Labels, layers, models.Wanted{})
					if err != nil {
						t.Fatal(err)
					}
					logits = pass.Logits
				}
				score.Add(logits, b.Labels, 0)
			}
			want := score.Metrics(0)
			all[i].Seconds, want.Seconds = 0, 0
			if all[i] != want {
				t.Errorf("%v: %+v, want %+v", a, all[i], want)
			}
		}
	}
}

func TestOneShotRefuses(t *testing.T) {
	gdas, tas := readSaved(t, filepath.Join("testdata", "published-gdas.pth")), readSaved(t, filepath.Join("testdata", "published-tas.pth"))
	hundred := smallImages(t)
	hundred.Info.Classes = 100
	for name, c := range map[string]struct {
		s      *Saved
		images Images
		batch  int
		arch   string
		want   string
	}{
		"widths of a supernet of cells": {gdas, smallImages(t), 6, "8:8:8:8:8", "of cells"},
		"cells of a supernet of widths": {tas, smallImages(t), 6, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "of 5 widths"},
		"a width that it has not":       {tas, smallImages(t), 6, "2:2:4:6:16", "width 16 is none"},
		"other nodes":                   {gdas, smallImages(t), 6, "|none~0|+|none~0|none~1|", "6 edges"},
		"other classes":                 {gdas, hundred, 6, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "10 classes"},
		"no batch":                      {gdas, smallImages(t), 0, "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|", "batch size: 0"},
	} {
		_, err := OneShot{Images: c.images, Batch: c.batch}.Evaluate(t.Context(), c.s, []cell.Arch{parsed(t, c.arch)})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one of %s", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (OneShot{Images: smallImages(t), Batch: 6}).Evaluate(ctx, tas, []cell.Arch{parsed(t, "8:8:8:8:8")}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
