// Package table reads and writes tables of scores: a row for each architecture, a
// column for each measure, as Parquet or CSV. In Parquet they join a benchmark's
// store by arch_index:
//
//	t, err := table.Open("scores.parquet")
//	scores := t.Column("synflow")
//
// It knows nothing of how scores are computed, so that any table with a column
// arch_index and columns of numbers can be correlated with accuracies.
package table

import (
	"fmt"
	"math"
	"slices"
)

// Row is the scores of an architecture.
type Row struct {
	Index  int    // in its search space; -1 outside
	Arch   string // arch string or widths
	Seed   uint32
	Scores []float64 // of the table's measures in order; NaN where undefined
	// Reasons tell why scores are undefined, by the measure.
	Reasons map[string]string
}

// Table is scores of architectures.
type Table struct {
	Measures []string
	Rows     []Row
}

// Column returns the scores of a measure, NaN where undefined; nil if there is no
// such column.
func (t *Table) Column(measure string) []float64 {
	at := slices.Index(t.Measures, measure)
	if at < 0 {
		return nil
	}
	column := make([]float64, len(t.Rows))
	for i, r := range t.Rows {
		column[i] = r.Scores[at]
	}
	return column
}

// Columns of a table beside those of the measures.
const (
	columnIndex   = "arch_index"
	columnArch    = "arch"
	columnSeed    = "seed"
	columnReasons = "reasons"
)

// check looks at a table's columns.
func (t *Table) check() error {
	for i, m := range t.Measures {
		switch {
		case m == "" || m == columnIndex || m == columnArch || m == columnSeed || m == columnReasons:
			return fmt.Errorf("a measure can't be called %q", m)
		case slices.Contains(t.Measures[:i], m):
			return fmt.Errorf("two columns are called %.60q", m)
		}
	}
	return nil
}

// undefined tells whether a number stands for none.
func undefined(v float64) bool { return math.IsNaN(v) }
