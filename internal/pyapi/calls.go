package pyapi

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"cellnet/bench"
	"cellnet/bench/record"
	"cellnet/cell"
	"cellnet/data"
	"cellnet/weights"
)

// calls lists the calls by their names.
func calls() map[string]func(*call) (any, error) {
	return map[string]func(*call) (any, error){
		"meta_archs":               (*call).metaArchs,
		"stored":                   func(c *call) (any, error) { return listOf(c.b.Stored()), nil },
		"evaluated_indexes":        (*call).evaluatedIndexes,
		"avaliable_hps":            (*call).availableHPs,
		"recipes":                  (*call).recipes,
		"query_index_by_arch":      func(c *call) (any, error) { return c.index() },
		"get_more_info":            (*call).getMoreInfo,
		"get_cost_info":            (*call).getCostInfo,
		"get_latency":              (*call).getLatency,
		"get_net_config":           (*call).getNetConfig,
		"get_net_param":            (*call).getNetParam,
		"query_info_str_by_arch":   (*call).queryInfoStr,
		"query_meta_info_by_index": (*call).queryMetaInfo,
		"query_by_index":           (*call).queryByIndex,
		"find_best":                (*call).findBest,
		"simulate_train_eval":      (*call).simulate,
		"show":                     (*call).show,
		"statistics":               (*call).statistics,
		"reload":                   (*call).reload,
		"clear_params":             (*call).clearParams,

		"ArchResults.state":             (*call).resultsState,
		"ArchResults.get_compute_costs": (*call).resultsCosts,
		"ArchResults.get_metrics":       (*call).resultsMetrics,
		"ArchResults.get_latency":       (*call).resultsLatency,
		"ArchResults.get_total_epoch":   (*call).resultsEpochs,
		"ArchResults.get_net_param":     (*call).resultsParam,
		"ResultsCount.state":            (*call).trialState,
		"ResultsCount.get_latency":      (*call).trialLatency,
		"ResultsCount.get_times":        (*call).trialTimes,
		"ResultsCount.get_train":        (*call).trialTrain,
		"ResultsCount.get_eval":         (*call).trialEval,
		"ResultsCount.get_net_param":    (*call).trialParam,
	}
}

func (c *call) metaArchs() (any, error) {
	all, err := c.b.Strings()
	if err != nil {
		return nil, err
	}
	var archs []string
	for _, arch := range all {
		archs = append(archs, arch)
	}
	return archs, nil
}

func (c *call) evaluatedIndexes() (any, error) {
	all, err := c.b.Evaluated()
	return listOf(all), err
}

func hpTexts(hps []bench.HP) list {
	texts := make(list, len(hps))
	for i, hp := range hps {
		texts[i] = hp.String()
	}
	return texts
}

func (c *call) availableHPs() (any, error) {
	hps, err := c.b.HPs()
	return hpTexts(hps), err
}

// recipes lists those of an architecture.
func (c *call) recipes() (any, error) {
	index, err := c.archIndex()
	if err != nil {
		return nil, err
	}
	a, err := c.b.StoredArchitecture(index)
	if err != nil {
		return nil, err
	}
	return hpTexts(a.HPs()), nil
}

func (c *call) getMoreInfo() (any, error) {
	at, err := c.at()
	if err != nil {
		return nil, err
	}
	info, err := c.moreInfo(at)
	return info.Fields(), err
}

func (c *call) getCostInfo() (any, error) {
	index, err := c.archIndex()
	if err != nil {
		return nil, err
	}
	cost, err := c.b.Cost(index, c.args.dataset(), c.hp())
	return cost.Fields(), err
}

func (c *call) getLatency() (any, error) {
	index, err := c.archIndex()
	if err != nil {
		return nil, err
	}
	return c.b.Latency(index, c.args.dataset(), c.hp())
}

func (c *call) getNetConfig() (any, error) {
	index, err := c.archIndex()
	if err != nil {
		return nil, err
	}
	config, err := c.b.NetConfig(index, c.args.dataset())
	return config.Fields(), err
}

func (c *call) queryInfoStr() (any, error) {
	index, err := c.index()
	if err != nil {
		return nil, err
	}
	text, err := c.b.InfoString(index, c.hp())
	if errors.Is(err, record.ErrNoRecord) && !c.b.Layout().OnDemand() && !c.hidden(index) {
		words := "architecture " + strconv.Itoa(index) + " is not evaluated"
		if c.b.API() == bench.NAS201 {
			c.answer.stdout = words + "\n"
		} else {
			c.answer.warning = words
		}
		return nil, nil
	}
	return text, err
}

// hidden tells whether an architecture has a record, but does not count as evaluated.
func (c *call) hidden(index int) bool {
	_, has := slices.BinarySearch(c.b.Stored(), index)
	return has
}

// queryMetaInfo makes sure that there are results, which the client makes an object
// of.
func (c *call) queryMetaInfo() (any, error) {
	_, err := c.results()
	return nil, err
}

// queryByIndex gives the seeds of the trials on a dataset.
func (c *call) queryByIndex() (any, error) {
	r, err := c.results()
	if err != nil || c.args.Dataset == nil {
		return nil, err
	}
	seeds, err := r.SeedsOn(c.args.dataset())
	return listOf(seeds), err
}

