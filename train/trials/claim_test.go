package trials

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cellnet/bench/trialfile"
	"cellnet/weights"
)

func TestClaim(t *testing.T) {
	folder := t.TempDir()
	item := Item{Arch: 5, Seed: 777}
	release, finished, err := claim(folder, item)
	if err != nil || finished {
		t.Fatalf("a free trial: finished %v, error %v", finished, err)
	}
	if _, _, err := claim(folder, item); !errors.Is(err, errTaken) {
		t.Errorf("claimed twice: error %v, want %v", err, errTaken)
	}
	other, finished, err := claim(folder, Item{Arch: 5, Seed: 888})
	if err != nil || finished {
		t.Errorf("another seed: finished %v, error %v", finished, err)
	} else {
		other()
	}
	release()
	release, finished, err = claim(folder, item)
	if err != nil || finished {
		t.Fatalf("a released trial: finished %v, error %v", finished, err)
	}
	release()
}

// TestFinishedBeforeTheLock has a trial finished by another process between the
// first look and the lock.
func TestFinishedBeforeTheLock(t *testing.T) {
	folder := t.TempDir()
	item := Item{Arch: 5, Seed: 777}
	writeWhole(t, filepath.Join(folder, item.FileName()))
	for what, take := range map[string]func() (func(), bool, error){
		"claim": func() (func(), bool, error) { return claim(folder, item) },
		"lock":  func() (func(), bool, error) { return item.lock(folder) },
	} {
		release, finished, err := take()
		if err != nil || !finished || release != nil {
			t.Errorf("%s: finished %v, error %v, held %v, want finished and not held", what, finished, err, release != nil)
		}
	}
	left, err := os.ReadDir(filepath.Join(folder, claimsFolder))
	if err != nil || len(left) > 0 {
		t.Errorf("locks left: %v, error %v", left, err)
	}
}

// writeWhole writes a trial file of no dataset.
func writeWhole(t *testing.T, path string) {
	t.Helper()
	if err := trialfile.WriteFile(path, trialfile.Contents{}, weights.Zip); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedFilesAreNotFinished(t *testing.T) {
	folder := t.TempDir()
	item := Item{Arch: 5, Seed: 777}
	path := filepath.Join(folder, item.FileName())
	writeWhole(t, path)
	if err := item.damage(folder); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	release, finished, err := claim(folder, item)
	if err != nil || finished {
		t.Fatalf("a file cut off: finished %v, error %v", finished, err)
	}
	release()
	if err := item.damage(folder); !errors.Is(err, trialfile.ErrDamaged) {
		t.Errorf("its damage: %v", err)
	}
}
