package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"cellnet/bench/builtin"
	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/data"
	"cellnet/internal/netfile"

	"github.com/spf13/cobra"
)

// archRecord is what arch show --json prints: the fields that the published
// code's records of architectures have. Widths have no canonical forms: all else
// but the costs is that of their cell.
type archRecord struct {
	Index      *int            `json:"index"` // null outside the benchmark
	Arch       cell.Arch       `json:"arch"`
	Cell       *cell.Cell      `json:"cell,omitempty"` // of widths
	Valid      bool            `json:"valid"`
	Unique     *string         `json:"unique"` // the canonical forms are null if too long, and of widths
	UniqueZero *string         `json:"unique_zero"`
	UniqueNone *string         `json:"unique_none"`
	Matrix     [][]int         `json:"matrix"`  // null for large cells
	Costs      map[string]cost `json:"costs"`   // by dataset
	Message    *string         `json:"message"` // null for large cells
	// Spellings are those that other programs use, by their prefix.
	Spellings map[string]string `json:"spellings"`
	Results   []builtinResult   `json:"results"` // null but for cells of the benchmark
}

// builtinResult is what a cell reached in the built-in results.
type builtinResult struct {
	Dataset  data.Dataset `json:"dataset"`
	Set      data.Set     `json:"set"`
	Epochs   int          `json:"epochs"`
	Accuracy float64      `json:"accuracy"` // mean over trials in percent
	Rank     int          `json:"rank"`     // among all cells
}

// builtinResults gives all that a cell reached, in the order of the datasets.
func builtinResults(index int) ([]builtinResult, error) {
	t, err := builtin.Load()
	if err != nil {
		return nil, err
	}
	var all []builtinResult
	for _, d := range data.Datasets() {
		for _, set := range d.EvaluationSets() {
			for _, epochs := range []int{12, 200} {
				accuracy, ok := t.Accuracy(index, d, set, epochs)
				if !ok {
					continue
				}
				rank, _ := t.Rank(index, d, set, epochs)
				all = append(all, builtinResult{d, set, epochs, accuracy, rank})
			}
		}
	}
	return all, nil
}

// cost is that of the benchmark's network for one image.
type cost struct {
	FLOPs  float64 `json:"flops_M"`
	Params float64 `json:"params_M"`
}

// costDatasets are the datasets that differ in cost.
func costDatasets() []data.Dataset {
	return []data.Dataset{data.CIFAR10, data.CIFAR100, data.ImageNet16}
}

func newArchShowCommand(a *app) *cobra.Command {
	var asJSON bool
	var space cell.Space
	cmd := &cobra.Command{
		Use:   "show ARCH",
		Short: "Show an architecture: its index, matrix, canonical forms, costs and what it reached",
		Example: `  cellnet arch show 1
  cellnet arch show 8:8:40:32:40
  cellnet arch show DARTS_V2
  cellnet arch show '|nor_conv_3x3~0|+|none~0|skip_connect~1|' --json`,
		Args:              wantArgs("ARCH"),
		ValidArgsFunction: completeArch,
		RunE: func(_ *cobra.Command, args []string) error {
			if isTwoCells(args[0]) {
				return a.showGenotype(args[0], asJSON)
			}
			arch, err := parseArch(space, args[0])
			if err != nil {
				return err
			}
			r, err := describeArch(arch)
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(r)
			}
			return a.printArch(r)
		},
	}
	addSpaceFlag(cmd, &space)
	addJSONFlag(cmd, &asJSON)
	return cmd
}

// otherSpellings are all but the arch string, which is shown anyway.
func otherSpellings() []cell.Spelling {
	return slices.DeleteFunc(cell.Spellings(), func(s cell.Spelling) bool { return s == cell.ArchString })
}

func describeArch(arch cell.Arch) (archRecord, error) {
	c := arch.Cell()
	r := archRecord{Index: archIndex(arch), Arch: arch, Valid: c.Valid(), Costs: make(map[string]cost), Spellings: make(map[string]string)}
	if arch.Space() == cell.Size {
		r.Cell = &c
	} else if err := r.addCell(c); err != nil {
		return archRecord{}, err
	}
	const maxNodes = 256 // of which size and time are no matter
	if c.NumNodes() <= maxNodes {
		r.Matrix = c.Matrix()
		message := archMessage(arch.Network(data.CIFAR10.Classes()))
		r.Message = &message
	}
	for _, d := range costDatasets() {
		r.Costs[d.String()] = cost(arch.Network(d.Classes()).Cost(d.Side()))
	}
	return r, nil
}

// addCell adds what only cells have: what one of the benchmark reached, canonical
// forms and spellings.
func (r *archRecord) addCell(c cell.Cell) error {
	if r.Index != nil {
		var err error
		if r.Results, err = builtinResults(*r.Index); err != nil {
			return err
		}
	}
	for _, s := range otherSpellings() {
		if text, err := s.Spell(c); err == nil {
			r.Spellings[s.String()] = text
		}
	}
	for form, field := range map[cell.Form]**string{
		cell.MergeSkips:         &r.Unique,
		cell.MergeSkipsAndZeros: &r.UniqueZero,
		cell.MergeNothing:       &r.UniqueNone,
	} {
		s, err := c.Canonical(form)
		switch {
		case errors.Is(err, cell.ErrTooLong):
		case err != nil:
			return err
		default:
			*field = &s
		}
	}
	return nil
}

