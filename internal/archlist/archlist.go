// Package archlist reads lists of a search space's architectures.
package archlist

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"cellnet/cell"
	"cellnet/internal/inputfile"
	"cellnet/internal/usage"
)

// Parse reads a list of a search space's architectures, separated by commas:
// indexes, ranges of them such as 0-99, names, files with one of these a line, and
// whatever else [cell.Space.Resolve] reads. It returns their indexes.
func Parse(space cell.Space, list string) ([]int, error) {
	var archs []int
	for _, part := range split(list) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		some, err := parseArchs(space, part)
		if errors.Is(err, errNoArchs) {
			some, err = readArchs(space, part)
		}
		if err != nil {
			return nil, err
		}
		archs = append(archs, some...)
	}
	if len(archs) == 0 {
		return nil, usage.Errorf("no architectures in %q", list)
	}
	return archs, nil
}

// split parts a list at its commas, but not at those of a cell that is spelled with
// brackets. A cell without brackets but with a prefix, such as
// naslib:4,0,3,1,4,3, is the whole list.
func split(list string) []string {
	if prefix, rest, ok := strings.Cut(list, ":"); ok && !strings.ContainsAny(rest, "([{:|") {
		for _, s := range cell.Spellings() {
			if s.String() == prefix {
				return []string{list}
			}
		}
	}
	var parts []string
	depth, start := 0, 0
	for i, c := range list {
		switch {
		case strings.ContainsRune("([{", c):
			depth++
		case strings.ContainsRune(")]}", c):
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, list[start:i])
			start = i + 1
		}
	}
	return append(parts, list[start:])
}

// spelled tells whether a text looks more like an architecture than like a file.
func spelled(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil || strings.ContainsAny(text, "|([{:")
}

// errNoArchs says that a text may still be the name of a file.
var errNoArchs = errors.New("neither index, range nor arch string")

// parseArchs reads an index, a range or an arch.
func parseArchs(space cell.Space, text string) ([]int, error) {
	if first, last, ok := parseRange(text); ok {
		if first > last || last >= space.Count() {
			return nil, usage.Errorf("architectures %s: want a range within 0-%d", text, space.Count()-1)
		}
		archs := make([]int, 0, last-first+1)
		for arch := first; arch <= last; arch++ {
			archs = append(archs, arch)
		}
		return archs, nil
	}
	arch, err := space.Resolve(text)
	if err != nil {
		if _, statErr := os.Stat(text); statErr == nil || !spelled(text) {
			return nil, errNoArchs
		}
		return nil, usage.Fault(err)
	}
	index, ok := arch.Index()
	if inOrder, sorted := arch.Cell().InOrder().Index(); !ok && sorted && arch.Space() == space && space == cell.Topology {
		return nil, usage.Errorf("%s is not one of the benchmark's architectures: in order it is index %d, give that", text, inOrder)
	}
	if !ok || arch.Space() != space {
		return nil, usage.Errorf("%s is not one of the architectures of the %v space", text, space)
	}
	return []int{index}, nil
}

func parseRange(text string) (first, last int, ok bool) {
	from, to, ok := strings.Cut(text, "-")
	if !ok {
		return 0, 0, false
	}
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	return first, last, err1 == nil && err2 == nil && first >= 0
}

// readArchs reads a file of lines; # begins a comment.
func readArchs(space cell.Space, path string) ([]int, error) {
	f, _, err := inputfile.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage.Errorf("%q is no index, range, arch string or file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading architectures: %w", err)
	}
	defer f.Close()
	var archs []int
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		some, err := parseArchs(space, text)
		if err != nil {
			return nil, usage.Errorf("%s, line %d: %.100q: %w", path, n, text, err)
		}
		archs = append(archs, some...)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading architectures from %s: %w", path, err)
	}
	return archs, nil
}
