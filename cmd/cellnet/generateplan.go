package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"cellnet/internal/progress"
	"cellnet/train/trials"
)

// planRecord is what generate --plan --json prints.
type planRecord struct {
	Folder    string   `json:"folder"`
	Datasets  []string `json:"datasets"`
	Epochs    int      `json:"epochs"`
	Trials    int      `json:"trials"`
	Finished  int      `json:"finished"`
	Begun     int      `json:"begun"`
	Left      int      `json:"left"`       // those that are begun included
	StandFor  int      `json:"stand_for"`  // architectures that are not trained, because others compute the same
	GFLOPs    float64  `json:"gflops"`     // multiply-accumulates of what is left, in billions
	Seconds   float64  `json:"seconds"`    // estimated for what is left, on this machine
	LeftFiles []string `json:"left_files"` // trial files that are to be written
}

func (a *app) planGenerate(f generateFlags, set trials.Set, items []trials.Item) error {
	finished, begun, left, err := set.Status(f.out, items)
	if err != nil {
		return err
	}
	r := planRecord{
		Folder: set.Folder(f.out), Epochs: set.Recipe.TotalEpochs(), Trials: len(items), Finished: len(finished),
		Begun: len(begun), Left: len(left), LeftFiles: []string{},
	}
	for _, d := range set.Datasets {
		r.Datasets = append(r.Datasets, d.String())
	}
	for i, item := range items {
		if i == 0 || items[i-1].Arch != item.Arch {
			r.StandFor += len(item.StandsFor)
		}
	}
	if len(left) > 0 {
		speed, err := set.Measure(left)
		if err != nil {
			return err
		}
		for _, item := range left {
			r.GFLOPs += set.Work(item) / 1e3
			r.Seconds += speed.Seconds(set, item)
			r.LeftFiles = append(r.LeftFiles, item.FileName())
		}
	}
	if f.asJSON {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "folder\t%s\n", r.Folder)
	fmt.Fprintf(w, "trials\t%d: %d finished, %d to train, %d of them begun\n", r.Trials, r.Finished, r.Left, r.Begun)
	fmt.Fprintf(w, "each\t%d epochs on %s\n", r.Epochs, strings.Join(r.Datasets, ", "))
	if set.Dedup {
		fmt.Fprintf(w, "left out\t%d architectures that compute the same as one of these\n", r.StandFor)
	}
	if r.Left > 0 {
		fmt.Fprintf(w, "work\t%.3g multiply-accumulates\n", r.GFLOPs*1e9)
		fmt.Fprintf(w, "time\t%s on this machine, by steps that were measured now\n", progress.Duration(time.Duration(r.Seconds*float64(time.Second))))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for i, name := range r.LeftFiles {
		if i == maxListed {
			_, err = fmt.Fprintf(a.stdout, "and %d more\n", len(r.LeftFiles)-i)
			break
		}
		if _, err = fmt.Fprintln(a.stdout, name); err != nil {
			break
		}
	}
	return err
}

// maxListed is how many trials a plan lists in its short form.
const maxListed = 20
