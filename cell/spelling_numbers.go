package cell

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// six are the operations of a cell of the benchmark in the order of its arch string.
type six [spaceEdges]Op

// sixOf returns the operations of c, zeros if c is none of the benchmark's cells.
func sixOf(c Cell) (ops six) {
	if _, ok := c.Index(); ok {
		for i, e := range c.edges {
			ops[i] = e.Op
		}
	}
	return ops
}

func (ops six) cell() Cell {
	c := fromRank(0)
	for i, op := range ops {
		c.edges[i].Op = op
	}
	return c
}

// numbering is how a program numbers edges and operations.
type numbering struct {
	edges [spaceEdges]int // the place in the arch string of each edge
	ops   [spaceOps]Op    // by their numbers
}

func ours() numbering {
	n := numbering{edges: [spaceEdges]int{0, 1, 2, 3, 4, 5}}
	copy(n.ops[:], Ops())
	return n
}

func naslib() numbering {
	return numbering{
		edges: [spaceEdges]int{0, 1, 3, 2, 4, 5},
		ops:   [spaceOps]Op{SkipConnect, None, NorConv3x3, NorConv1x1, AvgPool3x3},
	}
}

// numbers gives the numbers of a cell's operations.
func (n numbering) numbers(c Cell) []string {
	ops := sixOf(c)
	numbers := make([]string, spaceEdges)
	for i, place := range n.edges {
		numbers[i] = strconv.Itoa(slices.Index(n.ops[:], ops[place]))
	}
	return numbers
}

// oneHot gives a row of numbers for each edge.
func (n numbering) oneHot(c Cell) []string {
	rows := n.numbers(c)
	for i, number := range rows {
		row := slices.Repeat([]string{"0"}, spaceOps)
		op, _ := strconv.Atoi(number)
		row[op] = "1"
		rows[i] = strings.Join(row, ", ")
	}
	return rows
}

func writeOps(c Cell) string          { return strings.Join(ours().numbers(c), "") }
func writeNASLib(c Cell) string       { return "(" + strings.Join(naslib().numbers(c), ", ") + ")" }
func writeOneHot(c Cell) string       { return "[[" + strings.Join(ours().oneHot(c), "], [") + "]]" }
func writeNASLibOneHot(c Cell) string { return "[" + strings.Join(naslib().oneHot(c), ", ") + "]" }

// sixItems gives six values, or six digits; false if v is neither.
func sixItems(v literal) ([]literal, bool) {
	items := v.items
	if !v.isList && len(v.word) == spaceEdges && strings.Trim(v.word, "0123456789") == "" {
		for i := range spaceEdges {
			items = append(items, literal{word: v.word[i : i+1]})
		}
	}
	return items, len(items) == spaceEdges && v.keys == nil
}

// isSix tells whether v are six numbers of operations, or six names.
func isSix(v literal) bool {
	items, ok := sixItems(v)
	if !ok {
		return false
	}
	for _, item := range items {
		if op, isNumber := item.number(); isNumber && (op < 0 || op >= spaceOps) || item.isList || strings.Contains(item.word, "~") {
			return false
		}
	}
	return true
}

func (n numbering) read(v literal) (Cell, error) {
	items, ok := sixItems(v)
	if !ok {
		return Cell{}, fmt.Errorf("want %d numbers from 0 to %d", spaceEdges, spaceOps-1)
	}
	var ops six
	for i, item := range items {
		op, problem := None, ""
		number, isNumber := item.number()
		switch {
		case isNumber && number >= 0 && number < spaceOps:
			op = n.ops[number]
		case isNumber:
			problem = fmt.Sprintf("operation %d, want 0 to %d", number, spaceOps-1)
		default:
			op, problem = parseOpLoosely(item.word)
		}
		if problem != "" {
			return Cell{}, errors.New(problem)
		}
		ops[n.edges[i]] = op
	}
	return ops.cell(), nil
}

func opsOf(v literal) (Cell, error)    { return ours().read(v) }
func naslibOf(v literal) (Cell, error) { return naslib().read(v) }

func isFlatOneHot(v literal) bool {
	numbers, ok := v.numbers()
	return ok && len(numbers) == spaceEdges*spaceOps
}

func isOneHot(v literal) bool {
	rows, ok := v.rows()
	return ok && len(rows) == spaceEdges && len(rows[0]) == spaceOps || isFlatOneHot(v)
}

