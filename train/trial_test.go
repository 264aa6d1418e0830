package train

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cellnet/bench"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/internal/fixture"
	"cellnet/internal/pickle"
	"cellnet/internal/torchfile"
	"cellnet/models"
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
		run := Run{cell.Benchmark(c, d.Classes()), d, preset(t, bench.HP12), 777}
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
		trial.Datasets = append(trial.Datasets, DatasetTrial{run, history, params.StateDict()})
	}
	return trial
}

func writeTrial(t testing.TB, trial Trial, format torchfile.Format) string {
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
	for _, format := range []torchfile.Format{torchfile.Legacy, torchfile.Zip} {
		ours := readTorch(t, writeTrial(t, inventedTrial(t), format))
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

const checkTrial = `
import pickletools, sys, torch, warnings, zipfile
from torch import _weights_only_unpickler as restricted
warnings.simplefilter("ignore")
sys.path.insert(0, sys.argv[2])
from refnet import TinyNetwork

def check(trial):
    assert trial["all_dataset_keys"] == ["cifar10-valid", "cifar10", "cifar100", "ImageNet16-120"], trial.keys()
    for key in trial["all_dataset_keys"]:
        r = trial[key]
        net = TinyNetwork(r["channel"], r["num_cells"], sys.argv[3], r["config"]["class_num"])
        net.load_state_dict(r["net_state_dict"], strict=True)
        assert r["config"]["xshape"][2] in (16, 32) and type(r["config"]["LR"]) is float, r["config"]
        assert r["train_losses"][2] == 2.775 and r["valid_acc1es"]["ori-test@11"] > 11, r["valid_acc1es"]

def pickles(path):
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as z:
            yield z.read(next(n for n in z.namelist() if n.endswith("/data.pkl")))
        return
    with open(path, "rb") as f:
        for _ in range(4): # magic number, version, machine, objects
            start = f.tell()
            for _ in pickletools.genops(f):
                pass
            end = f.tell()
            f.seek(start)
            yield f.read(end - start)

# What the restricted unpickler of later versions reads.
OPCODES = set("""GLOBAL NEWOBJ REDUCE BUILD APPEND APPENDS SETITEM SETITEMS MARK TUPLE TUPLE1 TUPLE2 TUPLE3 NONE NEWFALSE NEWTRUE
    EMPTY_TUPLE EMPTY_LIST EMPTY_DICT EMPTY_SET BININT BININT1 BININT2 BINFLOAT BINUNICODE SHORT_BINSTRING BINPERSID BINGET
    LONG_BINGET BINPUT LONG_BINPUT LONG1 PROTO STOP""".split())

def check_restricted(path):
    for data in pickles(path):
        for op, arg, at in pickletools.genops(data):
            assert op.name in OPCODES, op.name
            assert op.name != "GLOBAL" or arg.replace(" ", ".") in restricted._get_allowed_globals(), arg

check(torch.load(sys.argv[1]))
check_restricted(sys.argv[1])
try:
    check(torch.load(sys.argv[1], weights_only=True))
except Exception as e:
    # Version 1.13 knows no float in a pickle at all.
    assert torch.__version__.startswith("1.13") and "Unsupported operand 71" in str(e), e
print("loaded")
`

// TestPyTorchLoadsTrials has torch.load read both formats, also with weights_only,
// and refnet take the weights.
func TestPyTorchLoadsTrials(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import torch").Run(); err != nil {
		t.Skipf("no %s with PyTorch: %v", python, err)
	}
	oracle := fixture.Shared(t, "oracle")
	trial := inventedTrial(t)
	script := filepath.Join(t.TempDir(), "check.py")
	if err := os.WriteFile(script, []byte(checkTrial), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, format := range []torchfile.Format{torchfile.Legacy, torchfile.Zip} {
		path := writeTrial(t, trial, format)
		out, err := exec.Command(python, script, path, oracle, trial.Datasets[0].Run.Net.Cell.String()).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "loaded") {
			t.Errorf("%v: %v\n%s", format, err, out)
		}
	}
}
