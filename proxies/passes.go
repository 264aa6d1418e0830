package proxies

import (
	"slices"

	"cellnet/models"
)

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
		var err error
		if seen, err = p.patternsOf(p.times()); err != nil {
			return err
		}
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
	// The gradient of the sum of all logits by each image.
	rows, err := p.net.ImageGradient(slices.Repeat([]float32{1}, len(p.net.Logits())))
	if err != nil {
		return err
	}
	c, err := correlations(rows, p.Batch.Len())
	if err != nil {
		return err
	}
	if c == nil {
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
	seen, err := p.patternsOf(func(string) int { return 1 })
	if err != nil {
		return err
	}
	p.read = seen.see
	if err := p.forward(p.Batch.first(p.SWAPImages).Images); err != nil {
		return err
	}
	p.keep(SWAP, seen.swap())
	return nil
}
