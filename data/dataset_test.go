package data

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestDatasetTable(t *testing.T) {
	for _, c := range []struct {
		dataset       Dataset
		key           string
		classes, side int
		counts        map[Set]int
		augmentation  Augmentation
	}{
		{CIFAR10Valid, "cifar10-valid", 10, 32, map[Set]int{Train: 25000, XValid: 25000, OriTest: 10000}, Augmentation{true, 4, 0}},
		{CIFAR10, "cifar10", 10, 32, map[Set]int{Train: 50000, OriTest: 10000}, Augmentation{true, 4, 0}},
		{CIFAR100, "cifar100", 100, 32, map[Set]int{Train: 50000, XValid: 5000, XTest: 5000, OriTest: 10000}, Augmentation{true, 4, 0}},
		{ImageNet16, "ImageNet16-120", 120, 16, map[Set]int{Train: 151700, XValid: 3000, XTest: 3000, OriTest: 6000}, Augmentation{true, 2, 0}},
		{Synthetic, "synthetic", 10, 32, map[Set]int{Train: 10000, OriTest: 2000}, Augmentation{true, 4, 0}},
	} {
		d, err := ParseDataset(c.key)
		if err != nil || d != c.dataset || d.String() != c.key {
			t.Errorf("ParseDataset(%q) = %v, %v", c.key, d, err)
		}
		if d.Classes() != c.classes || d.Side() != c.side || d.Augmentation() != c.augmentation {
			t.Errorf("%v: %d classes of side %d, augmentation %+v", d, d.Classes(), d.Side(), d.Augmentation())
		}
		for set := Train; set <= OriTest; set++ {
			if d.Count(set) != c.counts[set] {
				t.Errorf("%v %v has %d images, want %d", d, set, d.Count(set), c.counts[set])
			}
		}
		evaluation := 0
		for _, set := range d.EvaluationSets() {
			if d.Count(set) == 0 || set == Train {
				t.Errorf("%v is evaluated on %v", d, set)
			}
			evaluation++
		}
		if evaluation != len(c.counts)-1 {
			t.Errorf("%v has %d evaluation sets, want %d", d, evaluation, len(c.counts)-1)
		}
		if names := d.ClassNames(); names != nil && len(names) != c.classes {
			t.Errorf("%v has %d class names", d, len(names))
		}
	}
}

func TestNamesInJSON(t *testing.T) {
	type record struct {
		Dataset Dataset
		Set     Set
	}
	b, err := json.Marshal(record{ImageNet16, XTest})
	if err != nil || string(b) != `{"Dataset":"ImageNet16-120","Set":"x-test"}` {
		t.Fatalf("%s, %v", b, err)
	}
	var r record
	if err := json.Unmarshal(b, &r); err != nil || r != (record{ImageNet16, XTest}) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := json.Marshal(record{}); err == nil {
		t.Error("the zero dataset has a name")
	}
	if _, err := json.Marshal(record{Dataset: CIFAR10}); err == nil {
		t.Error("the zero set has a name")
	}
}

func TestUnknownNames(t *testing.T) {
	for _, key := range []string{"", "cifar", "CIFAR10", "Dataset(0)", "imagenet16-120"} {
		if d, err := ParseDataset(key); err == nil || !strings.Contains(err.Error(), "cifar10-valid, cifar10, cifar100, ImageNet16-120, synthetic") {
			t.Errorf("ParseDataset(%q) = %v, %v", key, d, err)
		}
	}
	for _, name := range []string{"", "test", "xvalid", "Set(9)"} {
		if s, err := ParseSet(name); err == nil || !strings.Contains(err.Error(), "train, x-valid, x-test, ori-test") {
			t.Errorf("ParseSet(%q) = %v, %v", name, s, err)
		}
	}
	if got := Dataset(77).String() + " " + Set(77).String(); got != "Dataset(77) Set(77)" {
		t.Error(got)
	}
	if d := Dataset(77); d.Classes() != 0 || d.EvaluationSets() != nil || d.ClassNames() != nil {
		t.Error("an unknown dataset has properties")
	}
}
