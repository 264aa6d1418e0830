package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"strconv"

	"cellnet/bench"
	"cellnet/data"
	"cellnet/internal/printable"
	"cellnet/internal/query"
	"cellnet/search/simulate"
)

// api answers requests.
type api struct {
	b     *bench.Benchmark
	log   *log.Logger
	walks *walks

	searches chan struct{} // a place for each search
	judges   judges
	stopped  context.Context // that of the server
}

// Handler answers queries to a benchmark: /api/metrics and so on for the queries of
// package query, with their parameters in the URL, /openapi.json that describes
// them, and the page. Failures that are not the client's are logged.
//
// Connections of the Python packages end when ctx does.
func Handler(ctx context.Context, b *bench.Benchmark, l *log.Logger) http.Handler {
	a := &api{stopped: ctx, b: b, log: l, walks: newWalks(), searches: make(chan struct{}, maxSearches)}
	a.judges.kept = map[data.Dataset]simulate.Judge{}
	mux := http.NewServeMux()
	for _, q := range query.All() {
		mux.HandleFunc("/api/"+q.Name, func(w http.ResponseWriter, r *http.Request) { a.answer(w, r, q) })
	}
	mux.HandleFunc("/api/cell.svg", a.drawCell)
	mux.HandleFunc("/api/search", a.search)
	mux.HandleFunc("/api/python", a.python)
	addPage(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("no page %.80q, see /openapi.json", r.URL.Path))
	})
	return guard(mux)
}

// guard refuses requests that no page takes.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			h.Set("Allow", "GET, HEAD")
			refuse(w, http.StatusMethodNotAllowed, "only GET and HEAD are answered")
		case r.ContentLength != 0:
			h.Set("Connection", "close")
			refuse(w, http.StatusRequestEntityTooLarge, "the request has a body, want none")
		case len(r.URL.RawQuery) > maxQueryLength:
			refuse(w, http.StatusRequestURITooLong, fmt.Sprintf("the query has %d characters, want at most %d", len(r.URL.RawQuery), maxQueryLength))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// answer answers a query.
func (a *api) answer(w http.ResponseWriter, r *http.Request, q *query.Query) {
	values, err := parametersOf(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	args, err := q.Parse(values)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	text, err := a.ask(r.Context(), q, values, args)
	if err != nil {
		a.fail(w, r, err)
		return
	}
	send(w, "application/json", text)
}

// parametersOf gives the parameters of a URL.
func parametersOf(r *http.Request) (map[string]string, error) {
	parsed, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fmt.Errorf("the query can't be read: %w", err)
	}
	values := make(map[string]string, len(parsed))
	for name, of := range parsed {
		if len(of) > 1 {
			return nil, fmt.Errorf("%.40q is given %d times", name, len(of))
		}
		if of[0] != "" { // what a form leaves empty
			values[name] = of[0]
		}
	}
	return values, nil
}

// ask gives the answer in JSON.
func (a *api) ask(ctx context.Context, q *query.Query, values map[string]string, args query.Args) ([]byte, error) {
	answer := func() ([]byte, error) { return write(ctx, a.b, q, args) }
	if !q.OfAllArchs {
		return answer()
	}
	return a.walks.answer(ctx, keyOf(q, values), q.AnswerIsFixed(a.b), answer)
}

func write(ctx context.Context, b *bench.Benchmark, q *query.Query, args query.Args) ([]byte, error) {
	answer, err := q.Answer(ctx, b, args)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	err = query.Write(&buf, answer)
	return buf.Bytes(), err
}

// fail tells why there is no answer.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	var faulty *query.Error
	status := http.StatusInternalServerError
	switch {
	case errors.As(err, &faulty):
		status = http.StatusBadRequest
	case errors.Is(err, bench.ErrRange), errors.Is(err, bench.ErrMissing):
		status = http.StatusNotFound
	case errors.Is(err, bench.ErrMixed):
		status = http.StatusUnprocessableEntity
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "1")
		status = http.StatusServiceUnavailable
	case r.Context().Err() != nil:
		return // nobody is left to tell
	default:
		a.log.Printf("%s: %s", r.URL.Path, printable.Text(err.Error()))
		refuse(w, status, "the benchmark can't be read: what is wrong is in the server's log")
		return
	}
	refuse(w, status, err.Error())
}

// refuse sends an error.
func refuse(w http.ResponseWriter, status int, message string) {
	text, _ := json.Marshal(map[string]string{"error": message}) // texts can be marshalled
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n')) // a client that left needs no answer
}

// send sends an answer.
func send(w http.ResponseWriter, contentType string, text []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // a client that left needs no answer
}
