package cell

import (
	"fmt"
	"strconv"
	"strings"
)

// ParseError tells what is wrong with an arch string, and where.
type ParseError struct {
	Input  string // the whole arch string
	Offset int    // of the fault, in bytes from 0 to len(Input)
	Reason string
}

// Error returns one line, with the part of a long input that is around the
// fault.
func (e *ParseError) Error() string {
	const around = 100
	start, end := max(0, e.Offset-around), min(len(e.Input), e.Offset+around)
	before, after := "", ""
	if start > 0 {
		before = "..."
	}
	if end < len(e.Input) {
		after = "..."
	}
	return fmt.Sprintf("cell: arch string %s%q%s, offset %d: %s",
		before, e.Input[start:end], after, e.Offset, e.Reason)
}

// Parse reads an arch string,
//
//	|op~i|...|+|op~i|op~i|...|+...
//
// with a group of edges for each of the nodes 1, 2, ... and an input i < j for
// each edge of node j. It is strict, so that String gives the same string back:
// nothing may be left out, doubled or added, not even blanks. Every error is a
// *[ParseError].
func Parse(arch string) (Cell, error) { return parseWith(arch, parseOp) }

// parseWith reads an arch string whose operations op knows by their names; op
// returns what is wrong with one.
func parseWith(arch string, op func(name string) (Op, string)) (Cell, error) {
	p := parser{input: arch, op: op, builder: newBuilder()}
	if arch == "" {
		return Cell{}, p.errorf(0, "it is empty")
	}
	for {
		if err := p.group(); err != nil {
			return Cell{}, err
		}
		if p.atEnd() {
			return p.builder.cell, nil
		}
		p.pos++ // the '+' where group stopped
	}
}

type parser struct {
	input   string
	pos     int
	op      func(name string) (Op, string)
	builder builder
}

func (p *parser) atEnd() bool { return p.pos == len(p.input) }

// at reports whether the next byte is c.
func (p *parser) at(c byte) bool { return !p.atEnd() && p.input[p.pos] == c }

func (p *parser) errorf(offset int, format string, args ...any) error {
	return &ParseError{Input: p.input, Offset: offset, Reason: fmt.Sprintf(format, args...)}
}

// word skips to the next separator or the end and returns what it skipped.
func (p *parser) word() string {
	rest := p.input[p.pos:]
	if end := strings.IndexAny(rest, "|+~"); end >= 0 {
		rest = rest[:end]
	}
	p.pos += len(rest)
	return rest
}

// group reads the edges of one node and stops at a '+' or the end.
func (p *parser) group() error {
	node := p.builder.node()
	if p.atEnd() || p.at('+') {
		return p.errorf(p.pos, "node %d has no edge", node)
	}
	if !p.at('|') {
		return p.errorf(p.pos, `missing "|" before the edges of node %d`, node)
	}
	p.pos++
	for !p.atEnd() && !p.at('+') {
		if err := p.edge(); err != nil {
			return err
		}
	}
	if !p.builder.endNode() {
		return p.errorf(p.pos, "node %d has no edge", node)
	}
	return nil
}

// edge reads "op~i|".
func (p *parser) edge() error {
	node := p.builder.node()
	start := p.pos
	name := p.word()
	if name == "" && !p.at('~') {
		return p.errorf(start, `node %d has an empty edge: "||"`, node)
	}
	op, problem := p.op(name)
	if problem != "" {
		return p.errorf(start, "%s", problem)
	}
	if !p.at('~') {
		return p.errorf(p.pos, `missing "~" and input node after %s`, op)
	}
	p.pos++

	start = p.pos
	from, err := p.inputNode(node)
	if err != nil {
		return err
	}
	if !p.at('|') {
		return p.errorf(p.pos, `missing "|" after %s`, quote(op.String()+"~"+p.input[start:p.pos]))
	}
	p.pos++
	p.builder.add(Edge{op, from})
	return nil
}

// inputNode reads the number of a node before the given one.
func (p *parser) inputNode(node int) (int, error) {
	start := p.pos
	digits := p.word()
	if digits == "" {
		return 0, p.errorf(start, `missing input node after "~"`)
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, p.errorf(start, "input node %s is not a number", quote(digits))
		}
	}
	if len(digits) > 1 && digits[0] == '0' {
		return 0, p.errorf(start, "input node %s has a leading zero", quote(digits))
	}
	from, err := strconv.Atoi(digits)
	if err != nil || from >= node {
		return 0, p.errorf(start, "%s", notEarlier(node, shorten(digits)))
	}
	return from, nil
}

// shorten bounds the length of a number in a message.
func shorten(digits string) string { return shortenTo(digits, 20) }

func shortenTo(s string, longest int) string {
	if len(s) > longest {
		return s[:longest] + "..."
	}
	return s
}
