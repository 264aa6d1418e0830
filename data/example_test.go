package data_test

import (
	"context"
	"fmt"
	"log"

	"cellnet/data"
)

// Batches of the synthetic dataset as a training run takes them.
func Example() {
	source, err := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: 600}})
	if err != nil {
		log.Fatal(err)
	}
	images, err := source.Load(data.Train)
	if err != nil {
		log.Fatal(err)
	}
	loader, err := data.NewLoader(images, data.LoaderConfig{
		Normalization: data.Synthetic.Normalization(),
		Augmentation:  data.Synthetic.Augmentation(),
		Shuffle:       true,
		Seed:          777,
	})
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range loader.Epoch(context.Background(), 0, 0) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(batch.Step, len(batch.Labels), len(batch.Input))
	}
	// Output:
	// 0 256 786432
	// 1 256 786432
	// 2 88 270336
}

// Going on in the middle of an epoch.
func ExampleLoader_Epoch() {
	source, _ := data.Open(data.Synthetic, data.Options{Synthetic: data.SyntheticSize{Train: 50}})
	images, _ := source.Load(data.Train)
	loader, err := data.NewLoader(images, data.LoaderConfig{
		BatchSize:     10,
		Normalization: data.Synthetic.Normalization(),
		Shuffle:       true,
		Seed:          1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, start := range []int{0, 3} {
		for batch := range loader.Epoch(context.Background(), 7, start) {
			fmt.Println(batch.Step, batch.Labels)
		}
	}
	// Output:
	// 0 [6 6 5 0 1 0 9 8 4 1]
	// 1 [5 7 1 9 8 4 1 3 3 3]
	// 2 [5 2 4 9 2 4 0 1 0 8]
	// 3 [3 2 5 3 0 4 2 7 7 9]
	// 4 [9 5 7 8 7 6 8 6 2 6]
	// 3 [3 2 5 3 0 4 2 7 7 9]
	// 4 [9 5 7 8 7 6 8 6 2 6]
}

// What a missing folder looks like.
func ExampleOpen_error() {
	_, err := data.Open(data.CIFAR100, data.Options{Dir: "testdata"})
	fmt.Println(err)
	// Output:
	// opening cifar100: no cifar-100-python or cifar-100-binary in testdata: name the folder that holds it with --data, or fetch it with --download
}

func ExampleDataset_EvaluationSets() {
	for _, d := range data.Datasets() {
		fmt.Print(d, ": ", d.Count(data.Train), " train")
		for _, set := range d.EvaluationSets() {
			fmt.Print(", ", d.Count(set), " ", set)
		}
		fmt.Println()
	}
	// Output:
	// cifar10-valid: 25000 train, 25000 x-valid, 10000 ori-test
	// cifar10: 50000 train, 10000 ori-test
	// cifar100: 50000 train, 5000 x-valid, 5000 x-test, 10000 ori-test
	// ImageNet16-120: 151700 train, 3000 x-valid, 3000 x-test, 6000 ori-test
	// synthetic: 10000 train, 2000 ori-test
}
