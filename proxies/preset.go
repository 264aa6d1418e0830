package proxies

import (
	"fmt"
	"strings"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
)

// Preset is the settings of published runs.
type Preset struct {
	Name   string
	Init   Initialization // of the network that most measures look at
	Images int            // of the batch
	// Seed of the weights and of what is drawn after them; nil for each
	// architecture's own index.
	Seed *uint32
	// Normalization of the images, zero for the benchmark's.
	Normalization data.Normalization
	Counting      Counting
	EPEClasses    int // 0 for the network's
	// Few is how many of the first images grasp, ntk and swap take, where all
	// would take long or tell nothing; 0 for all.
	Few int
}

// zen and AZ-NAS have an initialization and images of their own in every preset:
// normal weights and noise.

// Presets lists those that there are: the benchmark's network and images as all
// measures are computed here by default, then those of published programs as far
// as they are their own (images are never augmented).
func Presets() []Preset {
	seed := func(s uint32) *uint32 { return &s }
	// Of pixel values from 0 to 255.
	scaled := func(mean, std [3]float64) data.Normalization {
		for c := range mean {
			mean[c] *= 255
			std[c] *= 255
		}
		return data.Normalization{Mean: mean, Std: std}
	}
	cifarMean := [3]float64{.4914, .4822, .4465}
	const few = 16
	return []Preset{
		{Name: "benchmark", Images: 64, Few: few},
		{Name: "zero-cost-nas", Images: 64, Seed: seed(42), Normalization: scaled(cifarMean, [3]float64{.2023, .1994, .2010})},
		{Name: "naslib", Images: 32, Seed: seed(9000), Normalization: scaled(cifarMean, [3]float64{.2470, .2435, .2616}), Few: few},
		{Name: "naswot", Images: 128, Seed: seed(1), Counting: AsNASWOT, Few: few},
		{Name: "epe-nas", Images: 256, Seed: seed(1), EPEClasses: 10, Few: few},
		{Name: "te-nas", Init: KaimingFanOut, Images: 72, Seed: seed(0)},
		{Name: "az-nas", Init: KaimingFanIn, Images: 64, Seed: seed(1), Few: few},
		{Name: "swap", Init: Gaussian, Images: 16, Seed: seed(0)},
	}
}

// ParsePreset returns the preset of a name.
func ParsePreset(name string) (Preset, error) {
	var known []string
	for _, p := range Presets() {
		if p.Name == name {
			return p, nil
		}
		known = append(known, p.Name)
	}
	return Preset{}, fmt.Errorf("no preset is called %.40q: there are %s", name, strings.Join(known, ", "))
}

// Task draws what a network's scores take: its weights from a seed, and for zen
// and AZ-NAS what follows in the generator's stream, as the published programs do.
// The images of a batch are shared, not copied.
func (p Preset) Task(n cell.Network, seed uint32, b Batch, wanted []Measure) (*Task, error) {
	wants := func(list ...Measure) bool {
		for _, m := range wanted {
			for _, w := range list {
				if m == w {
					return true
				}
			}
		}
		return false
	}
	params, fresh, err := NewDraws(n, seed, DefaultInit)
	if err != nil {
		return nil, err
	}
	t := &Task{Params: params, Batch: b, GraSPImages: p.Few, SWAPImages: p.Few, NTKImages: p.Few, Counting: p.Counting, EPEClasses: p.EPEClasses}
	after := fresh.clone()
	if wants(Zen) || wants(Expressivity, Progressivity, Trainability) {
		t.draw(after, b, wants(Zen))
	}
	if p.Init != DefaultInit {
		t.Params = params.Clone()
		fresh.reset(t.Params, p.Init)
	}
	return t, nil
}

// draw draws for zen and AZ-NAS, which differ in the deviation of the weights, and
// in what follows the images.
func (t *Task) draw(d *Draws, b Batch, noise bool) {
	gaussian := t.Params.Clone()
	d.reset(gaussian, Gaussian)
	images := d.Noise(b.Len(), b.Side)
	t.ZenParams, t.ZenImages, t.AZNASImages = gaussian, images, images
	t.AZNASParams = gaussian.Clone()
	scale(t.AZNASParams, KaimingFanIn)
	t.AZNASSigns = d.Signs()
	if noise {
		t.ZenNoise = d.Noise(b.Len(), b.Side)
	}
}

// scale makes an initialization of a Gaussian one.
func scale(p *models.Parameters, i Initialization) {
	for _, t := range p.Tensors() {
		if t.Kind == cell.ConvWeight || t.Kind == cell.LinearWeight {
			by := float32(i.deviation(t.Shape))
			of := p.Learnable(t.Name).Data().([]float32)
			for j := range of {
				of[j] *= by
			}
		}
	}
}

// clone is a copy that draws the same.
func (d *Draws) clone() *Draws {
	source := *d.Source
	return &Draws{normals{Source: &source, left: d.left}}
}
