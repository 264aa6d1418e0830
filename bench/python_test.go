package bench

import (
	"os/exec"
	"testing"
)

// comparePairs is a program that compares the objects of pairs of files or
// folders as Python sees them: types, values, orders. Trained weights may be
// None in the first of a pair.
const comparePairs = `
import bz2, os, pickle, struct, sys
try:
    import torch
except ImportError:
    sys.exit(77)

def load(path):
    if path.endswith(".pbz2"):
        with bz2.open(path) as f:
            return pickle.load(f)
    return torch.load(path, map_location="cpu")

def differ(a, b, place):
    if type(a) is not type(b):
        return f"{place}: {type(a)}, want {type(b)}"
    if isinstance(b, dict):
        if list(a) != list(b):
            return f"{place}: keys {list(a)[:5]}, want {list(b)[:5]}"
        for x, k in zip(a, b):
            if type(x) is not type(k):
                return f"{place}: key {k!r} of another type"
            if k == "net_state_dict" and a[k] is None:
                continue
            d = differ(a[k], b[k], f"{place}[{k!r}]")
            if d:
                return d
    elif isinstance(b, (list, tuple)):
        if len(a) != len(b):
            return f"{place}: {len(a)} items, want {len(b)}"
        for i in range(len(b)):
            d = differ(a[i], b[i], f"{place}[{i}]")
            if d:
                return d
    elif isinstance(b, float):
        if struct.pack("d", a) != struct.pack("d", b):
            return f"{place}: {a}, want {b}"
    elif a != b:
        return f"{place}: {a!r}, want {b!r}"

for a, b in zip(sys.argv[1::2], sys.argv[2::2]):
    names = sorted(os.listdir(b)) if os.path.isdir(b) else [""]
    for name in names:
        d = differ(load(os.path.join(a, name) if name else a), load(os.path.join(b, name) if name else b), name)
        if d:
            print(f"{b}: {d[:300]}")
`

// withoutTorch is the exit code of comparePairs if Python has no torch.
const withoutTorch = 77

// compareInPython compares pairs of files in Python, if it has torch.
func compareInPython(t *testing.T, pairs []string) {
	const python = "/usr/bin/python3"
	cmd := exec.Command(python, append([]string{"-c", comparePairs}, pairs...)...)
	output, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() == withoutTorch {
		t.Skipf("no %s with torch: %v", python, err)
	}
	if err != nil || len(output) > 0 {
		t.Errorf("%v\n%.2000s", err, output)
	}
}
