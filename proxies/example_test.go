package proxies_test

import (
	"fmt"
	"log"

	"cellnet/cell"
	"cellnet/proxies"
)

// Three scores of a network from one batch, by its weights from a seed.
func Example() {
	c, err := cell.Parse("|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|")
	if err != nil {
		log.Fatal(err)
	}
	net, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		log.Fatal(err)
	}
	batch := proxies.Batch{Images: make([]float32, 4*3*8*8), Labels: []int{0, 1, 2, 3}, Side: 8, Classes: 10}
	for i := range batch.Images {
		batch.Images[i] = float32(i*i%97)/48 - 1
	}
	wanted := []proxies.Measure{proxies.Params, proxies.Regions, proxies.NWOT}
	task, err := proxies.Presets()[0].Task(net, 777, batch, wanted)
	if err != nil {
		log.Fatal(err)
	}
	var e proxies.Evaluator
	scores, err := e.Evaluate(task, wanted)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("params %.4f, regions %v, nwot %.2f\n", scores[proxies.Params].Value, scores[proxies.Regions].Value, scores[proxies.NWOT].Value)

	// Where all images are alike there is no score, but a reason.
	clear(batch.Images)
	if task, err = proxies.Presets()[0].Task(net, 777, batch, wanted); err != nil {
		log.Fatal(err)
	}
	if scores, err = e.Evaluate(task, wanted); err != nil {
		log.Fatal(err)
	}
	fmt.Println(scores[proxies.NWOT].Defined(), scores[proxies.NWOT].Reason)
	// Output:
	// params 0.0084, regions 4, nwot 27.82
	// false two images have the same ReLUs on
}