func (c *call) findBest() (any, error) {
	q, err := c.bestQuery()
	if err != nil {
		return nil, err
	}
	index, accuracy, err := c.b.Best(q)
	return list{index, accuracy}, err
}

// simulate gives accuracy, latency and seconds. The client keeps the clock.
func (c *call) simulate() (any, error) {
	d := c.args.dataset()
	index, err := c.archIndex()
	if err != nil {
		return nil, err
	}
	if d != data.CIFAR10 && d != data.CIFAR100 && d != data.ImageNet16 {
		return nil, raise(c.classOfEpoch(), "no simulation on %.40s, want cifar10, cifar100 or ImageNet16-120", c.args.datasetName())
	}
	s, err := c.b.Simulate(bench.SimulateQuery{Index: index, Dataset: d, HP: c.hp(), Epoch: c.args.epoch(), Random: c.random})
	return list{s.Accuracy, s.Latency, s.Cost}, err
}

func (c *call) show() (any, error) {
	index, err := c.index()
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	if index < 0 {
		err = c.b.ShowAll(&out)
	} else {
		err = c.b.Show(&out, index)
	}
	c.answer.stdout = out.String()
	return nil, err
}

// statistics gives pairs of a number of trials and how many architectures have it.
func (c *call) statistics() (any, error) {
	d := c.args.dataset()
	switch d {
	case data.CIFAR10Valid, data.CIFAR10, data.CIFAR100, data.ImageNet16:
	default:
		return nil, raise("ValueError", "no statistics of %.40s", c.args.datasetName())
	}
	counts, err := c.b.Statistics(d, c.hp())
	pairs := list{}
	for trials, archs := range counts {
		pairs = append(pairs, list{trials, archs})
	}
	return pairs, err
}

func (c *call) reload() (any, error) {
	if c.options.Benchmark != nil {
		return nil, raise("PermissionError", "a server reads no files for its clients")
	}
	var indexes []int
	if len(c.args.Index) > 0 {
		index, err := c.archIndex()
		if err != nil {
			return nil, raise(c.classOfEpoch(), "%v", err)
		}
		indexes = []int{index}
	}
	b, err := c.b.Reloaded(c.args.ArchiveRoot, indexes...)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, raise("AssertionError", "%v", err)
	case err != nil:
		return nil, err
	}
	c.b = b
	return nil, nil
}

func (c *call) clearParams() (any, error) {
	index, err := c.index()
	if err != nil {
		return nil, err
	}
	var hps []bench.HP
	if len(c.args.HP) > 0 {
		hps = append(hps, c.hp())
	}
	b, err := c.b.WithoutWeights(index, hps...)
	switch {
	case errors.Is(err, record.ErrNoRecord), errors.Is(err, bench.ErrRange):
		c.answer.warning = "architecture " + strconv.Itoa(index) + " has no record, and no weights"
		return nil, nil
	case err != nil:
		return nil, err
	}
	c.b = b
	return nil, nil
}

// resultsState gives the attributes of an architecture's results.
func (c *call) resultsState() (any, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	seeds, trials := record.Fields{}, list{}
	for _, s := range r.Seeds {
		seeds = append(seeds, record.Field{Key: s.Dataset.String(), Value: listOf(s.Seeds)})
	}
	for _, t := range r.Trials {
		trials = append(trials, list{t.Dataset.String(), t.Seed})
	}
	return record.Fields{
		{Key: "arch_index", Value: r.Index},
		{Key: "arch_str", Value: r.ArchString},
		{Key: "dataset_seed", Value: seeds},
		{Key: "clear_net_done", Value: r.Cleared},
		{Key: "trials", Value: trials},
		{Key: "repr", Value: r.String()},
	}, nil
}

func (c *call) resultsCosts() (any, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	cost, err := r.Cost(c.b.API(), c.args.dataset())
	return cost.Fields(), err
}

func (c *call) resultsMetrics() (any, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	choice, ok := c.args.choice(c.random)
	m, err := r.Metrics(c.b.API(), c.args.dataset(), c.args.set(), record.At{Epoch: c.args.epoch(), Choice: choice})
	if err == nil && !ok {
		err = raise("ValueError", "invalid value for is_random: %.60s", c.args.IsRandom)
	}
	f := m.Fields()
	if string(c.args.IsRandom) == "false" { // a mean of integers
		f[0].Value = float64(m.Epoch)
	}
	return f, err
}

func (c *call) resultsLatency() (any, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	return r.Latency(c.args.dataset())
}

func (c *call) resultsEpochs() (any, error) {
	r, err := c.results()
	switch {
	case err != nil:
		return nil, err
	case c.args.Dataset == nil:
		return r.AllEpochs()
	}
	return r.Epochs(c.args.dataset())
}

