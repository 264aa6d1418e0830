package record

import "fmt"

// API is one of the two published programs that read benchmark files. They
// answer some queries differently; which of them a file belongs to follows from
// its [Layout]. All that they do differently is in this file.
type API uint8

const (
	NAS201 API = iota // nas_201_api 2.0
	NATS              // nats_bench 1.8
)

// sum adds values in the order of the API: nas_201_api as NumPy does, pairwise,
// nats_bench from left to right.
func (api API) sum(values []float64) float64 {
	if api == NAS201 {
		return pairwiseSum(values)
	}
	return plainSum(values)
}

func (api API) mean(values []float64) float64 { return api.sum(values) / float64(len(values)) }

// trustedSeed gives the seed whose trials have right FLOPs and parameters where
// those of an architecture differ, if the API takes that in the place of the mean.
func (api API) trustedSeed() (seed int, ok bool) { return 888, api == NATS }

// separator stands between the numbers of a description.
func (api API) separator() string {
	if api == NATS {
		return " & "
	}
	return ", "
}

// commentsInfo reports whether Info has a comment on CIFAR-10's sets.
func (api API) commentsInfo() bool { return api == NATS }

// SortsRecipes reports whether the API keeps an architecture's recipes by their
// numbers of epochs, not as they are in the file.
func (api API) SortsRecipes() bool { return api == NAS201 }

// OnlyEvaluated reports whether the API has records of those architectures only
// that it calls evaluated.
func (api API) OnlyEvaluated() bool { return api == NATS }

// LatencyHP is the recipe whose latency the API takes for one of another.
func (api API) LatencyHP(hp HP) HP {
	if api == NAS201 {
		return HP12
	}
	return hp
}

// ValidatesByTest reports whether a simulated training takes the accuracy on the
// whole test set where that on the validation set is not recorded.
func (api API) ValidatesByTest() bool { return api == NATS }

// RecipeKey is the key of a recipe in the API's files.
func (api API) RecipeKey(hp HP) (string, error) {
	if api == NATS {
		return hp.String(), nil
	}
	switch hp {
	case HP12:
		return "less", nil
	case HP200:
		return "full", nil
	}
	return "", fmt.Errorf("NAS-Bench-201's layouts have no place for recipe %v, only for 12 and 200", hp)
}

// ParseRecipeKey reads a recipe's key: "less" or "full" in NAS-Bench-201's files,
// "12" in those of NATS-Bench.
func ParseRecipeKey(key string) (HP, API, error) {
	switch key {
	case "less":
		return HP12, NAS201, nil
	case "full":
		return HP200, NAS201, nil
	}
	hp, err := ParseHP(key)
	if err != nil || hp.String() != key {
		return 0, 0, fmt.Errorf("key %.40q is no recipe: want less or full, or a number of epochs such as 01 or 200", key)
	}
	return hp, NATS, nil
}

// RequiredHPs are the recipes that the API wants an architecture to have, be it
// without trials.
func (api API) RequiredHPs() []HP {
	if api == NAS201 {
		return []HP{HP12, HP200}
	}
	return nil
}

// Class is the name of the API's class of benchmarks of a search space.
func (api API) Class(s Space) string {
	switch {
	case api == NAS201:
		return "NASBench201API"
	case s == Size:
		return "NATSsize"
	}
	return "NATStopology"
}
