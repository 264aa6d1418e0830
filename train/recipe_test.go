package train

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func preset(t testing.TB, epochs int) Recipe {
	t.Helper()
	r, err := Preset(epochs)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPresets(t *testing.T) {
	for _, epochs := range []int{1, 12, 90, 200} {
		r := preset(t, epochs)
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		if r.TotalEpochs() != epochs {
			t.Errorf("recipe of %d epochs has %d", epochs, r.TotalEpochs())
		}
		for epoch := range r.Epochs {
			want := 0.05 * (1 + math.Cos(math.Pi*float64(epoch)/float64(epochs)))
			if got := r.RateAt(epoch, 7, 98); math.Abs(got-want) > 1e-15 {
				t.Errorf("recipe of %d epochs: rate of epoch %d is %g, want %g", epochs, epoch, got, want)
			}
		}
	}
	if _, err := Preset(50); err == nil {
		t.Error("a recipe of 50 epochs gives no error")
	}
}

// TestRateAt compares with what the published schedulers give.
func TestRateAt(t *testing.T) {
	type at struct {
		epoch, step int
		want        float64
	}
	const steps = 4
	tests := []struct {
		name   string
		recipe Recipe
		rates  []at
	}{
		{"cosine after a warm-up", Recipe{Epochs: 10, WarmUp: 2, Rate: 0.1, Schedule: Cosine{Min: 0.001}},
			[]at{{0, 0, 0}, {0, 1, 0.0125}, {1, 0, 0.05}, {1, 3, 0.0875}, {2, 3, 0.1}, {7, 0, 0.0505}, {9, 0, 0.021404630011522586}, {10, 0, 0.001}, {11, 0, 0.001}}},
		{"cosine of another period", Recipe{Epochs: 10, Rate: 0.2, Schedule: Cosine{Period: 20}},
			[]at{{0, 0, 0.2}, {5, 0, 0.17071067811865476}, {9, 2, 0.11564344650402309}}},
		{"multistep", Recipe{Epochs: 10, WarmUp: 1, Rate: 0.1, Schedule: MultiStep{[]int{3, 6}, []float64{0.1, 0.5}}},
			[]at{{0, 2, 0.05}, {1, 0, 0.1}, {3, 3, 0.1}, {4, 0, 0.01}, {7, 0, 0.005}, {10, 0, 0.005}}},
		{"exponential", Recipe{Epochs: 10, Rate: 0.1, Schedule: Exponential{0.9}},
			[]at{{0, 0, 0.1}, {2, 1, 0.081}}},
		{"linear", Recipe{Epochs: 10, Rate: 0.5, Schedule: Linear{0.1}},
			[]at{{0, 0, 0.5}, {5, 3, 0.3}, {9, 0, 0.14}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range test.rates {
				if got := test.recipe.RateAt(r.epoch, r.step, steps); math.Abs(got-r.want) > 1e-15 {
					t.Errorf("epoch %d, step %d of %d: rate is %.17g, want %.17g", r.epoch, r.step, steps, got, r.want)
				}
			}
		})
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Recipe)
		want   string // "" for none
	}{
		{"preset", func(*Recipe) {}, ""},
		{"no epochs", func(r *Recipe) { r.Epochs = 0 }, "0 epochs"},
		{"warm-up", func(r *Recipe) { r.WarmUp = -1 }, "-1 warm-up epochs"},
		{"batch of one", func(r *Recipe) { r.BatchSize = 1 }, "batch size 1"},
		{"rate", func(r *Recipe) { r.Rate = math.NaN() }, "learning rate NaN"},
		{"no schedule", func(r *Recipe) { r.Schedule = nil }, "no schedule"},
		{"method", func(r *Recipe) { r.Method = 9 }, "unknown optimizer Method(9)"},
		{"momentum", func(r *Recipe) { r.Momentum = 1 }, "momentum 1"},
		{"Nesterov of RMSprop", func(r *Recipe) { r.Method = MethodRMSprop }, "Nesterov"},
		{"Nesterov without momentum", func(r *Recipe) { r.Momentum = 0 }, "Nesterov"},
		{"decay", func(r *Recipe) { r.Decay = math.Inf(1) }, "weight decay +Inf"},
		{"smoothing", func(r *Recipe) { r.Smoothing = 1 }, "label smoothing 1"},
		{"cutout", func(r *Recipe) { r.Cutout = -2 }, "cutout of -2"},
		{"cosine", func(r *Recipe) { r.Schedule = Cosine{Min: -1} }, "lowest learning rate -1"},
		{"period", func(r *Recipe) { r.Schedule = Cosine{Period: -1} }, "cosine of -1 epochs"},
		{"gammas", func(r *Recipe) { r.Schedule = MultiStep{Milestones: []int{1}} }, "1 milestones and 0 gammas"},
		{"milestones", func(r *Recipe) { r.Schedule = MultiStep{[]int{2, 1}, []float64{1, 1}} }, "milestones [2 1]"},
		{"factor", func(r *Recipe) { r.Schedule = MultiStep{[]int{2}, []float64{0}} }, "gammas [0]"},
		{"gamma", func(r *Recipe) { r.Schedule = Exponential{} }, "gamma 0"},
		{"linear", func(r *Recipe) { r.Schedule = Linear{math.NaN()} }, "lowest learning rate NaN"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := preset(t, 12)
			test.change(&r)
			err := r.Validate()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want %q", err, test.want)
			}
			if _, marshalErr := json.Marshal(r); (marshalErr == nil) != (err == nil) {
				t.Errorf("writing it gives %v", marshalErr)
			}
		})
	}
}

