package server

import (
	"testing"

	"cellnet/internal/query"
)

// Answers are kept by these keys: different questions must not share one.
func TestKeysDifferWithWhatIsAsked(t *testing.T) {
	values := []map[string]string{
		{"dataset": "cifar10", "set": "test"},
		{"dataset": "cifar10", "set": "valid"},
		{"dataset": "cifar100", "set": "test"},
		{"dataset": "cifar10", "set": "test", "hp": "12"},
		{"dataset": "cifar10", "set": "test", "max-flops": "12"},
		{"dataset": "cifar10", "set": "test", "max-params": "12"},
		{"dataset": "cifar10", "set": "test", "limit": "12"},
		{"dataset": "cifar10", "set": "test", "max-flops": "1", "max-params": "2"},
		{"dataset": "cifar10", "set": "test", "max-flops": "2", "max-params": "1"},
	}
	keys := map[string]string{}
	for _, q := range query.All() {
		if !q.OfAllArchs {
			continue
		}
		for _, v := range values {
			if _, err := q.Parse(v); err != nil {
				continue
			}
			key := keyOf(q, v)
			what := q.Name
			for _, p := range q.Params() {
				what += " " + string(p) + "=" + v[string(p)]
			}
			if other, ok := keys[key]; ok {
				t.Errorf("%s and %s have one key", what, other)
			}
			keys[key] = what
			if keyOf(q, v) != key {
				t.Errorf("%s has two keys", what)
			}
		}
	}
	if len(keys) < 12 {
		t.Errorf("%d keys only", len(keys))
	}
}
