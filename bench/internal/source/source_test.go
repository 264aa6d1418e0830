package source

import (
	"errors"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"cellnet/bench/record"
	"cellnet/data"
)

// counted counts the records that are read, at once and in all.
type counted struct {
	Records
	reads, now, most atomic.Int32
	slow             time.Duration
}

func (c *counted) Architecture(index int) (*record.Architecture, error) {
	now := c.now.Add(1)
	for {
		most := c.most.Load()
		if now <= most || c.most.CompareAndSwap(most, now) {
			break
		}
	}
	time.Sleep(c.slow)
	c.now.Add(-1)
	c.reads.Add(1)
	return c.Records.Architecture(index)
}

// architectures makes records with a trial each, whose loss is the index and
// quality.
func architectures(t testing.TB, quality float64, indexes ...int) []*record.Architecture {
	t.Helper()
	var all []*record.Architecture
	for _, index := range indexes {
		trial := &record.Trial{Dataset: data.CIFAR10, Seed: 777, Epochs: 1, FLOPs: 1, Params: 1}
		trial.Train.Loss = record.Curve{Values: []float64{float64(index) + quality}}
		trial.Train.Top1 = record.Curve{Values: []float64{50}}
		r, err := record.NewResults(index, "", []*record.Trial{trial})
		if err != nil {
			t.Fatal(err)
		}
		a := &record.Architecture{Index: index}
		a.Set(record.HP12, r)
		all = append(all, a)
	}
	return all
}

var query = Query{Dataset: data.CIFAR10, HP: record.HP12, Parts: AllParts}

func loss(t *testing.T, s record.Snapshots) float64 {
	t.Helper()
	m, err := s.Metrics(record.NATS, data.Train, record.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	return m.Loss
}

// TestRecordsAreKept asks in all ways for what was read before.
func TestRecordsAreKept(t *testing.T) {
	c := &counted{Records: FromMemory(architectures(t, 0, 7)...)}
	w := FromRecords(c)
	for range 3 {
		if _, err := w.Architecture(7); err != nil {
			t.Fatal(err)
		}
		if trials, err := w.Trials(7, query); err != nil || len(trials) != 1 {
			t.Fatal(trials, err)
		}
		if s, err := w.Snapshots(7, query); err != nil || loss(t, s) != 7 {
			t.Fatal(s, err)
		}
		if hps, err := w.HPs(7); err != nil || !slices.Equal(hps, []record.HP{record.HP12}) {
			t.Fatal(hps, err)
		}
	}
	if n := c.reads.Load(); n != 1 {
		t.Errorf("the record was read %d times", n)
	}
	if _, err := w.Architecture(8); !errors.Is(err, ErrNotStored) {
		t.Errorf("error %v for a record that is not there", err)
	}
}

// TestWalksReadFewRecordsAhead has reading that takes long.
func TestWalksReadFewRecordsAhead(t *testing.T) {
	const archs, processors = 200, 2
	indexes := make([]int, archs)
	for i := range indexes {
		indexes[i] = archs - i
	}
	c := &counted{Records: FromMemory(architectures(t, 0, indexes...)...), slow: time.Millisecond / 4}
	var order []int
	for a, err := range inOrder(archs, processors, func(i int) (*record.Architecture, error) { return c.Architecture(indexes[i]) }) {
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, a.Index)
	}
	if !slices.Equal(order, indexes) {
		t.Errorf("read in the order %v", order)
	}
	// One is being handed over, and one waits for its place.
	if most := c.most.Load(); most > processors+2 {
		t.Errorf("%d records were read at once, want %d or a few more", most, processors)
	}
}

func TestWalkThatEndsEarly(t *testing.T) {
	c := &counted{Records: FromMemory(architectures(t, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)...)}
	for range inOrder(9, 1, func(i int) (*record.Architecture, error) { return c.Architecture(i + 1) }) {
		break
	}
	read := c.reads.Load()
	time.Sleep(10 * time.Millisecond)
	if now := c.reads.Load(); now != read || now == 9 {
		t.Errorf("%d records were read, %d of them when the walk had ended", now, now-read)
	}
}

func TestOverlay(t *testing.T) {
	base := FromRecords(FromMemory(architectures(t, 0, 5, 3, 4)...))
	o := Overlay(base, FromMemory(architectures(t, 0.5, 9, 4, 1)...))
	want := map[int]float64{5: 5, 3: 3, 4: 4.5, 1: 1.5, 9: 9.5}
	order := []int{5, 3, 4, 1, 9} // that of the base, then what was added, lowest first
	if got := o.Indexes(); !slices.Equal(got, order) {
		t.Errorf("indexes %v, want %v", got, order)
	}
	var walked []int
	for s, err := range o.AllSnapshots(query) {
		if err != nil || loss(t, s) != want[s.Index] {
			t.Errorf("walking: %v, %v, want %v", s, err, want[s.Index])
		}
		walked = append(walked, s.Index)
	}
	var records []int
	for a, err := range o.All() {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, a.Index)
		single, err := o.Architecture(a.Index)
		if err != nil || !reflect.DeepEqual(single, a) {
			t.Errorf("architecture %d: %v, %v, want %v", a.Index, single, err, a)
		}
		if s, err := o.Snapshots(a.Index, query); err != nil || loss(t, s) != want[a.Index] || !o.Has(a.Index) {
			t.Errorf("architecture %d: %v, %v", a.Index, s, err)
		}
	}
	if !slices.Equal(walked, order) || !slices.Equal(records, order) {
		t.Errorf("walked over %v and %v, want %v", walked, records, order)
	}
	if _, err := o.Architecture(2); !errors.Is(err, ErrNotStored) || o.Has(2) {
		t.Errorf("error %v for a record that is not there", err)
	}
	if _, err := base.Architecture(4); err != nil || base.Has(9) {
		t.Errorf("the base changed: %v", err)
	}
}
