package models_test

import (
	"fmt"

	"cellnet/cell"
	"cellnet/models"
)

// A network of the size space is initialized as PyTorch does it, and read back
// from its state dict, which tells its widths.
func ExampleFromStateDict() {
	network := cell.Network{Cell: cell.SizeCell(), Widths: cell.Widths{8, 8, 40, 32, 40}, Classes: 10}
	params, err := models.Initialize(network, 777)
	if err != nil {
		panic(err)
	}
	state := params.StateDict()
	widths, _ := models.WidthsOf(state)
	fmt.Println(state.Len(), "tensors of widths", widths)

	params, err = models.FromStateDict(network, state)
	if err != nil {
		panic(err)
	}
	fmt.Println(params.Network().(cell.Network).Widths)

	network.Widths = cell.Widths{8, 8, 40, 32, 32}
	_, err = models.FromStateDict(network, state)
	fmt.Println(err)
	// Output:
	// 141 tensors of widths 8:8:40:32:40
	// 8:8:40:32:40
	// tensor cells.4.layers.0.op.1.weight is 40x32x3x3, the network needs 32x32x3x3: the state dict is of a network of the widths 8:8:40:32:40
}
