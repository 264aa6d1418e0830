package proxies

import (
	"compress/gzip"
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"

	"cellnet/cell"
	"cellnet/internal/fixture"
	"cellnet/proxies/table"
)

// nasLib is the table of NASLib's scores.
func nasLib(t testing.TB) *table.Table { return published(t, "nb201-proxies") }

// published reads a published table.
func published(t testing.TB, name string) *table.Table {
	t.Helper()
	f, err := os.Open(fixture.Shared(t, "data/tables/"+name+".csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	of, err := table.ReadCSV(z)
	if err != nil {
		t.Fatal(err)
	}
	return of
}

// counts are the numbers of a cell's edges by what they cost.
type counts struct{ conv3, conv1, pool int }

func countsOf(c cell.Cell) counts {
	var n counts
	for _, e := range c.Edges() {
		switch e.Op {
		case cell.NorConv3x3:
			n.conv3++
		case cell.NorConv1x1:
			n.conv1++
		case cell.AvgPool3x3:
			n.pool++
		}
	}
	return n
}

// TestNASLibsCosts holds the counted scores to NASLib's table of 9,445 cells:
// its flops count batch norm, ReLU and pools too, by a fixed number for each edge.
func TestNASLibsCosts(t *testing.T) {
	published := nasLib(t)
	for _, of := range []struct {
		column                  string
		classes, side           int
		stage, conv3, conv1, pl float64 // NASLib's
	}{
		{"c10_flops", 10, 32, 7.943872, 35.81952, 4.36224, 1.29024},
		{"in16_flops", 120, 16, 1.993792, 8.95488, 1.09056, 0.32256},
	} {
		column := published.Column(of.column)
		for i, r := range published.Rows {
			c, err := cell.FromIndex(r.Index)
			if err != nil {
				t.Fatal(err)
			}
			n := countsOf(c)
			nasLib := of.stage + of.conv3*float64(n.conv3) + of.conv1*float64(n.conv1) + of.pl*float64(n.pool)
			if math.Abs(nasLib-column[i]) > 1e-5*column[i] {
				t.Fatalf("%s: %d: %g, want %g", of.column, r.Index, nasLib, column[i])
			}
			// Beside the convolutions of an edge there is batch norm (2 a number) and
			// ReLU (1), in every stage: of 16, 32, 64 channels and 32x32, 16x16, 8x8.
			pixels := float64(of.side * of.side)
			numbers := 5 * pixels * (16 + 32/4. + 64/16.) / 1e6
			ours := cell.Benchmark(c, of.classes).Cost(of.side).FLOPs
			rest := nasLib - ours - 3*numbers*float64(n.conv3+n.conv1) - 9*numbers*float64(n.pool)
			if first := of.stage - baseFLOPs(t, of.classes, of.side); math.Abs(rest-first) > 1e-4 {
				t.Fatalf("%s: %d: %g of NASLib's is neither convolutions nor batch norms nor pools, want %g", of.column, r.Index, rest, first)
			}
		}
	}
}

// baseFLOPs are those of a network whose cells have no convolution.
func baseFLOPs(t testing.TB, classes, side int) float64 {
	t.Helper()
	c, err := cell.Parse("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|")
	if err != nil {
		t.Fatal(err)
	}
	return cell.Benchmark(c, classes).Cost(side).FLOPs
}

// TestNASLibsScores compares scores that depend on draws with NASLib's by rank: of
// some cells here, or of those of the table that CELLNET_SCORES names (docs/proxies.md
// has a run of 1,000).
func TestNASLibsScores(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	// Published scores have a batch of their own; the bounds are those of
	// proxies.md's own comparison, less for a sample.
	atLeast := map[string]float64{
		"synflow": .98, "l2_norm": .9, "nwot": .97, "zen": .98, "jacov": .75, "grad_norm": .95, "snip": .95, "fisher": .93, "epe_nas": .6,
	}
	theirTable := nasLib(t)
	row := map[int]int{}
	for i, r := range theirTable.Rows {
		row[r.Index] = i
	}
	var own *table.Table
	if path := os.Getenv("CELLNET_SCORES"); path != "" {
		var err error
		if own, err = table.Open(path); err != nil {
			t.Fatal(err)
		}
	} else {
		own = someScores(t, theirTable)
	}
	accuracy := map[int]float64{}
	accuracies := published(t, "nb201")
	for i, v := range accuracies.Column("c10_test_200") {
		accuracy[accuracies.Rows[i].Index] = v
	}
	for name, want := range atLeast {
		m, err := ParseMeasure(name)
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := own.Column(m.String()), theirTable.Column("c10_"+name)
		if ours == nil {
			continue
		}
		var a, b, good []float64
		for i, r := range own.Rows {
			if at, ok := row[r.Index]; ok && !math.IsNaN(theirs[at]) {
				a, b, good = append(a, ours[i]), append(b, theirs[at]), append(good, accuracy[r.Index])
			}
		}
		c := table.Correlate(a, b)
		t.Logf("%s: %.4f, Kendall %.4f, of %d cells; with test accuracies on CIFAR-10 ours %.3f, NASLib's %.3f",
			name, c.Spearman, c.Kendall, c.N, table.Correlate(a, good).Spearman, table.Correlate(b, good).Spearman)
		if !(c.Spearman >= want) {
			t.Errorf("%s: Spearman %.4f with NASLib's, want %g or more", name, c.Spearman, want)
		}
	}
}

// someScores computes those of cells spread over the published ones.
func someScores(t testing.TB, published *table.Table) *table.Table {
	t.Helper()
	b := cifarBatch(t, 64)
	count := 16
	if n, err := strconv.Atoi(os.Getenv("CELLNET_PROXY_CELLS")); err == nil {
		count = n
	}
	wanted := []Measure{SynFlow, L2Norm, NWOT, Zen}
	own := new(table.Table)
	for _, m := range wanted {
		own.Measures = append(own.Measures, m.String())
	}
	var e Evaluator
	for i := range count {
		index := published.Rows[i*len(published.Rows)/count].Index
		c, err := cell.FromIndex(index)
		if err != nil {
			t.Fatal(err)
		}
		task, err := Presets()[0].Task(cell.Benchmark(c, 10), uint32(index), b, wanted)
		if err != nil {
			t.Fatal(err)
		}
		scores, err := e.Evaluate(task, wanted)
		if err != nil {
			t.Fatal(err)
		}
		r := table.Row{Index: index}
		for _, m := range wanted {
			r.Scores = append(r.Scores, orNaN(scores[m]))
		}
		own.Rows = append(own.Rows, r)
	}
	return own
}

// TestPublishedNWOT: another seed and batch give NASLib's values to 1 %.
func TestPublishedNWOT(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	b := cifarBatch(t, 64)
	var e Evaluator
	for index, want := range map[int]float64{2631: 754.684, 3384: 788.917, 7501: 557.408, 12212: 815.206, 14510: 703.037} {
		t.Run(fmt.Sprint(index), func(t *testing.T) {
			c, err := cell.FromIndex(index)
			if err != nil {
				t.Fatal(err)
			}
			task, err := Presets()[0].Task(cell.Benchmark(c, 10), 1, b, []Measure{NWOT})
			if err != nil {
				t.Fatal(err)
			}
			scores, err := e.Evaluate(task, []Measure{NWOT})
			if err != nil {
				t.Fatal(err)
			}
			if got := scores[NWOT].Value; math.Abs(got-want) > .02*want {
				t.Errorf("%g, want %g to 2 %%", got, want)
			}
		})
	}
}
