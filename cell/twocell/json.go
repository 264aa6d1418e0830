package twocell

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// InferNASNet is the name that records give to the network.
const InferNASNet = "infer.nasnet-cifar"

func configError(key, format string, args ...any) error {
	return fmt.Errorf("config: %s: %w", key, fmt.Errorf(format, args...))
}

// MarshalJSON writes a record. It fails if Validate does.
func (n Network) MarshalJSON() ([]byte, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Name           string   `json:"name"`
		C              int      `json:"C"`
		N              int      `json:"N"`
		StemMultiplier int      `json:"stem_multiplier"`
		Classes        int      `json:"num_classes"`
		Genotype       Genotype `json:"genotype"`
		Auxiliary      bool     `json:"auxiliary"`
	}{InferNASNet, n.C, n.N, n.StemMultiplier, n.Classes, n.Genotype, n.Auxiliary})
}

// UnmarshalJSON reads a record. Keys "name" and "auxiliary" may be missing,
// others than a record's are refused, and so is a record that fails Validate.
// On an error n is left as it was.
func (n *Network) UnmarshalJSON(data []byte) error {
	keys := []string{"name", "C", "N", "stem_multiplier", "num_classes", "genotype", "auxiliary"}
	values, err := members(data, keys, keys[1:6])
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	var read Network
	name := InferNASNet
	for _, key := range keys {
		value, ok := values[key]
		if !ok {
			continue
		}
		switch key {
		case "name":
			err = decode(value, &name, "string")
		case "C":
			err = decode(value, &read.C, "whole number")
		case "N":
			err = decode(value, &read.N, "whole number")
		case "stem_multiplier":
			err = decode(value, &read.StemMultiplier, "whole number")
		case "num_classes":
			err = decode(value, &read.Classes, "whole number")
		case "auxiliary":
			err = decode(value, &read.Auxiliary, "true or false")
		case "genotype":
			err = read.Genotype.UnmarshalJSON(value)
		}
		if err != nil {
			return configError(key, "%w", err)
		}
	}
	if name != InferNASNet {
		return configError("name", "%s is no network of two cells, want %q", quote(name), InferNASNet)
	}
	if err := read.Validate(); err != nil {
		return err
	}
	*n = read
	return nil
}

// MarshalJSON writes a genotype in the published form, edges as [op, input].
func (g Genotype) MarshalJSON() ([]byte, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Normal       [][]Edge `json:"normal"`
		NormalConcat []int    `json:"normal_concat"`
		Reduce       [][]Edge `json:"reduce"`
		ReduceConcat []int    `json:"reduce_concat"`
	}{g.Normal.Nodes, g.Normal.Concat, g.Reduce.Nodes, g.Reduce.Concat})
}

// MarshalJSON writes [op, input].
func (e Edge) MarshalJSON() ([]byte, error) { return json.Marshal([]any{e.Op.String(), e.From}) }

// UnmarshalJSON reads a genotype in the published form, or the name of a
// published genotype. A third value of an edge, its weight in a search, is left
// out. On an error g is left as it was.
func (g *Genotype) UnmarshalJSON(data []byte) error {
	var name string
	if json.Unmarshal(data, &name) == nil {
		named, err := Named(name)
		if err != nil {
			return fmt.Errorf("%w, or an object of two cells", err)
		}
		*g = named
		return nil
	}
	keys := []string{"normal", "normal_concat", "reduce", "reduce_concat"}
	values, err := members(data, keys, keys)
	if err != nil {
		return err
	}
	var read Genotype
	for _, c := range []struct {
		key string
		to  *Cell
	}{{"normal", &read.Normal}, {"reduce", &read.Reduce}} {
		if c.to.Nodes, err = readNodes(values[c.key]); err != nil {
			return fmt.Errorf("%s: %w", c.key, err)
		}
		if err := decode(values[c.key+"_concat"], &c.to.Concat, "list of nodes"); err != nil {
			return fmt.Errorf("%s_concat: %w", c.key, err)
		}
	}
	if err := read.Validate(); err != nil {
		return err
	}
	*g = read
	return nil
}

func readNodes(value json.RawMessage) ([][]Edge, error) {
	var lists [][][]json.RawMessage
	if err := decode(value, &lists, "list of lists of [op, input]"); err != nil {
		return nil, err
	}
	nodes := make([][]Edge, len(lists))
	for i, list := range lists {
		for _, values := range list {
			e, err := readEdge(values)
			if err != nil {
				return nil, fmt.Errorf("node %d: %w", inputs+i, err)
			}
			nodes[i] = append(nodes[i], e)
		}
	}
	return nodes, nil
}

func readEdge(values []json.RawMessage) (e Edge, err error) {
	if len(values) != 2 && len(values) != 3 {
		return e, fmt.Errorf("edge of %d values, want [op, input]", len(values))
	}
	var name string
	if err = decode(values[0], &name, "string"); err != nil {
		return e, err
	}
	if e.Op, err = ParseOp(name); err != nil {
		return e, err
	}
	if err = decode(values[1], &e.From, "whole number"); err != nil || len(values) == 2 {
		return e, err
	}
	var weight float64
	return e, decode(values[2], &weight, "number")
}

// decode reads a value that must be what is wanted, and not null.
func decode[T any](value json.RawMessage, to *T, want string) error {
	var p *T
	if err := json.Unmarshal(value, &p); err != nil || p == nil {
		return fmt.Errorf("%s is no %s", quote(string(value)), want)
	}
	*to = *p
	return nil
}

// members splits a JSON object whose keys are among those known and have all
// that are required. Names are compared exactly, as Python does, which
// encoding/json would not.
func members(object []byte, known, required []string) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("want an object with %s", strings.Join(required, ", "))
	}
	values := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := t.(string)
		if !ok {
			return nil, errors.New("a key is no string")
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if !slices.Contains(known, key) {
			return nil, fmt.Errorf("unknown key %s, want %s", quote(key), strings.Join(known, ", "))
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("key %q is given twice", key)
		}
		values[key] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, errors.New("the object does not end")
	}
	for _, key := range required {
		if _, ok := values[key]; !ok {
			return nil, fmt.Errorf("key %q is missing", key)
		}
	}
	return values, nil
}
