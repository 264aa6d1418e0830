package models

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// The same bits for any number of threads, also with an auxiliary head.
func TestTwoCellsOnAnyThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range []string{"every-op", "auxiliary-2"} {
			r := readTwoCell(t, name)
			f := r.file(t, "train.pth")
			images, labels := numbers(t, f, "input"), labelsOf(t, f)
			var first []string
			for _, threads := range []int{1, 2, 3} {
				runtime.GOMAXPROCS(threads)
				net := newNet(t, r.parameters(t), len(labels), Options{Side: r.Side, Norm: NormByBatch, Gradients: true, Kernels: k})
				s, err := NewStepper(net, net.Loss)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Run(images, labels); err != nil {
					t.Fatal(err)
				}
				var bits []string
				for _, n := range net.Learnables() {
					g, err := n.Grad()
					if err != nil {
						t.Fatal(err)
					}
					bits = append(bits, fmt.Sprint(g.Data()))
				}
				s.Close()
				if first == nil {
					first = bits
				}
				if !slices.Equal(bits, first) {
					t.Errorf("%s on %d threads: other bits than on one", name, threads)
				}
			}
		}
	})
}

func TestTwoCellErrors(t *testing.T) {
	r := readTwoCell(t, "auxiliary")
	p := r.parameters(t)
	for _, side := range []int{28, 44, 30} {
		if _, err := New(p, Options{Side: side, Capacity: 4}); err == nil {
			t.Errorf("images of side %d are taken", side)
		}
	}
	net := newNet(t, p, 1, Options{Side: 32, Norm: NormByBatch, Gradients: true})
	if err := net.SetBatch(make([]float32, 3*32*32), nil); err == nil || !strings.Contains(err.Error(), "auxiliary") {
		t.Errorf("one image: %v", err)
	}
}

// TestTwoCellOf: a state dict tells all but the genotype.
func TestTwoCellOf(t *testing.T) {
	for _, name := range twoCellNames() {
		r := readTwoCell(t, name)
		n, err := TwoCellOf(r.net.Genotype, r.parameters(t).StateDict())
		if err != nil {
			t.Fatal(err)
		}
		if n.C != r.net.C || n.N != r.net.N || n.StemMultiplier != r.net.StemMultiplier || n.Classes != r.net.Classes || n.Auxiliary != r.net.Auxiliary {
			t.Errorf("%s: %+v, want %+v", name, n, r.net)
		}
	}
	one := network(t, parse(t, "|none~0|"), 3, 1, 4)
	p, err := Initialize(one, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := TwoCellOf(readTwoCell(t, "collapsed").net.Genotype, p.StateDict()); err == nil {
		t.Error("a network of one cell is taken")
	}
}
