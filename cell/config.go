package cell

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// InferTiny is the name that the published records give to the benchmark's
// network.
const InferTiny = "infer.tiny"

// Config describes the network that the benchmark builds of a cell: three stages
// of N cells each, with C, 2C and 4C channels.
//
// In JSON it is a record as the published API returns it,
//
//	{"name": "infer.tiny", "C": 16, "N": 5, "arch_str": "...", "num_classes": 10}
//
// Reading also takes "genotype" in the place of "arch_str", with an arch string
// or the nested lists of a published genotype, [[["none", 0]], ...].
type Config struct {
	Name    string // "" stands for InferTiny, the only name there is
	C       int    // channels of the first stage, 1 to 65536
	N       int    // cells in each stage, 1 to 1000
	Cell    Cell
	Classes int // 2 or more
}

// Larger networks are mistakes: their costs overflow, or their lists of blocks
// fill the memory.
const (
	maxChannels = 1 << 16
	maxCells    = 1000
)

// Benchmark returns the configuration of the benchmark's networks: C = 16,
// N = 5.
func Benchmark(c Cell, classes int) Config {
	return Config{Name: InferTiny, C: 16, N: 5, Cell: c, Classes: classes}
}

// Validate returns an error that names the first field out of its range.
func (c Config) Validate() error {
	switch {
	case c.Name != "" && c.Name != InferTiny:
		return configError("name", "%s is not a network of this benchmark, want %q", quote(c.Name), InferTiny)
	case c.C < 1:
		return configError("C", "%d channels, want 1 or more", c.C)
	case c.C > maxChannels:
		return configError("C", "%d channels, want %d at most", c.C, maxChannels)
	case c.N < 1:
		return configError("N", "%d cells in a stage, want 1 or more", c.N)
	case c.N > maxCells:
		return configError("N", "%d cells in a stage, want %d at most", c.N, maxCells)
	case c.Cell.IsZero():
		return configError("arch_str", "no cell")
	case c.Classes < 2:
		return configError("num_classes", "%d classes, want 2 or more", c.Classes)
	}
	return nil
}

func configError(key, format string, args ...any) error {
	return fmt.Errorf("config: %s: %w", key, fmt.Errorf(format, args...))
}

// MarshalJSON writes a record with "arch_str". It fails if Validate does.
func (c Config) MarshalJSON() ([]byte, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Name    string `json:"name"`
		C       int    `json:"C"`
		N       int    `json:"N"`
		Cell    Cell   `json:"arch_str"`
		Classes int    `json:"num_classes"`
	}{InferTiny, c.C, c.N, c.Cell, c.Classes})
}

// UnmarshalJSON reads a record of either form. All keys but "name" are required,
// others are refused, and so is a record that fails Validate. On an error c is
// left as it was.
func (c *Config) UnmarshalJSON(data []byte) error {
	values, err := members(data)
	if err != nil {
		return err
	}
	var config Config
	for _, key := range configKeys() {
		value, ok := values[key]
		if !ok {
			continue
		}
		switch key {
		case "name":
			config.Name, err = decode[string](value)
		case "C":
			config.C, err = decode[int](value)
		case "N":
			config.N, err = decode[int](value)
		case "num_classes":
			config.Classes, err = decode[int](value)
		case "arch_str":
			config.Cell, err = readArch(value)
		case "genotype":
			config.Cell, err = readGenotype(value)
		}
		if err != nil {
			return configError(key, "%w", err)
		}
	}
	if err := config.Validate(); err != nil {
		return err
	}
	config.Name = InferTiny // also if the record has ""
	*c = config
	return nil
}

func configKeys() []string {
	return []string{"name", "C", "N", "arch_str", "genotype", "num_classes"}
}

// members splits a JSON object and checks that its keys are a record's. Names
// are compared exactly, as Python does, which encoding/json would not.
func members(object []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(object))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("config: want a JSON object")
	}
	values := make(map[string]json.RawMessage)
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		key := t.(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("config: %w", err)
		}
		if !slices.Contains(configKeys(), key) {
			return nil, fmt.Errorf("config: unknown key %s, want %s", quote(key), strings.Join(configKeys(), ", "))
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("config: key %q is given twice", key)
		}
		values[key] = value
	}
	return values, checkRequired(values)
}

func checkRequired(values map[string]json.RawMessage) error {
	for _, key := range []string{"C", "N", "num_classes"} {
		if _, ok := values[key]; !ok {
			return fmt.Errorf("config: key %q is missing", key)
		}
	}
	_, arch := values["arch_str"]
	_, genotype := values["genotype"]
	if arch == genotype {
		return errors.New(`config: want one of the keys "arch_str" and "genotype"`)
	}
	return nil
}

// decode reads a JSON value that must be a string or a whole number.
func decode[T string | int](value json.RawMessage) (T, error) {
	var p *T
	if err := json.Unmarshal(value, &p); err != nil || p == nil {
		var zero T
		kind := "whole number"
		if _, ok := any(zero).(string); ok {
			kind = "string"
		}
		return zero, fmt.Errorf("%s is not a %s", quote(string(value)), kind)
	}
	return *p, nil
}

func readArch(value json.RawMessage) (Cell, error) {
	arch, err := decode[string](value)
	if err != nil {
		return Cell{}, err
	}
	return Parse(arch)
}

// readGenotype reads an arch string or nested lists, a list of [op, node] for
// each of the nodes 1, 2, ...
func readGenotype(value json.RawMessage) (Cell, error) {
	if value[0] == '"' {
		return readArch(value)
	}
	var lists [][][]json.RawMessage
	if err := json.Unmarshal(value, &lists); err != nil {
		return Cell{}, errors.New("want an arch string or a list of lists of [op, node]")
	}
	nodes := make([][]Edge, len(lists))
	for i, list := range lists {
		for _, pair := range list {
			e, err := readGenotypeEdge(pair)
			if err != nil {
				return Cell{}, fmt.Errorf("node %d: %w", i+1, err)
			}
			nodes[i] = append(nodes[i], e)
		}
	}
	return New(nodes...)
}

func readGenotypeEdge(pair []json.RawMessage) (Edge, error) {
	if len(pair) != 2 {
		return Edge{}, fmt.Errorf("edge of %d values, want [op, node]", len(pair))
	}
	name, err := decode[string](pair[0])
	if err != nil {
		return Edge{}, err
	}
	op, problem := parseOp(name)
	if problem != "" {
		return Edge{}, errors.New(problem)
	}
	from, err := decode[int](pair[1])
	return Edge{op, from}, err
}
