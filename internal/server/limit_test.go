package server

import (
	"bufio"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestPlacesAreGivenBackOnce closes the only connection that the limit allows twice:
// one other comes in, and the next is turned away.
func TestPlacesAreGivenBackOnce(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	const dials = 3
	accepted := make(chan net.Conn, dials)
	go func() {
		defer close(accepted)
		l := limit(inner, 1)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	dial := func() net.Conn {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := c.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	accept := func() net.Conn {
		select {
		case c := <-accepted:
			return c
		case <-time.After(5 * time.Second):
			t.Fatal("the connection is not accepted")
			return nil
		}
	}
	dial()
	first := accept()
	first.Close()
	first.Close()
	dial()
	defer accept().Close()
	r, err := http.ReadResponse(bufio.NewReader(dial()), nil)
	if err != nil || r.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("beyond the limit: %v, %v, want status %d", r, err, http.StatusServiceUnavailable)
	}
}