func (n numbering) readOneHot(v literal) (Cell, error) {
	rows, ok := v.rows()
	if flat, isFlat := v.numbers(); isFlat {
		rows, ok = slices.Collect(slices.Chunk(flat, spaceOps)), true
	}
	if !ok || len(rows) != spaceEdges {
		return Cell{}, fmt.Errorf("want %d rows of %d numbers", spaceEdges, spaceOps)
	}
	var ops six
	for i, row := range rows {
		op := slices.Index(row, 1)
		rest := slices.Clone(row)
		if op >= 0 {
			rest[op] = 0
		}
		if len(row) != spaceOps || op < 0 || slices.ContainsFunc(rest, func(v int) bool { return v != 0 }) {
			return Cell{}, fmt.Errorf("row %d is not one 1 and %d zeros", i, spaceOps-1)
		}
		ops[n.edges[i]] = n.ops[op]
	}
	return ops.cell(), nil
}

func oneHotOf(v literal) (Cell, error)       { return ours().readOneHot(v) }
func naslibOneHotOf(v literal) (Cell, error) { return naslib().readOneHot(v) }

func writeMatrix(c Cell) string {
	const maxNodes = 256 // more than any reader takes
	if c.NumNodes() > maxNodes {
		return ""
	}
	return writeRows(c.Matrix())
}

func writeRows(rows [][]int) string {
	return strings.ReplaceAll(fmt.Sprint(rows), " ", ", ")
}

func isMatrix(v literal) bool {
	rows, ok := v.rows()
	return ok && len(rows) > 1 && len(rows[0]) == len(rows)
}

// matrixOf reads rows by where edges lead to, or by where they come from.
func matrixOf(v literal) (Cell, error) {
	rows, ok := v.rows()
	if !ok {
		return Cell{}, errors.New("want a square matrix")
	}
	if c, err := FromMatrix(rows); err == nil {
		return c, nil
	}
	turned := make([][]int, len(rows))
	for i := range turned {
		turned[i] = make([]int, len(rows))
		for j, row := range rows {
			if i < len(row) {
				turned[i][j] = row[i]
			}
		}
	}
	if c, err := FromMatrix(turned); err == nil && isMatrix(v) {
		return c, nil
	}
	_, err := FromMatrix(rows)
	return Cell{}, errors.New(strings.TrimPrefix(err.Error(), "cell: "))
}

const (
	graphInput  = "input"
	graphOutput = "output"
)

// graphLinks is the same for all cells: which edges of the arch string follow
// each other, between the input and the output.
func graphLinks() [][]int {
	edges := fromRank(0)
	links := make([][]int, spaceEdges+2)
	for i := range links {
		links[i] = make([]int, len(links))
	}
	for a, first := range edges.Edges() {
		if first.From == 0 {
			links[0][a+1] = 1
		}
		if first.To == spaceNodes-1 {
			links[a+1][spaceEdges+1] = 1
		}
		for b, second := range edges.Edges() {
			if second.From == first.To {
				links[a+1][b+1] = 1
			}
		}
	}
	return links
}

func writeGraph(c Cell) string {
	words := []string{graphInput}
	for _, op := range sixOf(c) {
		words = append(words, op.String())
	}
	words = append(words, graphOutput)
	return fmt.Sprintf("(%s, ['%s'])", writeRows(graphLinks()), strings.Join(words, "', '"))
}

// graphParts gives the matrix, if there is one, and the operations; false if v is
// no graph of operations.
func graphParts(v literal) (matrix literal, ops []literal, ok bool) {
	if len(v.items) == 2 && v.items[1].isList {
		matrix, v = v.items[0], v.items[1]
	}
	n := len(v.items)
	if n != spaceEdges+2 || v.keys != nil || v.items[0].word != graphInput || v.items[n-1].word != graphOutput {
		return literal{}, nil, false
	}
	return matrix, v.items[1 : n-1], true
}

func isGraph(v literal) bool {
	_, _, ok := graphParts(v)
	return ok
}

func graphOf(v literal) (Cell, error) {
	matrix, ops, ok := graphParts(v)
	if !ok {
		return Cell{}, fmt.Errorf("want a matrix and the operations from %q to %q", graphInput, graphOutput)
	}
	if matrix.isList {
		rows, _ := matrix.rows()
		if !slices.EqualFunc(rows, graphLinks(), slices.Equal[[]int]) {
			return Cell{}, errors.New("the matrix is not that of the benchmark's six operations")
		}
	}
	return opsOf(literal{isList: true, items: ops})
}
