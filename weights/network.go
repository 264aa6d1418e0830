package weights

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cellnet/cell"
)

// Description is what a file tells about a network besides its tensors. Zero
// values stand for what it does not tell.
type Description struct {
	Arch    string // arch string, not checked
	C, N    int    // channels of the stem, cells per stage
	Classes int
	Dataset string // key of the dataset that it was trained on
	// DatasetInfo is what has to be known of a dataset of the user's own, as JSON,
	// not checked.
	DatasetInfo string
	Seed        *int
	HP          int // number of epochs of its training recipe
}

// Network is a state dict in a File.
type Network struct {
	// Description has Classes, and C and N if the widths are C, 2C and 4C, also if
	// only the tensors tell them.
	Description
	// Entry names its entry in the file, such as "net_state_dict"; one within
	// others by all their names, such as "checkpoint.net". It is empty if it is the
	// whole file.
	Entry   string
	Prefix  string       // what was taken off the tensors' names, such as "module."
	Tensors []TensorInfo // not to be changed
	Notes   []string     // what else a user may want to know, a line each
	// Widths are those that the tensors' shapes tell; nil if they are not those of
	// a network of cells.
	Widths cell.Widths

	toldWidths    string // widths that the file tells besides those of the tensors
	byIndex       bool   // the file tells Arch by an index
	contradiction string // what does not agree in the file, if anything
	file          *File
	load          func() (*StateDict, error)
}

// TensorInfo describes a tensor without its numbers.
type TensorInfo struct {
	Name  string
	DType DType
	Shape []int
}

// Len is the number of elements.
func (t TensorInfo) Len() int { return Tensor{Shape: t.Shape}.Len() }

// String names the network in a list of a file's networks.
func (n *Network) String() string {
	var parts []string
	if n.HP != 0 {
		parts = append(parts, fmt.Sprintf("hp %d", n.HP))
	}
	if n.Dataset != "" || n.Seed != nil {
		parts = append(parts, "trial "+trialName(n.Dataset, n.Seed))
	}
	if n.Dataset == "" && n.Entry != "" {
		parts = append(parts, "entry "+n.Entry)
	}
	if len(parts) == 0 {
		return "a state dict"
	}
	return strings.Join(parts, " ")
}

// Structure describes the network if it is of an architecture: of the widths that
// this has, or of its cell, with C and N where the file tells them, else with the
// widths of its tensors.
func (n *Network) Structure(a cell.Arch) (cell.Network, error) {
	net := cell.Network{Cell: a.Cell(), Widths: a.Widths(), Classes: n.Classes}
	if net.Widths == nil {
		if n.C != 0 && n.N != 0 {
			return cell.NewNetwork(net.Cell, n.C, n.N, n.Classes)
		}
		net.Widths = n.Widths
	}
	return net, net.Validate()
}

// isOfSizeCell reports whether the tensors are those of a network of
// cell.SizeCell with the widths that they tell, and with other widths than C, 2C
// and 4C, of which cells differ that have the same tensors.
func (n *Network) isOfSizeCell() bool {
	net := cell.Network{Cell: cell.SizeCell(), Widths: n.Widths, Classes: n.Classes}
	if _, _, staged := net.Stages(); staged || net.Validate() != nil {
		return false
	}
	shapes := map[string][]int{}
	for _, t := range n.Tensors {
		shapes[t.Name] = t.Shape
	}
	for t := range net.Tensors() {
		shape, ok := shapes[t.Name]
		if ok && !slices.Equal(shape, t.Shape) || !ok && t.Kind != cell.Batches {
			return false
		}
		delete(shapes, t.Name)
	}
	return len(shapes) == 0
}

func (n *Network) note(format string, args ...any) {
	n.Notes = append(n.Notes, fmt.Sprintf(format, args...))
}

// Load reads the tensors, under their names without Prefix.
func (n *Network) Load() (*StateDict, error) {
	s, err := n.load()
	if err != nil {
		return nil, n.file.wrap(translate(err))
	}
	return s, nil
}

// contradict remembers the first contradiction.
func (n *Network) contradict(format string, args ...any) {
	if n.contradiction == "" {
		n.contradiction = fmt.Sprintf(format, args...)
	}
}

// checkSizes looks for contradictions between what the file tells and what the
// shapes of the tensors tell.
func (n *Network) checkSizes(m measured) {
	if n.toldWidths != "" && m.widths != nil && n.toldWidths != m.widths.String() {
		n.contradict("the file says that the network has the widths %.200s, its tensors are of the widths %v", n.toldWidths, m.widths)
	}
	staged := m.description.N != 0
	for _, size := range []struct {
		name           string
		told, measured int
		tells          bool
	}{
		{"C", n.C, m.description.C, staged || m.widths == nil},
		{"N", n.N, m.description.N, staged},
		{"classes", n.Classes, m.description.Classes, true},
	} {
		if size.tells && size.told != 0 && size.measured != 0 && size.told != size.measured {
			n.contradict("the file says %s = %d, its tensors are of a network of %s = %d", size.name, size.told, size.name, size.measured)
		}
	}
	if n.toldWidths == "" && n.C != 0 && n.N != 0 && m.widths != nil && !staged {
		n.contradict("the file says C = %d, N = %d, its tensors are of the widths %v", n.C, n.N, m.widths)
	}
}

// Contradiction says what does not agree of the file's words and tensors; it is
// empty if nothing.
func (n *Network) Contradiction() string { return n.contradiction }

// CheckNetwork returns an error if the tensors are not those of a network of
// cells, which says what their names begin with, or if there is a Contradiction.
func (n *Network) CheckNetwork() error {
	all := namesOf(n.Tensors)
	if slices.Contains(all, firstTensor) {
		if n.contradiction != "" {
			return errors.New(n.contradiction)
		}
		return nil
	}
	begin := ""
	if len(all) > 0 {
		begin = all[0]
	}
	for _, name := range all {
		for !strings.HasPrefix(name, begin) {
			begin = begin[:len(begin)-1]
		}
	}
	if begin = begin[:strings.LastIndexByte(begin, '.')+1]; begin == "" {
		return fmt.Errorf("the tensors are not those of a network of cells: there is no %s", firstTensor)
	}
	return fmt.Errorf("the tensors are not those of a network of cells: there is no %s, and all names begin with %s", firstTensor, begin)
}

// measured is what the shapes of a network's tensors tell.
type measured struct {
	description Description // C and N unless the widths are others than C, 2C and 4C
	widths      cell.Widths
}

// network reports whether they are those of a network of cells.
func (m measured) network() bool { return m.widths != nil || m.description.C > 0 }

func measure(tensors []TensorInfo) measured {
	var m measured
	for _, t := range tensors {
		switch {
		case t.Name == "classifier.weight" && len(t.Shape) == 2:
			m.description.Classes = t.Shape[0]
		case t.Name == "stem.0.weight" && len(t.Shape) == 4:
			m.description.C = t.Shape[0]
		}
	}
	var ok bool
	m.widths, ok = cell.WidthsOf(func(yield func(string, []int) bool) {
		for _, t := range tensors {
			if !yield(t.Name, t.Shape) {
				return
			}
		}
	})
	if ok {
		m.description.C, m.description.N, _ = cell.Network{Widths: m.widths}.Stages()
	}
	return m
}
