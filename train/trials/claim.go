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
	lock, err := filelock.TryAcquire(filepath.Join(claims, i.workName()+".lock"))
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

func (i Item) finished(folder string) (bool, error) {
	_, err := os.Stat(filepath.Join(folder, i.FileName()))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for %v: %w", i, err)
	}
	return true, nil
}
