package unpickle

// arena holds what a decoder makes of one part of a pickle, and is used again
// for the next.
type arena struct {
	values  slabs[Value]
	objects slabs[object]
	texts   slabs[byte]
}

// reset takes everything back.
func (a *arena) reset() {
	a.values.reset()
	a.objects.reset()
	a.texts.reset()
}

// maxKept bounds the elements that an arena keeps for the next part.
const maxKept = 1 << 22

// slabs hands out slices of large blocks.
type slabs[T any] struct {
	blocks [][]T
	at     int // block under way
	used   int // elements of it that are handed out
	total  int // elements handed out since the reset
}

func (s *slabs[T]) reset() {
	kept := 0
	for i, b := range s.blocks {
		if kept += len(b); kept > maxKept {
			s.blocks = s.blocks[:i]
			break
		}
	}
	s.at, s.used, s.total = 0, 0, 0
}

// take gives n elements, whose contents are not cleared.
func (s *slabs[T]) take(n int) []T {
	const blockSize = 1 << 13
	s.total += n
	for s.at < len(s.blocks) && s.used+n > len(s.blocks[s.at]) {
		s.at, s.used = s.at+1, 0
	}
	if s.at == len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, max(n, blockSize)))
	}
	s.used += n
	return s.blocks[s.at][s.used-n : s.used : s.used]
}

func (a *arena) object() *object {
	o := &a.objects.take(1)[0]
	*o = object{}
	return o
}

func (a *arena) text(b []byte) []byte {
	t := a.texts.take(len(b))
	copy(t, b)
	return t
}

// extend appends to items that were taken from the arena.
func (a *arena) extend(items, more []Value) []Value {
	if len(items)+len(more) > cap(items) {
		grown := a.values.take(max(len(items)+len(more), 2*cap(items)))
		items = grown[:copy(grown, items)]
	}
	return append(items, more...)
}
