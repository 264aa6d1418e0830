package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"cellnet/cell"
	"cellnet/cell/spec"
	"cellnet/cell/twocell"
	"cellnet/search/weightsharing"
	"cellnet/train"
	"cellnet/weights"

	"github.com/spf13/cobra"
)

// weightsRecord is what weights show --json prints. The fields of one network
// are null if the file has several and none is chosen.
type weightsRecord struct {
	File      string          `json:"file"`
	Format    string          `json:"format"`
	Networks  []networkRecord `json:"networks"`
	Entries   map[string]any  `json:"entries"` // of the file; plain values, or what they are
	Tensors   []tensorRecord  `json:"tensors"`
	Elements  *int            `json:"elements"`
	NonFinite []string        `json:"non_finite"` // tensors with NaN or infinity
	Notes     []string        `json:"notes,omitempty"`
	Search    *searchRecord   `json:"search,omitempty"` // of a supernet
	names     []string        // of the entries, in order
}

// searchRecord is what a file tells of a search by a supernet.
type searchRecord struct {
	Supernet   string         `json:"supernet"`
	Algorithm  string         `json:"algorithm,omitempty"` // as the file names it
	Epochs     int            `json:"epochs,omitempty"`
	Controller bool           `json:"controller"`
	Choices    []savedChoice  `json:"choices"`
	Parameters []parameterRow `json:"parameters"` // softmax of the architecture's parameters
	Likeliest  cell.Arch      `json:"likeliest"`
	Index      *int           `json:"index"`
}

type savedChoice struct {
	Epoch      int       `json:"epoch"`
	Arch       cell.Arch `json:"arch"`
	Index      *int      `json:"index"`
	Validation *float64  `json:"validation"`
}

type parameterRow struct {
	Of     string    `json:"of"`
	Shares []float64 `json:"shares"`
	names  []string
}

func newSearchRecord(s *weightsharing.Saved) *searchRecord {
	r := &searchRecord{Algorithm: s.Algorithm, Epochs: s.Epochs, Controller: s.Controller != nil, Likeliest: s.Likeliest, Index: archIndex(s.Likeliest)}
	var rows, columns []string
	if s.Cells != nil {
		t := s.Cells.Topology()
		r.Supernet = fmt.Sprintf("of cells, C = %d, N = %d, %d nodes, %d classes", t.C, t.N, t.Nodes, t.Classes)
		for _, e := range t.Edges() {
			rows = append(rows, fmt.Sprintf("%d<-%d", e.To, e.From))
		}
		for _, op := range cell.Ops() {
			columns = append(columns, op.String())
		}
	} else {
		size := s.Widths.Size()
		r.Supernet = fmt.Sprintf("of widths, %d of %v, %d classes", size.Widths, size.Candidates, size.Classes)
		for i := range size.Widths {
			rows = append(rows, fmt.Sprintf("width %d", i+1))
		}
		for _, c := range size.Candidates {
			columns = append(columns, strconv.Itoa(c))
		}
	}
	for i, row := range s.Parameters {
		r.Parameters = append(r.Parameters, parameterRow{rows[i], row, columns})
	}
	for _, c := range s.Choices {
		r.Choices = append(r.Choices, savedChoice{c.Epoch, c.Arch, archIndex(c.Arch), c.Validation})
	}
	return r
}

