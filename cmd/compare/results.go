package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// results are all that is printed.
type results struct {
	cells []comparison
	means means
	whole *whole // nil if not measured
}

// printJSON prints a line for every cell, one of the means and, if they were
// compared, one of the whole processes.
func (r results) printJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for _, c := range r.cells {
		if err := e.Encode(c); err != nil {
			return err
		}
	}
	if err := e.Encode(r.means); err != nil {
		return err
	}
	if r.whole == nil {
		return nil
	}
	return e.Encode(map[string]*whole{"process": r.whole})
}

func (r results) print(out io.Writer) error {
	fmt.Fprintln(out, "medians; ratios are cellnet's images/s by PyTorch's")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "index\ttrain\tPyTorch\tratio\tof peak\teval\tPyTorch\tratio\tof peak\ttrain MB\teval MB\tPyTorch MB\t  arch\n")
	for _, c := range r.cells {
		index := "-"
		if i, ok := c.Arch.Index(); ok {
			index = fmt.Sprint(i)
		}
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%.2f\t%.0f %%\t%.0f\t%.0f\t%.2f\t%.0f %%\t%.0f\t%.0f\t%.0f\t  %s\n", index,
			median(c.Train.Cellnet), median(c.Train.PyTorch), c.TrainRatio, 100*median(c.TrainShare),
			median(c.Eval.Cellnet), median(c.Eval.PyTorch), c.EvalRatio, 100*median(c.EvalShare),
			median(c.TrainMemory), median(c.EvalMemory), median(c.PyTorchMemory), c.Arch)
	}
	fmt.Fprintf(w, "mean\t\t\t%.2f\t\t\t\t%.2f\t\t\t\t\t  geometric\n", r.means.Train, r.means.Eval)
	if err := w.Flush(); err != nil {
		return err
	}
	if r.whole == nil {
		return nil
	}
	_, err := fmt.Fprintf(out, `whole processes that evaluate the %d test images of CIFAR-10:
cellnet %.2f s, %.0f MB, loss %.4f, top-1 %.2f %%; PyTorch (%s) %.2f s, %.0f MB, loss %.4f, top-1 %.2f %%; ratio %.2f
`, r.whole.Images,
		median(r.whole.Seconds.Cellnet), median(r.whole.Memory.Cellnet), r.whole.Loss["cellnet"], r.whole.Top1["cellnet"], r.whole.Layout,
		median(r.whole.Seconds.PyTorch), median(r.whole.Memory.PyTorch), r.whole.Loss["pytorch"], r.whole.Top1["pytorch"], r.whole.Ratio)
	return err
}
