package train_test

import (
	"context"
	"fmt"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/train"
)

func Example() {
	source, err := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: 96, Test: 20}})
	if err != nil {
		panic(err)
	}
	images, _, err := train.LoadData(source)
	if err != nil {
		panic(err)
	}
	c, err := cell.FromIndex(1)
	if err != nil {
		panic(err)
	}
	recipe, err := train.Preset(12)
	if err != nil {
		panic(err)
	}
	recipe.Epochs, recipe.BatchSize = 2, 32
	net, err := cell.NewNetwork(c, 4, 1, 10)
	if err != nil {
		panic(err)
	}
	run := train.Run{Net: net, Dataset: data.Synthetic, Recipe: recipe, Seed: 777}
	trainer, err := train.NewTrainer(run, images, train.Options{Hooks: train.Hooks{
		OnEpoch: func(e train.Epoch) {
			test, _ := e.Evaluation(data.OriTest)
			fmt.Printf("epoch %d: rate %.2f, %d images trained, %d evaluated\n", e.Epoch, e.Rate, e.Train.N, test.N)
		},
	}})
	if err != nil {
		panic(err)
	}
	if err := trainer.Train(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(trainer.Parameters().StateDict().Len(), "tensors")
	// Output:
	// epoch 0: rate 0.10, 96 images trained, 20 evaluated
	// epoch 1: rate 0.05, 96 images trained, 20 evaluated
	// 93 tensors
}

func ExampleRecipe_RateAt() {
	recipe, err := train.Preset(12)
	if err != nil {
		panic(err)
	}
	recipe.WarmUp = 2
	for _, epoch := range []int{0, 1, 2, 7, 13} {
		fmt.Printf("%.4f ", recipe.RateAt(epoch, 0, 98))
	}
	// Output: 0.0000 0.0500 0.1000 0.0629 0.0000
}
