package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
)

// evaluation is the result of a process that evaluates the test images, and
// what it took.
type evaluation struct {
	N               int
	Loss, Top1      float64
	seconds, memory float64
}

// lossTolerance is how far the losses of the same network may be apart.
const lossTolerance = 1e-4

func (p *programs) evalCellnet(ctx context.Context) (evaluation, error) {
	var r struct{ Sets map[string]evaluation }
	f, err := start(ctx, p.threads, p.cellnet, "eval", "--weights", p.weights, "--dataset", "cifar10", "--sets", "ori-test",
		"--data", p.data, "--no-verify", "--json")
	if err == nil {
		err = f.decode(&r)
	}
	e, ok := r.Sets["ori-test"]
	if err == nil && !ok {
		err = fmt.Errorf("it printed %.100q, want the test images' loss", f.stdout)
	}
	if err != nil {
		return e, fmt.Errorf("evaluating by cellnet: %w", err)
	}
	e.seconds, e.memory = f.wall.Seconds(), f.memory
	return e, nil
}

func (p *programs) evalPyTorch(ctx context.Context, layout string) (evaluation, error) {
	var e evaluation
	f, err := start(ctx, p.threads, p.python, "-B", p.script("eval.py"), "--weights", p.weights, "--data", p.data,
		"--layout", layout, "--threads", strconv.Itoa(p.threads))
	if err == nil {
		err = f.decode(&e)
	}
	if err != nil {
		return e, fmt.Errorf("evaluating by PyTorch: %w", err)
	}
	e.seconds, e.memory = f.wall.Seconds(), f.memory
	return e, nil
}

// layouts are PyTorch's memory formats.
var layouts = [...]string{"contiguous", "channels_last"}

// whole compares whole processes.
type whole struct {
	Seconds pair                 `json:"seconds"`
	Memory  pair                 `json:"rss_mb"`
	Layout  string               `json:"layout"` // PyTorch's better one
	Ratio   float64              `json:"ratio"`  // PyTorch's time by cellnet's
	Images  int                  `json:"images"`
	Loss    map[string]float64   `json:"loss"`
	Top1    map[string]float64   `json:"top1"`
	all     map[string][]float64 // PyTorch's seconds by layout
	memory  map[string][]float64
}

// evaluateWhole has the two take turns in evaluating the test images.
func (p *programs) evaluateWhole(ctx context.Context, progress func(string)) (*whole, error) {
	w := &whole{Loss: map[string]float64{}, Top1: map[string]float64{}, all: map[string][]float64{}, memory: map[string][]float64{}}
	for round := range p.rounds {
		progress(fmt.Sprintf("round %d of %d: evaluation by whole processes", round+1, p.rounds))
		ours, err := p.evalCellnet(ctx)
		if err != nil {
			return nil, err
		}
		w.Seconds.Cellnet, w.Memory.Cellnet = append(w.Seconds.Cellnet, ours.seconds), append(w.Memory.Cellnet, ours.memory)
		w.Images, w.Loss["cellnet"], w.Top1["cellnet"] = ours.N, ours.Loss, ours.Top1
		for _, layout := range layouts {
			theirs, err := p.evalPyTorch(ctx, layout)
			if err != nil {
				return nil, err
			}
			if theirs.N != ours.N || !(math.Abs(theirs.Loss-ours.Loss) <= lossTolerance) {
				return nil, fmt.Errorf("comparing evaluations: cellnet has a loss of %g on %d images, PyTorch %g on %d", ours.Loss, ours.N, theirs.Loss, theirs.N)
			}
			w.Loss["pytorch"], w.Top1["pytorch"] = theirs.Loss, theirs.Top1
			w.all[layout], w.memory[layout] = append(w.all[layout], theirs.seconds), append(w.memory[layout], theirs.memory)
		}
	}
	w.settle()
	return w, nil
}

// settle takes PyTorch's better memory format.
func (w *whole) settle() {
	for _, layout := range layouts {
		if w.Layout == "" || median(w.all[layout]) < median(w.all[w.Layout]) {
			w.Layout = layout
		}
	}
	w.Seconds.PyTorch, w.Memory.PyTorch = w.all[w.Layout], w.memory[w.Layout]
	w.Ratio = 1 / w.Seconds.ratio()
}
