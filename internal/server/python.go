package server

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"cellnet/internal/pyapi"
)

// pythonLines is what a client asks a connection to be used for.
const pythonLines = "cellnet-lines"

// python answers the Python packages on the request's connection until the client
// closes it or the server stops.
func (a *api) python(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Upgrade") != pythonLines {
		w.Header().Set("Upgrade", pythonLines)
		refuse(w, http.StatusUpgradeRequired, "this is where the Python packages connect: name http://"+r.Host+" in the place of the file")
		return
	}
	link, streams, err := http.NewResponseController(w).Hijack()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	defer link.Close()
	stop := context.AfterFunc(a.stopped, func() { link.Close() })
	defer stop()
	if err := link.SetDeadline(time.Time{}); err != nil {
		return // the client left
	}
	if _, err := fmt.Fprintf(link, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", pythonLines); err != nil {
		return
	}
	// What ends a conversation is the client's doing.
	_ = pyapi.Serve(a.stopped, streams.Reader, link, pyapi.Options{Benchmark: a.b, Walk: a.walks.wait})
}
