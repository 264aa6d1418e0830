package bench

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
)

func (p *player) answer(c recorded) (any, error) {
	a := &args{p: p, raw: c.Args}
	got, err := p.call(c, a)
	if a.err != nil {
		return nil, a.err
	}
	return got, err
}

// use goes on with another benchmark.
func (p *player) use(b *Benchmark, err error) error {
	if err == nil {
		p.b = b
	}
	return err
}

func seedKeys[T any](trials []*Trial, of func(*Trial) T) map[int]T {
	m := map[int]T{}
	for _, t := range trials {
		m[t.Seed] = of(t)
	}
	return m
}

func (p *player) call(c recorded, a *args) (any, error) {
	b := p.b
	switch c.Call {
	case "query_index_by_arch":
		raw := string(a.raw["arch"])
		if raw == "true" { // Python's 1
			_, err := b.ArchString(1)
			return true, err
		}
		if i, err := strconv.Atoi(raw); err == nil {
			_, err := b.ArchString(i)
			return i, err
		}
		arch := raw // what is no text either is in no search space
		if json.Unmarshal(a.raw["arch"], &arch) != nil || arch == "" {
			arch = raw
		}
		i, ok, err := b.IndexOf(arch)
		if !ok {
			i = -1
		}
		return i, err
	case "arch":
		return b.ArchString(a.integer("index"))
	case "__len__":
		return b.Len()
	case "__repr__":
		return b.String(), nil
	case "avaliable_hps":
		return b.HPs()
	case "evaluated_indexes":
		return b.Evaluated()
	case "full_epochs_in_paper":
		s, err := b.Space()
		return record.FullEpochs(s), err
	case "get_unique_str":
		arch, err := b.ArchString(a.index("arch"))
		if err != nil {
			return nil, err
		}
		of, err := cell.Parse(arch)
		if err != nil {
			return nil, err
		}
		return of.Canonical(cell.MergeSkipsAndZeros)
	case "str2lists":
		nodes, err := SplitArch(a.text("arch_str"))
		lists := [][][]any{}
		for _, edges := range nodes {
			list := [][]any{}
			for _, e := range edges {
				list = append(list, []any{e.Op, e.From})
			}
			lists = append(lists, list)
		}
		return lists, err
	case "str2matrix":
		var ops []string
		if !a.isNull("search_space") {
			json.Unmarshal(a.raw["search_space"], &ops)
		}
		return MatrixOf(a.text("arch_str"), ops...)
	case "reset_time":
		p.clock.Reset()
		return nil, nil
	case "reload":
		return nil, p.use(b.Reloaded(filepath.Join(p.shared, "fixtures/bench", a.text("archive_root")), a.integer("index")))
	case "clear_params":
		if a.isNull("hp") {
			return nil, p.use(b.WithoutWeights(a.index("index")))
		}
		return nil, p.use(b.WithoutWeights(a.index("index"), a.hp()))
	}
	return p.query(c, a)
}

