package models

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/weights"

	"gorgonia.org/gorgonia"
)

// twoCellReference is one of PyTorch's networks of two cells.
type twoCellReference struct {
	name   string
	Config json.RawMessage
	Side   int
	Seed   *uint32
	FLOPs  float64
	Params float64
	net    twocell.Network
	digest map[string]map[string][]float64
}

func twoCellNames() []string {
	return []string{"darts-v2", "every-op", "collapsed", "auxiliary", "auxiliary-2"}
}

func readTwoCell(t testing.TB, name string) twoCellReference {
	t.Helper()
	r := twoCellReference{name: name}
	readFile := func(file string, into any) {
		data, err := os.ReadFile(filepath.Join("testdata/nasnet", name, file))
		if err == nil {
			err = json.Unmarshal(data, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	readFile("arch.json", &r)
	n, err := spec.ReadRecord(r.Config)
	if err != nil {
		t.Fatal(err)
	}
	r.net = n.(twocell.Network)
	if r.Seed != nil {
		readFile("digest.json", &r.digest)
	}
	return r
}

func (r twoCellReference) file(t testing.TB, name string) *weights.File {
	t.Helper()
	f, err := weights.OpenFile(filepath.Join("testdata/nasnet", r.name, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func loadOnly(t testing.TB, f *weights.File) *weights.StateDict {
	t.Helper()
	n, err := f.Select(weights.Selector{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Load()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parameters are the file's, or those that the seed gives.
func (r twoCellReference) parameters(t testing.TB) *Parameters {
	t.Helper()
	var p *Parameters
	var err error
	if r.Seed != nil {
		p, err = Initialize(r.net, *r.Seed)
	} else {
		p, err = FromStateDict(r.net, loadOnly(t, r.file(t, "weights.pth")))
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTwoCellCost(t *testing.T) {
	for _, name := range twoCellNames() {
		r := readTwoCell(t, name)
		if c := r.net.Cost(r.Side); math.Abs(c.FLOPs-r.FLOPs) > 1e-9 || math.Abs(c.Params-r.Params) > 1e-9 {
			t.Errorf("%s: %+v, want %g and %g", name, c, r.FLOPs, r.Params)
		}
	}
}

func TestTwoCellInitialization(t *testing.T) {
	var cases []struct {
		Config json.RawMessage
		Seed   uint32
		SHA256 map[string]string
	}
	readJSON(t, "fixtures/size/init.json", &cases)
	compared := 0
	for _, c := range cases {
		if !strings.Contains(string(c.Config), twocell.InferNASNet) {
			continue
		}
		compared++
		n, err := spec.ReadRecord(c.Config)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Initialize(n, c.Seed)
		if err != nil {
			t.Fatal(err)
		}
		state := p.StateDict()
		if state.Len() != len(c.SHA256) {
			t.Errorf("%d tensors, want %d", state.Len(), len(c.SHA256))
		}
		for name, tensor := range state.All() {
			sum := sha256.Sum256(tensor.Data)
			if got := hex.EncodeToString(sum[:])[:16]; got != c.SHA256[name] {
				t.Errorf("%s seed %d: %s has hash %s, want %s", c.Config, c.Seed, name, got, c.SHA256[name])
			}
		}
	}
	if compared != len(twoCellNames()) {
		t.Errorf("%d networks compared", compared)
	}
}

// TestTwoCellOrder: names in PyTorch's order.
func TestTwoCellOrder(t *testing.T) {
	for _, name := range []string{"darts-v2", "every-op", "collapsed"} {
		r := readTwoCell(t, name)
		want := loadOnly(t, r.file(t, "weights.pth")).Names()
		if got := r.parameters(t).StateDict().Names(); !slices.Equal(got, want) {
			t.Errorf("%s: names %q, want %q", name, got, want)
		}
	}
}

func TestTwoCellEvaluation(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range twoCellNames() {
			r := readTwoCell(t, name)
			want := loadOnly(t, r.file(t, "eval.pth"))
			input := floatsOf(t, want, "input")
			net := newNet(t, r.parameters(t), len(input)/(3*r.Side*r.Side), Options{Side: r.Side, Kernels: k})
			p := NewPredictor(net)
			predict(t, p, input)
			for what, node := range map[string]*gorgonia.Node{"features": net.Features, "logits": net.Logits} {
				want := floatsOf(t, want, what)
				if e := relativeNorm(values(node)[:len(want)], want); !(e < 1e-5) {
					t.Errorf("%s: %s have a relative error of %.2g", name, what, e)
				}
			}
			p.Close()
		}
	})
}

func floatsOf(t testing.TB, s *weights.StateDict, name string) []float32 {
	t.Helper()
	tensor, ok := s.Get(name)
	if !ok {
		t.Fatalf("no tensor %s", name)
	}
	v, err := tensor.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestTwoCellTraining(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range twoCellNames() {
			t.Run(name, func(t *testing.T) { readTwoCell(t, name).train(t, k) })
		}
	})
}

// train compares one step.
func (r twoCellReference) train(t *testing.T, k ISA) {
	f := r.file(t, "train.pth")
	images, labels := numbers(t, f, "input"), labelsOf(t, f)
	p := r.parameters(t)
	net := newNet(t, p, len(labels), Options{Side: r.Side, Norm: NormByBatch, Gradients: true, Kernels: k})
	s, err := NewStepper(net, net.Loss)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Run(images, labels); err != nil {
		t.Fatal(err)
	}
	loss, err := s.Objective()
	if err != nil {
		t.Fatal(err)
	}
	want, err := f.Entry("loss")
	if err != nil {
		t.Fatal(err)
	}
	if e := relative(loss, float64(want.(weights.Float))); !(e < 1e-5) {
		t.Errorf("loss %.9g, want %.9g", loss, want)
	}
	tolerance := 1e-4
	outputs := map[string]*gorgonia.Node{"logits": net.Logits}
	if r.net.Auxiliary {
		tolerance = 1e-3
		outputs["aux_logits"] = net.AuxiliaryLogits
	}
	for what, node := range outputs {
		want := numbers(t, f, what)
		if e := relativeNorm(values(node)[:len(want)], want); !(e < 1e-4) {
			t.Errorf("%s have a relative error of %.2g", what, e)
		}
	}
	r.checkStatistics(t, p.StateDict(), tensors(t, f, "stats"), 2e-5)
	without := textList(t, f, "without_grad")
	var got []string
	for _, e := range p.Tensors() {
		if e.Kind.Learnable() && !slices.ContainsFunc(s.Learnables(), func(l gorgonia.ValueGrad) bool { return l.(*gorgonia.Node).Name() == e.Name }) {
			got = append(got, e.Name)
		}
	}
	if !slices.Equal(got, without) {
		t.Errorf("without gradient are %q, want %q", got, without)
	}
	grads := map[string][]float32{}
	for _, n := range net.Learnables() {
		g, err := n.Grad()
		if err != nil {
			t.Fatal(err)
		}
		if grads[n.Name()] = g.Data().([]float32); slices.Contains(without, n.Name()) && norm(grads[n.Name()]) != 0 {
			t.Errorf("the gradient of %s is not zero", n.Name())
		}
	}
	r.checkGrads(t, f, grads, without, tolerance)
}

func textList(t testing.TB, f *weights.File, name string) []string {
	t.Helper()
	v, err := f.Entry(name)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, text := range v.(weights.List) {
		list = append(list, string(text.(weights.Text)))
	}
	return list
}

// checkGrads compares all gradients, or their digests. One that is zero but for
// rounding is compared by the norm of all.
func (r twoCellReference) checkGrads(t *testing.T, f *weights.File, got map[string][]float32, without []string, tolerance float64) {
	t.Helper()
	if r.Seed == nil {
		want := tensors(t, f, "grads")
		for _, name := range without {
			got[name] = floatsOf(t, want, name)
			if norm(got[name]) != 0 {
				t.Errorf("%s has no gradient, but a gradient that is not zero", name)
			}
		}
		if e, at := worst(t, trained{grads: got}, want); e > tolerance {
			t.Errorf("gradient of %s has a relative error of %.2g", at, e)
		}
		return
	}
	want := r.digest["train.grads"]
	var total float64
	for _, d := range want {
		total = math.Hypot(total, d[0])
	}
	for name, d := range want {
		v, ok := got[name]
		if !ok {
			if !slices.Contains(without, name) || d[0] != 0 {
				t.Errorf("no gradient of %s", name)
			}
			continue
		}
		if d[0] < gradNoise*total && norm(v) < gradNoise*total {
			continue
		}
		checkDigest(t, name, v, d, tolerance)
	}
}

// checkDigest compares a norm, and numbers by it.
func checkDigest(t *testing.T, name string, v []float32, d []float64, tolerance float64) {
	t.Helper()
	if e := math.Abs(norm(v)-d[0]) / d[0]; !(e < tolerance) {
		t.Errorf("%s: norm %g, want %g", name, norm(v), d[0])
	}
	for i := range 4 {
		at := i * (len(v) - 1) / 3
		if e := math.Abs(float64(v[at]) - d[1+i]); !(e < tolerance*d[0]) {
			t.Errorf("%s[%d] = %g, want %g, the norm is %g", name, at, v[at], d[1+i], d[0])
		}
	}
}

// checkStatistics compares running statistics and counts; a mean near zero by
// the deviation of what it is a mean of.
func (r twoCellReference) checkStatistics(t *testing.T, got, want *weights.StateDict, tolerance float64) {
	t.Helper()
	for name, w := range want.All() {
		g, ok := got.Get(name)
		if !ok {
			t.Errorf("no tensor %s", name)
			continue
		}
		if strings.HasSuffix(name, ".num_batches_tracked") {
			if !slices.Equal(g.Data, w.Data) {
				t.Errorf("%s differs", name)
			}
			continue
		}
		x, y := floatsOf(t, got, name), floatsOf(t, want, name)
		scale := norm(y)
		if base, ok := strings.CutSuffix(name, ".running_mean"); ok {
			var sum float64
			for _, v := range floatsOf(t, want, base+".running_var") {
				sum += float64(v)
			}
			scale = max(scale, 1e-2*math.Sqrt(sum))
		}
		if e := distance(x, y); !(e <= tolerance*scale) {
			t.Errorf("%s is off by %.2g, its norm is %.2g", name, e, norm(y))
		}
	}
}

// TestTwoCellTrace: three steps of SGD with Nesterov's momentum and decay.
func TestTwoCellTrace(t *testing.T) {
	eachKernels(t, func(t *testing.T, k ISA) {
		for _, name := range []string{"darts-v2", "every-op", "collapsed"} {
			t.Run(name, func(t *testing.T) { readTwoCell(t, name).trace(t, k) })
		}
	})
}

func (r twoCellReference) trace(t *testing.T, k ISA) {
	f := r.file(t, "trace.pth")
	losses, rates := floatList(t, f, "losses"), floatList(t, f, "rates")
	images, labels := numbers(t, f, "inputs"), labelsOf(t, f)
	p := r.parameters(t)
	count := len(labels) / len(losses)
	net := newNet(t, p, count, Options{Side: r.Side, Norm: NormByBatch, Gradients: true, Kernels: k})
	s, err := NewStepper(net, net.Loss)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	momenta := map[string][]float32{}
	for step, rate := range rates {
		if err := s.ZeroGrads(); err != nil {
			t.Fatal(err)
		}
		size := len(images) / len(rates)
		if err := s.Run(images[step*size:][:size], labels[step*count:][:count]); err != nil {
			t.Fatal(err)
		}
		loss, err := s.Objective()
		if err != nil {
			t.Fatal(err)
		}
		if !(relative(loss, losses[step]) < 1e-4) {
			t.Errorf("loss of step %d is %.9g, want %.9g", step, loss, losses[step])
		}
		for _, l := range s.Learnables() {
			descend(t, l.(*gorgonia.Node), momenta, float32(rate))
		}
	}
	got, want := p.StateDict(), tensors(t, f, "after")
	statistics := new(weights.StateDict)
	var total float64
	for _, e := range p.Tensors() {
		if !e.Kind.Learnable() {
			w, _ := want.Get(e.Name)
			statistics.Set(e.Name, w)
			continue
		}
		total = math.Hypot(total, norm(floatsOf(t, want, e.Name)))
	}
	r.checkStatistics(t, got, statistics, 1e-4)
	for _, e := range p.Tensors() {
		if !e.Kind.Learnable() {
			continue
		}
		w := floatsOf(t, want, e.Name)
		if d := distance(floatsOf(t, got, e.Name), w); !(d <= 1e-3*norm(w)) && !(e.Kind == cell.NormBias && d <= gradNoise*total) {
			t.Errorf("%s is off by %.2g, its norm is %.2g", e.Name, d, norm(w))
		}
	}
}

func floatList(t testing.TB, f *weights.File, name string) []float64 {
	t.Helper()
	v, err := f.Entry(name)
	if err != nil {
		t.Fatal(err)
	}
	var list []float64
	for _, x := range v.(weights.List) {
		list = append(list, float64(x.(weights.Float)))
	}
	return list
}

// descend takes a step of SGD.
func descend(t testing.TB, n *gorgonia.Node, momenta map[string][]float32, rate float32) {
	t.Helper()
	const momentum, decay = 0.9, 5e-4
	grad, err := n.Grad()
	if err != nil {
		t.Fatal(err)
	}
	g, x := grad.Data().([]float32), n.Value().Data().([]float32)
	m := momenta[n.Name()]
	first := m == nil
	if first {
		m = make([]float32, len(x))
		momenta[n.Name()] = m
	}
	for i := range x {
		d := g[i] + decay*x[i]
		if first {
			m[i] = d
		} else {
			m[i] = momentum*m[i] + d
		}
		x[i] -= rate * (d + momentum*m[i])
	}
}

// TestTwoCellRecords: the numbers of learnable numbers, the auxiliary head's
// too.
func TestTwoCellRecords(t *testing.T) {
	var records struct {
		Good []struct {
			Config json.RawMessage
			Params int
		}
		Bad []struct {
			Config json.RawMessage
			Reason string
		}
	}
	readJSON(t, "fixtures/size/configs.json", &records)
	for _, r := range records.Good {
		n, err := spec.ReadRecord(r.Config)
		if err != nil {
			t.Errorf("%s: %v", r.Config, err)
			continue
		}
		params := 0
		for e := range n.Tensors() {
			if e.Kind.Learnable() {
				params += e.Len()
			}
		}
		if params != r.Params {
			t.Errorf("%s: %d parameters, want %d", r.Config, params, r.Params)
		}
	}
	for _, r := range records.Bad {
		if n, err := spec.ReadRecord(r.Config); err == nil {
			t.Errorf("record with %s is read as %v", r.Reason, n)
		}
	}
}
