package weightsharing

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"

	"cellnet/cell"
	"cellnet/internal/atomicfile"
	"cellnet/internal/inputfile"
	"cellnet/internal/plots"
	"cellnet/internal/rundir"
)

// Plan is a search as search.json in its folder tells it.
type Plan struct {
	Program string            `json:"program"`
	Run     Run               `json:"run"`
	Limit   int               `json:"limit,omitempty"` // images used of every set
	Data    rundir.DataSource `json:"data"`
}

const (
	planName = "search.json"
	logName  = "log.jsonl"
	maxPlan  = 1 << 20 // bytes
)

// WritePlan writes search.json into a folder.
func WritePlan(folder string, p Plan) error {
	return atomicfile.Write(filepath.Join(folder, planName), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(p)
	})
}

// ReadPlan reads search.json of a folder.
func ReadPlan(folder string) (p Plan, err error) {
	content, err := inputfile.Read(filepath.Join(folder, planName), maxPlan)
	if errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("resuming: no %s in %s: name the folder of a search by a supernet with --out", planName, folder)
	}
	if err != nil {
		return p, fmt.Errorf("resuming: %w", err)
	}
	if err := json.Unmarshal(content, &p); err != nil {
		return p, fmt.Errorf("reading %s: %w", filepath.Join(folder, planName), err)
	}
	return p, nil
}

// WriteLog writes log.jsonl into a folder, a line for every epoch.
func WriteLog(folder string, history []Epoch) error {
	return atomicfile.Write(filepath.Join(folder, logName), func(w io.Writer) error {
		e := json.NewEncoder(w)
		for _, epoch := range history {
			if err := e.Encode(epoch); err != nil {
				return err
			}
		}
		return nil
	})
}

// Accuracy gives the test accuracy in percent of an architecture that is known, by
// records of a benchmark.
type Accuracy func(cell.Arch) (percent float64, ok bool)

// Draw writes pictures into a folder: curves of the two halves, of the validation
// set and of what was chosen, and the architecture's parameters edge by edge.
func Draw(folder string, r Run, history []Epoch, known Accuracy) error {
	accuracies := plots.Panel{Unit: "top-1 accuracy (%)"}
	losses := plots.Panel{Unit: "loss", Falling: true}
	add := func(panel *plots.Panel, name string, of func(Epoch) float64) {
		c := plots.Curve{Set: name, Seed: int(r.Seed)}
		for _, e := range history {
			c.Epochs, c.Values = append(c.Epochs, e.Epoch), append(c.Values, of(e))
		}
		panel.Curves = append(panel.Curves, c)
	}
	add(&losses, "train half", func(e Epoch) float64 { return e.Train.Loss })
	add(&losses, "valid half", func(e Epoch) float64 { return e.Valid.Loss })
	add(&losses, "validation", func(e Epoch) float64 { return e.Validation.Loss })
	add(&accuracies, "train half", func(e Epoch) float64 { return e.Train.Top1 })
	add(&accuracies, "valid half", func(e Epoch) float64 { return e.Valid.Top1 })
	add(&accuracies, "validation", func(e Epoch) float64 { return e.Validation.Top1 })
	if known != nil {
		add(&accuracies, "chosen, test", func(e Epoch) float64 {
			if accuracy, ok := known(e.Arch); ok {
				return accuracy
			}
			return math.NaN()
		})
	}
	title := fmt.Sprintf("%v on %v", r.Algorithm, r.Dataset)
	for name, draw := range map[string]func(io.Writer, plots.Format) error{
		"curves": func(w io.Writer, f plots.Format) error { return plots.Curves(w, f, title, losses, accuracies) },
		"architecture": func(w io.Writer, f plots.Format) error {
			return plots.CurveGrid(w, f, panelsInRow, r.parameterPanels(history)...)
		},
	} {
		for suffix, format := range map[string]plots.Format{".svg": plots.SVG, ".png": plots.PNG} {
			err := atomicfile.Write(filepath.Join(folder, name+suffix), func(w io.Writer) error { return draw(w, format) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// panelsInRow is how many edges or widths are drawn side by side.
const panelsInRow = 3

// parameterPanels has a panel for each edge, with a curve for each operation.
func (r Run) parameterPanels(history []Epoch) (panels []plots.Panel) {
	if len(history) == 0 {
		return nil
	}
	for row := range history[0].Parameters {
		panel := plots.Panel{Unit: r.rowName(row)}
		for column := range r.columns(history) {
			c := plots.Curve{Set: r.columnName(column), Seed: int(r.Seed)}
			for _, e := range history {
				c.Epochs, c.Values = append(c.Epochs, e.Epoch), append(c.Values, e.Parameters[row][column])
			}
			panel.Curves = append(panel.Curves, c)
		}
		panels = append(panels, panel)
	}
	return panels
}

// columns is how many parameters of a row are drawn: of enas, whose rows are the
// weights of its controller's last layer, the first few.
func (r Run) columns(history []Epoch) int {
	n := len(history[0].Parameters[0])
	if r.Algorithm == ENAS {
		return min(n, 5)
	}
	return n
}

func (r Run) rowName(row int) string {
	switch {
	case r.Algorithm == ENAS:
		return "weights of " + cell.Ops()[row].String()
	case r.Algorithm.Space() == cell.Size:
		return fmt.Sprintf("share, width %d", row+1)
	}
	e := edgesOf(r.Nodes)[row]
	return fmt.Sprintf("share, edge %d<-%d", e.To, e.From)
}

func (r Run) columnName(column int) string {
	switch {
	case r.Algorithm == ENAS:
		return fmt.Sprintf("weight %d", column)
	case r.Algorithm.Space() == cell.Size:
		return fmt.Sprint(r.Widths[column])
	}
	return cell.Ops()[column].String()
}
