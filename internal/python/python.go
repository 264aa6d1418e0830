// Package python has the Python packages nas_201_api and nats_bench, which ask a
// running cellnet.
package python

import (
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cellnet/internal/atomicfile"
)

//go:embed tree/pyproject.toml tree/*.py tree/*/*.py
var tree embed.FS

const (
	marker    = "cellnet_api/program.py" // tells a folder that Write made
	unwritten = `WRITTEN_BY = ""`
)

// Write writes the packages into a folder that is new, empty or of an earlier Write.
// They start the given program, an absolute path.
func Write(dir, program string) error {
	if err := check(dir); err != nil {
		return fmt.Errorf("writing Python packages to %s: %w", dir, err)
	}
	quoted, err := json.Marshal(program)
	if err != nil {
		return err
	}
	files, err := fs.Sub(tree, "tree")
	if err != nil {
		return err
	}
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(name))
		if entry.IsDir() {
			return os.MkdirAll(path, 0o777)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if name == marker {
			text = []byte(strings.Replace(string(text), unwritten, "WRITTEN_BY = "+string(quoted), 1))
		}
		return atomicfile.Write(path, func(w io.Writer) error {
			_, err := w.Write(text)
			return err
		})
	})
}

func check(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(marker))); err != nil {
		return fmt.Errorf("the folder has files of another kind: give a new one")
	}
	return nil
}
