package train

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cellnet/data"
)

// setting is an entry of a published config: a key, and a value of the type int,
// float64, bool, string, []int or []float64.
type setting struct {
	key   string
	value any
}

// Keys of the published configs.
const (
	keySchedule   = "scheduler"
	keyEtaMin     = "eta_min"
	keyTMax       = "T_max"
	keyMilestones = "milestones"
	keyGammas     = "gammas"
	keyGamma      = "gamma"
	keyRateMin    = "LR_min"
	keyEpochs     = "epochs"
	keyWarmUp     = "warmup"
	keyOptimizer  = "optim"
	keyRate       = "LR"
	keyDecay      = "decay"
	keyMomentum   = "momentum"
	keyNesterov   = "nesterov"
	keyCriterion  = "criterion"
	keySmoothing  = "label_smooth"
	keyBatchSize  = "batch_size"
	keyAuxiliary  = "auxiliary"
	keyCutout     = "cutout"
)

// Names of the published configs' losses.
const (
	softmax       = "Softmax"
	smoothSoftmax = "SmoothSoftmax"
)

func (Cosine) name() string      { return "cos" }
func (MultiStep) name() string   { return "multistep" }
func (Exponential) name() string { return "exponential" }
func (Linear) name() string      { return "linear" }

func (c Cosine) settings() []setting {
	s := []setting{{keyEtaMin, c.Min}}
	if c.Period != 0 {
		s = append(s, setting{keyTMax, c.Period})
	}
	return s
}

func (m MultiStep) settings() []setting {
	return []setting{{keyMilestones, m.Milestones}, {keyGammas, m.Factors}}
}

func (e Exponential) settings() []setting { return []setting{{keyGamma, e.Factor}} }

func (l Linear) settings() []setting { return []setting{{keyRateMin, l.Min}} }

// settings lists a recipe as published configs do, in their order.
func (r Recipe) settings() []setting {
	s := []setting{{keySchedule, r.Schedule.name()}}
	s = append(s, r.Schedule.settings()...)
	s = append(s, setting{keyEpochs, r.Epochs}, setting{keyWarmUp, r.WarmUp}, setting{keyOptimizer, r.Method.String()},
		setting{keyRate, r.Rate}, setting{keyDecay, r.Decay}, setting{keyMomentum, r.Momentum}, setting{keyNesterov, r.Nesterov})
	if r.Smoothing > 0 {
		s = append(s, setting{keyCriterion, smoothSoftmax}, setting{keySmoothing, r.Smoothing})
	} else {
		s = append(s, setting{keyCriterion, softmax})
	}
	s = append(s, setting{keyBatchSize, r.BatchSize})
	if r.Cutout > 0 {
		s = append(s, setting{keyCutout, r.Cutout})
	}
	return s
}

