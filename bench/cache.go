package bench

import "slices"

// cache keeps the architectures that were read last.
type cache struct {
	archs map[int]*Arch
	order []int // oldest first
}

// cached is how many architectures a cache keeps; one takes about 100 kB.
const cached = 64

func (c *cache) get(index int) (*Arch, bool) {
	a, ok := c.archs[index]
	return a, ok
}

func (c *cache) put(index int, a *Arch) {
	if c.archs == nil {
		c.archs = make(map[int]*Arch, cached)
	}
	if _, ok := c.archs[index]; !ok {
		if len(c.order) == cached {
			delete(c.archs, c.order[0])
			c.order = append(c.order[:0], c.order[1:]...)
		}
		c.order = append(c.order, index)
	}
	c.archs[index] = a
}

func (c *cache) drop(index int) {
	if _, ok := c.archs[index]; ok {
		delete(c.archs, index)
		c.order = slices.DeleteFunc(c.order, func(i int) bool { return i == index })
	}
}
