package weightsharing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

// Limits of what may differ from the recorded numbers, relative to the largest of a
// tensor.
const (
	logitsLimit   = 2e-5
	gradientLimit = 1e-4
	secondLimit   = 3e-4
	afterLimit    = 2e-5
	archLimit     = 1e-6
)

// recorded are the draws of a half of a recorded step.
type recorded struct {
	draws
	half tree
	cell int // of recorded operations for each cell
	keep int // row of recorded masks of drop path
}

func (r *recorded) gumbels(_, columns int) table { return rowsOf(r.half.at("gumbels"), columns) }

func (r *recorded) uniformCell([]cell.Link) []cell.Op { return opsOf(r.half.at("ops").ints()) }

func (r *recorded) connectedCell([]cell.Link) []cell.Op {
	row := r.half.at("ops").list()[r.cell]
	r.cell++
	return opsOf(row.ints())
}

func (r *recorded) kept(images int, _ float64) []bool {
	kept := make([]bool, images)
	for i, v := range rowsOf(r.half.at("masks"), images)[r.keep] {
		kept[i] = v != 0
	}
	r.keep++
	return kept
}

// watched compares every pass of a network with the recorded ones.
type watched struct {
	*cells
	t      *testing.T
	draws  *recorded
	step   tree
	name   string // of the step
	passes int
	second bool // the passes after the first are those of darts-v2
}

// before turns to the half that the next draws are of.
func (w *watched) turn(half string) { *w.draws = recorded{half: w.step.at(half)} }

func (w *watched) Train(images []float32, labels []int, m models.Mixture, wanted models.Wanted) (models.Pass, error) {
	pass, err := w.cells.Train(images, labels, m, wanted)
	if err != nil {
		return pass, err
	}
	half := ""
	switch {
	case w.passes == 0:
		half = "base"
	case w.passes == 1 && !w.second, w.passes == 2 && w.second:
		half = "arch"
	}
	w.passes++
	if half == "" {
		return pass, nil
	}
	t, one := w.t, w.step.at(half)
	what := func(name string) string { return w.name + half + ": " + name }
	near(t, what("logits"), doubles(pass.Logits), one.at("logits").floats(), logitsLimit, 1e-3)
	near(t, what("loss"), []float64{pass.Loss}, []float64{one.at("loss").float()}, logitsLimit, 1e-3)
	s := scored(pass.Logits, data.Batch{Labels: labels})
	near(t, what("top-1, top-5"), []float64{percentRight(s), 100 * float64(s.Top5) / float64(s.N)}, []float64{one.at("top1").float(), one.at("top5").float()}, 1e-12, 1)
	if half == "base" {
		// PyTorch has gradients of all weights that any pass has reached by now; those
		// of before are zero.
		grads, now := one.at("grads").state(), w.Reached()
		for name := range grads.All() {
			got := make([]float32, len(w.Floats(name)))
			if slices.Contains(now, name) {
				if got, err = w.Gradient(name); err != nil {
					return pass, err
				}
			}
			near(t, what("gradient of "+name), doubles(got), tensorNumbers(t, grads, name), gradientLimit, 1e-2)
		}
		w.turn("arch")
	}
	return pass, nil
}

