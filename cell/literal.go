package cell

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// literal is a value as Python, NumPy, PyTorch and JSON print it: a word, which
// may be a number, or a list, whose items have keys if it is a dict.
type literal struct {
	word   string
	isList bool
	items  []literal
	keys   []string
}

const (
	maxLiteral = 4096 // bytes
	maxDepth   = 8
)

// readLiteral reads a value, or several as a list of them. Commas and blanks
// separate. Calls such as array(...) or tensor(...) are what is in them.
func readLiteral(text string) (literal, error) {
	if len(text) > maxLiteral {
		return literal{}, fmt.Errorf("%d characters are too many", len(text))
	}
	p := literalParser{rest: text}
	all, err := p.items(0, "")
	if err != nil {
		return literal{}, err
	}
	if len(all.items) == 1 && all.keys == nil {
		return all.items[0], nil
	}
	return all, nil
}

type literalParser struct{ rest string }

// space skips what separates.
func (p *literalParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n,;") }

// items reads values to the closing bracket, or to the end of the text if there is
// none to come.
func (p *literalParser) items(depth int, closing string) (literal, error) {
	list := literal{isList: true}
	if depth > maxDepth {
		return list, errors.New("brackets are nested too deep")
	}
	for {
		p.space()
		if closing != "" && strings.HasPrefix(p.rest, closing) {
			p.rest = p.rest[1:]
			return list, nil
		}
		if p.rest == "" {
			if closing != "" {
				return list, fmt.Errorf("missing %q at the end", closing)
			}
			return list, nil
		}
		v, err := p.value(depth)
		if err != nil {
			return list, err
		}
		if p.rest = strings.TrimLeft(p.rest, " \t\r\n"); closing == "}" && strings.HasPrefix(p.rest, ":") && !v.isList {
			p.rest = p.rest[1:]
			p.space()
			list.keys = append(list.keys, v.word)
			if v, err = p.value(depth); err != nil {
				return list, err
			}
		}
		if strings.HasPrefix(p.rest, "=") && !v.isList { // dtype=torch.int64
			p.rest = p.rest[1:]
			if _, err = p.value(depth); err != nil {
				return list, err
			}
			continue
		}
		list.items = append(list.items, v)
		if list.keys != nil && len(list.keys) != len(list.items) {
			return list, errors.New("a key is missing")
		}
	}
}

// value reads a word, a list, a dict or a call.
func (p *literalParser) value(depth int) (literal, error) {
	if p.rest == "" {
		return literal{}, errors.New("a value is missing at the end")
	}
	switch first := p.rest[0]; first {
	case '(', '[', '{':
		p.rest = p.rest[1:]
		return p.items(depth+1, string(")]}"[strings.IndexByte("([{", first)]))
	case '\'', '"':
		end := strings.IndexByte(p.rest[1:], first)
		if end < 0 {
			return literal{}, errors.New("a quote is not closed")
		}
		word := p.rest[1 : 1+end]
		p.rest = p.rest[2+end:]
		return literal{word: word}, nil
	case ')', ']', '}', '=', ':':
		return literal{}, fmt.Errorf("%q comes unexpected", string(first))
	}
	end := strings.IndexAny(p.rest, " \t\r\n,;()[]{}'\"=:")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	if strings.HasPrefix(p.rest, "(") {
		p.rest = p.rest[1:]
		call, err := p.items(depth+1, ")")
		if len(call.items) == 1 {
			return call.items[0], err
		}
		return call, err
	}
	return literal{word: word}, nil
}

// number gives a whole number, also where floats are printed; false if v is none.
func (v literal) number() (int, bool) {
	if v.isList || v.word == "" || strings.Trim(v.word, "-+.0123456789") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.word, 64)
	const largest = 1 << 20
	if err != nil || f != float64(int(f)) || f < -largest || f > largest {
		return 0, false
	}
	return int(f), true
}

// numbers gives the items of a list of whole numbers; false if v is none.
func (v literal) numbers() ([]int, bool) {
	if !v.isList || v.keys != nil {
		return nil, false
	}
	numbers := make([]int, len(v.items))
	for i, item := range v.items {
		var ok bool
		if numbers[i], ok = item.number(); !ok {
			return nil, false
		}
	}
	return numbers, true
}

// rows gives the rows of a list of lists of whole numbers; false if v is none.
func (v literal) rows() ([][]int, bool) {
	if !v.isList || v.keys != nil || len(v.items) == 0 {
		return nil, false
	}
	rows := make([][]int, len(v.items))
	for i, item := range v.items {
		var ok bool
		if rows[i], ok = item.numbers(); !ok {
			return nil, false
		}
	}
	return rows, true
}