// trialState gives the attributes of a trial.
func (c *call) trialState() (any, error) {
	t, err := c.trial()
	if err != nil {
		return nil, err
	}
	var seed any = t.Dialect.SeedText(t.Seed)
	if t.Dialect.SeedNumber {
		seed = t.Seed
	}
	accuracies, losses, times, names := record.Fields{}, record.Fields{}, record.Fields{}, list{}
	for _, e := range t.Evals {
		names = append(names, e.Set.String())
		accuracies = append(accuracies, byEpoch(e.Set.String()+"@", e.Top1)...)
		losses = append(losses, byEpoch(e.Set.String()+"@", e.Loss)...)
		times = append(times, byEpoch(e.Set.String()+"@", e.Seconds)...)
	}
	return record.Fields{
		{Key: "name", Value: t.Dataset.String()},
		{Key: "seed", Value: seed},
		{Key: "epochs", Value: t.Epochs},
		{Key: "params", Value: t.Params},
		{Key: "flop", Value: t.FLOPs},
		{Key: "latency", Value: floats(t.Latency)},
		{Key: "arch_config", Value: archConfig(t.Net)},
		{Key: "train_acc1es", Value: byEpoch("", t.Train.Top1)},
		{Key: "train_acc5es", Value: orNone(byEpoch("", t.Train.Top5))},
		{Key: "train_losses", Value: byEpoch("", t.Train.Loss)},
		{Key: "train_times", Value: orNone(byEpoch("", t.Train.Seconds))},
		{Key: "eval_names", Value: names},
		{Key: "eval_acc1es", Value: accuracies},
		{Key: "eval_losses", Value: losses},
		{Key: "eval_times", Value: times},
		{Key: "config", Value: t.Net.Fields()},
		{Key: "repr", Value: t.String()},
	}, nil
}

func orNone(f record.Fields) any {
	if len(f) == 0 {
		return nil
	}
	return f
}

func byEpoch(prefix string, curve record.Curve) record.Fields {
	f := record.Fields{}
	for i, v := range curve.Values {
		f = append(f, record.Field{Key: prefix + strconv.Itoa(curve.EpochOf(i)), Value: v})
	}
	return f
}

// archConfig is a network as the published records describe it.
func archConfig(net bench.NetConfig) record.Fields {
	if net.Space() == cell.Size {
		return record.Fields{
			{Key: "name", Value: cell.InferShapeTiny},
			{Key: "channels", Value: net.ArchString},
			{Key: "arch_str", Value: net.ArchString},
			{Key: "genotype", Value: net.Genotype},
			{Key: "class_num", Value: net.Classes},
		}
	}
	return record.Fields{
		{Key: "channel", Value: net.Channels},
		{Key: "num_cells", Value: net.Cells},
		{Key: "arch_str", Value: net.ArchString},
		{Key: "class_num", Value: net.Classes},
	}
}

func (c *call) trialLatency() (any, error) {
	t, err := c.trial()
	if err != nil {
		return nil, err
	}
	if l := t.MeanLatency(); l.OK {
		return l, nil
	}
	return -1.0, nil
}

func (c *call) trialTimes() (any, error) {
	t, err := c.trial()
	if err != nil {
		return nil, err
	}
	return t.Times(c.b.API()).Fields(), nil
}

func (c *call) trialTrain() (any, error) { return c.trialMetrics(data.Train) }
func (c *call) trialEval() (any, error)  { return c.trialMetrics(c.args.set()) }

func (c *call) trialMetrics(set data.Set) (any, error) {
	t, err := c.trial()
	if err != nil {
		return nil, err
	}
	m, err := t.Metrics(set, c.args.epoch())
	return m.Fields(), err
}

// getNetParam gives the weights of a trial, or those of all by their seeds.
func (c *call) getNetParam() (any, error) { return c.resultsParam() }

func (c *call) resultsParam() (any, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	d := c.args.dataset()
	if c.args.Seed != nil {
		t, err := r.Trial(d, *c.args.Seed)
		if err != nil {
			return nil, err
		}
		return c.weightsOf(r, t)
	}
	trials, err := r.On(d)
	if err != nil {
		return nil, err
	}
	all := list{}
	for _, t := range trials {
		w, err := c.weightsOf(r, t)
		if err != nil {
			return nil, err
		}
		all = append(all, list{t.Seed, w})
	}
	return all, nil
}

func (c *call) trialParam() (any, error) {
	r, err := c.results()
	if err != nil {
		return nil, err
	}
	t, err := c.trial()
	if err != nil {
		return nil, err
	}
	return c.weightsOf(r, t)
}

// weightsOf gives the weights of a trial: lists of a name, PyTorch's name of the type,
// the shape and the bytes in base64. They are nil where the record has none.
func (c *call) weightsOf(r *bench.Results, t *bench.Trial) (any, error) {
	if !t.HasWeights {
		return nil, nil
	}
	state, err := c.b.Weights(r.Index, t.Dataset, c.hp(), t.Seed)
	if err != nil || state == nil {
		return nil, err
	}
	return tensors(state), nil
}

func tensors(state *weights.StateDict) list {
	all := list{}
	for name, t := range state.All() {
		all = append(all, list{name, t.DType.String(), listOf(t.Shape), base64.StdEncoding.EncodeToString(t.Data)})
	}
	return all
}
