package models

import (
	"fmt"
	"math"
)

// Curvature computes, for the last Forward's images and the cross entropy of their
// labels, how the gradient of each layer's weights w changes when the weights of
// all layers move in a direction v: w . (H v), by the names of the weights, H
// being the Hessian of the loss in all of them. ReLUs stay as they are, as in
// PyTorch's second derivatives. Norm must be NormByBatch. direction has the
// weights of every convolution and of the classifier, in PyTorch's layout.
//
// It takes about as long as three gradients.
func (l *Layered) Curvature(labels []int, direction map[string][]float32) (map[string]float64, error) {
	if l.options.Norm != NormByBatch {
		return nil, fmt.Errorf("a curvature with batch norm by %d: it is there by the statistics of the batch only", l.options.Norm)
	}
	for _, t := range l.params.Tensors() {
		if len(t.Shape) > 1 && len(direction[t.Name]) != t.Len() {
			return nil, fmt.Errorf("a direction of %d numbers of %s, which has %d", len(direction[t.Name]), t.Name, t.Len())
		}
	}
	seed, err := l.LossGradient(labels)
	if err != nil {
		return nil, err
	}
	n := l.images
	var tangent []float32
	for _, b := range l.blocks {
		tangent = b.tangent(tangent, direction, n)
	}
	curvature := map[string]float64{}
	l.prepareBackward(true)
	g, _ := l.classifier.Backward(seed, n)
	rg := l.classifierCurvature(seed, tangent, direction[classifierWeight], curvature)
	for i := len(l.blocks) - 1; i >= 0; i-- {
		dx := l.blocks[i].backward(g, n)
		rg = l.blocks[i].tangentGrad(g, rg, curvature, n)
		g = dx
	}
	return curvature, nil
}

const classifierWeight = "classifier.weight"

// classifierCurvature is that of the classifier and of the loss: from the tangent
// of the features to that of their gradient.
func (l *Layered) classifierCurvature(seed, rfeatures, direction []float32, curvature map[string]float64) []float32 {
	classes := l.network.Classes
	features := l.Output(len(l.blocks) - 1).Numbers
	in := len(features) / l.images
	weight := l.params.floats(classifierWeight)
	rdfeatures := make([]float32, len(features))
	var total float64
	for i := range l.images {
		f, rf := features[i*in:][:in], rfeatures[i*in:][:in]
		rseed := l.seedTangent(i, func(k int) float64 {
			var sum float64
			for j, w := range weight[k*in:][:in] {
				sum += float64(w)*float64(rf[j]) + float64(direction[k*in+j])*float64(f[j])
			}
			return sum
		})
		rdf := rdfeatures[i*in:][:in]
		for k := range classes {
			g, rg := float64(seed[i*classes+k]), rseed[k]
			for j, w := range weight[k*in:][:in] {
				rdf[j] += float32(float64(w)*rg + float64(direction[k*in+j])*g)
				total += float64(w) * (rg*float64(f[j]) + g*float64(rf[j]))
			}
		}
	}
	curvature[classifierWeight] = total
	return rdfeatures
}

// seedTangent is that of the gradient of the logits of image i.
func (l *Layered) seedTangent(i int, logitTangent func(class int) float64) []float64 {
	classes := l.network.Classes
	p := softmax(l.logits[i*classes:][:classes])
	tangents, mean := make([]float64, classes), 0.0
	for k := range tangents {
		tangents[k] = logitTangent(k)
		mean += p[k] * tangents[k]
	}
	for k, t := range tangents {
		tangents[k] = p[k] * (t - mean) / float64(l.images)
	}
	return tangents
}

// softmax is that of an image's logits.
func softmax(logits []float32) []float64 {
	top, sum := math.Inf(-1), 0.0
	for _, v := range logits {
		top = math.Max(top, float64(v))
	}
	p := make([]float64, len(logits))
	for k, v := range logits {
		p[k] = math.Exp(float64(v) - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}
