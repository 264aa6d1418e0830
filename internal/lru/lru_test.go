package lru

import "testing"

func TestKeepsWhatWasUsedLast(t *testing.T) {
	c := New[int, string](3 * (100 + overhead))
	for i := range 3 {
		c.Put(i, "first", 100)
	}
	c.Get(0)
	c.Put(3, "first", 100) // 1 goes
	c.Put(2, "second", 100)
	for key, want := range map[int]string{0: "first", 1: "", 2: "second", 3: "first"} {
		if got, ok := c.Get(key); got != want || ok != (want != "") {
			t.Errorf("%d: got %q, %v, want %q", key, got, ok, want)
		}
	}
	c.Drop(0)
	if _, ok := c.Get(0); ok {
		t.Error("0 is there after it was dropped")
	}
	if got, want := c.Size(), 2*(100+overhead); got != want {
		t.Errorf("size %d, want %d", got, want)
	}
}

func TestStaysBelowTheLimit(t *testing.T) {
	c := New[int, int](10_000)
	for i := range 1000 {
		c.Put(i, i, 10*(i%50))
		if c.Size() > 10_000 {
			t.Fatalf("%d bytes after %d", c.Size(), i)
		}
	}
	c.Put(-1, 1, 20_000)
	if _, ok := c.Get(-1); ok {
		t.Error("a value beyond the limit is kept")
	}
	if v, ok := c.Get(999); !ok || v != 999 {
		t.Error("the last value is gone")
	}
	if len(c.byKey) != c.order.Len() {
		t.Errorf("%d keys, %d entries", len(c.byKey), c.order.Len())
	}
}
