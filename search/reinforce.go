package search

import (
	"math"

	"cellnet/internal/mt19937"
)

// Reinforce is REINFORCE (Williams, 1992) as the published program runs it: a
// softmax policy for each position by itself, a moving average of rewards as
// the baseline, Adam.
type Reinforce struct {
	Rate     float64 // learning rate, above 0
	Momentum float64 // of the baseline, 0 to below 1
}

// DefaultReinforce has the published settings.
func DefaultReinforce() Reinforce { return Reinforce{Rate: 0.01, Momentum: 0.9} }

// Name is "reinforce".
func (Reinforce) Name() string { return "reinforce" }

// Validate checks the rate and the momentum.
func (r Reinforce) Validate() error {
	switch {
	case !(r.Rate > 0) || math.IsInf(r.Rate, 0):
		return settingError("rate", r.Rate, "a number above 0")
	case !(r.Momentum >= 0 && r.Momentum < 1):
		return settingError("momentum", r.Momentum, "0 or more and below 1")
	}
	return nil
}

func (r Reinforce) search(s *session) error {
	p := newPolicy(s.Space, s.Seed)
	defer func() { s.run.Policy = p.rows() }()
	var above, below float64 // the baseline is above / below
	for !s.over() {
		arch := p.choose(s)
		reward, err := s.evaluate(arch)
		if err != nil {
			return err
		}
		above = r.Momentum*above + (1-r.Momentum)*reward
		below = r.Momentum*below + (1 - r.Momentum)
		p.learn(s.Space.Choices(arch), float32(reward-above/below), r.Rate)
	}
	return nil
}

// policy holds a logit for each choice at each position, and Adam's moments.
type policy struct {
	torch                              *mt19937.Source
	options                            int
	logits, shares, first, second, sum []float32
	steps                              int
}

func newPolicy(space *Space, seed uint32) *policy {
	n := space.positions * space.options
	p := &policy{torch: mt19937.New(seed), options: space.options, logits: make([]float32, n), shares: make([]float32, n),
		first: make([]float32, n), second: make([]float32, n), sum: make([]float32, space.options)}
	p.torch.Normals(p.logits)
	for i := range p.logits {
		p.logits[i] *= 1e-3
	}
	return p
}

// rows gives the logits by position.
func (p *policy) rows() [][]float32 {
	var rows [][]float32
	for at := 0; at < len(p.logits); at += p.options {
		rows = append(rows, p.logits[at:at+p.options])
	}
	return rows
}

// rejections is how many architectures out of the limits are drawn before those
// within are weighed one by one: a policy may come to prefer what is forbidden.
const rejections = 200

// choose draws an architecture that is allowed.
func (p *policy) choose(s *session) int {
	p.softmax()
	var c [maxPositions]uint8
	choices := c[:len(p.logits)/p.options]
	for range rejections {
		for i := range choices {
			choices[i] = p.multinomial(p.shares[i*p.options : (i+1)*p.options])
		}
		if arch := s.Space.Index(choices); s.allowed(arch) {
			return arch
		}
	}
	return p.chooseAmong(s)
}

// chooseAmong draws one of the allowed architectures by their probabilities.
func (p *policy) chooseAmong(s *session) int {
	var sum float64
	sums := make([]float64, s.Space.Len())
	last := 0
	for arch := range sums {
		if s.allowed(arch) {
			share := 1.0
			for i, c := range s.Space.Choices(arch) {
				share *= float64(p.shares[i*p.options+int(c)])
			}
			sum += share
			last = arch
		}
		sums[arch] = sum
	}
	u := p.torch.Float53() * sum
	for arch, v := range sums {
		if v > u && s.allowed(arch) {
			return arch
		}
	}
	return last
}

func (p *policy) softmax() {
	for at := 0; at < len(p.logits); at += p.options {
		row, shares := p.logits[at:at+p.options], p.shares[at:at+p.options]
		top := row[0]
		for _, v := range row {
			top = max(top, v)
		}
		var sum float32
		for i, v := range row {
			shares[i] = float32(math.Exp(float64(v - top)))
			sum += shares[i]
		}
		for i := range shares {
			shares[i] /= sum
		}
	}
}

// multinomial draws as torch.multinomial does with replacement.
func (p *policy) multinomial(shares []float32) uint8 {
	var sum float32
	for i, v := range shares {
		sum += v
		p.sum[i] = sum
	}
	u := p.torch.Float53()
	for i := range len(shares) - 1 {
		if float64(p.sum[i]/sum) >= u {
			return uint8(i)
		}
	}
	return uint8(len(shares) - 1)
}

// learn is a step of Adam along the gradient of -log p(choices) * advantage.
func (p *policy) learn(choices []uint8, advantage float32, rate float64) {
	const beta1, beta2, epsilon = 0.9, 0.999, 1e-8
	p.steps++
	step := float32(rate / (1 - math.Pow(beta1, float64(p.steps))))
	correction := float32(math.Sqrt(1 - math.Pow(beta2, float64(p.steps))))
	for i := range p.logits {
		g := p.shares[i]
		if int(choices[i/p.options]) == i%p.options {
			g--
		}
		g *= advantage
		p.first[i] = beta1*p.first[i] + 0.1*g
		p.second[i] = beta2*p.second[i] + 0.001*g*g
		p.logits[i] -= step * p.first[i] / (float32(math.Sqrt(float64(p.second[i])))/correction + epsilon)
	}
}
