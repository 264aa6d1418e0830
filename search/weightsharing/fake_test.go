package weightsharing

import (
	"fmt"
	"math"
	"slices"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/internal/mt19937"
	"cellnet/models"
	"cellnet/weights"
)

// fakeNet is a network whose loss depends on its weights, on the images' means and
// on what the layers do, by formulas that are quick: enough to see whether a search
// is the same again. It serves both spaces.
type fakeNet struct {
	classes   int
	names     []string
	shapes    map[string][]int
	tensors   map[string][]float32
	grads     map[string][]float32
	reached   []string
	running   []float32
	archName  string
	archShape []int
}

func newFakeNet(classes int, archName string, archShape []int, random *mt19937.Source) *fakeNet {
	f := &fakeNet{
		classes: classes, shapes: map[string][]int{}, tensors: map[string][]float32{}, grads: map[string][]float32{},
		running: make([]float32, 3), archName: archName, archShape: archShape,
	}
	f.add("stem", 3)
	for o := range len(cell.Ops()) {
		f.add(fmt.Sprintf("op.%d", o), classes)
	}
	f.add("classifier", classes, 3)
	for _, name := range f.names {
		random.Uniforms(f.tensors[name], 0.3)
	}
	f.tensors[archName] = make([]float32, archShape[0]*archShape[1])
	random.Normals(f.tensors[archName])
	for i := range f.tensors[archName] {
		f.tensors[archName][i] *= 1e-3
	}
	return f
}

func (f *fakeNet) add(name string, shape ...int) {
	n := 1
	for _, d := range shape {
		n *= d
	}
	f.names = append(f.names, name)
	f.shapes[name], f.tensors[name], f.grads[name] = shape, make([]float32, n), make([]float32, n)
}

func (f *fakeNet) Learnable() []string                     { return f.names }
func (f *fakeNet) Shape(name string) []int                 { return f.shapes[name] }
func (f *fakeNet) Floats(name string) []float32            { return f.tensors[name] }
func (f *fakeNet) Gradient(name string) ([]float32, error) { return f.grads[name], nil }
func (f *fakeNet) Reached() []string                       { return f.reached }

func (f *fakeNet) SaveStatistics() (restore func()) {
	saved := slices.Clone(f.running)
	return func() { copy(f.running, saved) }
}

func (f *fakeNet) StateDict() *weights.StateDict {
	s := new(weights.StateDict)
	s.Set(f.archName, weights.NewFloat32(f.archShape, f.tensors[f.archName]))
	for _, name := range f.names {
		s.Set(name, weights.NewFloat32(f.shapes[name], f.tensors[name]))
	}
	s.Set("running_mean", weights.NewFloat32([]int{3}, f.running))
	return s
}

func (f *fakeNet) LoadStateDict(s *weights.StateDict) error {
	for name, t := range s.All() {
		numbers, err := t.Float32s()
		if err != nil {
			return err
		}
		to := f.tensors[name]
		if name == "running_mean" {
			to = f.running
		}
		if len(to) != len(numbers) {
			return fmt.Errorf("%s has %d numbers, want %d", name, len(numbers), len(to))
		}
		copy(to, numbers)
	}
	return nil
}

