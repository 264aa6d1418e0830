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
	"cellnet/internal/plots"
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
	if err := wantFolder(string(f)); err != nil {
		return err
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

// wantFolder refuses a file for --out. It need not exist.
func wantFolder(out string) error {
	if info, err := os.Stat(out); err == nil && !info.IsDir() {
		return fmt.Errorf("--out %s is a file: name a folder for the results", out)
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
	title := fmt.Sprintf("%v on %v", plan.Run.Net.Cell, plan.Run.Dataset)
	if index, ok := plan.Run.Net.Cell.Index(); ok {
		title = fmt.Sprintf("cell %d on %v", index, plan.Run.Dataset)
	}
	panels := trainingPanels(int(plan.Run.Seed), t.History())
	for name, format := range map[string]plots.Format{"curves.svg": plots.SVG, "curves.png": plots.PNG} {
		err := atomicfile.Write(f.path(name), func(w io.Writer) error { return plots.Curves(w, format, title, panels...) })
		if err != nil {
			return err
		}
	}
	return nil
}

// trainingPanels are the loss and the accuracy of all sets by epoch.
func trainingPanels(seed int, history []train.Epoch) []plots.Panel {
	panels := lossAndAccuracy()
	add := func(set data.Set, of func(train.Epoch) train.Metrics) {
		loss, top1 := plots.Curve{Set: set.String(), Seed: seed}, plots.Curve{Set: set.String(), Seed: seed}
		for _, e := range history {
			m := of(e)
			loss.Epochs, loss.Values = append(loss.Epochs, e.Epoch), append(loss.Values, m.Loss)
			top1.Epochs, top1.Values = append(top1.Epochs, e.Epoch), append(top1.Values, m.Top1)
		}
		panels[0].Curves, panels[1].Curves = append(panels[0].Curves, loss), append(panels[1].Curves, top1)
	}
	add(data.Train, func(e train.Epoch) train.Metrics { return e.Train })
	for i, evaluation := range history[0].Evaluations {
		add(evaluation.Set, func(e train.Epoch) train.Metrics { return e.Evaluations[i].Metrics })
	}
	return panels
}

// lossAndAccuracy are panels without curves.
func lossAndAccuracy() []plots.Panel {
	return []plots.Panel{{Unit: "mean cross entropy", Falling: true}, {Unit: "top-1 accuracy in percent"}}
}
