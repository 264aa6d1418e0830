package server

import (
	"container/list"
	"strings"
	"sync"

	"cellnet/internal/query"
)

// answerCache keeps answers that took a walk over all architectures, the last used
// ones up to a number of bytes.
type answerCache struct {
	most int

	mu    sync.Mutex
	byKey map[string]*list.Element
	order list.List // of cached, last used first
	bytes int
}

type cached struct {
	key  string
	text []byte
}

// keyOf gives a text that is the same for the same parameters.
func keyOf(q *query.Query, values map[string]string) string {
	var b strings.Builder
	b.WriteString(q.Name)
	for _, p := range q.Params() {
		if v, ok := values[string(p)]; ok {
			b.WriteString("\x00" + string(p) + "=" + v)
		}
	}
	return b.String()
}

func (c *answerCache) get(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(cached).text, true
}

// overhead is about what an entry takes beside its texts.
const overhead = 256

func (c *answerCache) put(key string, text []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[string]*list.Element{}
	}
	if _, ok := c.byKey[key]; ok {
		return
	}
	c.byKey[key] = c.order.PushFront(cached{key, text})
	for c.bytes += len(key) + cap(text) + overhead; c.bytes > c.most; {
		e := c.order.Back()
		old := c.order.Remove(e).(cached)
		delete(c.byKey, old.key)
		c.bytes -= len(old.key) + cap(old.text) + overhead
	}
}
