package trials

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cellnet/bench/trialfile"
	"cellnet/internal/atomicfile"
	"cellnet/internal/filelock"
)

// Folders within a set's folder.
const (
	claimsFolder     = trialfile.ClaimsFolder     // locks on the trials that are being trained
	unfinishedFolder = trialfile.UnfinishedFolder // checkpoints of trials that are not finished
)

// errTaken says that another process trains the trial.
var errTaken = errors.New("trained by another process")

// claim makes a trial this process's own until released. finished tells that its
// file is there already. The claim of a process that crashes falls to the next
// one that asks.
func claim(folder string, item Item) (release func(), finished bool, err error) {
	if finished, err := item.finished(folder); finished || err != nil {
		if finished {
			item.removeLeft(folder)
		}
		return nil, finished, err
	}
	return item.lock(folder)
}

// lock is claim without the look before, which spares a lock for each finished
// trial: another process may have finished this one since.
func (i Item) lock(folder string) (release func(), finished bool, err error) {
	claims := filepath.Join(folder, claimsFolder)
	if err := os.MkdirAll(claims, 0o777); err != nil {
		return nil, false, fmt.Errorf("claiming %v: %w", i, err)
	}
	lock, err := filelock.TryAcquire(i.lockIn(folder))
	if errors.Is(err, filelock.ErrHeld) {
		return nil, false, errTaken
	}
	if err != nil {
		return nil, false, fmt.Errorf("claiming %v: %w", i, err)
	}
	release = func() { lock.Remove() }
	if finished, err = i.finished(folder); finished || err != nil {
		release()
		return nil, finished, err
	}
	if err := atomicfile.RemoveLeftovers(folder, func(name string) bool { return name == i.FileName() }); err != nil {
		release()
		return nil, false, err
	}
	return release, false, nil
}

// removeLeft removes what is left of the training of a finished trial whose process
// was killed after it had written the file.
func (i Item) removeLeft(folder string) {
	path, work := i.lockIn(folder), filepath.Join(folder, unfinishedFolder, i.workName())
	if _, err := os.Lstat(work); err != nil {
		filelock.RemoveLeft(path)
		return
	}
	if lock, err := filelock.TryAcquire(path); err == nil {
		os.RemoveAll(work)
		lock.Remove()
	}
}

func (i Item) lockIn(folder string) string {
	return filepath.Join(folder, claimsFolder, i.workName()+".lock")
}

// finished tells whether the trial's file is there. A damaged one does not count.
func (i Item) finished(folder string) (bool, error) {
	err := trialfile.CheckWhole(filepath.Join(folder, i.FileName()))
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, trialfile.ErrDamaged):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("looking for %v: %w", i, err)
	}
	return true, nil
}

// damage says what is wrong with a file of the trial, which will be replaced.
func (i Item) damage(folder string) error {
	if err := trialfile.CheckWhole(filepath.Join(folder, i.FileName())); errors.Is(err, trialfile.ErrDamaged) {
		return fmt.Errorf("%w: it is trained again", err)
	}
	return nil
}
