package pyapi

import (
	"errors"
	"strings"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/data"
)

func (e *exception) Error() string { return e.message }

// exceptionOf gives the exception that the published program raises where this one
// has an error.
func (c *call) exceptionOf(err error) *exception {
	if e := (*exception)(nil); errors.As(err, &e) {
		return e
	}
	return &exception{c.classOf(err), err.Error()}
}

func (c *call) classOf(err error) string {
	none := (*record.NoTrialError)(nil)
	nas201 := c.b.API() == bench.NAS201
	switch {
	case c.name == "recipes": // of a dict of all architectures
		return "KeyError"
	case errors.Is(err, bench.ErrRange):
		return c.classOutOfRange()
	case errors.Is(err, record.ErrNoRecord):
		switch {
		case c.b.Layout().OnDemand():
			return "AssertionError"
		case nas201 && c.name == "get_net_config":
			return "NameError"
		}
		return "ValueError"
	case errors.Is(err, record.ErrNoRecipe):
		switch c.name {
		case "get_more_info", "simulate_train_eval", "find_best", "statistics":
			return "KeyError"
		case "query_info_str_by_arch":
			if nas201 {
				return "NameError"
			}
		}
		return "ValueError"
	case errors.As(err, &none):
		if c.name == "query_by_index" {
			return "ValueError"
		}
		return "KeyError"
	case errors.Is(err, record.ErrNoSeed):
		switch c.name {
		case "get_more_info", "get_net_param", "ArchResults.get_metrics", "ArchResults.get_net_param":
			return "ValueError"
		}
		return "KeyError"
	case errors.Is(err, record.ErrSizes):
		return "ValueError"
	case errors.Is(err, bench.ErrMixed):
		return "TypeError"
	case errors.Is(err, bench.ErrMissing):
		return c.classMissing()
	}
	return "OSError"
}

// classOutOfRange is the class of an architecture that is not in the search space, or
// of an epoch that a training does not have.
func (c *call) classOutOfRange() string {
	if _, err := c.archIndex(); err != nil {
		if c.name == "get_net_config" && c.b.API() == bench.NAS201 {
			return "NameError"
		}
		return "ValueError"
	}
	return c.classOfEpoch()
}

func (c *call) classOfEpoch() string {
	if c.b.API() == bench.NAS201 {
		return "AssertionError"
	}
	return "ValueError"
}

// classMissing is the class of a number that trials do not have.
func (c *call) classMissing() string {
	if c.name == "find_best" {
		return c.classOfBest()
	}
	index, err := c.index()
	if err != nil {
		return "ValueError"
	}
	d := c.args.dataset()
	switch c.name {
	case "ResultsCount.get_train":
		return c.classOfSet(index, d, data.Train)
	case "ResultsCount.get_eval", "ArchResults.get_metrics":
		return c.classOfSet(index, d, c.args.set())
	case "get_more_info":
		if class := c.classOfSet(index, d, data.Train); class != "" {
			return class
		}
		return c.classOfSet(index, d, data.XValid)
	case "simulate_train_eval":
		return c.classOfSimulation(index, d)
	}
	return "ValueError"
}

// classOfSet is the class where trials lack metrics on a set at an epoch, "" if none
// does. nats_bench asks for the times first, and raises an exception of its own.
func (c *call) classOfSet(index int, d data.Dataset, set data.Set) string {
	trials, err := c.b.Trials(index, d, c.hp())
	if strings.Contains(c.name, ".") {
		var r *bench.Results
		if r, err = c.results(); err == nil {
			trials, err = r.On(d)
		}
	}
	if err != nil {
		return "KeyError"
	}
	for _, t := range trials {
		if c.args.Seed != nil && *c.args.Seed != t.Seed {
			continue
		}
		_, err := t.Metrics(set, c.args.epoch())
		switch {
		case errors.Is(err, bench.ErrRange):
			return c.classOfEpoch()
		case err == nil:
			continue
		case c.b.API() == bench.NATS && set != data.Train && timed(t) && !timedAt(t, set, c.args.epochOf(t)):
			return "ValueError"
		}
		return "KeyError"
	}
	return ""
}

func timed(t *bench.Trial) bool {
	for _, e := range t.Evals {
		if e.Seconds.Len() > 0 {
			return true
		}
	}
	return false
}

// timedAt tells whether there are seconds of an epoch on a set.
func timedAt(t *bench.Trial, set data.Set, epoch int) bool {
	e, ok := t.Eval(set)
	if !ok {
		return false
	}
	_, ok = e.Seconds.At(epoch)
	return ok
}

// classOfSimulation is the class where a training can't be simulated.
func (c *call) classOfSimulation(index int, d data.Dataset) string {
	if d == data.CIFAR10 {
		d = data.CIFAR10Valid
	}
	info, err := c.b.MoreInfo(bench.Selection{Index: index, Dataset: d, HP: c.hp(), Epoch: c.args.epoch()})
	switch {
	case err != nil:
		return c.classOfSet(index, d, data.XValid)
	case info.Valid == nil && (info.ValTest == nil || !c.b.API().ValidatesByTest()):
		return "KeyError"
	}
	return "TypeError" // None, added to None
}

// classOfBest is the class where an architecture can't be compared.
func (c *call) classOfBest() string {
	q, err := c.bestQuery()
	if err != nil {
		return "KeyError"
	}
	indexes, err := c.b.Indexes(q.Scope)
	if err != nil {
		return "OSError"
	}
	for _, index := range indexes {
		if class := c.classOfSet(index, q.Dataset, q.Set); class != "" {
			return class
		}
	}
	return "KeyError"
}
