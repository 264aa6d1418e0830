package cell

// Valid reports whether a path without none leads from the input to the output,
// the benchmark's sense of a valid cell: 15,284 of its cells are.
func (c Cell) Valid() bool {
	if c.IsZero() {
		return false
	}
	reached := make([]bool, c.NumNodes())
	reached[0] = true
	for _, e := range c.Edges() {
		if e.Op.Kind() != Zeros && reached[e.From] {
			reached[e.To] = true
		}
	}
	return reached[len(reached)-1]
}

// Live tells for every edge, in the order of [Cell.Edges], whether it can
// contribute to the output: whether its result reaches the output and isn't
// always zero. The result of none is zero, and so is that of skip_connect and
// avg_pool_3x3 on a node whose edges all give zeros; a convolution of zeros is
// not, because its batch normalization adds a bias. A node without live edges is
// zero or isn't needed.
func (c Cell) Live() []bool {
	nonzero := make([]bool, c.NumNodes())
	if len(nonzero) > 0 {
		nonzero[0] = true
	}
	live := make([]bool, c.NumEdges())
	for i, e := range c.Edges() {
		live[i] = e.Op.Learnable() || e.Op.Kind() != Zeros && nonzero[e.From]
		nonzero[e.To] = nonzero[e.To] || live[i]
	}
	c.dropUnused(live)
	return live
}

// dropUnused clears the live edges that lead nowhere.
func (c Cell) dropUnused(live []bool) {
	used := make([]bool, c.NumNodes())
	for node := len(used) - 1; node > 0; node-- {
		isOutput := node == len(used)-1
		for i := c.ends[node-1]; i < c.ends[node]; i++ {
			live[i] = live[i] && (isOutput || used[node])
			if live[i] {
				used[c.edges[i].From] = true
			}
		}
	}
}
