package block

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

// problem is a block in float64 with everything that it depends on, and the
// same block in float32.
type problem struct {
	inputs   [][]float64                 // the images first, then the parameters
	forward  func() volume               // in float64, of the inputs as they are
	gradient func(dy volume) [][]float32 // ours: images (nil if there is none), then parameters
	output   func() volume               // ours
}

func eachISA(t *testing.T, f func(t *testing.T, k *kernel.Kernels)) {
	for _, isa := range kernel.Supported() {
		k, err := kernel.For(isa)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(isa.String(), func(t *testing.T) { f(t, k) })
	}
}

func random(r *rand.Rand, n int, center, width float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		// float32 values, so that both twins see the same numbers.
		v[i] = float64(float32(center + width*r.NormFloat64()))
	}
	return v
}

func narrow(v []float64) []float32 {
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out
}

func newConvNorm(r *rand.Rand, out, in, taps int) (refConvNorm, ConvNorm) {
	ref := refConvNorm{random(r, out*in*taps, 0, 1/math.Sqrt(float64(in*taps))), random(r, out, 1, 0.2), random(r, out, 0, 0.3)}
	return ref, ConvNorm{Conv: narrow(ref.conv), Norm: newNormParams(ref.weight, ref.bias)}
}

func newNormParams(weight, bias []float64) Norm {
	ones := make([]float32, len(weight))
	for i := range ones {
		ones[i] = 1
	}
	return Norm{Weight: narrow(weight), Bias: narrow(bias), RunningMean: make([]float32, len(weight)), RunningVar: ones, Batches: new(int64)}
}

