package supernet

import (
	"fmt"
	"strings"
	"testing"

	"cellnet/cell"
)

func TestTopologyValidate(t *testing.T) {
	good := Topology{C: 16, N: 5, Nodes: 4, Classes: 10}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		change func(*Topology)
		want   string
	}{
		{func(t *Topology) { t.C = 0 }, "0 channels"},
		{func(t *Topology) { t.N = 0 }, "0 cells"},
		{func(t *Topology) { t.Nodes = 1 }, "1 nodes"},
		{func(t *Topology) { t.Nodes = 11 }, "11 nodes"},
		{func(t *Topology) { t.Classes = 1 }, "classes"},
	} {
		bad := good
		c.change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want an error with %q", bad, err, c.want)
		}
	}
}

// The published size has 1,692,698 weights.
func TestTopologyWeights(t *testing.T) {
	count := 0
	for tensor := range (Topology{C: 16, N: 5, Nodes: 4, Classes: 10}).Weights() {
		if tensor.Kind.Learnable() {
			count += tensor.Len()
		}
	}
	if count != 1692698 {
		t.Errorf("%d weights", count)
	}
}

func ExampleTopology_Edges() {
	for _, e := range (Topology{Nodes: 4}).Edges() {
		e.Op = cell.NorConv3x3
		fmt.Println(OperationName("_cells.0", e))
	}
	// Output:
	// _cells.0.edges.1<-0.3.op
	// _cells.0.edges.2<-0.3.op
	// _cells.0.edges.2<-1.3.op
	// _cells.0.edges.3<-0.3.op
	// _cells.0.edges.3<-1.3.op
	// _cells.0.edges.3<-2.3.op
}