func (p *player) query(c recorded, a *args) (any, error) {
	b := p.b
	switch c.Call {
	case "get_more_info":
		return b.MoreInfo(a.selection())
	case "get_cost_info":
		return b.Cost(a.index("index"), a.dataset(), a.hp())
	case "get_latency":
		return b.Latency(a.index("index"), a.dataset(), a.hp())
	case "get_net_config":
		return b.NetConfig(a.index("index"), a.dataset())
	case "query_info_str_by_arch":
		return b.InfoString(a.index("arch"), a.hp())
	case "query_meta_info_by_index":
		r, err := b.Results(a.index("arch_index"), a.hp())
		if err != nil {
			return nil, err
		}
		return r.String(), nil
	case "query_by_index":
		r, err := b.Results(a.index("arch_index"), a.hp())
		if err != nil {
			return nil, err
		}
		if a.isNull("dataname") {
			return r.String(), nil
		}
		d, err := data.ParseDataset(a.text("dataname"))
		if err != nil {
			return nil, err
		}
		trials, err := b.Trials(a.index("arch_index"), d, a.hp())
		return seedKeys(trials, (*Trial).String), err
	case "get_net_param":
		return p.weights(a)
	case "show":
		var out strings.Builder
		if err := b.Show(&out, a.integer("index")); err != nil {
			return nil, err
		}
		if out.String() != c.Stdout {
			return nil, fmt.Errorf("printed %q, want %q", out.String(), c.Stdout)
		}
		return nil, nil
	case "statistics":
		return b.Statistics(a.dataset(), a.hp())
	case "find_best":
		d, set, err := SetByWord(a.dataset(), a.text("metric_on_set"))
		if err != nil {
			return nil, err
		}
		q := BestQuery{Dataset: d, Set: set, HP: a.hp(), Scope: OnlyEvaluated}
		var all bool
		json.Unmarshal(a.raw["enforce_all"], &all)
		if all || a.isNull("enforce_all") && b.Layout() == record.NATSFolder {
			q.Scope = WholeSpace
		}
		for _, name := range []string{"FLOP_max", "flop_max"} {
			if !a.isNull(name) {
				q.MaxFLOPs = a.number(name)
			}
		}
		for _, name := range []string{"Param_max", "param_max"} {
			if !a.isNull(name) {
				q.MaxParams = a.number(name)
			}
		}
		index, accuracy, err := b.Best(q)
		return []any{index, accuracy}, err
	case "simulate_train_eval":
		q := SimulateQuery{Index: a.index("arch"), Dataset: a.dataset(), HP: a.hp(), Epoch: a.epoch(), Random: &p.random}
		s, err := b.Simulate(q)
		if string(a.raw["account_time"]) != "false" {
			p.clock.Spend(s.Cost)
		}
		return []any{s.Accuracy, s.Latency, s.Cost, p.clock.Spent()}, err
	}
	return p.ofObject(c, a)
}

// weights answers with the hashes of tensors, of one trial or of all.
func (p *player) weights(a *args) (any, error) {
	index, d, hp := a.index("index"), a.dataset(), a.hp()
	of := func(seed int) (any, error) {
		s, err := p.b.Weights(index, d, hp, seed)
		if s == nil {
			return nil, err
		}
		tensors := map[string]any{}
		for name, v := range s.All() {
			tensors[name] = map[string]any{
				"dtype": "torch." + v.DType.String(), "shape": v.Shape, "sha256": fmt.Sprintf("%x", sha256.Sum256(v.Data)),
			}
		}
		return tensors, err
	}
	if !a.isNull("seed") {
		return of(a.integer("seed"))
	}
	trials, err := p.b.Trials(index, d, hp)
	all := map[int]any{}
	for _, t := range trials {
		if all[t.Seed], err = of(t.Seed); err != nil {
			return nil, err
		}
	}
	return all, err
}

// ofObject answers calls of an architecture's results or of a trial.
func (p *player) ofObject(c recorded, a *args) (any, error) {
	api := p.b.API()
	switch c.Call {
	case "ArchResults.__repr__":
		return a.results().String(), nil
	case "ArchResults.arch_idx_str":
		return a.results().IndexString(), nil
	case "ArchResults.get_dataset_names":
		return a.results().Datasets(), nil
	case "ArchResults.get_total_epoch":
		if a.isNull("dataset") {
			return a.results().AllEpochs()
		}
		return a.results().Epochs(a.dataset())
	case "ArchResults.get_dataset_seeds":
		return a.results().SeedsOn(a.dataset())
	case "ArchResults.get_compute_costs":
		return a.results().Cost(api, a.dataset())
	case "ArchResults.get_latency":
		return a.results().Latency(a.dataset())
	case "ArchResults.get_metrics":
		return a.results().Metrics(api, a.dataset(), a.set("setname"), record.At{Epoch: a.epoch(), Choice: a.choice()})
	case "ResultsCount.__repr__":
		return a.trial().String(), nil
	case "ResultsCount.get_latency":
		if l := a.trial().MeanLatency(); l.OK {
			return l, nil
		}
		return -1, nil
	case "ResultsCount.get_times":
		return a.trial().Times(api), nil
	case "ResultsCount.get_eval_set":
		return a.trial().Sets(), nil
	case "ResultsCount.get_total_epoch":
		return a.trial().Epochs, nil
	case "ResultsCount.get_config":
		return a.trial().Net, nil
	case "ResultsCount.get_train":
		return a.trial().Metrics(data.Train, a.epoch())
	case "ResultsCount.get_eval":
		return a.trial().Metrics(a.set("name"), a.epoch())
	}
	return nil, fmt.Errorf("no call %s", c.Call)
}