// Configs in the forms that the published ones have.
const (
	config12 = `{
  "scheduler": ["str",   "cos"],
  "eta_min"  : ["float", "0.0"],
  "epochs"   : ["int",   "12"],
  "warmup"   : ["int",   "0"],
  "optim"    : ["str",   "SGD"],
  "LR"       : ["float", "0.1"],
  "decay"    : ["float", "0.0005"],
  "momentum" : ["float", "0.9"],
  "nesterov" : ["bool",  "1"],
  "criterion": ["str",   "Softmax"],
  "batch_size": ["int", "256"]
}`
	configSteps = `{
  "scheduler": ["str", "multistep"], "milestones": ["int", [30, "60"]], "gammas": ["float", [0.1, "0.2"]],
  "epochs": ["int", 120], "warmup": ["int", "5"], "optim": ["str", "SGD"], "LR": ["float", 0.1], "decay": ["float", "0.0001"],
  "momentum": ["float", "0.9"], "nesterov": ["bool", "0"], "criterion": ["str", "Softmax"], "auxiliary": ["float", "-1"]
}`
	configSmooth = `{
  "scheduler": ["str", "exponential"], "gamma": ["float", "0.98"], "eta_min": ["float", "0"],
  "epochs": ["int", "150"], "warmup": ["int", "0"], "optim": ["str", "RMSprop"], "LR": ["float", "0.05"], "decay": ["float", "4e-05"],
  "momentum": ["float", "0.9"], "criterion": ["str", "SmoothSoftmax"], "label_smooth": ["float", 0.1], "batch_size": ["int", "128"], "cutout": ["int", "16"]
}`
	configLinear = `{
  "scheduler": ["str", "linear"], "LR_min": ["float", "0.001"],
  "epochs": ["int", "240"], "warmup": ["int", "0"], "optim": ["str", "SGD"], "LR": ["float", "0.5"], "decay": ["float", "0"],
  "momentum": ["float", "0"], "nesterov": ["bool", "0"], "criterion": ["str", "Softmax"], "batch_size": ["int", "64"]
}`
)

