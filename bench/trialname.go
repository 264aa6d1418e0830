package bench

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"

	"cellnet/cell"
)

// Folders beside trial files in which there are none.
const (
	UnfinishedFolder = "unfinished" // checkpoints of trials that are not finished
	ClaimsFolder     = "claims"     // locks on the trials that are being trained
)

// TrialFileName is the published name of the trial file of an architecture.
func TrialFileName(arch int, seed uint32) string {
	return fmt.Sprintf("arch-%06d-seed-%04d.pth", arch, seed)
}

var trialName = regexp.MustCompile(`^arch-(\d{6})-seed-(\d{4,10})\.pth$`)

// ParseTrialFileName reads what TrialFileName gives.
func ParseTrialFileName(name string) (arch int, seed uint32, ok bool) {
	m := trialName.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	arch, _ = strconv.Atoi(m[1])
	n, err := strconv.ParseUint(m[2], 10, 32)
	if err != nil || arch >= cell.SpaceSize {
		return 0, 0, false
	}
	return arch, uint32(n), true
}

// FindTrialFiles lists the trial files in a folder and the folders within.
func FindTrialFiles(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != folder && (e.Name() == UnfinishedFolder || e.Name() == ClaimsFolder) {
			return fs.SkipDir
		}
		if _, _, ok := ParseTrialFileName(e.Name()); ok && !e.IsDir() {
			paths = append(paths, path)
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}
