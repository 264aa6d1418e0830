package cell

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// writeNested writes the edges of each node, and joins the nodes.
func writeNested(c Cell, edge func(to int, e Edge) string, node func(edges []string) string) string {
	var nodes []string
	for to := 1; to < c.NumNodes(); to++ {
		var edges []string
		for _, e := range c.incoming(to) {
			edges = append(edges, edge(to, e))
		}
		nodes = append(nodes, node(edges))
	}
	return strings.Join(nodes, ", ")
}

func writePair(_ int, e Edge) string { return fmt.Sprintf("('%v', %d)", e.Op, e.From) }

func writeTuples(c Cell) string {
	inside := writeNested(c, writePair, func(edges []string) string {
		if len(edges) == 1 {
			return "(" + edges[0] + ",)"
		}
		return "(" + strings.Join(edges, ", ") + ")"
	})
	if c.NumNodes() == 2 {
		inside += ","
	}
	return "(" + inside + ")"
}

func writeLists(c Cell) string {
	return "[" + writeNested(c,
		func(_ int, e Edge) string { return fmt.Sprintf(`["%v", %d]`, e.Op, e.From) },
		func(edges []string) string { return "[" + strings.Join(edges, ", ") + "]" }) + "]"
}

func writePairs(c Cell) string {
	return "[" + writeNested(c, writePair, func(edges []string) string { return strings.Join(edges, ", ") }) + "]"
}

func writeEdges(c Cell) string {
	return "{" + writeNested(c,
		func(to int, e Edge) string { return fmt.Sprintf("'%d<-%d': '%v'", to, e.From, e.Op) },
		func(edges []string) string { return strings.Join(edges, ", ") }) + "}"
}

// isPair tells whether v is an operation and its input: two values, or op~input.
func isPair(v literal) bool {
	if !v.isList {
		return strings.Contains(v.word, "~")
	}
	if len(v.items) != 2 || v.keys != nil || v.items[0].isList {
		return false
	}
	_, named := v.items[0].number()
	_, from := v.items[1].number()
	return !named && from
}

// isGenotype tells whether v lists lists of pairs. A list of one pair may lack its
// brackets, as a tuple of one does without its comma.
func isGenotype(v literal) bool {
	if !v.isList || v.keys != nil || len(v.items) == 0 || isPair(v) {
		return false
	}
	nested := false
	for _, node := range v.items {
		if isPair(node) {
			continue
		}
		nested = true
		for _, pair := range node.items {
			if !isPair(pair) {
				return false
			}
		}
		if !node.isList || node.keys != nil || len(node.items) == 0 {
			return false
		}
	}
	return nested || len(v.items) == 1
}

func genotypeOf(v literal) (Cell, error) {
	if !isGenotype(v) {
		return Cell{}, errors.New("want a list of (op, input) for each node")
	}
	nodes := make([][]Edge, len(v.items))
	for i, node := range v.items {
		if isPair(node) {
			node = literal{isList: true, items: []literal{node}}
		}
		for _, pair := range node.items {
			e, err := pairOf(pair)
			if err != nil {
				return Cell{}, fmt.Errorf("node %d: %w", i+1, err)
			}
			nodes[i] = append(nodes[i], e)
		}
	}
	return New(nodes...)
}

func pairOf(v literal) (Edge, error) {
	if !v.isList {
		name, from, _ := strings.Cut(v.word, "~")
		v.items = []literal{{word: name}, {word: from}}
	}
	op, problem := parseOpLoosely(v.items[0].word)
	if problem != "" {
		return Edge{}, errors.New(problem)
	}
	from, ok := v.items[1].number()
	if !ok {
		return Edge{}, fmt.Errorf("input node %s is not a number", quote(v.items[1].word))
	}
	return Edge{op, from}, nil
}

// isPairs tells whether v lists the six pairs of a cell of the benchmark.
func isPairs(v literal) bool {
	if !v.isList || v.keys != nil || len(v.items) != spaceEdges {
		return false
	}
	for _, pair := range v.items {
		if !isPair(pair) {
			return false
		}
	}
	return true
}

func pairsOf(v literal) (Cell, error) {
	if !isPairs(v) {
		return Cell{}, fmt.Errorf("want %d times (op, input)", spaceEdges)
	}
	nodes := make([][]Edge, spaceNodes-1)
	next := 0
	for i := range nodes {
		for range i + 1 {
			e, err := pairOf(v.items[next])
			if err != nil {
				return Cell{}, err
			}
			nodes[i] = append(nodes[i], e)
			next++
		}
	}
	return New(nodes...)
}

func isDict(v literal) bool { return v.keys != nil }

func edgesOf(v literal) (Cell, error) {
	if !isDict(v) {
		return Cell{}, errors.New("want {'1<-0': op, ...}")
	}
	nodes := make([][]Edge, 0, len(v.keys))
	seen := make(map[string]bool)
	for i, key := range v.keys {
		left, right, _ := strings.Cut(key, "<-")
		to, err1 := strconv.Atoi(strings.TrimSpace(left))
		from, err2 := strconv.Atoi(strings.TrimSpace(right))
		if err1 != nil || err2 != nil || to < 1 || to > len(v.keys) {
			return Cell{}, fmt.Errorf("edge %s: want NODE<-INPUT, such as 1<-0", quote(key))
		}
		if seen[key] {
			return Cell{}, fmt.Errorf("edge %s is given twice", quote(key))
		}
		seen[key] = true
		op, problem := parseOpLoosely(v.items[i].word)
		if problem != "" {
			return Cell{}, fmt.Errorf("edge %s: %s", quote(key), problem)
		}
		for len(nodes) < to {
			nodes = append(nodes, nil)
		}
		nodes[to-1] = append(nodes[to-1], Edge{op, from})
	}
	return New(nodes...)
}
