package search

// OneHot encodes an architecture by options numbers for each position, 1 for the
// choice that is made there and 0 for the others: 30 numbers of cells, 40 of
// widths.
func (s *Space) OneHot(arch int) []uint8 {
	ones := make([]uint8, s.positions*s.options)
	for p, c := range s.Choices(arch) {
		ones[p*s.options+int(c)] = 1
	}
	return ones
}

// Edges of a cell as positions of the topology space.
const (
	edge10 = iota
	edge20
	edge21
	edge30
	edge31
	edge32
)

// paths is the number of a cell's paths from input to output.
const paths = 4

// cellPaths gives their edges.
func cellPaths() [paths][]int {
	return [paths][]int{{edge30}, {edge10, edge31}, {edge20, edge32}, {edge10, edge21, edge32}}
}

// PathEncodingLen is the length of the path encoding of cells (White et al.,
// AAAI 2021): a number for each sequence of one, of two and of three operations.
const PathEncodingLen = 5 + 5*5 + 5*5*5

// PathEncoding tells which numbers of the path encoding of a cell are 1, the
// others being 0: one for each path from input to output, 3<-0; 1<-0, 3<-1; 2<-0,
// 3<-2; 1<-0, 2<-1, 3<-2. Sequences of one length are numbered by their
// operations, of which the first counts least.
func PathEncoding(cell int) [paths]int {
	ops := Topology().Choices(cell)
	var ones [paths]int
	for i, edges := range cellPaths() {
		number, weight, shorter := 0, 1, 0
		for k, e := range edges {
			if k > 0 {
				shorter += weight
			}
			number += weight * int(ops[e])
			weight *= Topology().options
		}
		ones[i] = shorter + number
	}
	return ones
}

// LivePath is what the data go through on a path from a cell's input to its
// output: operations without skip_connect, as numbers of cell.Op.
type LivePath []uint8

// LivePaths gives the paths of a cell without none, in the order in which
// [PathEncoding] has them.
func LivePaths(cell int) []LivePath {
	var live []LivePath
	for _, edges := range cellPaths() {
		if code := pathCode(Topology().Choices(cell), edges); code != deadPath {
			live = append(live, code.ops())
		}
	}
	return live
}
