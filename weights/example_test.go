package weights_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cellnet/weights"
)

// Weights are written with what is to be known about them, and found again.
func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "net.pth")

	state := new(weights.StateDict)
	state.Set("stem.0.weight", weights.NewFloat32([]int{2, 3, 1, 1}, []float32{1, 2, 3, 4, 5, 6}))
	state.Set("stem.1.num_batches_tracked", weights.NewInt64(nil, []int64{98}))
	about := weights.Description{Arch: "|nor_conv_3x3~0|", Dataset: "cifar10", HP: 12}
	if err := weights.WriteFile(name, weights.Zip, state, about.Entries()...); err != nil {
		fmt.Println(err)
		return
	}

	f, err := weights.OpenFile(name)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	network, err := f.Select(weights.Selector{Dataset: "cifar10"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Format, network.Arch, network.C)
	for _, t := range network.Tensors {
		fmt.Println(t.Name, t.DType, t.Shape)
	}
	again, err := network.Load()
	if err != nil {
		fmt.Println(err)
		return
	}
	stem, _ := again.Get("stem.0.weight")
	fmt.Println(stem.Float32s())
	// Output:
	// zip |nor_conv_3x3~0| 2
	// stem.0.weight float32 [2 3 1 1]
	// stem.1.num_batches_tracked int64 []
	// [1 2 3 4 5 6] <nil>
}

// A file of several networks lists them if the choice is open.
func ExampleFile_Select() {
	f, err := weights.OpenFile("testdata/missing.pth")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer f.Close()
	_, err = f.Select(weights.Selector{HP: 200})
	var selection *weights.SelectionError
	if errors.As(err, &selection) {
		for _, n := range selection.There {
			fmt.Println(n)
		}
	}
	// Output:
	// reading weights testdata/missing.pth: no such file or directory: check its name
}
