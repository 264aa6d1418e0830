package bench

import (
	"fmt"
	"io"
	"strings"
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
	if b.layout.OnDemand() || b.API().OnlyEvaluated() && b.source.Has(index) {
		if _, err := b.Architecture(index); err != nil {
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
	a, err := b.Architecture(index)
	if err != nil {
		return err
	}
	arrows := strings.Repeat(">", 40)
	for _, hp := range b.keptOrder(a.HPs()) {
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
	return r.Describe(b.API(), space, extra)
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
	space, err := b.Space()
	if err != nil {
		return "", err
	}
	line := fmt.Sprintf("%s(%d/%d architectures, ", b.API().Class(space), len(evaluated), n)
	if b.API().OnlyEvaluated() {
		fast := "False"
		if b.layout.OnDemand() {
			fast = "True"
		}
		line += fmt.Sprintf("fast_mode=%s, ", fast)
	}
	return line + fmt.Sprintf("file=%s)", b.name), nil
}

// String gives the line that the published APIs print for a benchmark.
func (b *Benchmark) String() string {
	s, err := b.describeSelf()
	if err != nil {
		return fmt.Sprintf("benchmark %s: %v", b.name, err)
	}
	return s
}
