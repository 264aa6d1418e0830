package checkpoints

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestTheLastTwoAreKept(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "lock"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	touch := func(path string) error { return os.WriteFile(path, nil, 0o666) }
	for _, at := range [][2]int{{0, 7}, {0, 31}, {1, 0}, {1, 1000000}} {
		path, err := Write(folder, at[0], at[1], touch)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := List(folder); err != nil || left[0] != path || len(left) > 2 {
			t.Errorf("after %v there are %v, %v", at, left, err)
		}
	}
	if _, err := os.Stat(filepath.Join(folder, "lock")); err != nil {
		t.Error("another file was removed")
	}
	failure := errors.New("no room")
	before, _ := List(folder)
	if _, err := Write(folder, 2, 0, func(string) error { return failure }); !errors.Is(err, failure) {
		t.Errorf("error is %v", err)
	}
	if after, _ := List(folder); !slices.Equal(before, after) {
		t.Errorf("a failed write left %v of %v", after, before)
	}
	if left, err := List(filepath.Join(folder, "missing")); err != nil || left != nil {
		t.Errorf("a missing folder has %v, %v", left, err)
	}
}
