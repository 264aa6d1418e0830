package builtin

import (
	"testing"

	"cellnet/cell"
	"cellnet/data"
)

func TestNetworkCosts(t *testing.T) {
	for index, c := range cell.All() {
		if index%97 > 0 {
			continue
		}
		for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16} {
			got, ok := Network(index, d)
			if want := cell.Benchmark(c, d.Classes()).Cost(d.Side()); !ok || got != want {
				t.Errorf("%d on %v: %v, %v, want %v", index, d, got, ok, want)
			}
		}
	}
	for _, index := range []int{-1, cell.SpaceSize} {
		if _, ok := Network(index, data.CIFAR10); ok {
			t.Errorf("%d has a cost", index)
		}
	}
	if _, ok := Network(0, data.Synthetic); ok {
		t.Error("the synthetic set has a cost")
	}
}
