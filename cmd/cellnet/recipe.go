package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"cellnet/bench"
	"cellnet/internal/inputfile"
	"cellnet/internal/kernel"
	"cellnet/internal/usage"
	"cellnet/models"
	"cellnet/train"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// recipeFlags choose a training recipe, and change it.
type recipeFlags struct {
	hp, config                                string
	epochs, warmUp, batch, cutout             int
	rate, momentum, decay, smoothing, rateMin float64
	nesterov                                  bool
	optimizer                                 string
	set                                       *pflag.FlagSet

	ignored []string // settings of config, once it was read
}

// noteIgnored tells of settings that were ignored.
func (a *app) noteIgnored(f *recipeFlags) {
	if len(f.ignored) > 0 {
		a.note("%s: ignored, as it changes nothing here: %s", f.config, strings.Join(f.ignored, ", "))
	}
}

func (f *recipeFlags) add(cmd *cobra.Command) {
	f.set = cmd.Flags()
	f.set.StringVar(&f.hp, "hp", "12", "the benchmark's recipe of 01, 12, 90 or 200 epochs")
	f.set.StringVar(&f.config, "config", "", `recipe from a `+"`FILE`"+` in the published form, {"epochs": ["int", "12"], ...}, instead of --hp`)
	f.set.IntVar(&f.epochs, "epochs", 0, "epochs, without those of a warm-up")
	f.set.IntVar(&f.warmUp, "warmup", 0, "epochs in which the learning rate rises from 0")
	f.set.IntVar(&f.batch, "batch", 0, "images of a step")
	f.set.Float64Var(&f.rate, "lr", 0, "learning rate to start from")
	f.set.Float64Var(&f.rateMin, "lr-min", 0, "learning rate to end at, of a cosine or linear schedule")
	f.set.StringVar(&f.optimizer, "optimizer", "", "SGD or RMSprop")
	f.set.Float64Var(&f.momentum, "momentum", 0, "momentum")
	f.set.BoolVar(&f.nesterov, "nesterov", false, "Nesterov's momentum, of SGD")
	f.set.Float64Var(&f.decay, "decay", 0, "weight decay")
	f.set.Float64Var(&f.smoothing, "smoothing", 0, "label smoothing, 0 to less than 1")
	f.set.IntVar(&f.cutout, "cutout", 0, "side in pixels of a square that is cut out of training images")
	cmd.MarkFlagsMutuallyExclusive("hp", "config")
}

// changed tells whether any of the flags was given.
func (f *recipeFlags) changed() bool {
	return f.set.Changed("hp") || f.set.Changed("config") || len(f.overrides(new(train.Recipe))) > 0
}

// recipe returns the recipe, and what was changed of the one chosen, such as
// "epochs=3".
func (f *recipeFlags) recipe() (r train.Recipe, overrides []string, err error) {
	if f.config != "" {
		if r, f.ignored, err = readRecipe(f.config); err != nil {
			return r, nil, err
		}
	} else {
		hp, err := bench.ParseHP(f.hp)
		if err == nil {
			r, err = train.Preset(int(hp))
		}
		if err != nil {
			return r, nil, usage.Errorf("--hp: %w", err)
		}
	}
	overrides = f.overrides(&r)
	if f.set.Changed("optimizer") {
		switch f.optimizer {
		case train.MethodSGD.String():
			r.Method = train.MethodSGD
		case train.MethodRMSprop.String():
			// Nesterov's momentum is SGD's.
			r.Method, r.Nesterov = train.MethodRMSprop, f.nesterov
		default:
			return r, nil, usage.Errorf("--optimizer: unknown optimizer %q, want %v or %v", f.optimizer, train.MethodSGD, train.MethodRMSprop)
		}
	}
	if f.set.Changed("lr-min") {
		switch s := r.Schedule.(type) {
		case train.Cosine:
			s.Min = f.rateMin
			r.Schedule = s
		case train.Linear:
			s.Min = f.rateMin
			r.Schedule = s
		default:
			return r, nil, usage.Errorf("--lr-min: the recipe's learning rate has no minimum")
		}
	}
	if err := r.Validate(); err != nil {
		return r, nil, usage.Fault(err)
	}
	return r, overrides, nil
}

// overrides changes the fields whose flags were given, and lists the flags.
func (f *recipeFlags) overrides(r *train.Recipe) []string {
	list := []string{}
	override := func(name string, change func()) {
		if f.set.Changed(name) {
			change()
			list = append(list, fmt.Sprintf("%s=%v", name, f.set.Lookup(name).Value))
		}
	}
	override("epochs", func() { r.Epochs = f.epochs })
	override("warmup", func() { r.WarmUp = f.warmUp })
	override("batch", func() { r.BatchSize = f.batch })
	override("lr", func() { r.Rate = f.rate })
	override("lr-min", func() {})
	override("optimizer", func() {})
	override("momentum", func() { r.Momentum = f.momentum })
	override("nesterov", func() { r.Nesterov = f.nesterov })
	override("decay", func() { r.Decay = f.decay })
	override("smoothing", func() { r.Smoothing = f.smoothing })
	override("cutout", func() { r.Cutout = f.cutout })
	return list
}

// kernelFlags choose what computes.
type kernelFlags struct {
	isa string
	mix bool
}

func (f *kernelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.isa, "isa", "", "compute by the generic, avx2 or avx512 `KERNELS`, which round differently (default: those it was begun by, $"+kernel.Environment+" or the fastest)")
	cmd.Flags().BoolVar(&f.mix, "mix-isa", false, "go on by other kernels than it was begun by; the numbers are then those of neither")
	_ = cmd.RegisterFlagCompletionFunc("isa", cobra.FixedCompletions([]string{"generic", "avx2", "avx512"}, cobra.ShellCompDirectiveNoFileComp)) // fails for unknown flags only
}

// kernels are those of the flag or of the environment, zero if neither tells.
func (f kernelFlags) kernels() (models.ISA, error) {
	if f.isa != "" {
		isa, err := models.ParseISA(f.isa)
		if err == nil {
			isa, err = isa.Resolve()
		}
		if err != nil {
			return isa, usage.Errorf("--isa: %w", err)
		}
		return isa, nil
	}
	if os.Getenv(kernel.Environment) == "" {
		return models.AnyISA, nil
	}
	return models.AnyISA.Resolve()
}

// readRecipe also gives the settings that are ignored.
func readRecipe(path string) (train.Recipe, []string, error) {
	file, _, err := inputfile.Open(path)
	if err != nil {
		return train.Recipe{}, nil, fmt.Errorf("reading a recipe: %w", err)
	}
	defer file.Close()
	var content bytes.Buffer
	r, err := train.ReadRecipe(io.TeeReader(file, &content))
	if err != nil {
		return r, nil, fmt.Errorf("reading %s: %w", path, err)
	}
	return r, train.IgnoredSettings(content.Bytes()), nil
}
