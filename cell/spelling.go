package cell

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Spelling is a way in which programs write a cell down.
type Spelling uint8

// The spellings, with the cell of index 1462 as an example.
const (
	// Edges are all here in the order of the arch string, nodes counted from 0.
	ArchString    Spelling = iota // |skip_connect~0|+|nor_conv_1x1~0|...
	ShortNames                    // the same without nor_
	StructureText                 // Structure(4 nodes with |skip_connect~0|+...)
	TupleGenotype                 // ((('skip_connect', 0),), (('nor_conv_1x1', 0), ...), ...)
	ListGenotype                  // [[["skip_connect", 0]], [["nor_conv_1x1", 0], ...], ...]
	Pairs                         // [('skip_connect', 0), ('nor_conv_1x1', 0), ...]
	EdgeDict                      // {'1<-0': 'skip_connect', '2<-0': 'nor_conv_1x1', ...}
	OpDigits                      // 1 digit an edge, those of [Op]
	OneHot                        // 6 rows, an edge each, with a 1 in the column of its Op
	OpMatrix                      // as Cell.Matrix
	OpGraph                       // operations as nodes: ([[0, 1, 1, ...], ...], ['input', ..., 'output'])
	// NASLib counts nodes from 1 and orders edges 12 13 14 23 24 34. Its numbers
	// are 0 skip_connect, 1 none, 2 nor_conv_3x3, 3 nor_conv_1x1, 4 avg_pool_3x3.
	NASLib       // (0, 3, ...)
	NASLibOneHot // 30 numbers, five an edge
)

// spelling is how one is read and written. Writers may be given any cell;
// [Spelling.Spell] makes sure that what they write is that cell.
type spelling struct {
	prefix string
	write  func(Cell) string
	// fits tells whether a value without a prefix may be meant so.
	fits func(literal) bool
	read func(literal) (Cell, error)
	// readText is in the place of both where the spelling is no literal.
	readText func(string) (Cell, error)
}

// spelling returns the row of the table; false for a number that is no spelling.
func (s Spelling) spelling() (spelling, bool) {
	switch s {
	case ArchString:
		return spelling{prefix: "arch", write: Cell.String, readText: parseLoosely}, true
	case ShortNames:
		return spelling{prefix: "short", write: writeShort, readText: parseLoosely}, true
	case StructureText:
		return spelling{prefix: "structure", write: writeStructure, readText: readStructure}, true
	case TupleGenotype:
		return spelling{prefix: "tuples", write: writeTuples, fits: isGenotype, read: genotypeOf}, true
	case ListGenotype:
		return spelling{prefix: "lists", write: writeLists, fits: isGenotype, read: genotypeOf}, true
	case Pairs:
		return spelling{prefix: "pairs", write: writePairs, fits: isPairs, read: pairsOf}, true
	case EdgeDict:
		return spelling{prefix: "edges", write: writeEdges, fits: isDict, read: edgesOf}, true
	case OpDigits:
		return spelling{prefix: "ops", write: writeOps, fits: isSix, read: opsOf}, true
	case OneHot:
		return spelling{prefix: "onehot", write: writeOneHot, fits: isOneHot, read: oneHotOf}, true
	case OpMatrix:
		return spelling{prefix: "matrix", write: writeMatrix, fits: isMatrix, read: matrixOf}, true
	case OpGraph:
		return spelling{prefix: "graph", write: writeGraph, fits: isGraph, read: graphOf}, true
	case NASLib:
		return spelling{prefix: "naslib", write: writeNASLib, fits: isSix, read: naslibOf}, true
	case NASLibOneHot:
		return spelling{prefix: "naslib-onehot", write: writeNASLibOneHot, fits: isFlatOneHot, read: naslibOneHotOf}, true
	}
	return spelling{}, false
}

// Spellings returns all spellings.
func Spellings() []Spelling {
	var all []Spelling
	for s := ArchString; ; s++ {
		if _, ok := s.spelling(); !ok {
			return all
		}
		all = append(all, s)
	}
}

// String returns the prefix that says how a cell is spelled, such as "naslib".
func (s Spelling) String() string {
	if row, ok := s.spelling(); ok {
		return row.prefix
	}
	return fmt.Sprintf("Spelling(%d)", uint8(s))
}

// Spell writes a cell. It fails for cells that the spelling has no words for: most
// know those of the benchmark only.
func (s Spelling) Spell(c Cell) (string, error) {
	row, ok := s.spelling()
	if !ok || c.IsZero() {
		return "", fmt.Errorf("cell: no spelling %v of %s", s, quote(c.String()))
	}
	text := row.write(c)
	if back, err := s.Read(text); err != nil || !back.Equal(c) {
		return "", fmt.Errorf("cell: %s can't be spelled as %v", quote(c.String()), s)
	}
	return text, nil
}

// Read reads a cell that is spelled so, with brackets, blanks and line ends as
// Python, NumPy, PyTorch and JSON print them. Operations may have the names of
// other programs, such as conv_3x3 or Identity.
func (s Spelling) Read(text string) (Cell, error) {
	row, ok := s.spelling()
	if !ok {
		return Cell{}, fmt.Errorf("cell: unknown spelling %v", s)
	}
	if row.readText != nil {
		return row.readText(trim(text))
	}
	v, err := readLiteral(trim(text))
	if err != nil {
		return Cell{}, fmt.Errorf("cell: %s: %w", quote(text), err)
	}
	return row.readAs(text, v)
}

// readAs adds the input to errors.
func (row spelling) readAs(text string, v literal) (Cell, error) {
	c, err := row.read(v)
	if err != nil {
		return Cell{}, fmt.Errorf("cell: %s, read as %s: %w", quote(text), row.prefix, err)
	}
	return c, nil
}

