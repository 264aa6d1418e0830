// Package scale makes benchmark files of the published ones' shape and size, of
// made-up numbers, to measure with.
package scale

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"cellnet/cell"
)

// Write writes a file as NAS-Bench-201-v1_1-096897.pth, in PyTorch's legacy
// format, with records of the first archs architectures: all 15,625 give 5.0
// GB. The same seed gives the same file.
//
// As in the published file a seventh of the architectures has one trial of 200
// epochs on each dataset, a third has two, half of them have three.
func Write(w io.Writer, archs int, seed uint64) error {
	if archs < 0 || archs > cell.SpaceSize {
		return fmt.Errorf("%d architectures, want 0 to %d", archs, cell.SpaceSize)
	}
	out := bufio.NewWriterSize(w, 1<<20)
	e := &emitter{shared: map[string]uint32{}}
	g := generator{e: e}
	flush := func() {
		out.Write(e.buf)
		e.buf = e.buf[:0]
	}
	e.raw("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.")
	e.raw("\x80\x02}q\x00(X\x10\x00\x00\x00protocol_versionq\x01M\xe9\x03X\x0d\x00\x00\x00little_endianq\x02\x88X\x0a\x00\x00\x00type_sizesq\x03}q\x04(X\x05\x00\x00\x00shortq\x05K\x02X\x03\x00\x00\x00intq\x06K\x04X\x04\x00\x00\x00longq\x07K\x04uu.")
	e.raw("\x80\x02")
	e.emptyDict()
	e.raw("(")
	e.name("meta_archs")
	e.emptyList()
	batches(e, cell.SpaceSize, "e", func(i int) {
		c, _ := cell.FromIndex(i)
		e.name(c.String())
	})
	e.name("total_archs")
	e.integer(cell.SpaceSize)
	e.name("arch2infos")
	e.emptyDict()
	flush()
	batches(e, archs, "u", func(i int) {
		g.arch(i, rand.New(rand.NewPCG(seed, uint64(i))))
		flush()
	})
	e.name("evaluated_indexes")
	e.emptyList()
	batches(e, archs, "e", e.integer)
	e.raw("u.\x80\x02]q\x00.")
	flush()
	return out.Flush()
}

// batches fills the container on the stack as Python does: a thousand items at
// a time.
func batches(e *emitter, n int, add string, item func(int)) {
	const size = 1000
	for i := range n {
		if i%size == 0 {
			e.raw("(")
		}
		item(i)
		if i%size == size-1 || i == n-1 {
			e.raw(add)
		}
	}
}

type generator struct{ e *emitter }

// style is what a trial recorded.
type style struct {
	fresh bool // every set at every epoch, top-5 too
	wall  bool // times that were measured, not estimated
}

func (g *generator) arch(index int, rng *rand.Rand) {
	c, _ := cell.FromIndex(index)
	arch := c.String()
	e := g.e
	e.integer(index)
	e.emptyDict()
	e.raw("(")
	e.name("full")
	var full []trial
	seeds := []int{777, 888, 999}
	switch n := rng.IntN(cell.SpaceSize); {
	case n < 2225:
		seeds = seeds[:1]
	case n < 2225+5439:
		seeds = seeds[:2]
	}
	rng.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })
	for _, seed := range seeds {
		s := style{fresh: rng.IntN(10) == 0}
		for i := range datasets {
			full = append(full, trial{&datasets[i], seed, 200, s})
		}
	}
	g.results(index, arch, full, rng)
	e.name("less")
	less := []trial{{&datasets[0], 777, 12, style{fresh: true}}}
	for i := range datasets {
		less = append(less, trial{&datasets[i], 111, 12, style{fresh: true, wall: rng.IntN(2) == 0}})
	}
	g.results(index, arch, less, rng)
	e.raw("u")
}

type trial struct {
	d      *dataset
	seed   int
	epochs int
	style
}

func (g *generator) results(index int, arch string, trials []trial, rng *rand.Rand) {
	e := g.e
	e.emptyDict()
	e.raw("(")
	e.name("arch_index")
	e.integer(index)
	e.name("arch_str")
	e.name(arch)
	e.name("all_results")
	e.emptyDict()
	e.raw("(")
	for _, t := range trials {
		e.name(t.d.name)
		e.integer(t.seed)
		e.raw("\x86")
		e.put()
		g.trial(t, arch, rng)
	}
	e.raw("u")
	e.name("dataset_seed")
	e.emptyDict()
	e.raw("(")
	for i := range datasets {
		e.name(datasets[i].name)
		e.emptyList()
		var seeds []int
		for _, t := range trials {
			if t.d == &datasets[i] {
				seeds = append(seeds, t.seed)
			}
		}
		for j := range seeds { // lowest first
			for k := j; k > 0 && seeds[k] < seeds[k-1]; k-- {
				seeds[k], seeds[k-1] = seeds[k-1], seeds[k]
			}
		}
		batches(e, len(seeds), "e", func(i int) { e.integer(seeds[i]) })
	}
	e.raw("u")
	e.name("clear_net_done")
	e.raw("\x88u")
}

