package bench

import (
	"container/list"
	"sync"
)

// pageKey names a page of a store.
type pageKey struct{ group, column, page int }

// pageCache keeps the pages that were used last, up to a number of bytes.
type pageCache struct {
	mu    sync.Mutex
	limit int
	bytes int
	pages map[pageKey]*list.Element
	order list.List // of cachedPage, the one used last in front
}

type cachedPage struct {
	key  pageKey
	page *columnPage
}

// get gives a page, which read reads if it is not there. Two goroutines that ask
// for the same page at once may both read it.
func (c *pageCache) get(key pageKey, read func() (*columnPage, error)) (*columnPage, error) {
	c.mu.Lock()
	if e, ok := c.pages[key]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(cachedPage).page, nil
	}
	c.mu.Unlock()
	page, err := read()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.pages[key]; ok {
		return e.Value.(cachedPage).page, nil
	}
	if c.pages == nil {
		c.pages = map[pageKey]*list.Element{}
	}
	c.pages[key] = c.order.PushFront(cachedPage{key, page})
	c.bytes += page.bytes
	for c.bytes > c.limit && c.order.Len() > 1 {
		last := c.order.Remove(c.order.Back()).(cachedPage)
		c.bytes -= last.page.bytes
		delete(c.pages, last.key)
	}
	return page, nil
}