func (r *searchRecord) print(w io.Writer) {
	fmt.Fprintf(w, "supernet\t%s", r.Supernet)
	if r.Controller {
		fmt.Fprint(w, ", with a controller")
	}
	fmt.Fprintln(w)
	if r.Algorithm != "" {
		fmt.Fprintf(w, "search\t%s, %s\n", quotedName(r.Algorithm), plural(r.Epochs, "epoch"))
	}
	for _, c := range r.Choices {
		fmt.Fprintf(w, "chosen %d\t%s", c.Epoch, withIndex(c.Arch, c.Index))
		if c.Validation != nil {
			fmt.Fprintf(w, ", supernet %.2f %%", *c.Validation)
		}
		fmt.Fprintln(w)
	}
	for _, row := range r.Parameters {
		fmt.Fprintf(w, "share %s\t", row.Of)
		for k, v := range row.Shares {
			if k > 0 {
				fmt.Fprint(w, ", ")
			}
			fmt.Fprintf(w, "%s %.4f", row.names[k], v)
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "likeliest\t%s\n", withIndex(r.Likeliest, r.Index))
}

// withIndex is an architecture with its index, if it has one.
func withIndex(arch cell.Arch, index *int) string {
	if index == nil {
		return arch.String()
	}
	return fmt.Sprintf("%s (%d)", arch, *index)
}

// networkRecord describes a network; what the file does not tell is null.
type networkRecord struct {
	HP      *int    `json:"hp"`
	Dataset *string `json:"dataset"`
	Seed    *int    `json:"seed"`
	Entry   *string `json:"entry"`
	Arch    *string `json:"arch"`
	Index   *int    `json:"index"`
	C       *int    `json:"C"`
	N       *int    `json:"N"`
	Widths  *string `json:"widths"` // of all blocks, also where C and N tell them
	Classes *int    `json:"classes"`
	Tensors int     `json:"tensors"`
	text    string
}

type tensorRecord struct {
	Name  string `json:"name"`
	Type  string `json:"dtype"`
	Shape []int  `json:"shape"`
}

func newWeightsShowCommand(a *app) *cobra.Command {
	var asJSON bool
	var arch string
	var flags networkFlags
	var space cell.Space
	cmd := &cobra.Command{
		Use:   "show FILE",
		Short: "Show what a weights file holds: its networks, their tensors, what it tells about them",
		Long: `Show what a weights file holds: its networks, their tensors, what it tells about them.

If the file holds several networks, they are listed; choose one for its tensors.`,
		Example: `  cellnet weights show net.pth
  cellnet weights show darts.pth --arch DARTS_V2
  cellnet weights show 000157-FULL.pth --hp 200 --trial cifar10:777 --json`,
		Args: wantArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := describeWeights(args[0], space, arch, flags)
			if err != nil {
				return err
			}
			for _, note := range r.Notes {
				a.note("%s: %s", args[0], quotedName(note))
			}
			if len(r.NonFinite) > 0 {
				a.say("cellnet: warning: %s: NaN or infinite numbers in %s", args[0], strings.Join(quoted(r.NonFinite), ", "))
			}
			if asJSON {
				return a.printJSON(r)
			}
			return a.printWeights(r)
		},
	}
	flags.add(cmd)
	addSpaceFlag(cmd, &space)
	cmd.Flags().StringVar(&arch, "arch", "", "check that the weights are those of a network of this `ARCH`")
	addJSONFlag(cmd, &asJSON)
	return cmd
}

func describeWeights(name string, space cell.Space, arch string, flags networkFlags) (weightsRecord, error) {
	r := weightsRecord{File: name, Entries: map[string]any{}}
	selector, err := flags.selector()
	if err != nil {
		return r, err
	}
	var given cell.Arch
	if arch != "" && !isTwoCells(arch) {
		if given, err = parseArch(space, arch); err != nil {
			return r, err
		}
		selector.Arch = given.String()
		if note := orderNote(given.Cell()); note != "" {
			r.Notes = append(r.Notes, "the edges of "+given.String()+" are not in the benchmark's order, "+note)
		}
	}
	f, err := weights.OpenFile(name)
	if err != nil {
		return r, err
	}
	defer f.Close()
	r.Format = f.Format.String()
	r.Networks = []networkRecord{}
	for _, n := range f.Networks() {
		r.Networks = append(r.Networks, describeNetwork(n))
	}
	for _, entry := range f.Entries() {
		r.names = append(r.names, entry)
		r.Entries[entry] = "not read"
		if v, err := f.Entry(entry); err == nil {
			r.Entries[entry] = plainValue(v)
		}
	}
	if selector == (weights.Selector{}) && len(r.Networks) > 1 {
		return r, nil
	}
	n, err := flags.choose(f, selector)
	if err != nil {
		return r, err
	}
	r.Notes = append(r.Notes, n.Notes...)
	if contradiction := n.Contradiction(); contradiction != "" {
		r.Notes = append(r.Notes, contradiction)
	}
	state, err := n.Load()
	if err != nil {
		return r, err
	}
	described := describeNetwork(n)
	switch {
	case isTwoCells(arch) || arch == "" && slices.Contains(f.Entries(), train.EntryNetwork):
		params, err := twoCellParams(arch, f, state)
		if err != nil {
			return r, fmt.Errorf("weights %s: %w", name, err)
		}
		described.of(params.Network())
	case arch != "":
		if err := checkArch(given, n, state); err != nil {
			return r, fmt.Errorf("weights %s: %w", name, err)
		}
	}
	r.Networks = []networkRecord{described}
	r.Elements = new(int)
	r.Tensors = []tensorRecord{}
	for _, t := range n.Tensors {
		r.Tensors = append(r.Tensors, tensorRecord{t.Name, t.DType.String(), append([]int{}, t.Shape...)})
		*r.Elements += t.Len()
	}
	r.NonFinite = append([]string{}, state.NonFinite()...)
	saved, err := weightsharing.ReadSaved(f)
	if err != nil {
		r.Notes = append(r.Notes, err.Error())
	}
	if saved != nil {
		r.Search = newSearchRecord(saved)
	}
	return r, nil
}

