package train

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"cellnet/data"
	"cellnet/internal/fixture"
)

// TestMiniSets trains and evaluates on a few images in the published files of
// CIFAR-100 and ImageNet16-120, with the files that part the test set and without.
func TestMiniSets(t *testing.T) {
	splits := fixture.Shared(t, "data/splits")
	for _, test := range []struct {
		dataset       data.Dataset
		folder, split string
	}{
		{data.CIFAR100, "fixtures/bench/cifar100", splits + "/cifar100-test-split.txt"},
		{data.ImageNet16, "fixtures/bench/imagenet16", splits + "/imagenet-16-120-test-split.txt"},
	} {
		for _, split := range []string{"", test.split} {
			t.Run(fmt.Sprintf("%v, split %v", test.dataset, split != ""), func(t *testing.T) {
				source, err := data.Open(test.dataset, data.Options{Dir: fixture.Shared(t, test.folder), SplitFile: split, NoVerify: true})
				if err != nil {
					t.Fatal(err)
				}
				d, missing, err := LoadData(source)
				if err != nil {
					t.Fatal(err)
				}
				var sets []data.Set
				for _, e := range d.Evaluations {
					sets = append(sets, e.Set)
				}
				want, wantMissing := test.dataset.EvaluationSets(), 0
				if split == "" {
					want, wantMissing = []data.Set{data.OriTest}, 2
				}
				if !slices.Equal(sets, want) || len(missing) != wantMissing {
					t.Errorf("sets %v, want %v; missing: %v", sets, want, missing)
				}
				for _, err := range missing {
					if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "--split") {
						t.Errorf("the reason is %v", err)
					}
				}
				run := smallRun(t)
				run.Dataset, run.Net = test.dataset, withClasses(run.Net, test.dataset.Classes())
				run.Recipe.Epochs, run.Recipe.BatchSize, run.Recipe.Cutout = 1, 64, 8
				trainer := newTrainer(t, run, d, Options{})
				if err := trainer.Train(t.Context()); err != nil {
					t.Fatal(err)
				}
				e := trainer.History()[0]
				if e.Train.N != d.Train.Len() || e.Train.N < 190 || len(e.Evaluations) != len(want) {
					t.Errorf("epoch %+v", e)
				}
				parts := map[data.Set]int{}
				for _, evaluation := range e.Evaluations {
					if evaluation.N == 0 || !(evaluation.Loss > 0) {
						t.Errorf("evaluated %+v", evaluation)
					}
					parts[evaluation.Set] = evaluation.N
				}
				if split != "" && parts[data.XValid]+parts[data.XTest] != parts[data.OriTest] {
					t.Errorf("parts of the test set have %v images", parts)
				}
			})
		}
	}
}