// MarshalJSON writes a config in the published form, {"epochs": ["int", "12"],
// ...}. It fails if Validate does.
func (r Recipe) MarshalJSON() ([]byte, error) {
	if err := r.Validate(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for i, s := range r.settings() {
		separator := byte(',')
		if i == 0 {
			separator = '{'
		}
		b.WriteByte(separator)
		kind, value := typedText(s.value)
		key, _ := json.Marshal(s.key)
		pair, err := json.Marshal([]any{kind, value})
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(pair)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// typedText gives the published name of a value's type, and its text or texts.
func typedText(value any) (kind string, text any) {
	switch v := value.(type) {
	case int:
		return "int", strconv.Itoa(v)
	case float64:
		return "float", floatText(v)
	case bool:
		if v {
			return "bool", "1"
		}
		return "bool", "0"
	case []int:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = strconv.Itoa(v[i])
		}
		return "int", texts
	case []float64:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = floatText(v[i])
		}
		return "float", texts
	default:
		return "str", v
	}
}

func floatText(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// maxConfig bounds a config file in bytes.
const maxConfig = 1 << 20

// ReadRecipe reads a config file in the published form. A missing batch_size is
// 256; an auxiliary of less than 0 is accepted, as is any setting of another
// scheduler.
func ReadRecipe(r io.Reader) (Recipe, error) {
	content, err := io.ReadAll(io.LimitReader(r, maxConfig+1))
	if err != nil {
		return Recipe{}, err
	}
	if len(content) > maxConfig {
		return Recipe{}, fmt.Errorf("config: larger than %d bytes", maxConfig)
	}
	var recipe Recipe
	if err := recipe.UnmarshalJSON(content); err != nil {
		return Recipe{}, err
	}
	return recipe, nil
}

// IgnoredSettings lists the keys of a config file that say nothing about a recipe,
// of those that published files have.
func IgnoredSettings(config []byte) []string {
	var entries map[string]json.RawMessage
	if json.Unmarshal(config, &entries) != nil {
		return nil
	}
	var ignored []string
	for _, key := range keysWithoutEffect() {
		if _, ok := entries[key]; ok {
			ignored = append(ignored, key)
		}
	}
	return ignored
}

// keysWithoutEffect are keys that published files have for the program that
// evaluates or prints.
func keysWithoutEffect() []string {
	return []string{"eval_frequency", "print_freq", "print_freq_eval", "test_batch_size", "workers"}
}

// UnmarshalJSON reads what ReadRecipe reads. On an error r is left as it was.
func (r *Recipe) UnmarshalJSON(content []byte) error {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(content, &entries); err != nil {
		return fmt.Errorf(`config: want an object {"key": ["type", "value"], ...}: %w`, err)
	}
	c := configReader{entries: entries}
	recipe := c.recipe()
	if c.err != nil {
		return fmt.Errorf("config: %w", c.err)
	}
	if err := recipe.Validate(); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	*r = recipe
	return nil
}

// configReader takes typed values out of a config; the first error stays.
type configReader struct {
	entries map[string]json.RawMessage
	err     error
}

func (c *configReader) recipe() (r Recipe) {
	known := []string{
		keySchedule, keyEtaMin, keyTMax, keyMilestones, keyGammas, keyGamma, keyRateMin, keyEpochs, keyWarmUp, keyOptimizer, keyRate,
		keyDecay, keyMomentum, keyNesterov, keyCriterion, keySmoothing, keyBatchSize, keyAuxiliary, keyCutout,
	}
	for _, key := range slices.Sorted(maps.Keys(c.entries)) {
		if !slices.Contains(known, key) && !slices.Contains(keysWithoutEffect(), key) {
			c.fail("unknown key %q, want some of %s", key, strings.Join(known, ", "))
		}
	}
	r.Epochs, r.WarmUp = one(c, keyEpochs, parseInt), one(c, keyWarmUp, parseInt)
	r.Rate, r.Decay, r.Momentum = one(c, keyRate, parseFloat), one(c, keyDecay, parseFloat), one(c, keyMomentum, parseFloat)
	r.BatchSize = oneOr(c, keyBatchSize, parseInt, data.DefaultBatchSize)
	r.Cutout = oneOr(c, keyCutout, parseInt, 0)
	r.Schedule = c.schedule()
	switch name := one(c, keyOptimizer, parseString); name {
	case MethodSGD.String():
		r.Nesterov = one(c, keyNesterov, parseBool)
	case MethodRMSprop.String():
		r.Method = MethodRMSprop
	default:
		c.fail("unknown optim %q, want %v or %v", name, MethodSGD, MethodRMSprop)
	}
	switch name := one(c, keyCriterion, parseString); name {
	case softmax:
	case smoothSoftmax:
		r.Smoothing = one(c, keySmoothing, parseFloat)
	default:
		c.fail("unknown criterion %q, want %s or %s", name, softmax, smoothSoftmax)
	}
	if auxiliary := oneOr(c, keyAuxiliary, parseFloat, -1); auxiliary >= 0 {
		c.fail("auxiliary is %g, but these networks have no auxiliary head: want -1", auxiliary)
	}
	return r
}

func (c *configReader) schedule() Schedule {
	switch name := one(c, keySchedule, parseString); name {
	case "cos":
		return Cosine{Min: one(c, keyEtaMin, parseFloat), Period: oneOr(c, keyTMax, parseInt, 0)}
	case "multistep":
		return MultiStep{Milestones: list(c, keyMilestones, parseInt), Factors: list(c, keyGammas, parseFloat)}
	case "exponential":
		return Exponential{Factor: one(c, keyGamma, parseFloat)}
	case "linear":
		return Linear{Min: one(c, keyRateMin, parseFloat)}
	default:
		c.fail("unknown scheduler %q, want cos, multistep, exponential or linear", name)
		return nil
	}
}

func (c *configReader) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

// parser reads a value's text; kind is the type it has in a config.
type parser[T any] struct {
	kind  string
	parse func(string) (T, error)
}

var (
	parseInt    = parser[int]{"int", strconv.Atoi}
	parseFloat  = parser[float64]{"float", func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }}
	parseString = parser[string]{"str", func(s string) (string, error) { return s, nil }}
	parseBool   = parser[bool]{"bool", func(s string) (bool, error) {
		n, err := strconv.Atoi(s)
		return n != 0, err
	}}
)

// list reads the values of a key, of which there may be any number.
func list[T any](c *configReader, key string, p parser[T]) []T {
	raw, ok := c.entries[key]
	if !ok {
		c.fail("key %q is missing", key)
		return nil
	}
	var pair []json.RawMessage
	var kind string
	if json.Unmarshal(raw, &pair) != nil || len(pair) != 2 || json.Unmarshal(pair[0], &kind) != nil {
		c.fail(`%q is %.60s, want ["type", "value"]`, key, raw)
		return nil
	}
	if kind != p.kind {
		c.fail("%q has the type %q, want %q", key, kind, p.kind)
		return nil
	}
	var items []json.RawMessage
	if json.Unmarshal(pair[1], &items) != nil || items == nil {
		items = pair[1:]
	}
	values := make([]T, len(items))
	for i, item := range items {
		text := string(item) // numbers stand for themselves
		json.Unmarshal(item, &text)
		v, err := p.parse(text)
		if err != nil {
			c.fail("%q is %.60s, want a value of the type %q", key, item, kind)
			return nil
		}
		values[i] = v
	}
	return values
}

// one reads the value of a key that must be there.
func one[T any](c *configReader, key string, p parser[T]) (value T) {
	values := list(c, key, p)
	if len(values) != 1 {
		c.fail("%q has %d values, want one", key, len(values))
		return value
	}
	return values[0]
}

// oneOr reads the value of a key, if there is one.
func oneOr[T any](c *configReader, key string, p parser[T], otherwise T) T {
	if _, ok := c.entries[key]; !ok {
		return otherwise
	}
	return one(c, key, p)
}
