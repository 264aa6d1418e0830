package train

import (
	"cellnet/cell/spec"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/models"
	"cellnet/weights"
)

// inventedTrial is a trial of architecture 157 on all of the benchmark's datasets,
// not trained in truth.
func inventedTrial(t testing.TB) Trial {
	t.Helper()
	c, err := cell.FromIndex(157)
	if err != nil {
		t.Fatal(err)
	}
	trial := Trial{Info: "program and machine"}
	for _, d := range []data.Dataset{data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16} {
		run := Run{Net: cell.Benchmark(c, d.Classes()), Dataset: d, Recipe: preset(t, 12), Seed: 777}
		params, err := models.Initialize(run.Net, run.Seed)
		if err != nil {
			t.Fatal(err)
		}
		var history []Epoch
		for e := range run.Recipe.Epochs {
			x := float64(e) + 0.25
			epoch := Epoch{Epoch: e, Rate: run.Recipe.RateAt(e, 0, 1), Train: Metrics{d.Count(data.Train), 3 - x/10, x, 5 * x, 100 + x}}
			for i, set := range d.EvaluationSets() {
				y := x + float64(i)
				epoch.Evaluations = append(epoch.Evaluations, Evaluation{set, Metrics{d.Count(set), 3 - y/20, y, 6 * y, 10 + y}})
			}
			history = append(history, epoch)
		}
		trial.Datasets = append(trial.Datasets, DatasetTrial{run, history, params.StateDict(), []models.ISA{models.AVX512, models.AVX2}})
	}
	return trial
}

func writeTrial(t testing.TB, trial Trial, format weights.Format) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "arch-000157-seed-0777.pth")
	if err := WriteTrial(path, trial, format); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTrialFilesAreLikeThePublishedOnes compares keys and types.
func TestTrialFilesAreLikeThePublishedOnes(t *testing.T) {
	published := readTorch(t, fixture.Shared(t, "fixtures/bench/trial/arch-000157-seed-0777.pth"))
	for _, format := range []weights.Format{weights.Legacy, weights.Zip} {
		trial := inventedTrial(t)
		for i := range trial.Datasets {
			trial.Datasets[i].Kernels = nil // of which the published ones tell nothing
		}
		ours := readTorch(t, writeTrial(t, trial, format))
		for i, want := range shapeOf(published.dict, "") {
			got := shapeOf(ours.dict, "")
			if i >= len(got) || got[i] != want {
				t.Fatalf("%v: part %d of the file is %s, published are %s", format, i, got[min(i, len(got)-1)], want)
			}
			if len(got) != len(shapeOf(published.dict, "")) {
				t.Fatalf("%v: %d parts, published are %d", format, len(got), len(shapeOf(published.dict, "")))
			}
		}
	}
}

// shapeOf lists the types of a tree's parts with the keys that lead to them.
// numpy's numbers count as Python's.
func shapeOf(v any, path string) []string {
	switch v := v.(type) {
	case *pickle.Dict:
		parts := []string{fmt.Sprintf("%s: dict, ordered %v", path, v.Ordered)}
		for key, value := range v.All() {
			parts = append(parts, shapeOf(value, fmt.Sprintf("%s/%v", path, key))...)
		}
		return parts
	case *pickle.List:
		parts := []string{fmt.Sprintf("%s: list of %d", path, v.Len())}
		for i, item := range *v {
			parts = append(parts, shapeOf(item, fmt.Sprintf("%s/%d", path, i))...)
		}
		return parts
	case *pickle.Tuple:
		return []string{fmt.Sprintf("%s: tuple %v", path, *v)}
	case *pickle.Tensor:
		return []string{fmt.Sprintf("%s: tensor %v %v", path, v.Storage.Type, v.Shape)}
	case pickle.Scalar:
		return []string{fmt.Sprintf("%s: float64", path)}
	default:
		return []string{fmt.Sprintf("%s: %T", path, v)}
	}
}

// TestPyTorchLoadsTrials has torch.load read both formats, also with weights_only,
// and refnet take the weights.
func TestPyTorchLoadsTrials(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no %s with PyTorch: %v", python, err)
	}
	oracle := fixture.Shared(t, "oracle")
	trial := inventedTrial(t)
	for _, format := range []weights.Format{weights.Legacy, weights.Zip} {
		path := writeTrial(t, trial, format)
		out, err := exec.Command(python, "testdata/check.py", "trial", path, oracle, spec.Name(trial.Datasets[0].Run.Net)).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "loaded") {
			t.Errorf("%v: %v\n%s", format, err, out)
		}
	}
}
