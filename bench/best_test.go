package bench

import (
	"errors"
	"testing"

	"cellnet/bench/record"
	"cellnet/data"
	"cellnet/internal/pickle"
)

func TestBestOfEqualOnesIsTheFirst(t *testing.T) {
	archs := map[int]*pickle.Dict{}
	for _, i := range []int{900, 20, 300} {
		archs[i] = plainArch(i)
	}
	path := writeBenchmark(t, archs)
	for _, b := range []*Benchmark{mustOpen(t, path), importStore(t, path)} {
		q := BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: HP12}
		index, accuracy, err := b.Best(q)
		if err != nil || index != 20 || !accuracy.OK {
			t.Errorf("got %d, %v, %v, want 20", index, accuracy, err)
		}
		q.MaxFLOPs = record.NumberOf(1)
		if index, accuracy, err := b.Best(q); err != nil || index != -1 || accuracy.OK {
			t.Errorf("got %d, %v, %v within a limit that none keeps", index, accuracy, err)
		}
		if _, _, err := b.Best(BestQuery{Dataset: data.CIFAR10, Set: data.OriTest, HP: HP12, Scope: WholeSpace}); !errors.Is(err, ErrMissing) {
			t.Errorf("error %v though records are missing", err)
		}
	}
}

func TestSetByWord(t *testing.T) {
	for _, c := range []struct {
		dataset data.Dataset
		word    string
		of      data.Dataset
		set     data.Set
	}{
		{data.CIFAR10, "valid", data.CIFAR10Valid, data.XValid},
		{data.CIFAR10, "test", data.CIFAR10, data.OriTest},
		{data.CIFAR10, "train", data.CIFAR10, data.Train},
		{data.CIFAR10Valid, "valid", data.CIFAR10Valid, data.XValid},
		{data.CIFAR100, "valid", data.CIFAR100, data.XValid},
		{data.CIFAR100, "test", data.CIFAR100, data.XTest},
		{data.ImageNet16, "test", data.ImageNet16, data.XTest},
		{data.CIFAR100, "ori-test", data.CIFAR100, data.OriTest},
	} {
		d, set, err := SetByWord(c.dataset, c.word)
		if err != nil || d != c.of || set != c.set {
			t.Errorf("%v %s: %v %v %v, want %v %v", c.dataset, c.word, d, set, err, c.of, c.set)
		}
	}
	if _, _, err := SetByWord(data.CIFAR10Valid, "test"); err == nil {
		t.Error("no error for a set that cifar10-valid does not have")
	}
}
