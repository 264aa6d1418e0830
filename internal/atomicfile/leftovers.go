package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

var temporaryName = regexp.MustCompile(`^\.(.+)\.\d+-\d+\.tmp$`)

// RemoveLeftovers removes what killed processes left in a folder of writing the
// files whose names match tells. Nobody may be writing these. A folder that is
// missing has no leftovers.
func RemoveLeftovers(dir string, match func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for leftovers: %w", err)
	}
	for _, e := range entries {
		if m := temporaryName.FindStringSubmatch(e.Name()); m != nil && match(m[1]) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("removing a leftover: %w", err)
			}
		}
	}
	return nil
}
