package experiment

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"cellnet/data"
	"cellnet/internal/plots"
	"cellnet/search"
)

// WriteRecords writes the records of runs, one JSON object a line.
func WriteRecords(w io.Writer, plans []Plan, runs [][]*search.Run) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i, p := range plans {
		for k, run := range runs[i] {
			r, err := p.RecordOf(run, k)
			if err != nil {
				return err
			}
			if err := e.Encode(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// datasetsOf lists the datasets of plans, each once.
func datasetsOf(plans []Plan) []data.Dataset {
	var all []data.Dataset
	for _, p := range plans {
		if !slices.Contains(all, p.Dataset) {
			all = append(all, p.Dataset)
		}
	}
	return all
}

// Panels gives the curves of runs, a panel for each dataset, over 100 s as the
// papers have it.
func Panels(plans []Plan, runs [][]*search.Run, published bool) ([]plots.BandPanel, error) {
	var panels []plots.BandPanel
	for _, d := range datasetsOf(plans) {
		panel := plots.BandPanel{Title: d.String(), X: "simulated time (100 s)", Y: "test accuracy (%)"}
		for i, p := range plans {
			if p.Dataset != d {
				continue
			}
			c, err := p.CurveOf(runs[i], published)
			if err != nil {
				return nil, err
			}
			band := plots.Band{Name: c.Name, Steps: !published}
			for k, s := range c.At {
				band.X = append(band.X, c.Seconds[k]/100)
				band.Mid = append(band.Mid, s.Mean)
				band.Low, band.High = append(band.Low, s.Mean-s.Std), append(band.High, s.Mean+s.Std)
			}
			panel.Bands = append(panel.Bands, band)
		}
		panels = append(panels, panel)
	}
	return panels, nil
}

// Table sums runs up in Markdown: a line for each algorithm, in each dataset's
// column validation and test accuracy, mean and deviation over runs; below, the
// same from the paper, where it has it.
func Table(space *search.Space, plans []Plan, runs [][]*search.Run) (string, error) {
	datasets := datasetsOf(plans)
	var b strings.Builder
	b.WriteString("| (runs, trainings each) |")
	for _, d := range datasets {
		fmt.Fprintf(&b, " %v |", d)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(datasets)) + "\n")
	var names []string
	lines := map[string][]string{}
	paper := map[string][]string{}
	for i, p := range plans {
		name := p.Algorithm.Name()
		s, err := p.Summarize(runs[i])
		if err != nil {
			return "", err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
			lines[name] = []string{fmt.Sprintf("%s (%d, %.0f)", name, s.Runs, s.Trainings)}
			paper[name] = []string{name + ", paper (500)"}
		}
		lines[name] = append(lines[name], s.Valid.String()+" "+s.Test.String())
		text := ""
		if valid, test, ok := p.Published(); ok {
			text = valid.String() + " " + test.String()
		}
		paper[name] = append(paper[name], text)
	}
	write := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	for _, name := range names {
		write(lines[name])
	}
	for _, name := range names {
		if slices.ContainsFunc(paper[name][1:], func(s string) bool { return s != "" }) {
			write(paper[name])
		}
	}
	if space == search.Topology() {
		best := []string{"optimal, paper"}
		for _, d := range datasets {
			valid, test, _ := Published(space, d, "optimal")
			best = append(best, fmt.Sprintf("%.2f %.2f", valid.Mean, test.Mean))
		}
		write(best)
	}
	return b.String(), nil
}

// String gives a mean and a deviation as the papers print them.
func (s Spread) String() string { return fmt.Sprintf("%.2f±%.2f", s.Mean, s.Std) }
