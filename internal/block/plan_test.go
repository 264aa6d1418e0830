package block

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/internal/kernel"
)

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestEveryOperation computes each operation of the table alone, as its twin
// does: one that blocks have no way to compute must be an error, not zeros.
func TestEveryOperation(t *testing.T) {
	const side, channels, n = 8, 5, 2
	for _, op := range cell.AllOps() {
		t.Run(op.String(), func(t *testing.T) {
			c := must(cell.New([]cell.Edge{{Op: op, From: 0}}))
			r := rand.New(rand.NewPCG(8, 5))
			x := newVolume(n, channels, side)
			copy(x.v, random(r, len(x.v), 0, 1))
			var refs []refConvNorm
			var params []ConvNorm
			if op.Learnable() {
				ref, param := newConvNorm(r, channels, channels, op.Taps())
				refs, params = append(refs, ref), append(params, param)
			}
			block, err := NewCell(NewWorkspace(must(kernel.Best()), OfBatch), c, side, Widths{channels, channels}, n, params)
			if err != nil {
				t.Fatal(err)
			}
			got, want := fromDense(block.Forward(x.toDense(), n), n, channels, side).v, refCell(c, refs, Widths{channels, channels}, x).v
			if op.Kind() == cell.Zeros {
				if slices.ContainsFunc(got, func(v float64) bool { return v != 0 }) {
					t.Error("not zero")
				}
				return
			}
			if e := distance(got, want); e > 1e-5 {
				t.Errorf("relative error %.2g", e)
			}
		})
	}
}

func TestUnknownOperationsAreErrors(t *testing.T) {
	p := plan{nodes: 2}
	if err := p.add(0, cell.Link{Op: 200, From: 0, To: 1}); err == nil || !strings.Contains(err.Error(), "Op(200)") {
		t.Errorf("error is %v, want one with Op(200)", err)
	}
	if len(p.edges) > 0 {
		t.Errorf("edges %v", p.edges)
	}
}
