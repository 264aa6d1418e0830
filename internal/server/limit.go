package server

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// limitedListener accepts only so many connections at once. Those beyond are told
// so and closed at once: left waiting, they would see a server that hangs.
type limitedListener struct {
	net.Listener
	most int64
	open atomic.Int64
}

const comeBack = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\n" +
	"Connection: close\r\nContent-Length: 34\r\n\r\n" + `{"error": "too many connections"}` + "\n"

func limit(l net.Listener, most int) net.Listener {
	return &limitedListener{Listener: l, most: int64(most)}
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.most {
			return &limitedConn{Conn: c, done: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
		}
		l.open.Add(-1)
		// So few bytes fit into the socket's buffer; if not, the deadline helps.
		_ = c.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = c.Write([]byte(comeBack))
		_ = c.Close()
	}
}

type limitedConn struct {
	net.Conn
	done func()
}

func (c *limitedConn) Close() error {
	c.done()
	return c.Conn.Close()
}
