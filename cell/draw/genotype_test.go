package draw

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"cellnet/cell/twocell"
)

// The genotypes with golden files: a published one, and one with edges that are
// one module and a node that reaches no output.
func genotypes(t *testing.T) map[string]twocell.Genotype {
	darts, err := twocell.Named("DARTS_V2")
	if err != nil {
		t.Fatal(err)
	}
	odd := darts
	odd.Normal = twocell.Cell{
		Nodes:  [][]twocell.Edge{{{Op: twocell.NorConv1x1, From: 0}, {Op: twocell.DilSepc5x5, From: 0}}, {{Op: twocell.None, From: 1}, {Op: twocell.AvgPool3x3, From: 2}}, {{Op: twocell.NorConv7x7, From: 1}}},
		Concat: []int{3, 0},
	}
	return map[string]twocell.Genotype{"darts_v2": darts, "odd": odd}
}

func TestGenotypeGolden(t *testing.T) {
	for name, g := range genotypes(t) {
		for ext, write := range map[string]func(io.Writer, Diagram) error{".dot": DOT, ".svg": SVG} {
			t.Run(name+ext, func(t *testing.T) {
				var got bytes.Buffer
				if err := write(&got, Genotype(g)); err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", name+ext)
				if *update {
					if err := os.WriteFile(file, got.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got.Bytes(), want) {
					t.Errorf("differs from %s; if the new picture is right, run go test -update", file)
				}
			})
		}
	}
}