func (a *app) printArch(r archRecord) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	index := "not in the benchmark"
	if r.Index != nil {
		index = strconv.Itoa(*r.Index)
	} else if note := orderNote(r.Arch.Cell()); note != "" {
		index += "; " + note
	}
	valid := "yes"
	if !r.Valid {
		valid = "no, every path from input to output has a none"
	}
	fmt.Fprintf(w, "arch\t%s\n", r.Arch)
	fmt.Fprintf(w, "index\t%s\n", index)
	if r.Cell != nil {
		fmt.Fprintf(w, "cell\t%s\n", r.Cell)
	} else {
		fmt.Fprintf(w, "valid\t%s\n", valid)
		fmt.Fprintf(w, "unique, with zeros\t%s\n", orTooLong(r.Unique))
		fmt.Fprintf(w, "unique, zeros merged\t%s\n", orTooLong(r.UniqueZero))
		fmt.Fprintf(w, "unique, nothing merged\t%s\n", orTooLong(r.UniqueNone))
	}
	for i, row := range r.Matrix {
		label := ""
		if i == 0 {
			label = "matrix"
		}
		fmt.Fprintf(w, "%s\t%s\n", label, strings.Trim(fmt.Sprint(row), "[]"))
	}
	for _, d := range costDatasets() {
		c := r.Costs[d.String()]
		fmt.Fprintf(w, "%s\t%.5f M FLOPs, %.6f M parameters\n", d, c.FLOPs, c.Params)
	}
	for _, r := range r.Results {
		fmt.Fprintf(w, "%v, %v, %d epochs\t%.2f %%, rank %d of %d\n", r.Dataset, r.Set, r.Epochs, r.Accuracy, r.Rank, cell.SpaceSize)
	}
	for _, s := range otherSpellings() {
		if text, ok := r.Spellings[s.String()]; ok {
			fmt.Fprintf(w, "%v:\t%s\n", s, text)
		}
	}
	w.Flush()
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// genotypeRecord is what arch show --json prints of two cells.
type genotypeRecord struct {
	Arch     string           `json:"arch"`
	Genotype twocell.Genotype `json:"genotype"`
	C        int              `json:"C"` // of the network that is priced
	N        int              `json:"N"`
	Costs    map[string]cost  `json:"costs"` // by dataset
}

// showGenotype shows two cells: of a name, or of a file.
func (a *app) showGenotype(name string, asJSON bool) error {
	g, err := netfile.Genotype(name, nil)
	if err != nil {
		return err
	}
	n := twocell.Network{C: defaultChannels, N: defaultCells, StemMultiplier: defaultStem, Genotype: g}
	r := genotypeRecord{Genotype: g, C: n.C, N: n.N, Costs: make(map[string]cost)}
	for _, d := range costDatasets() {
		n.Classes = d.Classes()
		r.Costs[d.String()] = cost(n.Cost(d.Side()))
	}
	r.Arch = spec.Name(n)
	a.warnOfCollapsed(n)
	if asJSON {
		return a.printJSON(r)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "arch\t%s\n", r.Arch)
	for _, c := range []struct {
		name string
		cell twocell.Cell
	}{{"normal", g.Normal}, {"reduce", g.Reduce}} {
		for i, node := range c.cell.Nodes {
			var edges []string
			for _, e := range node {
				edges = append(edges, fmt.Sprintf("%v~%d", e.Op, e.From))
			}
			fmt.Fprintf(w, "%s, node %d\t%s\n", c.name, i+2, strings.Join(edges, " + "))
		}
		fmt.Fprintf(w, "%s, result\t%s\n", c.name, strings.Trim(fmt.Sprint(c.cell.Concat), "[]"))
	}
	for _, d := range costDatasets() {
		c := r.Costs[d.String()]
		fmt.Fprintf(w, "%s\t%.5f M FLOPs, %.6f M parameters with C=%d, N=%d\n", d, c.FLOPs, c.Params, r.C, r.N)
	}
	w.Flush()
	_, err = fmt.Fprint(a.stdout, b.String())
	return err
}

func orTooLong(form *string) string {
	if form == nil {
		return "too long"
	}
	return *form
}

// archMessage describes a network block by block as the published networks do of
// themselves.
func archMessage(net cell.Network) string {
	total := len(net.Widths)
	var b strings.Builder
	if channels, cells, ok := net.Stages(); ok && net.Arch().Space() == cell.Topology {
		fmt.Fprintf(&b, "TinyNetwork(C=%d, N=%d, L=%d)", channels, cells, total)
	} else {
		fmt.Fprintf(&b, "DynamicShapeTinyNet(C=(%s), N=%d, L=%d)", strings.ReplaceAll(net.Widths.String(), ":", ", "), total/3, total)
	}
	edges := describeEdges(net.Cell)
	i := 0
	for block := range net.Blocks() {
		switch block.Kind {
		case cell.Reduction:
			fmt.Fprintf(&b, "\n %02d/%02d :: ResNetBasicblock(inC=%d, outC=%d, stride=%d)", i, total, block.In, block.Out, block.Stride)
		case cell.CellBlock:
			fmt.Fprintf(&b, "\n %02d/%02d :: info :: nodes=%d, inC=%d, outC=%d, [%s], %s", i, total, net.Cell.NumNodes(), block.In, block.Out, edges, net.Cell)
		default:
			continue
		}
		i++
	}
	return b.String()
}

// describeEdges lists the edges of every node by their inputs and numbers.
func describeEdges(c cell.Cell) string {
	var nodes []string
	edge := 0
	for node := 1; node < c.NumNodes(); node++ {
		var inputs []string
		for _, e := range c.Incoming(node) {
			inputs = append(inputs, fmt.Sprintf("I%d-L%d", e.From, edge))
			edge++
		}
		nodes = append(nodes, fmt.Sprintf("%d<-(%s)", node, strings.Join(inputs, ",")))
	}
	return strings.Join(nodes, " | ")
}
