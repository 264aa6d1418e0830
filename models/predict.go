package models

import (
	"errors"
	"fmt"

	"gorgonia.org/gorgonia"
)

// Predictor computes logits: forward through a network, as often as it is told.
// It is not safe for concurrent use.
type Predictor struct {
	net    *Network
	vm     gorgonia.VM
	logits []float32
}

// NewPredictor prepares runs of a network, whose parameters are not to change
// but before [Predictor.Refresh].
func NewPredictor(net *Network) *Predictor {
	p := &Predictor{net: net, vm: gorgonia.NewTapeMachine(net.Graph)}
	p.Refresh()
	return p
}

// Refresh takes the parameters as they are now.
func (p *Predictor) Refresh() { p.net.Freeze(true) }

// Predict returns the logits [images][classes] of images (NCHW, normalized),
// valid until the next call. More images than the network's capacity are taken
// in parts, unless batch norm would tell the parts from the whole.
func (p *Predictor) Predict(images []float32) ([]float32, error) {
	size := p.net.imageSize()
	if len(images) == 0 {
		return nil, errors.New("predicting: no images")
	}
	part := p.net.Capacity() * size
	if len(images) > part && p.net.options.Norm == NormByBatch {
		return nil, fmt.Errorf("predicting %d images: the network normalizes by the batch and takes %d at most", len(images)/size, p.net.Capacity())
	}
	p.logits = p.logits[:0]
	for from := 0; from < len(images); from += part {
		if err := p.net.SetBatch(images[from:min(from+part, len(images))], nil); err != nil {
			return nil, fmt.Errorf("predicting: %w", err)
		}
		err := p.vm.RunAll()
		p.vm.Reset()
		if err != nil {
			return nil, fmt.Errorf("predicting: %w", err)
		}
		logits, err := p.net.logits()
		if err != nil {
			return nil, err
		}
		p.logits = append(p.logits, logits...)
	}
	return p.logits, nil
}

// Network is what the predictor runs.
func (p *Predictor) Network() *Network { return p.net }

// Close frees what the runs need. The network's parameters may change again.
func (p *Predictor) Close() error {
	p.net.Freeze(false)
	return p.vm.Close()
}
