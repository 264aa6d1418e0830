package trialfile

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"

	"cellnet/internal/trialname"
)

// Folders beside trial files in which there are none.
const (
	UnfinishedFolder = "unfinished" // checkpoints of trials that are not finished
	ClaimsFolder     = "claims"     // locks on the trials that are being trained
)

// ErrName tells that a file's name is not that of a trial file.
var ErrName = errors.New("the name is not that of a trial file, arch-000157-seed-0777.pth")

// Name is the published name of the trial file of an architecture, by its index.
func Name(arch int, seed uint32) string { return trialname.Of(arch, seed) }

// Stem is Name without its extension.
func Stem(arch int, seed uint32) string { return trialname.Stem(arch, seed) }

// ParseName reads what Name gives. The search space, and so the highest index, is
// not told by the name.
func ParseName(name string) (arch int, seed uint32, ok bool) { return trialname.Parse(name) }

// Find lists the trial files in a folder and the folders within.
func Find(folder string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != folder && (e.Name() == UnfinishedFolder || e.Name() == ClaimsFolder) {
			return fs.SkipDir
		}
		if _, _, ok := ParseName(e.Name()); ok && !e.IsDir() {
			paths = append(paths, path)
		}
		return nil
	})
	slices.Sort(paths)
	return paths, err
}
