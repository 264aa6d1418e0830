package weightsharing

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cellnet/cell"
	"cellnet/cell/supernet"
	"cellnet/models"
	"cellnet/weights"
)

// Saved is what a file tells of a search by a supernet: a checkpoint of the published
// program (AutoDL-Projects, seed-S-basic.pth) or of this one, or the state dict alone.
type Saved struct {
	Algorithm string // as the file names it, "" if it does not
	Epochs    int    // that were done; 0 if the file does not tell
	// Choices are what was chosen after the epochs, in their order. The published
	// program has a random cell as that of epoch -1.
	Choices []SavedChoice
	// Cells or Widths has the supernet, the other one is nil.
	Cells  *models.SupernetParameters
	Widths *models.SizeSupernetParameters
	// Controller is that of enas; nil without.
	Controller *Controller
	// Parameters are softmax(A), a row for each edge or width; Likeliest is the
	// architecture of the highest ones.
	Parameters [][]float64
	Likeliest  cell.Arch
}

// SavedChoice is what was chosen after an epoch.
type SavedChoice struct {
	Epoch int
	Arch  cell.Arch
	// Validation is the supernet's top-1 accuracy on the validation set in percent;
	// nil if the file has none.
	Validation *float64
}

// ReadSaved reads a file. It returns nil if none of its networks is a supernet, and an
// error if a supernet's tensors are not all there.
func ReadSaved(f *weights.File) (*Saved, error) {
	for _, n := range f.Networks() {
		for _, t := range n.Tensors {
			name := strings.TrimPrefix(t.Name, parallelPrefix)
			if name != supernet.Architecture && name != supernet.SizeArchitecture {
				continue
			}
			state, err := n.Load()
			if err != nil {
				return nil, err
			}
			s := new(Saved)
			if err := s.network(state, name); err != nil {
				return nil, fmt.Errorf("reading a supernet: %w", err)
			}
			if err := s.history(f); err != nil {
				return nil, fmt.Errorf("reading a search: %w", err)
			}
			return s, nil
		}
	}
	return nil, nil
}

// parallelPrefix is what PyTorch's DataParallel puts before names.
const parallelPrefix = "module."

// network reads the supernet whose architecture's parameters have the name.
func (s *Saved) network(state *weights.StateDict, name string) error {
	own, shapes := new(weights.StateDict), map[string][]int{}
	var err error
	for full, t := range state.All() {
		short := strings.TrimPrefix(full, parallelPrefix)
		if strings.HasPrefix(short, ControllerPrefix) {
			if s.Controller == nil {
				if s.Controller, err = controllerOf(state, full[:len(full)-len(short)]+ControllerPrefix); err != nil {
					return err
				}
			}
			continue
		}
		own.Set(short, t)
		shapes[short] = t.Shape
	}
	var rows table
	if name == supernet.Architecture {
		if s.Cells, err = models.SupernetFromStateDict(topologyFrom(shapes), own); err != nil {
			return err
		}
		rows = tableOf(s.Cells.Numbers(name), len(cell.Ops()))
		ops := make([]cell.Op, len(rows))
		for e, row := range rows {
			ops[e] = cell.Op(argmax(row))
		}
		c, err := CellOf(s.Cells.Topology().Edges(), ops)
		if err != nil {
			return err
		}
		s.Likeliest = cell.ArchOfCell(c)
	} else {
		size, err := sizeFrom(shapes, own)
		if err != nil {
			return err
		}
		if s.Widths, err = models.SizeSupernetFromStateDict(size, own); err != nil {
			return err
		}
		rows = tableOf(s.Widths.Numbers(name), len(size.Candidates))
		var widths cell.Widths
		for _, row := range rows {
			widths = append(widths, size.Candidates[argmax(row)])
		}
		if s.Likeliest, err = cell.ArchOfWidths(widths); err != nil {
			return err
		}
	}
	s.Parameters = softmaxRows(rows)
	return nil
}

// dimension is one of a tensor's shape, 0 if it has none there.
func dimension(shape []int, i int) int {
	if i >= len(shape) {
		return 0
	}
	return shape[i]
}

// topologyFrom gives the supernet that tensors of such shapes may be of.
func topologyFrom(shapes map[string][]int) supernet.Topology {
	t := supernet.Topology{
		C: dimension(shapes["_stem.0.weight"], 0), Nodes: 1, Classes: dimension(shapes["classifier.bias"], 0),
		Affine: shapes["lastact.0.weight"] != nil, Track: shapes["lastact.0.running_mean"] != nil,
	}
	for edges := dimension(shapes[supernet.Architecture], 0); edges > 0; edges -= t.Nodes - 1 {
		t.Nodes++
	}
	blocks := map[string]bool{}
	for name := range shapes {
		if parts := strings.SplitN(name, ".", 3); parts[0] == "_cells" && len(parts) == 3 {
			blocks[parts[1]] = true
		}
	}
	t.N = (len(blocks) - 2) / 3 // two are reductions
	return t
}

