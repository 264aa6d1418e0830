package proxies

import (
	"errors"
	"fmt"
	"math"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/hugepage"
	"cellnet/internal/mt19937"
	"cellnet/models"
)

// Batch is labelled images.
type Batch struct {
	Images  []float32 // NCHW, normalized
	Labels  []int     // from 0; nil where no measure needs them
	Side    int
	Classes int // of the network
}

// NewBatch takes the first images of a set, as many as the preset has unless n is
// given, not augmented.
func NewBatch(images *data.Images, info data.Info, p Preset, n int) Batch {
	if n == 0 {
		n = p.Images
	}
	normalization := info.Normalization
	if p.Normalization != (data.Normalization{}) {
		normalization = p.Normalization
	}
	n = min(n, images.Len())
	size, normalizer := 3*info.Side*info.Side, normalization.Normalizer()
	b := Batch{Images: make([]float32, n*size), Labels: make([]int, n), Side: info.Side, Classes: info.Classes}
	for i := range n {
		normalizer.Image(b.Images[i*size:][:size], images.Pixels(i))
		b.Labels[i] = images.Label(i)
	}
	return b
}

// Len is the number of images.
func (b Batch) Len() int { return len(b.Images) / (3 * b.Side * b.Side) }

// part is the images from one number up to another.
func (b Batch) part(from, to int) Batch {
	size := 3 * b.Side * b.Side
	b.Images = b.Images[from*size : to*size]
	if b.Labels != nil {
		b.Labels = b.Labels[from:to]
	}
	return b
}

// first is the first n images, all for 0 and where there are no more.
func (b Batch) first(n int) Batch {
	if n == 0 {
		n = b.Len()
	}
	return b.part(0, min(n, b.Len()))
}

// validate looks at images and labels.
func (b Batch) validate() error {
	switch size := 3 * b.Side * b.Side; {
	case size == 0 || len(b.Images)%size != 0:
		return fmt.Errorf("a batch of %d numbers: an image has 3x%dx%d", len(b.Images), b.Side, b.Side)
	case b.Labels != nil && len(b.Labels) != b.Len():
		return fmt.Errorf("%d labels of %d images", len(b.Labels), b.Len())
	}
	for i, v := range b.Images {
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			return fmt.Errorf("image %d has a NaN or an infinity", i/(3*b.Side*b.Side))
		}
	}
	for i, label := range b.Labels {
		if label < 0 || label >= b.Classes {
			return fmt.Errorf("label %d of image %d is outside 0..%d", label, i, b.Classes-1)
		}
	}
	return nil
}

// Task is what scores are functions of: networks and batches.
type Task struct {
	// Params are the network that most measures look at, in the state of its
	// initialization. No measure changes a network.
	Params *models.Parameters
	Batch  Batch
	// How many of the first images of the batch these measures take; 0 for all.
	GraSPImages, SWAPImages, NTKImages int

	ZenParams           *models.Parameters
	ZenImages, ZenNoise []float32 // NCHW, as many of both

	AZNASParams *models.Parameters
	AZNASImages []float32
	AZNASSigns  *mt19937.Source // it is not moved

	Counting Counting // of ReLUs by nwot
	// EPEClasses is the number of classes that epe_nas goes by; 0 for the
	// network's.
	EPEClasses int
}

// Counting says which ReLUs nwot counts.
type Counting uint8

// The ways to count.
const (
	EachOnce Counting = iota // every ReLU that runs
	// AsNASWOT counts ReLUs before a convolution twice, and leaves out those that
	// no way leads from to the logits: the published program hooks every module
	// whose class is called after ReLU.
	AsNASWOT
)

func (t *Task) validate(wanted map[Measure]bool) error {
	if err := t.Batch.validate(); err != nil {
		return err
	}
	n := t.Batch.Len()
	for m := range wanted {
		switch m {
		case JacobCov, EPENAS, NWOT, NTK, ZiCo:
			if n < 2 {
				return errFew(m, n)
			}
		}
		switch m {
		case GradNorm, SNIP, Plain, Fisher, GraSP, ZiCo, GradSign, EPENAS:
			if t.Batch.Labels == nil {
				return fmt.Errorf("%v needs labels", m)
			}
		}
		if m == GradSign && t.Batch.Side < 8 {
			return fmt.Errorf("%v on images of side %d: batch norm by one image needs more than one value a channel", m, t.Batch.Side)
		}
	}
	return nil
}

