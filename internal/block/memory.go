package block

import "cellnet/internal/hugepage"

// Memory holds the activations of networks that are computed one after another:
// what one has used is there for the next, whose blocks overwrite all they read.
// The zero value is ready for use.
type Memory struct {
	pieces [][]float32
	piece  int // that is being used up
	used   int // of it
}

const (
	pieceSize = 16 << 20 // numbers
	lineSize  = 16       // numbers in a line of the cache
)

// Reset gives back all that was taken: the networks that took it are not to be
// run any more.
func (m *Memory) Reset() { m.piece, m.used = 0, 0 }

// take returns n numbers of any value.
func (m *Memory) take(n int) []float32 {
	whole := (n + lineSize - 1) / lineSize * lineSize
	for ; m.piece < len(m.pieces); m.piece, m.used = m.piece+1, 0 {
		if piece := m.pieces[m.piece]; m.used+whole <= len(piece) {
			taken := piece[m.used:][:n:n]
			m.used += whole
			return taken
		}
	}
	m.pieces = append(m.pieces, hugepage.Floats(max(whole, pieceSize)))
	m.used = whole
	return m.pieces[m.piece][:n:n]
}
