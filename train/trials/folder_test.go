package trials

import (
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"cellnet/train"
)

// Of different sets that open a new folder at once, one has it; those of that set
// all have it.
func TestOneSetOpensAFolder(t *testing.T) {
	recipe, err := train.Preset(12)
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		folder := filepath.Join(t.TempDir(), "new")
		var opened [2]atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := (Set{C: 4, N: 1 + i%2, Recipe: recipe}).open(folder, false); err == nil {
					opened[i%2].Add(1)
				}
			})
		}
		all.Wait()
		a, b := opened[0].Load(), opened[1].Load()
		if !(a == 4 && b == 0 || a == 0 && b == 4) {
			t.Fatalf("%d opened it for one set, %d for another", a, b)
		}
		if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 1 {
			t.Fatalf("left %v", left)
		}
	}
}