// errFew says that a measure needs more images.
func errFew(m Measure, images int) error {
	return fmt.Errorf("%v of %d image: it needs 2 or more", m, images)
}

// Evaluator computes scores, of one network at a time, whose memory the next one
// takes. The zero value is ready for use; it is not safe for concurrent use.
type Evaluator struct {
	pool    models.Pool
	seen    *patterns
	floats  []float32
	doubles doubles
}

// buffer returns n numbers of any value, good until the next call.
func (e *Evaluator) buffer(n int) []float32 {
	if cap(e.floats) < n {
		e.floats = hugepage.Floats(n)
	}
	return e.floats[:n]
}

// Parts are a score's summands where it has any: by layer in order of creation,
// by batch norm of zen, by block of AZ-NAS.
type Parts map[Measure][]float64

// Evaluate computes the scores of a network. Measures share their passes: all
// that need a gradient of the loss one forward and backward, and so on.
func (e *Evaluator) Evaluate(t *Task, wanted []Measure) (Scores, error) {
	scores, _, err := e.EvaluateParts(t, wanted)
	return scores, err
}

// EvaluateParts is [Evaluator.Evaluate] with the summands.
func (e *Evaluator) EvaluateParts(t *Task, wanted []Measure) (Scores, Parts, error) {
	r := &run{Evaluator: e, Task: t, wanted: map[Measure]bool{}, scores: Scores{}, parts: Parts{}, layers: layersOf(t.Params)}
	for _, m := range wanted {
		if m >= measures {
			return nil, nil, fmt.Errorf("scoring: %v is unknown", m)
		}
		r.wanted[m] = true
	}
	if _, ok := t.Params.Network().(cell.Network); !ok {
		return nil, nil, errors.New("scoring: only networks of one cell have scores")
	}
	if err := t.validate(r.wanted); err != nil {
		return nil, nil, fmt.Errorf("scoring: %w", err)
	}
	for _, step := range []func() error{r.counts, r.passes, r.synapses, r.zen, r.azNAS} {
		if err := step(); err != nil {
			return nil, nil, fmt.Errorf("scoring: %w", err)
		}
	}
	return r.scores, r.parts, nil
}

// run is one evaluation.
type run struct {
	*Evaluator
	*Task
	wanted map[Measure]bool
	scores Scores
	parts  Parts
	layers []layer
}

// any tells whether one of the measures is wanted.
func (r *run) any(list ...Measure) bool {
	for _, m := range list {
		if r.wanted[m] {
			return true
		}
	}
	return false
}

// keep notes a score that is wanted.
func (r *run) keep(m Measure, s Score) {
	if !r.wanted[m] {
		return
	}
	if s.Defined() && (math.IsNaN(s.Value) || math.IsInf(s.Value, 0)) {
		s = undefined("the score is not finite")
	}
	r.scores[m] = s
}

// keepParts notes a sum.
func (r *run) keepParts(m Measure, p parts) {
	r.keep(m, Score{Value: p.sum()})
	r.parts[m] = p
}

// counts are the scores without a pass.
func (r *run) counts() error {
	net := r.Params.Network()
	cost := net.Cost(r.Batch.Side)
	r.keep(FLOPs, Score{Value: cost.FLOPs})
	r.keep(Params, Score{Value: cost.Params})
	if r.wanted[L2Norm] {
		list := make(parts, len(r.layers))
		for i, l := range r.layers {
			list[i] = normOf(nil, l.weights)
		}
		r.keepParts(L2Norm, list)
	}
	return nil
}

// options are those of a network on as many images.
func (r *run) options(images int) models.LayeredOptions {
	return models.LayeredOptions{Side: r.Batch.Side, Capacity: images, Norm: models.NormByBatch, Simplify: true, Pool: &r.pool}
}

