package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"cellnet/internal/atomicfile"
	"cellnet/internal/inputfile"
	"cellnet/models"
	"cellnet/train"
)

// Plan is a training as run.json tells it.
type Plan struct {
	Program   string     `json:"program"`
	Run       train.Run  `json:"run"`
	HP        string     `json:"hp"`               // of the recipe that was chosen
	Config    string     `json:"config,omitempty"` // file that it was read from instead
	Overrides []string   `json:"overrides"`        // what was changed of it
	Limit     int        `json:"limit,omitempty"`  // images used of every set
	Data      DataSource `json:"data"`
	// Images is the sum of all images, and Kernels are what computes, in the order
	// of their use; older programs noted neither.
	Images  string       `json:"images_sha256,omitempty"`
	Kernels []models.ISA `json:"kernels,omitempty"`
}

// DataSource tells where the images are, by paths that hold in any working
// directory.
type DataSource struct {
	Dir      string `json:"dir,omitempty"`
	Split    string `json:"split,omitempty"`
	NoVerify bool   `json:"no_verify,omitempty"`
}

// NewDataSource makes paths absolute.
func NewDataSource(dir, split string, noVerify bool) DataSource {
	return DataSource{absolute(dir), absolute(split), noVerify}
}

func absolute(path string) string {
	if path == "" {
		return ""
	}
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// ReadPlan reads run.json of a folder.
func ReadPlan(folder string) (Plan, error) {
	plan, found, err := readPlan(filepath.Join(folder, planName))
	if err == nil && !found {
		err = fmt.Errorf("resuming: no run.json in %s: name the folder of a training with --out", folder)
	}
	return plan, err
}

// maxPlan is how many bytes run.json may have.
const maxPlan = 1 << 20

func readPlan(path string) (plan Plan, found bool, err error) {
	content, err := inputfile.Read(path, maxPlan)
	if errors.Is(err, fs.ErrNotExist) {
		return plan, false, nil
	}
	if err != nil {
		return plan, false, fmt.Errorf("resuming: %w", err)
	}
	if err := json.Unmarshal(content, &plan); err != nil {
		return plan, false, fmt.Errorf("reading %s: %w", path, err)
	}
	return plan, true, nil
}

// Kernels are those that the folder's training was begun by, if it is known and
// the processor runs them. A checkpoint tells its own.
func (d *Dir) Kernels() (models.ISA, error) {
	plan, _, err := readPlan(d.file(planName))
	if err != nil || len(plan.Kernels) == 0 {
		return models.AnyISA, err
	}
	some, err := train.HasCheckpoints(d.Checkpoints())
	if err != nil || some {
		return models.AnyISA, err
	}
	kernels, err := plan.Kernels[0].Resolve()
	if err != nil {
		return models.AnyISA, nil
	}
	return kernels, nil
}

func (d *Dir) writePlan(plan Plan) error {
	return atomicfile.Write(d.file(planName), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(plan)
	})
}

// sameRun tells whether two plans lead to the same weights, as far as they tell.
func sameRun(a, b Plan) (bool, error) {
	x, err := json.Marshal(a.Run)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b.Run)
	sameImages := a.Images == b.Images || a.Images == "" || b.Images == ""
	sameKernels := slices.Equal(a.Kernels, b.Kernels) || a.Kernels == nil || b.Kernels == nil
	return string(x) == string(y) && a.Limit == b.Limit && sameImages && sameKernels, err
}
