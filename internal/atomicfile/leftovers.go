package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

var temporaryPattern = regexp.MustCompile(`^\.(.+)\.\d+\.tmp$`)

// RemoveLeftovers removes what killed processes left in a folder of writing the
// files whose names match tells. A folder that is missing has no leftovers.
func RemoveLeftovers(dir string, match func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("looking for leftovers: %w", err)
	}
	for _, e := range entries {
		if m := temporaryPattern.FindStringSubmatch(e.Name()); m != nil && match(m[1]) {
			removeLeftover(filepath.Join(dir, e.Name()))
		}
	}
	return nil
}
