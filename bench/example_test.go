package bench_test

import (
	"errors"
	"fmt"
	"path/filepath"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/mt19937"
)

// A folder in the layout of NATS-Bench with the made-up record of architecture 157.
var sample = filepath.Join("testdata", "NATS-tss-sample")

func Example() {
	b, err := bench.Open(sample)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	info, err := b.MoreInfo(bench.Selection{Index: 157, Dataset: data.CIFAR100, HP: bench.HP12})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("validation accuracy %.2f%%, training took %.0f s\n", info.Valid.Accuracy, info.Train.Total.Value)
	cost, err := b.Cost(157, data.CIFAR100, bench.HP12)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.1f million multiply-accumulates, %.3f million parameters\n", cost.FLOPs, cost.Params)
	// Output:
	// validation accuracy 22.72%, training took 137 s
	// 7.8 million multiply-accumulates, 0.079 million parameters
}

func ExampleBenchmark_Best() {
	b, err := bench.Open(sample)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	dataset, set, err := bench.SetByWord(data.CIFAR10, "valid")
	if err != nil {
		fmt.Println(err)
		return
	}
	q := bench.BestQuery{Dataset: dataset, Set: set, HP: bench.HP12}
	index, accuracy, err := b.Best(q)
	fmt.Println(index, accuracy.Value, err)
	q.MaxFLOPs = bench.Number{Value: 5, OK: true} // none is that small
	index, accuracy, err = b.Best(q)
	fmt.Println(index, accuracy.OK, err)
	// Output:
	// 157 28.776000022889548 <nil>
	// -1 false <nil>
}

// A search that trains for show: the clock tells what it would have cost.
func ExampleBenchmark_Simulate() {
	b, err := bench.Open(sample)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	var clock bench.Clock
	random := mt19937.NewPython(0)
	for _, index := range b.Stored() {
		s, err := b.Simulate(bench.SimulateQuery{Index: index, Dataset: data.CIFAR10, HP: bench.HP12, Random: random})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%d: %.2f%% for %.1f s, %.1f s in all\n", index, s.Accuracy, s.Cost, clock.Spend(s.Cost))
	}
	// Output:
	// 157: 28.20% for 68.7 s, 68.7 s in all
}

// Errors say whether something is out of range or not recorded.
func ExampleBenchmark_Metrics() {
	b, err := bench.Open(sample)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()
	at5 := bench.Selection{Index: 157, Dataset: data.CIFAR10, HP: bench.HP12, Epoch: bench.AtEpoch(5), Choice: bench.OfSeed(111)}
	m, err := b.Metrics(at5, data.OriTest)
	fmt.Printf("%.2f%% at epoch %d, %v\n", m.Accuracy, m.Epoch, err)
	_, err = b.Metrics(at5, data.XTest)
	fmt.Println(err, errors.Is(err, bench.ErrMissing))
	at12 := at5
	at12.Epoch = bench.AtEpoch(12)
	_, err = b.Metrics(at12, data.OriTest)
	fmt.Println(errors.Is(err, bench.ErrRange))
	// Output:
	// 28.58% at epoch 5, <nil>
	// architecture 157 on cifar10: x-test at epoch 5: not recorded true
	// true
}