// passes are the scores of the network in training mode on the batch.
func (r *run) passes() error {
	if !r.any(GradNorm, SNIP, Plain, Fisher, GraSP, JacobCov, EPENAS, NWOT, ZiCo, GradSign, NTK, Regions, SWAP) {
		return nil
	}
	defer r.pool.Reset()
	p := &passes{run: r}
	o := r.options(r.Batch.Len())
	if r.any(Fisher, NWOT, Regions, SWAP) {
		o.Trace = func(a models.Activation) {
			if p.read != nil {
				p.read(a)
			}
		}
	}
	var err error
	if p.net, err = models.NewLayered(r.Params.WithOwnStatistics(), o); err != nil {
		return err
	}
	for _, step := range []func() error{p.whole, p.swap, p.grasp, p.ntk, p.halves, p.gradSign} {
		p.read = nil
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// passes is a network in training mode.
type passes struct {
	*run
	net  *models.Layered
	read func(models.Activation)
	ran  []float32 // the images of the last forward pass
}

// forward runs images, unless they ran last.
func (p *passes) forward(images []float32) error {
	if len(p.ran) == len(images) && &p.ran[0] == &images[0] {
		return nil
	}
	p.ran = nil
	if err := p.net.Forward(images); err != nil {
		return err
	}
	p.ran = images
	return nil
}

// lossGradient runs a batch and computes the gradients of its loss.
func (p *passes) lossGradient(b Batch) error {
	if err := p.forward(b.Images); err != nil {
		return err
	}
	seed, err := p.net.LossGradient(b.Labels)
	if err != nil {
		return err
	}
	return p.net.Backward(seed)
}

// times tells how often nwot counts a ReLU.
func (p *passes) times() func(module string) int {
	if p.Counting == EachOnce {
		return func(string) int { return 1 }
	}
	dead := p.Params.Network().WithoutGradient()
	return func(module string) int {
		switch {
		case module == lastReLU:
			return 1
		case dead[module[:len(module)-1]+"1.weight"]:
			return 0
		}
		return 2
	}
}

// patternsOf returns the memory of the patterns of an architecture.
func (r *run) patternsOf(times func(string) int) *patterns {
	if r.seen == nil {
		r.seen = newPatterns(times)
	}
	r.seen.times = times
	r.seen.reset()
	return r.seen
}

// swapsWhole tells whether swap looks at all images.
func (p *passes) swapsWhole() bool {
	return p.SWAPImages == 0 || p.SWAPImages >= p.Batch.Len()
}

// whole is one pass of the whole batch.
func (p *passes) whole() error {
	wantsLoss := p.any(GradNorm, SNIP, Plain, Fisher)
	wantsImages := p.any(JacobCov, EPENAS)
	wantsReLUs := p.any(NWOT, Regions) || p.wanted[SWAP] && p.swapsWhole()
	if !wantsLoss && !wantsImages && !wantsReLUs {
		return nil
	}
	var seen *patterns
	if wantsReLUs {
		seen = p.patternsOf(p.times())
		p.read = seen.see
	}
	if err := p.forward(p.Batch.Images); err != nil {
		return err
	}
	p.read = nil
	if wantsReLUs {
		p.ofReLUs(seen)
	}
	if wantsLoss {
		if err := p.ofLoss(); err != nil {
			return err
		}
	}
	if !wantsImages {
		return nil
	}
	rows, err := jacobian(p.net, p.Batch)
	if err != nil {
		return err
	}
	c, ok := correlations(rows)
	if !ok {
		p.keep(JacobCov, undefined(constantRows))
		p.keep(EPENAS, undefined(constantRows))
		return nil
	}
	p.keep(JacobCov, jacobCov(c))
	if p.wanted[EPENAS] {
		classes := p.EPEClasses
		if classes == 0 {
			classes = p.Batch.Classes
		}
		p.keep(EPENAS, epeNAS(c, p.Batch.Labels, classes))
	}
	return nil
}

// copyGradients returns those of the last backward pass by the layers' weights, good
// until the next call.
func (p *passes) copyGradients() map[string][]float32 {
	size := 0
	for _, l := range p.layers {
		size += len(l.weights)
	}
	rest, of := p.buffer(size), map[string][]float32{}
	for _, l := range p.layers {
		n := copy(rest, p.net.Gradient(l.weight()))
		of[l.weight()], rest = rest[:n:n], rest[n:]
	}
	return of
}

// ofReLUs are the scores of what the ReLUs let through.
func (p *passes) ofReLUs(seen *patterns) {
	if p.any(NWOT, Regions) {
		common := seen.common()
		p.keep(NWOT, nwot(common))
		p.keep(Regions, regions(common))
	}
	if p.wanted[SWAP] && p.swapsWhole() {
		p.keep(SWAP, seen.swap())
	}
}

// ofLoss are the scores of the gradient of the loss.
func (p *passes) ofLoss() error {
	info := &fisher{of: map[string]float64{}}
	if p.wanted[Fisher] {
		p.read = info.see
		defer func() { p.read = nil }()
	}
	if err := p.lossGradient(p.Batch); err != nil {
		return err
	}
	for _, of := range []struct {
		m Measure
		f func(w, g []float32) float64
	}{{GradNorm, normOf}, {SNIP, saliency}, {Plain, signedSaliency}} {
		if p.wanted[of.m] {
			p.keepParts(of.m, perLayer(p.layers, p.net, of.f))
		}
	}
	if p.wanted[Fisher] {
		p.keepParts(Fisher, info.parts(p.layers))
	}
	return nil
}

// swap is a pass of the first images.
func (p *passes) swap() error {
	if !p.wanted[SWAP] || p.swapsWhole() {
		return nil
	}
	seen := p.patternsOf(func(string) int { return 1 })
	p.read = seen.see
	if err := p.forward(p.Batch.first(p.SWAPImages).Images); err != nil {
		return err
	}
	p.keep(SWAP, seen.swap())
	return nil
}

// synapses are the scores without data.
func (r *run) synapses() error {
	defer r.pool.Reset()
	if r.any(SynFlow, LogSynFlow) {
		s, err := newSynapses(r.Params, r.options(1))
		if err != nil {
			return err
		}
		if r.wanted[SynFlow] {
			value, byLayer := s.flow()
			r.keep(SynFlow, Score{Value: value})
			r.parts[SynFlow] = byLayer
		}
		if r.wanted[LogSynFlow] {
			r.keepParts(LogSynFlow, s.logFlow())
		}
	}
	if r.wanted[SynFlowBN] {
		list, err := synFlowBN(r.Params, r.Batch.Side, &r.doubles)
		if err != nil {
			return err
		}
		r.keepParts(SynFlowBN, list)
	}
	return nil
}

func (r *run) zen() error {
	if !r.wanted[Zen] {
		return nil
	}
	defer r.pool.Reset()
	s, scales, err := zen(r.ZenParams, r.options(len(r.ZenImages)/(3*r.Batch.Side*r.Batch.Side)), r.ZenImages, r.ZenNoise)
	if err != nil {
		return err
	}
	r.keep(Zen, s)
	r.parts[Zen] = scales
	return nil
}

func (r *run) azNAS() error {
	if !r.any(Expressivity, Progressivity, Trainability) {
		return nil
	}
	defer r.pool.Reset()
	signs := *r.AZNASSigns
	a, err := newAZNAS(r.AZNASParams, r.options(len(r.AZNASImages)/(3*r.Batch.Side*r.Batch.Side)), r.AZNASImages, &signs, r.wanted[Trainability], r.buffer)
	if err != nil {
		return err
	}
	r.parts[Expressivity], r.parts[Progressivity], r.parts[Trainability] = a.entropies, a.steps, a.train
	if r.any(Expressivity) {
		r.keep(Expressivity, a.expressivity())
	}
	if r.any(Progressivity) {
		r.keep(Progressivity, a.progressivity())
	}
	if r.any(Trainability) {
		r.keep(Trainability, a.trainability())
	}
	return nil
}
