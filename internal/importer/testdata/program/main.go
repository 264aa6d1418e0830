// Command program uses cellnet as another module does: it classifies a picture,
// trains a step and queries a benchmark.
//
//	program PICTURE BENCHMARK
package main

import (
	"fmt"
	"log"
	"os"
	"slices"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/models"
	"cellnet/train"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: program PICTURE BENCHMARK")
	}
	c, err := cell.FromIndex(157)
	if err != nil {
		log.Fatal(err)
	}
	network, err := cell.NewNetwork(c, 4, 1, data.CIFAR10.Classes())
	if err != nil {
		log.Fatal(err)
	}
	params, err := models.Initialize(network, 777)
	if err != nil {
		log.Fatal(err)
	}
	for _, do := range []func() error{
		func() error { return classify(params, os.Args[1]) },
		func() error { return step(params) },
		func() error { return query(os.Args[2]) },
	} {
		if err := do(); err != nil {
			log.Fatal(err)
		}
	}
}

// classify prints the most probable class of a picture.
func classify(params *models.Parameters, picture string) error {
	side := data.CIFAR10.Side()
	pixels, err := data.ReadPicture(picture, side)
	if err != nil {
		return err
	}
	net, err := models.New(params, models.Options{Side: side, Capacity: 1})
	if err != nil {
		return err
	}
	predictor := models.NewPredictor(net)
	defer predictor.Close()
	image := make([]float32, 3*side*side)
	data.CIFAR10.Normalization().Normalizer().Image(image, pixels)
	logits, err := predictor.Predict(image)
	if err != nil {
		return err
	}
	fmt.Println("class:", data.CIFAR10.ClassNames()[slices.Index(logits, slices.Max(logits))])
	return nil
}

// step prints the loss of a batch before and after a step of training on it.
func step(params *models.Parameters) error {
	const images = 8
	side := data.CIFAR10.Side()
	net, err := models.New(params, models.Options{Side: side, Capacity: images, Norm: models.NormByBatch, Gradients: true})
	if err != nil {
		return err
	}
	stepper, err := models.NewStepper(net, net.Loss)
	if err != nil {
		return err
	}
	defer stepper.Close()
	batch, labels := make([]float32, images*3*side*side), make([]int, images)
	for i := range batch {
		batch[i] = float32(i*7919%1000)/500 - 1
	}
	for i := range labels {
		labels[i] = i % network(params).Classes
	}
	optimizer := train.SGD{Rate: 0.1, Momentum: 0.9, Nesterov: true}
	for range 2 {
		if err := stepper.Run(batch, labels); err != nil {
			return err
		}
		loss, err := stepper.Objective()
		if err != nil {
			return err
		}
		fmt.Println("loss:", loss)
		if err := optimizer.Step(stepper.Learnables()); err != nil {
			return err
		}
	}
	return nil
}

func network(params *models.Parameters) cell.Network { return params.Network().(cell.Network) }

// query prints a published accuracy.
func query(path string) error {
	b, err := bench.Open(path)
	if err != nil {
		return err
	}
	defer b.Close()
	info, err := b.MoreInfo(bench.Selection{Index: 157, Dataset: data.CIFAR100, HP: bench.HP12})
	if err != nil {
		return err
	}
	fmt.Printf("accuracy: %.2f\n", info.Valid.Accuracy)
	return nil
}