// Every recorded algorithm on cells: losses, logits, accuracies, gradients, and the
// state after its steps.
func TestStepsAreThoseOfPyTorch(t *testing.T) {
	for _, c := range []struct {
		name          string
		algorithm     Algorithm
		affine, track bool
	}{
		{name: "darts-v1", algorithm: DARTSV1}, {name: "darts-v2", algorithm: DARTSV2}, {name: "gdas", algorithm: GDAS}, {name: "gdas_v1", algorithm: GDASV1},
		{name: "setn", algorithm: SETN}, {name: "random", algorithm: Random}, {name: "enas", algorithm: ENAS}, {name: "drop-path", algorithm: DARTSV1},
		{name: "darts-v1-affine", algorithm: DARTSV1, affine: true, track: true}, {name: "darts-v1-track", algorithm: DARTSV1, track: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, start := readTree(t, c.name+".pth"), tree{}
			if file.has("start") {
				start = file.at("start")
			} else {
				start = readTree(t, "net.pth")
			}
			r := DefaultRun(c.algorithm)
			r.Channels, r.Cells, r.Affine, r.Track = 4, 1, c.affine, c.track
			net := recordedNet(t, r, start, 8)
			w := &watched{cells: net, t: t, draws: &recorded{}, second: c.algorithm == DARTSV2}
			top := newTopology(w, r, w.draws)
			alpha := net.Floats(supernet.Architecture)
			var controller *Controller
			if file.has("controller") {
				var err error
				if controller, err = controllerOf(file.at("controller").state(), ""); err != nil {
					t.Fatal(err)
				}
			}
			for i, step := range file.at("steps").list() {
				w.step, w.passes, w.name = step, 0, fmt.Sprintf("step %d, ", i)
				w.turn("base")
				rate := step.at("lr").float()
				top.sgd.SetRate(rate)
				if step.has("tau") {
					top.tau = step.at("tau").float()
				}
				base, arch := recordedBatch(step.at("base")), recordedBatch(step.at("arch"))
				var before *train.Adam
				var err error
				switch c.name {
				case "drop-path": // whose architecture is measured only
					top.dropped = step.at("rate").float()
					if _, err = top.weightHalf(base, top.joint().mixture()); err == nil {
						_, err = top.measure(arch, top.joint().mixture())
					}
				case "darts-v2":
					err = secondOrder(t, w, top, base, arch, rate, step.at("arch"), w.name)
				default:
					before = copyOfAdam(t, r, top.adam)
					was := slices.Clone(alpha)
					_, err = methodOf(c.algorithm, top, r, controller, step).step(base, arch, rate)
					if err == nil && step.at("arch").has("grad") {
						compareArchitecture(t, w.name, supernet.Architecture, before, was, alpha, rowsOf(step.at("arch").at("grad"), 5))
					}
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			compareAfter(t, net, file.at("after"))
			var untouched []string
			for _, name := range net.Learnable() {
				if !top.reached[name] {
					untouched = append(untouched, name)
				}
			}
			slices.Sort(untouched)
			var want []string
			for _, name := range file.at("untouched").list() {
				want = append(want, name.string())
			}
			if !slices.Equal(untouched, want) {
				t.Errorf("untouched are %v, want %v", untouched, want)
			}
			if got, err := CellOf(top.edges, top.likeliest()); err != nil || got.String() != file.at("genotype").string() {
				t.Errorf("the genotype is %v, %v, want %s", got, err, file.at("genotype").string())
			}
		})
	}
}

func recordedNet(t *testing.T, r Run, start tree, images int) *cells {
	t.Helper()
	params, err := models.SupernetFromStateDict(topologyOf(r, 10), start.state())
	if err != nil {
		t.Fatal(err)
	}
	net, err := newCells(params, Shape{Classes: 10, Side: 16, Batch: images, EvaluationBatch: 16})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func recordedBatch(half tree) data.Batch {
	return data.Batch{Input: half.at("inputs").float32s(), Labels: half.at("targets").ints()}
}

func methodOf(a Algorithm, top *topology, r Run, c *Controller, step tree) method {
	switch a {
	case DARTSV1:
		return dartsV1{top}
	case GDAS, GDASV1:
		return gdas{top, a == GDAS}
	case SETN:
		return setn{top}
	case Random:
		return random{top, 3 * r.Cells, false}
	}
	top.draws = uniformsOf{top.draws, scripted(step.at("base").at("uniforms").floats())}
	return enas{top, c}
}

// uniformsOf are draws with uniform numbers of their own.
type uniformsOf struct {
	draws
	next func() float64
}

func (u uniformsOf) uniform() float64 { return u.next() }

func copyOfAdam(t *testing.T, r Run, adam *train.Adam) *train.Adam {
	t.Helper()
	other := newAdam(r)
	if err := other.LoadState(adam.State()); err != nil {
		t.Fatal(err)
	}
	return other
}

// compareArchitecture moves the parameters of before by the recorded gradient.
func compareArchitecture(t *testing.T, what, name string, adam *train.Adam, before, after []float32, gradient table) {
	t.Helper()
	if err := stepArchitecture(adam, name, before, gradient); err != nil {
		t.Fatal(err)
	}
	near(t, what+"architecture parameters", doubles(after), doubles(before), archLimit, 1)
}

// secondOrder is a step of darts-v2 with its parts.
func secondOrder(t *testing.T, w *watched, top *topology, base, arch data.Batch, rate float64, want tree, what string) error {
	t.Helper()
	if _, err := top.weightHalf(base, top.joint().mixture()); err != nil {
		return err
	}
	u := unrolled{topology: top, joint: top.joint(), base: base, arch: arch, rate: rate}
	if _, err := u.run(); err != nil {
		return err
	}
	if want.has("ahead") {
		ahead := want.at("ahead").state()
		for name := range ahead.All() {
			near(t, what+"ahead "+name, doubles(u.ahead[name]), tensorNumbers(t, ahead, name), afterLimit, 1e-3)
		}
	}
	near(t, what+"norm", []float64{u.norm}, []float64{want.at("vector_norm").float()}, gradientLimit, 1e-3)
	near(t, what+"radius", []float64{u.radius}, []float64{want.at("radius").float()}, gradientLimit, 1e-3)
	for _, part := range []struct {
		name  string
		got   table
		limit float64
	}{
		{"dalpha", u.dAlpha, gradientLimit}, {"grad_plus", u.plus, gradientLimit}, {"grad_minus", u.minus, gradientLimit},
		{"implicit", u.implicit, secondLimit}, {"grad", u.gradient, gradientLimit},
	} {
		near(t, what+part.name, flat(part.got), want.at(part.name).floats(), part.limit, 1e-3)
	}
	return top.stepAlpha(u.gradient)
}

func compareAfter(t *testing.T, net Weights, after tree) {
	t.Helper()
	got := net.StateDict()
	for name := range after.dict().All() {
		want, limit, floor := after.at(name.(string)), afterLimit, 1e-3
		if name == supernet.Architecture || name == supernet.SizeArchitecture {
			limit, floor = archLimit, 1
		}
		tensor, ok := got.Get(name.(string))
		if !ok {
			if strings.HasPrefix(name.(string), ControllerPrefix) {
				continue
			}
			t.Errorf("%v is missing", name)
			continue
		}
		if tensor.DType.IsFloat() {
			v, err := tensor.Float32s()
			if err != nil {
				t.Fatal(err)
			}
			near(t, "after: "+name.(string), doubles(v), want.floats(), limit, floor)
			continue
		}
		v, err := tensor.Int64s()
		if err != nil || !slices.Equal(v, []int64{int64(want.ints()[0])}) {
			t.Errorf("after: %v is %v, %v, want %v", name, v, err, want.ints())
		}
	}
}

// Cells are chosen by their accuracies in evaluation mode.
func TestSelectionIsThatOfPyTorch(t *testing.T) {
	file := readTree(t, "select.pth")
	r := DefaultRun(Random)
	r.Channels, r.Cells = 4, 1
	net := recordedNet(t, r, readTree(t, "net.pth"), 16)
	batches := file.at("data").list()
	best, most := -1, -1.0
	for i, one := range file.at("cells").list() {
		b := recordedBatch(batches[int(one.at("batch").float())])
		pass, err := net.Evaluate(b.Input, fixed(opsOf(one.at("ops").ints())))
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("cell %d: logits", i), doubles(pass.Logits), one.at("logits").floats(), logitsLimit, 1e-3)
		s := scored(pass.Logits, b)
		near(t, fmt.Sprintf("cell %d: accuracies", i), []float64{percentRight(s), 100 * float64(s.Top5) / float64(s.N)},
			[]float64{one.at("top1").float(), one.at("top5").float()}, 1e-12, 1)
		if accuracy := percentRight(s); accuracy > most {
			best, most = i, accuracy
		}
	}
	if want := int(file.at("best").float()); best != want {
		t.Errorf("cell %d is the best, want %d", best, want)
	}
	top := newTopology(net, r, &recorded{half: file.at("gdas")})
	top.tau = file.at("gdas").at("tau").float()
	for name, m := range map[string]models.Mixture{"joint": top.joint().mixture(), "gdas": gdas{top, true}.validation(nil)} {
		pass, err := net.Evaluate(recordedBatch(batches[int(file.at(name).at("batch").float())]).Input, m)
		if err != nil {
			t.Fatal(err)
		}
		near(t, name, doubles(pass.Logits), file.at(name).at("logits").floats(), logitsLimit, 1e-3)
	}
}

func (r *recorded) exponentials(int) []float64 { return r.half.at("exponentials").floats() }

func (r *recorded) warmUp(float64, int) int {
	r.cell++
	return r.half.at("actions").ints()[r.cell-1]
}

func (r *recorded) uniform() float64 {
	r.cell++
	return r.half.at("uniforms").floats()[r.cell-1]
}

// watchedWidths compares every pass of a network with the recorded ones.
type watchedWidths struct {
	*widths
	t      *testing.T
	draws  *recorded
	step   tree
	name   string
	passes int
	loss   bool // whether that of the second half is the recorded one
}

func (w *watchedWidths) Train(images []float32, labels []int, layers []models.Narrowing, wanted models.Wanted) (models.NarrowedPass, error) {
	pass, err := w.widths.Train(images, labels, layers, wanted)
	if err != nil {
		return pass, err
	}
	half := []string{"base", "arch"}[w.passes]
	w.passes++
	t, one := w.t, w.step.at(half)
	what := func(name string) string { return w.name + half + ": " + name }
	near(t, what("logits"), doubles(pass.Logits), one.at("logits").floats(), logitsLimit, 1e-3)
	s := scored(pass.Logits, data.Batch{Labels: labels})
	near(t, what("top-1, top-5"), []float64{percentRight(s), 100 * float64(s.Top5) / float64(s.N)}, []float64{one.at("top1").float(), one.at("top5").float()}, 1e-12, 1)
	if half == "base" || w.loss {
		near(t, what("loss"), []float64{pass.Loss}, []float64{one.at("loss").float()}, logitsLimit, 1e-3)
	}
	if half == "base" {
		grads := one.at("grads").state()
		for name := range grads.All() {
			got, err := w.Gradient(name)
			if err != nil {
				return pass, err
			}
			near(t, what("gradient of "+name), doubles(got), tensorNumbers(t, grads, name), gradientLimit, 1e-2)
		}
		*w.draws = recorded{half: w.step.at("arch")}
	}
	return pass, nil
}

// Every recorded algorithm on widths, warm-up included.
func TestStepsOnWidthsAreThoseOfPyTorch(t *testing.T) {
	for _, a := range []Algorithm{TAS, MaskGumbel, MaskRL} {
		t.Run(a.String(), func(t *testing.T) {
			file := readTree(t, a.String()+".pth")
			r := DefaultRun(a)
			r.Widths = []int{2, 4, 6, 8}
			params, err := models.SizeSupernetFromStateDict(sizeOf(r, 10), readTree(t, "size-net.pth").state())
			if err != nil {
				t.Fatal(err)
			}
			net, err := newWidths(params, Shape{Classes: 10, Side: 16, Batch: 4, EvaluationBatch: 4})
			if err != nil {
				t.Fatal(err)
			}
			w := &watchedWidths{widths: net, t: t, draws: &recorded{}, loss: a != MaskRL}
			search := newSizeSearch(w, r, w.draws)
			alpha := net.Floats(supernet.SizeArchitecture)
			var m method
			switch a {
			case TAS:
				m = newTAS(search)
			case MaskGumbel:
				m = newMaskGumbel(search)
			case MaskRL:
				m = maskRL{search, new(movingAverage)}
			}
			for i, step := range file.at("steps").list() {
				w.step, w.passes, w.name = step, 0, fmt.Sprintf("step %d, ", i)
				*w.draws = recorded{half: step.at("base")}
				search.sgd.SetRate(step.at("lr").float())
				search.tau, search.warming = step.at("tau").float(), step.has("warmup")
				before, was := copyOfAdam(t, r, search.adam), slices.Clone(alpha)
				if _, err := m.step(recordedBatch(step.at("base")), recordedBatch(step.at("arch")), step.at("lr").float()); err != nil {
					t.Fatal(err)
				}
				if step.at("arch").has("grad") {
					compareArchitecture(t, w.name, supernet.SizeArchitecture, before, was, alpha, rowsOf(step.at("arch").at("grad"), 4))
				} else if !slices.Equal(was, alpha) {
					t.Error("the warm-up moves the architecture")
				}
			}
			compareAfter(t, net, file.at("after"))
			if untouched := len(search.net.Learnable()) - len(search.reached); untouched != len(file.at("untouched").list()) {
				t.Errorf("%d weights are untouched", untouched)
			}
			e := engine{sizes: search}
			if got, err := e.selectWidths(); err != nil || got.arch.String() != file.at("genotype").string() {
				t.Errorf("the genotype is %v, %v, want %s", got.arch, err, file.at("genotype").string())
			}
		})
	}
}
