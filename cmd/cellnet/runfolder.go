package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"cellnet/data"
	"cellnet/internal/atomicfile"
	"cellnet/internal/curves"
	"cellnet/train"
)

// runFolder is the folder of one training.
type runFolder string

func (f runFolder) path(name string) string { return filepath.Join(string(f), name) }
func (f runFolder) checkpoints() string     { return f.path("checkpoints") }
func (f runFolder) weights() string         { return f.path("weights.pth") }
func (f runFolder) record() string          { return f.path("run.json") }
func (f runFolder) log() string             { return f.path("log.jsonl") }

// runPlan is a training as run.json tells it.
type runPlan struct {
	Program   string     `json:"program"`
	Run       train.Run  `json:"run"`
	HP        string     `json:"hp"`               // of the recipe that was chosen
	Config    string     `json:"config,omitempty"` // file that it was read from instead
	Overrides []string   `json:"overrides"`        // what was changed of it
	Limit     int        `json:"limit,omitempty"`  // images used of every set
	Data      dataSource `json:"data"`
}

// dataSource tells where the images are.
type dataSource struct {
	Dir      string `json:"dir,omitempty"`
	Split    string `json:"split,omitempty"`
	NoVerify bool   `json:"no_verify,omitempty"`
	download bool
}

func (f dataFlags) source() dataSource {
	return dataSource{absolute(f.dir), absolute(f.split), f.noVerify, f.download}
}

func (s dataSource) flags() dataFlags {
	return dataFlags{dir: s.Dir, split: s.Split, noVerify: s.NoVerify, download: s.download}
}

// absolute makes a path hold in any working directory.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// check refuses to overwrite another training.
func (f runFolder) check(resume bool) error {
	if resume {
		return nil
	}
	some, err := train.HasCheckpoints(f.checkpoints())
	if err != nil {
		return err
	}
	if _, err := os.Stat(f.weights()); err == nil || some {
		return fmt.Errorf("%s holds a training already: go on with --resume, or choose another --out", string(f))
	}
	return nil
}

// begin makes the folder and writes the plan into it.
func (f runFolder) begin(plan runPlan) error {
	if err := os.MkdirAll(string(f), 0o777); err != nil {
		return fmt.Errorf("making a folder for the results: %w", err)
	}
	plan.Program = readVersion().String()
	return atomicfile.Write(f.record(), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(plan)
	})
}

// plan reads what begin wrote.
func (f runFolder) plan() (plan runPlan, err error) {
	content, err := os.ReadFile(f.record())
	if errors.Is(err, fs.ErrNotExist) {
		return plan, fmt.Errorf("resuming: no run.json in %s: name the folder of a training with --out", string(f))
	}
	if err != nil {
		return plan, fmt.Errorf("resuming: %w", err)
	}
	if err := json.Unmarshal(content, &plan); err != nil {
		return plan, fmt.Errorf("reading %s: %w", f.record(), err)
	}
	return plan, nil
}

// finish writes the weights and the curves.
func (f runFolder) finish(t *train.Trainer, plan runPlan) error {
	if err := t.WriteWeights(f.weights()); err != nil {
		return err
	}
	panels := trainingPanels(plan.Run.Dataset, t.History())
	for name, draw := range map[string]func(io.Writer, ...curves.Panel) error{"curves.svg": curves.SVG, "curves.png": curves.PNG} {
		if err := atomicfile.Write(f.path(name), func(w io.Writer) error { return draw(w, panels...) }); err != nil {
			return err
		}
	}
	return nil
}

// trainingPanels are the loss and the accuracy of all sets by epoch.
func trainingPanels(d data.Dataset, history []train.Epoch) []curves.Panel {
	loss := curves.Panel{Title: "Loss on " + d.String(), Unit: "mean cross entropy", Falling: true}
	top1 := curves.Panel{Title: "Accuracy on " + d.String(), Unit: "top-1 in percent"}
	add := func(name string, of func(train.Epoch) train.Metrics) {
		var l, a curves.Curve
		for _, e := range history {
			m := of(e)
			l.Values, a.Values = append(l.Values, m.Loss), append(a.Values, m.Top1)
		}
		l.Name, a.Name = name, name
		loss.Curves, top1.Curves = append(loss.Curves, l), append(top1.Curves, a)
	}
	add("training", func(e train.Epoch) train.Metrics { return e.Train })
	for i, evaluation := range history[0].Evaluations {
		add(evaluation.Set.String(), func(e train.Epoch) train.Metrics { return e.Evaluations[i].Metrics })
	}
	return []curves.Panel{loss, top1}
}
