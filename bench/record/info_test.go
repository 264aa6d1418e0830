package record

import (
	"testing"

	"cellnet/data"
)

// TestInfoFilesSets has the whole test set of a dataset as its test set, unless that
// is halved: then it is the joint one.
func TestInfoFilesSets(t *testing.T) {
	for _, c := range []struct {
		dataset              data.Dataset
		valid, test, valTest bool
		comment              bool // of nats_bench
	}{
		{data.CIFAR10Valid, true, true, false, true},
		{data.CIFAR10, false, true, false, true},
		{data.CIFAR100, true, true, true, false},
		{data.ImageNet16, true, true, true, false},
		{data.Synthetic, false, true, false, false},
	} {
		trial := &Trial{Dataset: c.dataset, Seed: 777, Epochs: 1}
		curve := func(v float64) Curve { return Curve{Values: []float64{v}} }
		trial.Train = Curves{Loss: curve(1), Top1: curve(float64(data.Train))}
		for _, set := range c.dataset.EvaluationSets() {
			trial.Evals = append(trial.Evals, Eval{Set: set, Loss: curve(1), Top1: curve(float64(set))})
		}
		for _, api := range []API{NAS201, NATS} {
			info, err := SnapshotsOf(0, c.dataset, []*Trial{trial}, Epoch{}).Info(api, HP12, Choice{})
			if err != nil {
				t.Fatal(err)
			}
			part := func(name string, p *Part, there bool, sets ...data.Set) {
				t.Helper()
				if (p != nil) != there {
					t.Errorf("%v: %s is %v", c.dataset, name, p)
				}
				for _, set := range sets {
					if p != nil && p.Accuracy == float64(set) {
						return
					}
				}
				if p != nil {
					t.Errorf("%v: %s has the accuracy on %v", c.dataset, name, data.Set(p.Accuracy))
				}
			}
			test := data.OriTest
			if c.valTest {
				test = data.XTest
			}
			part("train", &info.Train, true, data.Train)
			part("valid", info.Valid, c.valid, data.XValid)
			part("test", info.Test, c.test, test)
			part("valtest", info.ValTest, c.valTest, data.OriTest)
			if (info.Comment != "") != (c.comment && api == NATS) {
				t.Errorf("%v: comment %q", c.dataset, info.Comment)
			}
		}
	}
}