// cost gives made-up FLOPs and parameters in millions that grow with the cell's
// operations.
func cost(arch string) (flop, param float64) {
	n3, n1 := float64(strings.Count(arch, "nor_conv_3x3")), float64(strings.Count(arch, "nor_conv_1x1"))
	return 7.78305 + 35.38944*n3 + 3.93216*n1, 0.073306 + 0.2435*n3 + 0.0286*n1
}

func (g *generator) trial(t trial, arch string, rng *rand.Rand) {
	e := g.e
	flop, param := cost(arch)
	c := &curves{rng, t.epochs, t.d, t.d.best * min(1, 0.35+flop/180+0.05*rng.Float64())}
	train := make([]float64, t.epochs)
	e.emptyDict()
	e.raw("(")
	e.name("name")
	e.name(t.d.name)
	e.name("train_acc1es")
	g.epochs(t.epochs, func(i int) float64 {
		train[i] = c.accuracy(i, t.d.images, 1.06, false)
		return train[i]
	})
	e.name("train_acc5es")
	if t.fresh {
		g.epochs(t.epochs, func(i int) float64 { return c.accuracy(i, t.d.images, 1.06, true) })
	} else {
		e.raw("N")
	}
	e.name("train_losses")
	g.epochs(t.epochs, func(i int) float64 { return c.loss(train[i]) })
	e.name("train_times")
	seconds := func(images int, factor float64) func() float64 {
		estimate := float64(images) * (2e-4 + flop*2.6e-6) * factor
		return func() float64 {
			if t.wall {
				return estimate * (0.97 + 0.11*rng.Float64())
			}
			return estimate
		}
	}
	time := seconds(t.d.images, 1)
	if t.wall {
		e.emptyDict()
	} else {
		e.orderedDict()
	}
	batches(e, t.epochs, "u", func(i int) {
		e.integer(i)
		e.float(time())
	})
	e.name("arch_config")
	e.emptyDict()
	e.raw("(")
	e.name("channel")
	e.integer(16)
	e.name("num_cells")
	e.integer(5)
	e.name("arch_str")
	e.name(arch)
	e.name("class_num")
	e.integer(t.d.classes)
	e.raw("u")
	e.name("params")
	e.scalar(param)
	e.name("flop")
	e.float(flop)
	e.name("seed")
	e.text(fmt.Sprintf("%04d", t.seed))
	e.name("epochs")
	e.integer(t.epochs)
	e.name("latency")
	e.emptyList()
	e.scalar((0.011 + flop*4e-5) * (0.98 + 0.04*rng.Float64()))
	e.raw("a")
	g.evals(t, c, seconds)
	e.name("net_state_dict")
	e.raw("Nu")
}

// epochs writes a dictionary of epochs.
func (g *generator) epochs(n int, value func(int) float64) {
	g.e.emptyDict()
	batches(g.e, n, "u", func(i int) {
		g.e.integer(i)
		g.e.float(value(i))
	})
}

// measured is an entry of the dictionaries of evaluations.
type measured struct {
	set, epoch     int
	accuracy, loss float64
	key            uint32 // memo entry of the key, if it is one object in all dictionaries
}

func (g *generator) evals(t trial, c *curves, seconds func(int, float64) func() float64) {
	e := g.e
	e.name("eval_names")
	e.emptyList()
	batches(e, len(t.d.evals), "e", func(i int) { e.name(t.d.evals[i].name) })
	var all []measured
	for set, s := range t.d.evals {
		for i := range t.epochs {
			if t.fresh || set == t.d.whole || i == t.epochs-1 {
				acc := c.accuracy(i, s.images, 1, false)
				all = append(all, measured{set, i, acc, c.loss(acc), 0})
			}
		}
	}
	// New trials have one key object for the three dictionaries, old ones new
	// objects in each.
	key := func(m *measured, again bool) {
		if again && t.fresh {
			e.get(m.key)
			return
		}
		m.key = e.text(fmt.Sprintf("%s@%d", t.d.evals[m.set].name, m.epoch))
	}
	e.name("eval_acc1es")
	e.emptyDict()
	batches(e, len(all), "u", func(i int) {
		key(&all[i], false)
		e.float(all[i].accuracy)
	})
	e.name("eval_times")
	e.emptyDict()
	next := 0
	time := seconds(0, 0)
	batches(e, len(t.d.evals)*t.epochs, "u", func(i int) {
		set, epoch := i/t.epochs, i%t.epochs
		if epoch == 0 {
			time = seconds(t.d.evals[set].images, 0.33)
		}
		m := measured{set: set, epoch: epoch}
		again := next < len(all) && all[next].set == set && all[next].epoch == epoch
		if again {
			m.key = all[next].key
			next++
		}
		key(&m, again)
		e.float(time())
	})
	e.name("eval_losses")
	e.emptyDict()
	batches(e, len(all), "u", func(i int) {
		key(&all[i], true)
		e.float(all[i].loss)
	})
}
