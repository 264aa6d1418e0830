package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cellnet/weights"
)

// compareWhole wants that what a folder has under the names of the undisturbed run is
// whole. Others are for the next process.
func (w *work) compareWhole(dir string) error {
	names, err := files(w.reference)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasSuffix(name, ".jsonl") {
			continue // grows
		}
		if err := w.compareFile(dir, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// compareAll wants a folder to have the same as that of the undisturbed run, and
// nothing else.
func (w *work) compareAll(dir string) error {
	want, err := files(w.reference)
	if err != nil {
		return err
	}
	got, err := files(dir)
	if err != nil {
		return err
	}
	if !slices.Equal(want, got) {
		return fmt.Errorf("left are %v, want %v", got, want)
	}
	for _, name := range want {
		if err := w.compareFile(dir, name); err != nil {
			return err
		}
	}
	return nil
}

// files lists all files and folders in a folder, these with a / at the end.
func files(dir string) (all []string, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if e != nil && e.IsDir() {
			name += "/"
		}
		if strings.HasSuffix(name, ".ckpt") { // at which steps is a matter of time
			name = filepath.Dir(name) + "/checkpoint/"
		}
		all = append(all, name)
		return err
	})
	return all, err
}

// compareFile wants a file to have what that of the undisturbed run has.
func (w *work) compareFile(dir, name string) error {
	if strings.HasSuffix(name, "/") || w.timed != nil && w.timed(name) {
		return nil
	}
	read := os.ReadFile
	switch base := filepath.Base(name); {
	case strings.HasSuffix(base, ".jsonl"):
		read = readRecords
	case strings.HasPrefix(base, "arch-") && w.goesOn: // a trial, which has times
		read = readNumbers
	}
	want, err := read(filepath.Join(w.reference, name))
	if err != nil {
		return err
	}
	got, err := read(filepath.Join(dir, name))
	if err == nil && !bytes.Equal(want, got) {
		err = fmt.Errorf("%s differs from that of an undisturbed run", name)
	}
	return err
}

// readRecords reads a file with a line of JSON for each record, and gives them
// without what tells of times.
func readRecords(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for line := range bytes.Lines(text) {
		var v any
		if err := json.Unmarshal(line, &v); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if err := json.NewEncoder(&all).Encode(withoutTimes(v)); err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// byTheClock are those of a search's records that depend on times: accuracies are
// interpolated between them.
var byTheClock = []string{"clock", "curve_test", "final_valid", "final_test"}

// withoutTimes takes away what tells of times.
func withoutTimes(v any) any {
	if m, ok := v.(map[string]any); ok {
		maps.DeleteFunc(m, func(key string, _ any) bool {
			return strings.Contains(key, "second") || slices.Contains(byTheClock, key)
		})
		for key, value := range m {
			m[key] = withoutTimes(value)
		}
	}
	return v
}

// readNumbers gives the weights in a file.
func readNumbers(path string) ([]byte, error) {
	f, err := weights.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	network, err := f.Select(weights.Selector{})
	if err != nil {
		return nil, err
	}
	state, err := network.Load()
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for name, tensor := range state.All() {
		all.WriteString(name)
		all.Write(tensor.Data)
	}
	return all.Bytes(), nil
}