// run gives logits[n][k] = sum over c of classifier[k][c]*stem[c]*mean[n][c], plus
// the mixed ops' bias of class k; and, if wanted, its gradients.
func (f *fakeNet) run(images []float32, labels []int, factors []float64, w models.Wanted, train bool) (pass models.Pass, dFactors []float64) {
	n := len(labels)
	per := len(images) / n / 3
	means := make([]float64, n*3)
	for i := range means {
		for _, v := range images[i*per : (i+1)*per] {
			means[i] += float64(v) / float64(per)
		}
	}
	if train {
		for c := range f.running {
			f.running[c] = 0.9*f.running[c] + 0.1*float32(means[c])
		}
	}
	logits := make([]float64, n*f.classes)
	for i := range n {
		for k := range f.classes {
			sum := 0.0
			for c := range 3 {
				sum += float64(f.tensors["classifier"][k*3+c]) * float64(f.tensors["stem"][c]) * (means[i*3+c] - float64(f.running[c])*boolean(!train))
			}
			for o, v := range factors {
				sum += v * float64(f.tensors[fmt.Sprintf("op.%d", o)][k])
			}
			logits[i*f.classes+k] = sum
		}
	}
	for _, v := range logits {
		pass.Logits = append(pass.Logits, float32(v))
	}
	if !w.Weights && !w.Factors {
		return pass, nil
	}
	for _, grad := range f.grads {
		clear(grad)
	}
	f.reached = []string{"stem"}
	for o, v := range factors {
		if v != 0 {
			f.reached = append(f.reached, fmt.Sprintf("op.%d", o))
		}
	}
	f.reached = append(f.reached, "classifier")
	dFactors = make([]float64, len(factors))
	for i, label := range labels {
		p := softmax(logits[i*f.classes : (i+1)*f.classes])
		p[label]--
		for k, d := range p {
			d /= float64(n)
			for c := range 3 {
				m := means[i*3+c]
				f.grads["classifier"][k*3+c] += float32(d * float64(f.tensors["stem"][c]) * m)
				f.grads["stem"][c] += float32(d * float64(f.tensors["classifier"][k*3+c]) * m)
			}
			for o, v := range factors {
				name := fmt.Sprintf("op.%d", o)
				dFactors[o] += d * float64(f.tensors[name][k])
				f.grads[name][k] += float32(d * v)
			}
		}
	}
	return pass, dFactors
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// fakeCells is a fakeNet as a Network.
type fakeCells struct {
	*fakeNet
	edges int
}

// factors of the operations, averaged over edges and cells.
func (f fakeCells) factors(m models.Mixture) []float64 {
	factors := make([]float64, len(cell.Ops()))
	for e := range f.edges {
		for o := range factors {
			if m.Ops == nil {
				factors[o] += float64(m.Factors[e][o]) / float64(f.edges)
			}
		}
		for _, row := range m.Ops {
			factors[row[e]] += 1 / float64(f.edges*len(m.Ops))
		}
	}
	factors[cell.None] = 0
	for _, row := range m.Drop {
		factors[1] += float64(row[0]) / 10
	}
	return factors
}

func (f fakeCells) Train(images []float32, labels []int, m models.Mixture, w models.Wanted) (models.Pass, error) {
	pass, d := f.run(images, labels, f.factors(m), w, true)
	for e := range f.edges {
		row := make([]float64, len(cell.Ops()))
		for o := range row {
			if d != nil && o != int(cell.None) {
				row[o] = d[o] / float64(f.edges)
			}
		}
		pass.Factors = append(pass.Factors, row)
		pass.Sums = append(pass.Sums, 0.01*float64(e))
	}
	return pass, nil
}

func (f fakeCells) Evaluate(images []float32, m models.Mixture) (models.Pass, error) {
	pass, _ := f.run(images, make([]int, imagesOf(images)), f.factors(m), models.Wanted{}, false)
	return pass, nil
}

const fakeSide = 8

func imagesOf(images []float32) int { return len(images) / (3 * fakeSide * fakeSide) }

// fakeWidths is a fakeNet as a SizeNetwork.
type fakeWidths struct{ *fakeNet }

func (f fakeWidths) factors(layers []models.Narrowing) []float64 {
	factors := make([]float64, len(cell.Ops()))
	for i, l := range layers {
		for _, v := range l.Channels {
			factors[1+i%4] += float64(v) / 100
		}
		for _, stretch := range l.Stretches {
			factors[1+i%4] += float64(stretch.Factor) * float64(stretch.From) / 100
		}
	}
	return factors
}

func (f fakeWidths) Train(images []float32, labels []int, layers []models.Narrowing, w models.Wanted) (models.NarrowedPass, error) {
	p, d := f.run(images, labels, f.factors(layers), w, true)
	pass := models.NarrowedPass{Logits: p.Logits}
	for i, l := range layers {
		row := make([]float64, len(l.Channels)+len(l.Stretches))
		for k := range row {
			if d != nil {
				row[k] = d[1+i%4] / 100 * math.Cos(float64(k))
			}
		}
		pass.Factors = append(pass.Factors, row)
	}
	return pass, nil
}

func (f fakeWidths) Evaluate(images []float32, layers []models.Narrowing) (models.NarrowedPass, error) {
	pass, _ := f.run(images, make([]int, imagesOf(images)), f.factors(layers), models.Wanted{}, false)
	return models.NarrowedPass{Logits: pass.Logits}, nil
}

// fakeNetworks makes them.
type fakeNetworks struct{}

func (fakeNetworks) Cells(r Run, s Shape) (Network, *mt19937.Source, error) {
	random, edges := mt19937.New(r.Seed), len(edgesOf(r.Nodes))
	return fakeCells{newFakeNet(s.Classes, supernet.Architecture, []int{edges, len(cell.Ops())}, random), edges}, random, nil
}

func (fakeNetworks) Widths(r Run, s Shape) (SizeNetwork, *mt19937.Source, error) {
	random := mt19937.New(r.Seed)
	return fakeWidths{newFakeNet(s.Classes, supernet.SizeArchitecture, []int{5, len(r.Widths)}, random)}, random, nil
}
