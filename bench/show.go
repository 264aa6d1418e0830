package bench

import (
	"fmt"
	"io"
	"strings"

	"cellnet/data"
)

// InfoString describes an architecture's results by a recipe in the words of
// the published APIs' query_info_str_by_arch.
func (b *Benchmark) InfoString(index int, hp HP) (string, error) {
	r, err := b.Results(index, hp)
	if err != nil {
		return "", err
	}
	return b.describe(r, fmt.Sprintf("arch-index=%d", index))
}

// Show writes what the published APIs' show prints for an architecture.
func (b *Benchmark) Show(w io.Writer, index int) error {
	n, err := b.Len()
	if err != nil {
		return err
	}
	if index < 0 || index >= n {
		_, err := fmt.Fprintf(w, "This index (%d) is out of range (0~%d).\n", index, n)
		return err
	}
	if b.layout.onDemand() {
		if _, err := b.load(index); err != nil {
			return err
		}
	} else if b.API() == NATS && b.has(index) {
		if _, err := b.Arch(index); err != nil {
			return err
		}
	}
	evaluated, err := b.isEvaluated(index)
	if err != nil {
		return err
	}
	if !evaluated {
		_, err := fmt.Fprintf(w, "The %d-th architecture has not been evaluated or not saved.\n", index)
		return err
	}
	return b.showOne(w, index)
}

// has tells whether there is a record of an architecture.
func (b *Benchmark) has(index int) bool {
	return b.from.has(index) || b.isChanged(index)
}

// ShowAll writes what show prints for every evaluated architecture.
func (b *Benchmark) ShowAll(w io.Writer) error {
	indexes, err := b.Indexes(AllStored)
	if err != nil {
		return err
	}
	line, err := b.describeSelf()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(w, line); err != nil {
		return err
	}
	for i, index := range indexes {
		arch, err := b.ArchString(index)
		if err != nil {
			return err
		}
		dashes := strings.Repeat("-", 10)
		if _, err := fmt.Fprintf(w, "\n%s The (%5d/%5d) %06d-th architecture! %s\narch : %s\n", dashes, i, len(indexes), index, dashes, arch); err != nil {
			return err
		}
		if err := b.showOne(w, index); err != nil {
			return err
		}
	}
	return nil
}

func (b *Benchmark) showOne(w io.Writer, index int) error {
	a, err := b.Arch(index)
	if err != nil {
		return err
	}
	arrows := strings.Repeat(">", 40)
	for _, hp := range a.publishedHPs(b.API()) {
		r, err := a.Results(hp)
		if err != nil {
			return err
		}
		text, err := b.describe(r, "None")
		if err != nil {
			return err
		}
		epochs, err := r.AllEpochs()
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s %03d epochs %s\n%s\n", arrows, epochs, arrows, text); err != nil {
			return err
		}
	}
	ends := strings.Repeat("<", 40)
	_, err = fmt.Fprintf(w, "%s------------%s\n", ends, ends)
	return err
}

// describe gives the lines that the published APIs print for results.
func (b *Benchmark) describe(r *Results, extra string) (string, error) {
	space, err := b.Space()
	if err != nil {
		return "", err
	}
	d := describer{api: b.API(), space: space, r: r}
	names := make([]string, len(r.Seeds))
	for i, s := range r.Seeds {
		names[i] = "'" + s.Dataset.String() + "'"
	}
	lines := []string{r.Arch, fmt.Sprintf("datasets : [%s], extra-info : %s", strings.Join(names, ", "), extra)}
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
	m, err := d.r.Metrics(d.api, on, set, Epoch{}, Choice{})
	d.fail(err)
	joint := ", "
	if d.api == NATS {
		joint = " & "
	}
	return fmt.Sprintf("[loss = %s%stop1 = %s%%]", fixed(m.Loss, 0, 3), joint, fixed(m.Accuracy, 0, 2))
}

func (d *describer) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// describeSelf gives the line that the published APIs print for a benchmark.
func (b *Benchmark) describeSelf() (string, error) {
	n, err := b.Len()
	if err != nil {
		return "", err
	}
	evaluated, err := b.Evaluated()
	if err != nil {
		return "", err
	}
	if b.API() == NAS201 {
		return fmt.Sprintf("NASBench201API(%d/%d architectures, file=%s)", len(evaluated), n, b.name), nil
	}
	space, err := b.Space()
	if err != nil {
		return "", err
	}
	class, fast := "NATStopology", "False"
	if space == Size {
		class = "NATSsize"
	}
	if b.layout.onDemand() {
		fast = "True"
	}
	return fmt.Sprintf("%s(%d/%d architectures, fast_mode=%s, file=%s)", class, len(evaluated), n, fast, b.name), nil
}

// String gives the line that the published APIs print for a benchmark.
func (b *Benchmark) String() string {
	s, err := b.describeSelf()
	if err != nil {
		return fmt.Sprintf("benchmark %s: %v", b.name, err)
	}
	return s
}