// AmbiguousError is returned for a text that spells several cells.
type AmbiguousError struct {
	Input    string
	Prefixes []string // each of which makes another cell of it
	Cells    []Cell
}

// Error names the readings.
func (e *AmbiguousError) Error() string {
	readings := make([]string, len(e.Cells))
	for i, c := range e.Cells {
		readings[i] = fmt.Sprintf("%s:%s for %v", e.Prefixes[i], shortenTo(strings.Join(strings.Fields(e.Input), " "), 80), c)
	}
	return fmt.Sprintf("cell: %s can mean several cells: write %s", quote(e.Input), strings.Join(readings, ", or "))
}

// add notes a reading, unless it is one of those before.
func (e *AmbiguousError) add(prefix string, c Cell) {
	if !slices.ContainsFunc(e.Cells, c.Equal) {
		e.Prefixes, e.Cells = append(e.Prefixes, prefix), append(e.Cells, c)
	}
}

// decide returns the only reading.
func (e *AmbiguousError) decide() (Cell, error) {
	if len(e.Cells) == 1 {
		return e.Cells[0], nil
	}
	return Cell{}, e
}

const indexPrefix = "index"

// readSpelling reads a cell in any spelling, or after a prefix in the one that it
// names; false if the text looks like none.
func readSpelling(text string) (c Cell, ok bool, err error) {
	if prefix, rest, found := strings.Cut(text, ":"); found {
		if prefix == indexPrefix {
			index, err := parseIndex(strings.TrimSpace(rest), SpaceSize)
			if err == nil {
				c, err = FromIndex(index)
			}
			return c, true, err
		}
		for _, s := range Spellings() {
			if s.String() == prefix {
				c, err := s.Read(rest)
				return c, true, err
			}
		}
	}
	switch {
	case strings.HasPrefix(text, "|"):
		c, err := parseLoosely(text)
		return c, true, err
	case strings.HasPrefix(text, structureStart):
		c, err := readStructure(text)
		return c, true, err
	}
	v, err := readLiteral(text)
	if err != nil {
		return Cell{}, strings.ContainsAny(text, "([{"), fmt.Errorf("cell: %s: %w", quote(text), err)
	}
	readings := &AmbiguousError{Input: text}
	var fault error
	for _, s := range Spellings() {
		row, _ := s.spelling()
		if row.fits == nil || !row.fits(v) {
			continue
		}
		c, err := row.readAs(text, v)
		if err == nil {
			readings.add(row.prefix, c)
		} else if fault == nil {
			fault = err
		}
	}
	if len(readings.Cells) == 0 {
		return Cell{}, fault != nil, fault
	}
	if !v.isList { // six digits
		if index, err := parseIndex(text, SpaceSize); err == nil && index < SpaceSize {
			c, _ := FromIndex(index)
			readings.add(indexPrefix, c)
		}
	}
	c, err = readings.decide()
	return c, true, err
}

// trim takes off blanks, a byte order mark, and quotes around all.
func trim(text string) string {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	if len(text) >= 2 && (text[0] == '\'' || text[0] == '"') && strings.IndexByte(text[1:], text[0]) == len(text)-2 {
		return strings.TrimSpace(text[1 : len(text)-1])
	}
	return text
}

// InOrder returns the cell with the edges into each node in the order of their
// inputs. Its network computes the same sums in another order, and its tensors
// have other names.
func (c Cell) InOrder() Cell {
	sorted := Cell{edges: slices.Clone(c.edges), ends: c.ends}
	for node := range c.NumNodes() {
		slices.SortStableFunc(sorted.incoming(node), func(a, b Edge) int { return a.From - b.From })
	}
	return sorted
}

// parseLoosely reads an arch string with blanks and names of other programs.
func parseLoosely(text string) (Cell, error) {
	if strings.ContainsAny(text, " \t\r\n") {
		text = strings.Join(strings.Fields(text), "")
	}
	return parseWith(text, parseOpLoosely)
}

// parseOpLoosely knows the names of other programs, too, in any case.
func parseOpLoosely(name string) (Op, string) {
	op, problem := parseOp(name)
	if problem == "" {
		return op, ""
	}
	lower := strings.ToLower(name)
	for i, row := range operations {
		if row.name == lower || slices.Contains(row.aliases, lower) {
			return Op(i), ""
		}
	}
	return op, problem
}

func writeShort(c Cell) string { return strings.ReplaceAll(c.String(), "nor_", "") }

const (
	structureStart = "Structure("
	structureWith  = "nodes with"
)

func writeStructure(c Cell) string {
	return fmt.Sprintf("%s%d %s %v)", structureStart, c.NumNodes(), structureWith, c)
}

func readStructure(text string) (Cell, error) {
	inside, ok := strings.CutPrefix(text, structureStart)
	count, arch, ok2 := strings.Cut(inside, structureWith)
	arch, ok3 := strings.CutSuffix(strings.TrimSpace(arch), ")")
	if !ok || !ok2 || !ok3 {
		return Cell{}, fmt.Errorf("cell: %s: want %sN %s ARCH)", quote(text), structureStart, structureWith)
	}
	c, err := parseLoosely(strings.TrimSpace(arch))
	if err != nil {
		return Cell{}, err
	}
	if count = strings.TrimSpace(count); count != strconv.Itoa(c.NumNodes()) {
		return Cell{}, fmt.Errorf("cell: %s: there are %d nodes", quote(text), c.NumNodes())
	}
	return c, nil
}
