package trials

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"cellnet/data"
	"cellnet/train"
)

func TestWork(t *testing.T) {
	recipe, err := train.Preset(12)
	if err != nil {
		t.Fatal(err)
	}
	set := Set{Archs: []int{1}, Seeds: []uint32{777}, Datasets: []data.Dataset{data.CIFAR10Valid}, Recipe: recipe, C: 16, N: 5}
	// 113.95018 M multiply-accumulates, three times for 25,000 images of training and
	// once for 35,000 of evaluation, 12 times.
	got := set.Work(Item{Arch: 1})
	want := set.WorkOfEvaluation(Item{Arch: 1}, data.CIFAR10Valid, 1) * (3*25000 + 35000) * 12
	if math.Abs(got-want) > 1e-6*want || got < 1e6 {
		t.Errorf("work is %g, want %g", got, want)
	}
	speed := Speed{PerImage: 1e-3, PerWork: 1e-6}
	if got, want := speed.Seconds(set, Item{Arch: 1}), 1e-6*want+1e-3*(3*25000+35000)*12; math.Abs(got-want) > 1e-6*want {
		t.Errorf("takes %g s, want %g", got, want)
	}
}

func TestMeasure(t *testing.T) {
	set := smallSet(t)
	items, err := set.Items()
	if err != nil {
		t.Fatal(err)
	}
	speed, err := set.Measure(t.Context(), items)
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if s := speed.Seconds(set, item); !(s > 0) || s > 3600 {
			t.Errorf("%v takes %g s by %+v", item, s, speed)
		}
	}
	if _, err := set.Measure(t.Context(), nil); err == nil {
		t.Error("no trials give no error")
	}
}

func TestStatus(t *testing.T) {
	set, out := smallSet(t), t.TempDir()
	items, err := set.Items()
	if err != nil {
		t.Fatal(err)
	}
	folder := set.Folder(out)
	if err := os.MkdirAll(filepath.Join(folder, unfinishedFolder, items[1].workName()), 0o777); err != nil {
		t.Fatal(err)
	}
	writeWhole(t, filepath.Join(folder, items[0].FileName()))
	finished, begun, left, err := set.Status(out, items)
	if err != nil || len(finished) != 1 || len(begun) != 1 || len(left) != 5 || begun[0].Arch != items[1].Arch {
		t.Errorf("finished %v, begun %v, left %v, %v", finished, begun, left, err)
	}
}
