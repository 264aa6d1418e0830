package bench

import "sync"

// Clock counts the seconds that the simulated trainings of a search would have taken.
// The zero value stands at zero. Searches that share a benchmark have a clock each.
// Its methods may be called by several goroutines.
type Clock struct {
	mu      sync.Mutex
	seconds float64
}

// Spend moves the clock and gives the seconds that are on it afterwards.
func (c *Clock) Spend(seconds float64) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seconds += seconds
	return c.seconds
}

// Spent gives the seconds on the clock.
func (c *Clock) Spent() float64 { return c.Spend(0) }

// Reset sets the clock to zero.
func (c *Clock) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seconds = 0
}