// sizeFrom is topologyFrom for widths: the candidates are the masks' sums.
func sizeFrom(shapes map[string][]int, state *weights.StateDict) (s supernet.Size, err error) {
	s = supernet.Size{
		Widths: dimension(shapes[supernet.SizeArchitecture], 0), Classes: dimension(shapes["classifier.bias"], 0),
		Affine: shapes["lastact.0.weight"] != nil, Track: shapes["lastact.0.running_mean"] != nil,
	}
	masks, ok := state.Get(supernet.Masks)
	if !ok {
		return s, fmt.Errorf("there is no tensor %s", supernet.Masks)
	}
	numbers, err := masks.Float32s()
	if err != nil || len(masks.Shape) != 2 {
		return s, fmt.Errorf("%s are %v of shape %v, want float32 of two dimensions", supernet.Masks, masks.DType, masks.Shape)
	}
	for row := range masks.Shape[0] {
		width := 0
		for _, v := range numbers[row*masks.Shape[1]:][:masks.Shape[1]] {
			if v != 0 {
				width++
			}
		}
		s.Candidates = append(s.Candidates, width)
	}
	return s, nil
}

// history reads what is beside the network.
func (s *Saved) history(f *weights.File) error {
	entries := f.Entries()
	entry := func(name string) weights.Value {
		if !slices.Contains(entries, name) {
			return nil
		}
		v, err := f.Entry(name)
		if err != nil {
			return nil // an entry of another program
		}
		return v
	}
	if text, ok := entry(entryState).(weights.Text); ok {
		return s.ownHistory(entry(entryRun), text)
	}
	if args, ok := entry("args").(weights.Opaque); ok {
		if algo, ok := args.Fields.Get("algo"); ok {
			if name, ok := algo.(weights.Text); ok {
				s.Algorithm = string(name)
			}
		}
	}
	if epoch, ok := entry("epoch").(weights.Int); ok {
		s.Epochs = int(epoch)
	}
	accuracies, _ := entry("valid_accuracies").(weights.Dict)
	chosen, _ := entry("genotypes").(weights.Dict)
	for _, e := range chosen {
		epoch, err := strconv.Atoi(e.Name)
		if err != nil {
			continue // "best"
		}
		arch, err := genotypeOf(e.Value)
		if err != nil {
			return fmt.Errorf("genotype of epoch %d: %w", epoch, err)
		}
		c := SavedChoice{Epoch: epoch, Arch: arch}
		if v, ok := accuracies.Get(e.Name); ok {
			if accuracy, ok := v.(weights.Float); ok {
				c.Validation = (*float64)(&accuracy)
			}
		}
		s.Choices = append(s.Choices, c)
	}
	slices.SortStableFunc(s.Choices, func(a, b SavedChoice) int { return a.Epoch - b.Epoch })
	return nil
}

// ownHistory reads that of a checkpoint of this program.
func (s *Saved) ownHistory(run weights.Value, text weights.Text) error {
	var r Run
	var at state
	if t, ok := run.(weights.Text); ok {
		if err := json.Unmarshal([]byte(t), &r); err != nil {
			return err
		}
		s.Algorithm = r.Algorithm.String()
	}
	if err := json.Unmarshal([]byte(text), &at); err != nil {
		return err
	}
	s.Epochs = at.Epoch
	for _, e := range at.History {
		s.Choices = append(s.Choices, SavedChoice{Epoch: e.Epoch, Arch: e.Arch, Validation: &e.Validation.Top1})
	}
	return nil
}

// genotypeOf reads an architecture as the published program keeps it: a Structure,
// whose nodes are lists of an operation's name and a node, or a text.
func genotypeOf(v weights.Value) (cell.Arch, error) {
	switch v := v.(type) {
	case weights.Text:
		return cell.ParseArch(string(v))
	case weights.Opaque:
		nodes, _ := v.Fields.Get("nodes")
		return structureOf(nodes)
	}
	return structureOf(v)
}

func structureOf(v weights.Value) (cell.Arch, error) {
	wrong := fmt.Errorf("it is a %T, want a cell's nodes", v)
	nodes, ok := v.(weights.List)
	if !ok {
		return cell.Arch{}, wrong
	}
	var parts []string
	for _, node := range nodes {
		edges, ok := node.(weights.List)
		if !ok {
			return cell.Arch{}, wrong
		}
		var part strings.Builder
		for _, e := range edges {
			edge, ok := e.(weights.List)
			if !ok || len(edge) != 2 {
				return cell.Arch{}, wrong
			}
			op, isText := edge[0].(weights.Text)
			from, isInt := edge[1].(weights.Int)
			if !isText || !isInt {
				return cell.Arch{}, wrong
			}
			fmt.Fprintf(&part, "|%s~%d", op, from)
		}
		parts = append(parts, part.String()+"|")
	}
	return cell.ParseArch(strings.Join(parts, "+"))
}