func TestConfigs(t *testing.T) {
	tests := []struct {
		name, config string
		want         Recipe
	}{
		{"12 epochs", config12, preset(t, 12)},
		{"multistep", configSteps, Recipe{
			Epochs: 120, WarmUp: 5, BatchSize: 256, Rate: 0.1, Momentum: 0.9, Decay: 1e-4,
			Schedule: MultiStep{[]int{30, 60}, []float64{0.1, 0.2}},
		}},
		{"label smoothing", configSmooth, Recipe{
			Epochs: 150, BatchSize: 128, Rate: 0.05, Momentum: 0.9, Decay: 4e-5, Method: MethodRMSprop,
			Schedule: Exponential{0.98}, Smoothing: 0.1, Cutout: 16,
		}},
		{"linear", configLinear, Recipe{Epochs: 240, BatchSize: 64, Rate: 0.5, Schedule: Linear{0.001}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadRecipe(strings.NewReader(test.config))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("read %+v, want %+v", got, test.want)
			}
			written, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			again, err := ReadRecipe(strings.NewReader(string(written)))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(again, got) {
				t.Errorf("written as %s, which reads as %+v, want %+v", written, again, got)
			}
		})
	}
	written, err := json.Marshal(preset(t, 12))
	if err != nil {
		t.Fatal(err)
	}
	compact := strings.NewReplacer(" ", "", "\n", "", `"0.0"`, `"0"`).Replace(config12)
	if string(written) != compact {
		t.Errorf("the preset is written as %s, want the published %s", written, compact)
	}
}

func TestBadConfigs(t *testing.T) {
	tests := []struct{ name, from, to, want string }{
		{"no JSON", config12, "lr = 0.1", `{"key": ["type", "value"], ...}`},
		{"unknown key", `"LR" `, `"lr"`, `unknown key "lr"`},
		{"missing key", `"epochs"   : ["int",   "12"],`, ``, `"epochs" is missing`},
		{"value alone", `["float", "0.1"]`, `0.1`, `"LR" is 0.1, want ["type", "value"]`},
		{"type", `["int",   "12"]`, `["float", "12"]`, `"epochs" has the type "float", want "int"`},
		{"number", `["int",   "12"]`, `["int", "twelve"]`, `"epochs" is "twelve"`},
		{"list", `["int",   "12"]`, `["int", [1, 2]]`, `"epochs" has 2 values`},
		{"null", `["int",   "12"]`, `["int", null]`, `"epochs" is null`},
		{"scheduler", `"cos"`, `"cosine"`, `unknown scheduler "cosine"`},
		{"optimizer", `"SGD"`, `"Adam"`, `unknown optim "Adam"`},
		{"criterion", `"Softmax"`, `"Hinge"`, `unknown criterion "Hinge"`},
		{"auxiliary", `"batch_size"`, `"auxiliary": ["float", "0.4"], "batch_size"`, "auxiliary is 0.4"},
		{"range", `["int",   "12"]`, `["int", "-12"]`, "-12 epochs"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config := strings.Replace(config12, test.from, test.to, 1)
			if _, err := ReadRecipe(strings.NewReader(config)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one with %q", err, test.want)
			}
		})
	}
	if _, err := ReadRecipe(strings.NewReader(strings.Repeat(" ", maxConfig+1))); err == nil {
		t.Error("a config of more than a megabyte is read")
	}
}

func FuzzReadRecipe(f *testing.F) {
	for _, config := range []string{config12, configSteps, configSmooth, configLinear} {
		f.Add(config)
	}
	f.Fuzz(func(t *testing.T, config string) {
		r, err := ReadRecipe(strings.NewReader(config))
		if err != nil {
			return
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("%+v can't be written: %v", r, err)
		}
		again, err := ReadRecipe(strings.NewReader(string(written)))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("%+v is written as %s, which reads as %+v, %v", r, written, again, err)
		}
	})
}

// TestIgnoredSettings has keys of published files that say nothing about a recipe.
func TestIgnoredSettings(t *testing.T) {
	preset, err := Preset(12)
	if err != nil {
		t.Fatal(err)
	}
	written, err := preset.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(string(written), "{", `{"test_batch_size": ["int", "512"],`, 1)
	got, err := ReadRecipe(strings.NewReader(config))
	if err != nil || !reflect.DeepEqual(got, preset) {
		t.Errorf("%+v, %v, want %+v", got, err, preset)
	}
	if ignored := IgnoredSettings([]byte(config)); len(ignored) != 1 || ignored[0] != "test_batch_size" {
		t.Errorf("ignored %q", ignored)
	}
}
