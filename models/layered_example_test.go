package models_test

import (
	"fmt"
	"log"

	"cellnet/models"
)

// What each convolution gave and its gradient, by any gradient of the logits.
func ExampleLayered() {
	var shown []string
	net, err := models.NewLayered(small(), models.LayeredOptions{
		Side: 8, Capacity: 2, Norm: models.NormByBatch,
		Trace: func(a models.Activation) {
			if a.Gradient && a.Kind == models.ConvOutput {
				image := a.Image(0, make([]float32, a.Side*a.Side*a.Pitch))
				shown = append(shown, fmt.Sprint(a.Module, " ", len(image) == len(a.Value(0, image))))
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	images := make([]float32, 2*3*8*8)
	images[5] = 1
	if err := net.Forward(images); err != nil {
		log.Fatal(err)
	}
	seed := make([]float32, len(net.Logits())) // of the first logit of the second image
	seed[10] = 1
	if err := net.Backward(seed); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(net.Logits()), len(net.Gradient("stem.0.weight")))
	for i := range 3 {
		o := net.Output(i)
		fmt.Println(o.Name, o.Side, o.Channels)
	}
	fmt.Println(shown[0], len(shown))
	// Output:
	// 20 108
	// stem 8 4
	// cells.0 8 4
	// cells.1 4 8
	// cells.4.layers.0.op.1 true 10
}
