package record

import (
	"fmt"
	"strings"

	"cellnet/data"
)

// Describe gives the lines that the published APIs print for an architecture's
// results. extra is what they print as extra-info.
func (r *Results) Describe(api API, space Space, extra string) (string, error) {
	d := describer{api: api, space: space, r: r}
	names := make([]string, len(r.Seeds))
	for i, s := range r.Seeds {
		names[i] = "'" + s.Dataset.String() + "'"
	}
	lines := []string{r.ArchString, fmt.Sprintf("datasets : [%s], extra-info : %s", strings.Join(names, ", "), extra)}
	for _, s := range r.Seeds {
		lines = append(lines, d.cost(s.Dataset), d.accuracies(s.Dataset))
	}
	return strings.Join(lines, "\n"), d.err
}

// describer makes the lines of a description; err is the first error met.
type describer struct {
	api   API
	space Space
	r     *Results
	err   error
}

func (d *describer) cost(on data.Dataset) string {
	c, err := d.r.Cost(d.api, on)
	d.fail(err)
	latency := "None"
	if c.Latency.OK && c.Latency.Value > 0 {
		latency = fixed(c.Latency.Value*1000, 0, 2)
	}
	return fmt.Sprintf("%-14v FLOP=%s M, Params=%s MB, latency=%s ms.", on, fixed(c.FLOPs, 6, 2), fixed(c.Params, 0, 3), latency)
}

func (d *describer) accuracies(on data.Dataset) string {
	text := fmt.Sprintf("%-14v train : %s", on, d.metrics(on, data.Train))
	add := func(label string, set data.Set) { text += fmt.Sprintf(", %s: %s", label, d.metrics(on, set)) }
	switch on {
	case data.CIFAR10Valid:
		add("valid ", data.XValid)
		if d.space == Size {
			add("test ", data.OriTest)
		}
	case data.CIFAR10:
		add("test  ", data.OriTest)
	default:
		add("valid ", data.XValid)
		add("test ", data.XTest)
	}
	return text
}

func (d *describer) metrics(on data.Dataset, set data.Set) string {
	m, err := d.r.Metrics(d.api, on, set, At{})
	d.fail(err)
	return fmt.Sprintf("[loss = %s%stop1 = %s%%]", fixed(m.Loss, 0, 3), d.api.separator(), fixed(m.Accuracy, 0, 2))
}

func (d *describer) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}
