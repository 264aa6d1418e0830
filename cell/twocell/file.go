package twocell

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// superType is the name that published config files give to the network.
const superType = "infer-nasnet.cifar"

// ReadConfigFile reads a config file in the published form, such as
// NAS-CIFAR-none.config of AutoDL-Projects:
//
//	{"super_type": ["str", "infer-nasnet.cifar"], "ichannel": ["int", "36"], "layers": ["int", "6"],
//	 "stem_multi": ["int", "3"], "auxiliary": ["bool", "1"], "genotype": ["none", "none"], ...}
//
// The number of classes and the genotype are not in it. Its drop_path_prob has
// no effect in the published class, nor here.
func ReadConfigFile(data []byte, genotype Genotype, classes int) (Network, error) {
	var typed map[string][]any
	if err := json.Unmarshal(data, &typed); err != nil {
		return Network{}, fmt.Errorf("config file: want an object of [type, value] pairs")
	}
	r := fileReader{values: typed}
	if name := r.text("str", "super_type"); r.err == nil && name != superType {
		return Network{}, configError("super_type", "%s is no network of two cells, want %q", quote(name), superType)
	}
	n := Network{
		C: r.number("ichannel", "C"), N: r.number("layers", "N"), StemMultiplier: r.number("stem_multi"),
		Auxiliary: r.text("bool", "auxiliary") == "1", Classes: classes, Genotype: genotype,
	}
	for _, without := range []string{"dataset", "drop_path_prob", "genotype"} {
		delete(r.values, without)
	}
	if r.err == nil && len(r.values) > 0 {
		r.err = fmt.Errorf("config: unknown key %s", quote(slices.Min(slices.Collect(maps.Keys(r.values)))))
	}
	if r.err != nil {
		return Network{}, r.err
	}
	return n, n.Validate()
}

// fileReader takes the values out of a config file; the first error stays.
type fileReader struct {
	values map[string][]any
	err    error
}

func (r *fileReader) fail(key, format string, args ...any) {
	if r.err == nil {
		r.err = configError(key, format, args...)
	}
}

// text takes the value of a type under one of the names.
func (r *fileReader) text(kind string, names ...string) string {
	for _, name := range names {
		pair, ok := r.values[name]
		if !ok {
			continue
		}
		delete(r.values, name)
		if len(pair) == 2 && pair[0] == kind {
			if text, ok := pair[1].(string); ok {
				return text
			}
		}
		r.fail(name, "want [%q, a text]", kind)
		return ""
	}
	r.fail(names[0], "the key is missing (%s)", strings.Join(names, " or "))
	return ""
}

func (r *fileReader) number(names ...string) int {
	text := r.text("int", names...)
	if r.err != nil {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || strconv.Itoa(n) != text {
		r.fail(names[0], "%s is no whole number", quote(text))
	}
	return n
}
