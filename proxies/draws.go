package proxies

import (
	"math"

	"cellnet/cell"
	"cellnet/internal/mt19937"
	"cellnet/models"
)

// Initialization says how a network's weights are drawn.
type Initialization uint8

// The initializations. All but the first follow PyTorch's default, whose draws
// come first: they draw the weights of convolutions and of the linear layer anew,
// in order of creation, and set biases to 0 and batch norm to 1 and 0.
const (
	DefaultInit   Initialization = iota // PyTorch's
	Gaussian                            // N(0, 1)
	KaimingFanIn                        // N(0, sqrt(2 / fan_in))
	KaimingFanOut                       // N(0, sqrt(2 / fan_out))
	Xavier                              // N(0, sqrt(2 / (fan_in + fan_out)))
)

// deviation is the standard deviation of a tensor's numbers.
func (i Initialization) deviation(shape []int) float64 {
	taps := 1
	for _, d := range shape[2:] {
		taps *= d
	}
	in, out := float64(shape[1]*taps), float64(shape[0]*taps)
	switch i {
	case KaimingFanIn:
		return math.Sqrt(2 / in)
	case KaimingFanOut:
		return math.Sqrt(2 / out)
	case Xavier:
		return math.Sqrt(2 / (in + out))
	}
	return 1
}

// Draws are the random numbers of one seed in the order in which published
// programs draw them: a network's, then those of an initialization, then noise.
type Draws struct {
	normals
}

// NewDraws creates a network from a seed, as PyTorch does; see
// [models.Initialize].
func NewDraws(n cell.Network, seed uint32, i Initialization) (*models.Parameters, *Draws, error) {
	random := mt19937.New(seed)
	p, err := models.InitializeBy(n, random)
	if err != nil {
		return nil, nil, err
	}
	d := &Draws{normals{Source: random}}
	if i != DefaultInit {
		d.reset(p, i)
	}
	return p, d, nil
}

// reset draws all weights anew.
func (d *Draws) reset(p *models.Parameters, i Initialization) {
	for _, t := range p.Tensors() {
		if !t.Kind.Learnable() {
			continue
		}
		of := p.Learnable(t.Name).Data().([]float32)
		switch t.Kind {
		case cell.ConvWeight, cell.LinearWeight:
			d.fill(of)
		case cell.NormWeight:
			for j := range of {
				of[j] = 1
			}
		default:
			clear(of)
		}
	}
	scale(p, i)
}

// Noise draws images of normal numbers, NCHW.
func (d *Draws) Noise(images, side int) []float32 {
	x := make([]float32, images*3*side*side)
	d.fill(x)
	return x
}

// Signs is where the generator is, for the signs of AZ-NAS.
func (d *Draws) Signs() *mt19937.Source {
	at := *d.Source
	return &at
}

// normals draws normal numbers as PyTorch does on the CPU.
type normals struct {
	*mt19937.Source
	left *float64 // the second of a pair, which the next small tensor begins with
}

// vectorized is from how many numbers on PyTorch draws in blocks.
const vectorized = 16

func (d *normals) fill(dst []float32) {
	if len(dst) >= vectorized {
		d.Normals(dst)
		return
	}
	for i := range dst {
		dst[i] = float32(d.one())
	}
}

func (d *normals) one() float64 {
	if d.left != nil {
		v := *d.left
		d.left = nil
		return v
	}
	angle := 2 * math.Pi * d.Float53()
	radius := math.Sqrt(-2 * math.Log1p(-d.Float53()))
	sin, cos := math.Sincos(angle)
	second := radius * sin
	d.left = &second
	return radius * cos
}