func parse(t testing.TB, arch string) cell.Cell {
	t.Helper()
	c, err := cell.Parse(arch)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func cellProblem(t *testing.T, k *kernel.Kernels, arch string, n int, w Widths, side int) problem {
	r := rand.New(rand.NewPCG(1, 2))
	c := parse(t, arch)
	x := newVolume(n, w.In, side)
	copy(x.v, random(r, len(x.v), 0, 1))
	p := problem{inputs: [][]float64{x.v}}
	var refs []refConvNorm
	var params []ConvNorm
	for _, conv := range convNorms(c, w) {
		ref, param := newConvNorm(r, w.Out, conv.in, conv.taps)
		refs, params = append(refs, ref), append(params, param)
		p.inputs = append(p.inputs, ref.conv, ref.weight, ref.bias)
	}
	b := must(NewCell(NewWorkspace(k, OfBatch), c, side, w, n+1, params))
	dense := func() []float32 { return append(x.toDense(), make([]float32, side*side*kernel.Pad(w.In))...) }
	p.forward = func() volume { return refCell(c, refs, w, x) }
	p.output = func() volume { return fromDense(b.Forward(dense(), n), n, w.Out, side) }
	p.gradient = func(dy volume) [][]float32 {
		dx, grads := b.Backward(dy.toDense(), n)
		out := [][]float32{narrow(fromDense(dx, n, w.In, side).v)}
		for _, g := range grads {
			out = append(out, g.Conv, g.Weight, g.Bias)
		}
		return out
	}
	return p
}

func reductionProblem(k *kernel.Kernels, n int, w Widths, side int) problem {
	r := rand.New(rand.NewPCG(3, 4))
	channels, wide, half := w.In, w.Out, side/2
	x := newVolume(n, channels, side)
	copy(x.v, random(r, len(x.v), 0, 1))
	refA, a := newConvNorm(r, wide, channels, 9)
	refB, b := newConvNorm(r, wide, wide, 9)
	down := random(r, wide*channels, 0, 0.5)
	block := NewReduction(NewWorkspace(k, OfBatch), side, w, n, ReductionParams{a, b, narrow(down)})
	return problem{
		inputs: [][]float64{x.v, refA.conv, refA.weight, refA.bias, refB.conv, refB.weight, refB.bias, down},
		forward: func() volume {
			y := x.halfPool().conv(down, wide, 1, 1)
			y.add(x.relu().convNorm(refA, 3, 2).relu().convNorm(refB, 3, 1))
			return y
		},
		output: func() volume { return fromDense(block.Forward(x.toDense(), n), n, wide, half) },
		gradient: func(dy volume) [][]float32 {
			dx, g := block.Backward(dy.toDense(), n)
			return [][]float32{narrow(fromDense(dx, n, channels, side).v), g.A.Conv, g.A.Weight, g.A.Bias, g.B.Conv, g.B.Weight, g.B.Bias, g.Downsample}
		},
	}
}

func stemProblem(k *kernel.Kernels, n, channels, side int) problem {
	r := rand.New(rand.NewPCG(5, 6))
	x := newVolume(n, imageChannels, side)
	copy(x.v, random(r, len(x.v), 0, 1))
	ref, params := newConvNorm(r, channels, imageChannels, 9)
	block := NewStem(NewWorkspace(k, OfBatch), side, channels, n, params)
	return problem{
		inputs:  [][]float64{x.v, ref.conv, ref.weight, ref.bias},
		forward: func() volume { return x.convNorm(ref, 3, 1) },
		output:  func() volume { return fromDense(block.Forward(narrow(x.v), n), n, channels, side) },
		gradient: func(dy volume) [][]float32 {
			g := block.Backward(dy.toDense(), n)
			return [][]float32{nil, g.Conv, g.Weight, g.Bias}
		},
	}
}

func headProblem(k *kernel.Kernels, n, channels, side int) problem {
	r := rand.New(rand.NewPCG(7, 8))
	x := newVolume(n, channels, side)
	copy(x.v, random(r, len(x.v), 0.3, 1))
	weight, bias := random(r, channels, 1, 0.2), random(r, channels, 0, 0.3)
	block := NewHead(NewWorkspace(k, OfBatch), side, channels, n, newNormParams(weight, bias))
	return problem{
		inputs: [][]float64{x.v, weight, bias},
		forward: func() volume {
			y, _, _ := x.batchNorm(weight, bias)
			mean := newVolume(n, channels, 1)
			x.each(func(i, c, row, col int) {
				*mean.at(i, c, 0, 0) += math.Max(*y.at(i, c, row, col), 0) / float64(side*side)
			})
			return mean
		},
		output: func() volume {
			y := newVolume(n, channels, 1)
			for i, v := range block.Forward(x.toDense(), n) {
				y.v[i] = float64(v)
			}
			return y
		},
		gradient: func(dy volume) [][]float32 {
			dx, g := block.Backward(narrow(dy.v), n)
			return [][]float32{narrow(fromDense(dx, n, channels, side).v), g.Weight, g.Bias}
		},
	}
}

// check compares a block's output with the twin's, and its gradients with the
// twin's differences.
func (p problem) check(t *testing.T) {
	t.Helper()
	want, got := p.forward(), p.output()
	if e := distance(got.v, want.v); e > 2e-6 {
		t.Errorf("output: relative error %.2g", e)
	}
	r := rand.New(rand.NewPCG(9, 10))
	dy := want
	dy.v = random(r, len(want.v), 0, 1)
	loss := func() float64 {
		sum := 0.0
		for i, v := range p.forward().v {
			sum += v * dy.v[i]
		}
		return sum
	}
	for i, grad := range p.gradient(dy) {
		if grad == nil {
			continue
		}
		// Some numbers of each input, all of a short one.
		var ours, differences []float64
		for _, j := range r.Perm(len(p.inputs[i]))[:min(len(p.inputs[i]), 12)] {
			const step = 1e-6
			at := &p.inputs[i][j]
			old := *at
			*at = old + step
			up := loss()
			*at = old - step
			down := loss()
			*at = old
			ours = append(ours, float64(grad[j]))
			differences = append(differences, (up-down)/(2*step))
		}
		if e := distance(ours, differences); e > 2e-5 {
			t.Errorf("gradient of input %d: relative error %.2g: %.6g, differences give %.6g", i, e, ours, differences)
		}
	}
}

// distance is the norm of got-want by that of want, or the former where want is
// zero.
func distance(got, want []float64) float64 {
	var d, n float64
	for i := range want {
		d += (got[i] - want[i]) * (got[i] - want[i])
		n += want[i] * want[i]
	}
	if n < 1e-12 {
		return math.Sqrt(d)
	}
	return math.Sqrt(d / n)
}

func archs() []string {
	return []string{
		"|nor_conv_3x3~0|",
		"|nor_conv_1x1~0|+|skip_connect~0|nor_conv_3x3~1|",
		"|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|",
		"|avg_pool_3x3~0|+|avg_pool_3x3~0|avg_pool_3x3~1|+|skip_connect~0|avg_pool_3x3~1|avg_pool_3x3~2|",
		"|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|",
		"|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|nor_conv_3x3~2|",
		"|none~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|none~0|nor_conv_1x1~1|none~2|",
		"|none~0|+|none~0|none~1|",
		"|nor_conv_3x3~0|nor_conv_3x3~0|nor_conv_1x1~0|skip_connect~0|skip_connect~0|avg_pool_3x3~0|+|nor_conv_1x1~0|nor_conv_1x1~1|avg_pool_3x3~1|avg_pool_3x3~0|",
		"|nor_conv_1x1~0|+|skip_connect~1|+|avg_pool_3x3~1|nor_conv_3x3~2|+|skip_connect~3|nor_conv_3x3~0|",
	}
}

func TestCell(t *testing.T) {
	eachISA(t, func(t *testing.T, k *kernel.Kernels) {
		for _, arch := range archs() {
			for _, shape := range []struct {
				n    int
				w    Widths
				side int
			}{{3, Widths{5, 5}, 4}, {2, Widths{17, 17}, 3}, {3, Widths{3, 19}, 4}, {2, Widths{18, 5}, 5}} {
				t.Run(fmt.Sprintf("%s/%d-%d", arch, shape.w.In, shape.w.Out), func(t *testing.T) {
					cellProblem(t, k, arch, shape.n, shape.w, shape.side).check(t)
				})
			}
		}
	})
}

func TestReduction(t *testing.T) {
	eachISA(t, func(t *testing.T, k *kernel.Kernels) {
		for _, shape := range []struct {
			n    int
			w    Widths
			side int
		}{{3, Widths{3, 6}, 8}, {2, Widths{16, 32}, 4}, {2, Widths{9, 18}, 6}, {2, Widths{18, 5}, 4}, {3, Widths{4, 4}, 4}} {
			reductionProblem(k, shape.n, shape.w, shape.side).check(t)
		}
	})
}

func TestStem(t *testing.T) {
	eachISA(t, func(t *testing.T, k *kernel.Kernels) { stemProblem(k, 3, 5, 8).check(t) })
}

func TestHead(t *testing.T) {
	eachISA(t, func(t *testing.T, k *kernel.Kernels) { headProblem(k, 3, 20, 4).check(t) })
}

// Running statistics and their count, by the twin's.
func TestRunningStatistics(t *testing.T) {
	eachISA(t, func(t *testing.T, k *kernel.Kernels) {
		r := rand.New(rand.NewPCG(11, 12))
		const n, channels, side = 3, 5, 8
		x := newVolume(n, imageChannels, side)
		copy(x.v, random(r, len(x.v), 2, 0.5))
		ref, params := newConvNorm(r, channels, imageChannels, 9)
		NewStem(NewWorkspace(k, OfBatch), side, channels, n, params).Forward(narrow(x.v), n)
		_, means, variances := x.conv(ref.conv, channels, 3, 1).batchNorm(ref.weight, ref.bias)
		for c := range means {
			wantMean, wantVar := 0.1*means[c], 0.9+0.1*variances[c]
			gotMean, gotVar := float64(params.RunningMean[c]), float64(params.RunningVar[c])
			if math.Abs(gotMean-wantMean) > 1e-6*math.Abs(wantMean) || math.Abs(gotVar-wantVar) > 1e-6*wantVar {
				t.Errorf("channel %d: mean %g and variance %g, want %g and %g", c, gotMean, gotVar, wantMean, wantVar)
			}
		}
		if *params.Batches != 1 {
			t.Errorf("%d batches, want 1", *params.Batches)
		}
	})
}

// In evaluation, a cell equals the same cell in training whose batch has the
// running statistics.
func TestCellEval(t *testing.T) {
	eachISA(t, func(t *testing.T, k *kernel.Kernels) {
		for _, arch := range archs() {
			for _, w := range []Widths{{6, 6}, {3, 17}, {20, 7}} {
				r := rand.New(rand.NewPCG(13, 14))
				const n, side = 4, 5
				c := parse(t, arch)
				x := newVolume(n, w.In, side)
				copy(x.v, random(r, len(x.v), 0, 1))
				var params []ConvNorm
				for _, conv := range convNorms(c, w) {
					_, p := newConvNorm(r, w.Out, conv.in, conv.taps)
					params = append(params, p)
				}
				train := must(NewCell(NewWorkspace(k, OfBatch), c, side, w, n, params))
				want := slices.Clone(train.Forward(x.toDense(), n))
				// The statistics of this batch become the running ones.
				for i := range params {
					b := train.norms[i]
					for ch := range w.Out {
						params[i].RunningMean[ch] = b.mean[ch]
						params[i].RunningVar[ch] = float32(1/(b.invStd[ch]*b.invStd[ch]) - Epsilon)
					}
				}
				eval := must(NewCellEval(NewWorkspace(k, Running), c, side, w, n, params))
				eval.Fold()
				got := eval.Forward(x.toDense(), n)
				if e := distance(fromDense(got, n, w.Out, side).v, fromDense(want, n, w.Out, side).v); e > 3e-6 {
					t.Errorf("%s, %d to %d: relative error %.2g", arch, w.In, w.Out, e)
				}
				running := must(NewCell(NewWorkspace(k, Running), c, side, w, n, params))
				got = running.Forward(x.toDense(), n)
				if e := distance(fromDense(got, n, w.Out, side).v, fromDense(want, n, w.Out, side).v); e > 3e-6 {
					t.Errorf("%s, %d to %d, not folded: relative error %.2g", arch, w.In, w.Out, e)
				}
			}
		}
	})
}

// Results don't depend on the number of processors.
func TestThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	eachISA(t, func(t *testing.T, k *kernel.Kernels) {
		var first [][]float32
		for _, threads := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(threads)
			p := cellProblem(t, k, archs()[2], 21, Widths{5, 9}, 8)
			y := p.output()
			all := append(p.gradient(y), narrow(y.v))
			if first == nil {
				first = all
			}
			for i := range all {
				if !slices.Equal(all[i], first[i]) {
					t.Errorf("%d threads: result %d differs from that of one thread", threads, i)
				}
			}
		}
	})
}
