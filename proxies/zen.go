package proxies

import (
	"math"

	"cellnet/cell"
	"cellnet/models"
)

// gamma is the share of noise in the second of zen's batches.
const gamma = 0.01

// zen compares the last feature maps of images and of images with noise, which
// run in this order, and adds what batch norm has scaled away.
func zen(p *models.Parameters, o models.LayeredOptions, images, noise []float32) (Score, parts, error) {
	p = p.WithOwnStatistics()
	var first []float32
	var distance float64
	again := false
	scratch := []float32(nil)
	o.Norm = models.NormByBatch
	o.Trace = func(a models.Activation) {
		if a.Module != lastReLU || a.Kind != models.ReLUInput {
			return
		}
		size := a.Side * a.Side * a.Pitch
		if scratch == nil {
			scratch, first = make([]float32, size), make([]float32, a.Images*size)
		}
		for i := range a.Images {
			x, of := a.Image(i, scratch), first[i*size:][:size]
			if !again {
				for j, v := range x {
					of[j] = max(v, 0)
				}
				continue
			}
			for j, v := range x {
				if j%a.Pitch < a.Channels {
					distance += math.Abs(float64(max(v, 0)) - float64(of[j]))
				}
			}
		}
	}
	net, err := models.NewLayered(p, o)
	if err != nil {
		return Score{}, nil, err
	}
	if err := net.Forward(images); err != nil {
		return Score{}, nil, err
	}
	again = true
	disturbed := make([]float32, len(images))
	for i, v := range images {
		disturbed[i] = v + gamma*noise[i]
	}
	if err := net.Forward(disturbed); err != nil {
		return Score{}, nil, err
	}
	var scales parts
	for _, t := range p.Tensors() {
		if t.Kind != cell.RunningVar {
			continue
		}
		var sum float64
		of := p.Statistic(t.Name)
		for _, v := range of {
			sum += float64(v)
		}
		scales = append(scales, math.Log(sum/float64(len(of)))/2)
	}
	count := len(images) / (3 * o.Side * o.Side)
	if distance == 0 {
		return undefined("the noise does not reach the features"), scales, nil
	}
	return Score{Value: math.Log(distance/float64(count)) + scales.sum()}, scales, nil
}

// lastReLU is the ReLU before the average over the pixels.
const lastReLU = "lastact.1"
