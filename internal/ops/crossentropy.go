package ops

import (
	"fmt"
	"math"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// crossEntropy is the loss of logits [capacity, classes] and labels [capacity].
type crossEntropy struct {
	base
	batch     *Batch
	classes   int
	smoothing float64
}

var (
	_ gorgonia.SDOp = (*crossEntropy)(nil)
	_ gorgonia.Op   = (*crossEntropyGrad)(nil)
)

func newCrossEntropy(b *Batch, name string, classes int, smoothing float64) *crossEntropy {
	logits, labels := tensor.Shape{b.capacity, classes}, tensor.Shape{b.capacity}
	return &crossEntropy{b.base(name, tensor.ScalarShape(), logits, labels), b, classes, smoothing}
}

// Type differs from the other ops' in the labels, which are ints.
func (o *crossEntropy) Type() hm.Type {
	labels := gorgonia.TensorType{Dims: 1, Of: tensor.Int}
	return hm.NewFnType(typeOf(o.inputs[0]), labels, typeOf(o.returns))
}

// operands returns the logits and the labels of the images in use.
func (o *crossEntropy) operands(logits, labels gorgonia.Value) ([]float32, []int, error) {
	x, err := floats(logits)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: logits: %w", o.name, err)
	}
	all, ok := labels.Data().([]int)
	if one, scalar := labels.Data().(int); scalar {
		all, ok = []int{one}, true
	}
	if !ok {
		return nil, nil, fmt.Errorf("%s: labels of %v, want ints", o.name, labels.Dtype())
	}
	all = all[:o.batch.n]
	for i, label := range all {
		if label < 0 || label >= o.classes {
			return nil, nil, fmt.Errorf("%s: label %d of image %d is outside 0..%d", o.name, label, i, o.classes-1)
		}
	}
	return x, all, nil
}

// Do sums in float64 and returns the mean.
func (o *crossEntropy) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	if err := o.check(inputs); err != nil {
		return nil, err
	}
	x, labels, err := o.operands(inputs[0], inputs[1])
	if err != nil {
		return nil, err
	}
	var total float64
	for i, label := range labels {
		total += CrossEntropy(x[i*o.classes:][:o.classes], label, o.smoothing)
	}
	return gorgonia.NewF32(float32(total / float64(len(labels)))), nil
}

// CrossEntropy is the loss of one image: minus the log-softmax of its label's
// logit, or of all of them by a smoothed target.
func CrossEntropy(logits []float32, label int, smoothing float64) float64 {
	norm := logSumExp(logits)
	loss := (1 - smoothing) * (norm - float64(logits[label]))
	if smoothing > 0 {
		for _, v := range logits {
			loss += smoothing / float64(len(logits)) * (norm - float64(v))
		}
	}
	return loss
}

func logSumExp(logits []float32) float64 {
	top := math.Inf(-1)
	for _, v := range logits {
		top = math.Max(top, float64(v))
	}
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v) - top)
	}
	return top + math.Log(sum)
}

// DiffWRT says that the loss is differentiable by the logits.
func (o *crossEntropy) DiffWRT(int) []bool { return []bool{true, false} }

// SymDiff adds the gradient of the logits; there is none of the labels.
func (o *crossEntropy) SymDiff(inputs gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	logits := o.inputs[0]
	op := &crossEntropyGrad{
		base: o.batch.base(o.name+".grad", logits, logits, o.inputs[1], tensor.ScalarShape()),
		of:   o, out: result{shape: logits}, dx: make([]float32, logits.TotalSize()),
	}
	n, err := gorgonia.ApplyOp(op, inputs[0], inputs[1], grad)
	if err != nil {
		return nil, err
	}
	return gorgonia.Nodes{n, nil}, nil
}

// crossEntropyGrad is softmax minus target, by the number of images.
type crossEntropyGrad struct {
	base
	of  *crossEntropy
	out result
	dx  []float32
}

func (o *crossEntropyGrad) Type() hm.Type {
	labels := gorgonia.TensorType{Dims: 1, Of: tensor.Int}
	return hm.NewFnType(typeOf(o.inputs[0]), labels, tensor.Float32, typeOf(o.returns))
}

func (o *crossEntropyGrad) Do(inputs ...gorgonia.Value) (gorgonia.Value, error) {
	if err := o.check(inputs); err != nil {
		return nil, err
	}
	x, labels, err := o.of.operands(inputs[0], inputs[1])
	if err != nil {
		return nil, err
	}
	outer, err := floats(inputs[2])
	if err != nil {
		return nil, fmt.Errorf("%s: gradient: %w", o.name, err)
	}
	classes := o.of.classes
	share := float64(outer[0]) / float64(len(labels))
	even := o.of.smoothing / float64(classes)
	for i, label := range labels {
		logits := x[i*classes:][:classes]
		norm := logSumExp(logits)
		for k, v := range logits {
			target := even
			if k == label {
				target += 1 - o.of.smoothing
			}
			o.dx[i*classes+k] = float32(share * (math.Exp(float64(v)-norm) - target))
		}
	}
	clear(o.dx[len(labels)*classes:])
	return o.out.wrap(o.dx), nil
}