func describeNetwork(n *weights.Network) networkRecord {
	r := networkRecord{
		HP: known(n.HP), Dataset: known(n.Dataset), Seed: n.Seed, Entry: known(n.Entry), Arch: known(n.Arch),
		C: known(n.C), N: known(n.N), Widths: known(n.Widths.String()), Classes: known(n.Classes), Tensors: len(n.Tensors), text: n.String(),
	}
	if arch, err := cell.ParseArch(n.Arch); err == nil {
		r.Index = archIndex(arch)
	}
	return r
}

// of takes what a network of two cells tells of itself.
func (r *networkRecord) of(n spec.Network) {
	if n, ok := n.(twocell.Network); ok {
		name := spec.Name(n)
		r.Arch, r.C, r.N, r.Classes, r.Widths, r.text = &name, &n.C, &n.N, &n.Classes, nil, name
	}
}

// known gives nil for the zero value.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// plainValue gives a value as JSON has it, or words for what it is.
func plainValue(v weights.Value) any {
	switch v := v.(type) {
	case weights.Text:
		return string(v)
	case weights.Int:
		return int64(v)
	case weights.Float:
		if v != v || v-v != 0 {
			return fmt.Sprint(float64(v)) // which JSON has no number for
		}
		return float64(v)
	case weights.Flag:
		return bool(v)
	case weights.None:
		return nil
	case weights.List:
		return fmt.Sprintf("list of %d", len(v))
	case weights.Dict:
		return fmt.Sprintf("dict of %d", len(v))
	case *weights.StateDict:
		return fmt.Sprintf("state dict of %d tensors", v.Len())
	case weights.Opaque:
		return "instance of " + v.Class
	case weights.Tensor:
		return fmt.Sprintf("tensor of %v, shape %v", v.DType, v.Shape)
	}
	return "unknown"
}

func (a *app) printWeights(r weightsRecord) error {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "file\t%s\n", r.File)
	fmt.Fprintf(w, "format\t%s\n", r.Format)
	for _, name := range r.names {
		fmt.Fprintf(w, "entry %s\t%s\n", quotedName(name), quotedName(fmt.Sprint(r.Entries[name])))
	}
	if r.Tensors == nil {
		fmt.Fprintf(w, "networks\t%d, choose one by --hp, --trial or --entry:\n", len(r.Networks))
		for _, n := range r.Networks {
			fmt.Fprintf(w, "\t%s, %d tensors%s\n", quotedName(n.text), n.Tensors, n.shape())
		}
	} else {
		n := r.Networks[0]
		fmt.Fprintf(w, "network\t%s%s\n", quotedName(n.text), n.shape())
		if n.Arch != nil {
			fmt.Fprintf(w, "arch\t%s\n", quotedName(*n.Arch))
		}
		if n.Index != nil {
			fmt.Fprintf(w, "index\t%d\n", *n.Index)
		}
		if r.Search != nil {
			r.Search.print(w)
		}
		fmt.Fprintf(w, "tensors\t%d with %d numbers\n", len(r.Tensors), *r.Elements)
	}
	w.Flush()
	w = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, t := range r.Tensors {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", quotedName(t.Name), t.Type, shapeText(t.Shape))
	}
	w.Flush()
	_, err := fmt.Fprint(a.stdout, b.String())
	return err
}

// shape tells the sizes of a network that are known.
func (n networkRecord) shape() string {
	var b strings.Builder
	if n.N == nil && n.Widths != nil {
		fmt.Fprintf(&b, ", widths %s", *n.Widths)
	}
	for _, size := range []struct {
		name string
		n    *int
	}{{"C", n.C}, {"N", n.N}, {"classes", n.Classes}} {
		if size.n != nil {
			fmt.Fprintf(&b, ", %s = %d", size.name, *size.n)
		}
	}
	return b.String()
}

func shapeText(shape []int) string {
	if len(shape) == 0 {
		return "scalar"
	}
	sizes := make([]string, len(shape))
	for i, n := range shape {
		sizes[i] = strconv.Itoa(n)
	}
	return strings.Join(sizes, "x")
}

// quotedName gives a name from a file, quoted if it holds characters that
// should not reach a terminal.
func quotedName(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

func quoted(names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = quotedName(name)
	}
	return out
}
