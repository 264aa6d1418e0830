package published

import (
	"errors"
	"fmt"
	"slices"

	"cellnet/bench/record"
	"cellnet/internal/pickle"
	"cellnet/internal/pickle/unpickle"
)

var errNoRecords = errors.New("there are no records in it")

// NewRoot makes a root as the published files of a layout have it, of a search space
// of some architectures, with nil in the places of the records and of the search
// space.
func NewRoot(archs int, evaluated []int, l record.Layout) *pickle.Dict {
	root := new(pickle.Dict)
	root.Set(keyArchs, nil)
	root.Set("total_archs", archs)
	root.Set(keyRecords, nil)
	if l.API() == record.NATS {
		root.Set(keyEvaluated, new(pickle.Set))
	}
	SetEvaluated(root, evaluated, l)
	return root
}

// SetEvaluated sets what a root says is evaluated, in a set or a list as it was. In
// layouts that are read on demand the set, which is empty, stays.
func SetEvaluated(root *pickle.Dict, evaluated []int, l record.Layout) {
	if old, _ := root.Get(keyEvaluated); isSet(old) {
		if l.OnDemand() {
			return
		}
		set := new(pickle.Set)
		for _, index := range evaluated {
			set.Add(index)
		}
		root.Set(keyEvaluated, set)
		return
	}
	list := new(pickle.List)
	for _, index := range evaluated {
		list.Append(index)
	}
	root.Set(keyEvaluated, list)
}

func isSet(v any) bool {
	_, ok := v.(*pickle.Set)
	return ok
}

// EvaluatedOf lists the architectures that a root says are evaluated, lowest first.
func EvaluatedOf(root *pickle.Dict) ([]int, error) {
	var items []any
	switch v, _ := root.Get(keyEvaluated); v := v.(type) {
	case *pickle.List:
		items = *v
	case *pickle.Set:
		items = slices.Collect(v.All())
	}
	var all []int
	for _, item := range items {
		i, ok := item.(int)
		if !ok {
			return nil, fmt.Errorf("%s holds something else than numbers", keyEvaluated)
		}
		all = append(all, i)
	}
	slices.Sort(all)
	return all, nil
}

// rootTree copies a root without records and strings.
func rootTree(keys []string, value func(i int) (unpickle.Value, error)) (*pickle.Dict, error) {
	root := new(pickle.Dict)
	for i, key := range keys {
		var made any
		if key != keyRecords && key != keyArchs {
			v, err := value(i)
			if err != nil {
				return nil, err
			}
			if made, err = tree(v); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
		}
		if err := root.Put(key, made); err != nil {
			return nil, err
		}
	}
	return root, nil
}

func archStrings(v unpickle.Value) ([]string, error) {
	if v.Kind() != unpickle.List {
		return nil, want(keyArchs, v, "a list")
	}
	archs := make([]string, v.Len())
	for i, item := range v.Items() {
		if item.Kind() != unpickle.String {
			return nil, want("an element of "+keyArchs, item, "a str")
		}
		archs[i] = string(item.Text())
	}
	return archs, nil
}

func evaluatedIndexes(v unpickle.Value) ([]int, error) {
	if v.Kind() != unpickle.List && v.Kind() != unpickle.Set {
		return nil, want(keyEvaluated, v, "a list or a set")
	}
	indexes := make([]int, v.Len())
	for i, item := range v.Items() {
		if item.Kind() != unpickle.Int {
			return nil, want("an element of "+keyEvaluated, item, "an int")
		}
		indexes[i] = int(item.Int())
	}
	slices.Sort(indexes)
	return indexes, nil
}
