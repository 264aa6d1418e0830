package twocell

import (
	"fmt"
	"strings"
)

// Names lists the published genotypes that [Named] knows: of Liu et al., "DARTS"
// (ICLR 2019, first and second order), and Dong & Yang, "Searching for a Robust
// Neural Architecture in Four GPU Hours" (CVPR 2019).
func Names() []string { return []string{"DARTS_V1", "DARTS_V2", "GDAS_V1"} }

// Named returns a published genotype by its name. The operations sep_conv and
// dil_conv of the publications are dua_sepc and dil_sepc here.
func Named(name string) (Genotype, error) {
	const (
		s3, s5 = DuaSepc3x3, DuaSepc5x5
		d3, d5 = DilSepc3x3, DilSepc5x5
		id     = SkipConnect
		mx, av = MaxPool3x3, AvgPool3x3
	)
	cell := func(nodes ...[]Edge) Cell { return Cell{Nodes: nodes, Concat: []int{2, 3, 4, 5}} }
	node := func(a Op, from int, b Op, other int) []Edge { return []Edge{{a, from}, {b, other}} }
	switch name {
	case "DARTS_V1":
		return Genotype{
			Normal: cell(node(s3, 1, s3, 0), node(id, 0, s3, 1), node(id, 0, s3, 1), node(s3, 0, id, 2)),
			Reduce: cell(node(mx, 0, mx, 1), node(id, 2, mx, 0), node(mx, 0, id, 2), node(id, 2, av, 0)),
		}, nil
	case "DARTS_V2":
		return Genotype{
			Normal: cell(node(s3, 0, s3, 1), node(s3, 0, s3, 1), node(s3, 1, id, 0), node(id, 0, d3, 2)),
			Reduce: cell(node(mx, 0, mx, 1), node(id, 2, mx, 1), node(mx, 0, id, 2), node(id, 2, mx, 1)),
		}, nil
	case "GDAS_V1":
		return Genotype{
			Normal: cell(node(id, 0, id, 1), node(id, 0, s5, 2), node(s3, 3, id, 0), node(s5, 4, s3, 3)),
			Reduce: cell(node(s5, 0, s3, 1), node(s5, 2, s5, 1), node(d5, 2, s3, 1), node(s5, 0, s5, 1)),
		}, nil
	}
	return Genotype{}, fmt.Errorf("unknown genotype %s, want %s", quote(name), strings.Join(Names(), ", "))
}
