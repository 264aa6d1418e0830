package query

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"cellnet/bench"
)

// row makes a line of a table.
func row(cells ...any) string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = fmt.Sprint(c)
	}
	return strings.TrimPrefix(strings.Join(texts, "\t"), "\t")
}

// table writes lines with their cells below each other.
func table(w io.Writer, rows ...string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(t, r); err != nil {
			return err
		}
	}
	return t.Flush()
}

func fixed(v float64, digits int) string {
	if math.IsNaN(v) {
		return "-"
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

// orDash is fixed, and a dash for what is not recorded.
func orDash(n bench.Number, digits int) string {
	if !n.OK {
		return "-"
	}
	return fixed(n.Value, digits)
}

func number(v float64) bench.Number { return bench.Number{Value: v, OK: true} }
