package curvesource

import (
	"fmt"

	"cellnet/bench"
)

// Curve is what is known of a training on a set: losses and accuracies in
// percent by epoch, null where there are none.
type Curve struct {
	Name string         `json:"name"`
	Seed int            `json:"seed"`
	Loss []bench.Number `json:"loss"`
	Top1 []bench.Number `json:"top1"`
}

// set puts the numbers of an epoch in their place.
func (c *Curve) set(epoch int, loss, top1 float64) error {
	const maxEpochs = 1 << 20
	if epoch < 0 || epoch > maxEpochs {
		return fmt.Errorf("epoch %d is outside 0..%d", epoch, maxEpochs)
	}
	for len(c.Loss) <= epoch {
		c.Loss, c.Top1 = append(c.Loss, bench.Number{}), append(c.Top1, bench.Number{})
	}
	c.Loss[epoch], c.Top1[epoch] = bench.Number{Value: loss, OK: true}, bench.Number{Value: top1, OK: true}
	return nil
}
