// Package server answers the queries of package query over HTTP, read-only, and
// serves a page to look at a benchmark with.
package server

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"cellnet/bench"
)

// Options limit what clients may use. Zero values stand for the defaults.
type Options struct {
	MaxConnections int           // at once; 2048. Others are told to come back
	HeaderTimeout  time.Duration // for a request's header; 5 s
	IdleTimeout    time.Duration // between a connection's requests; 60 s
	WriteTimeout   time.Duration // for an answer; 30 s
	StopTimeout    time.Duration // for running requests when the server stops; 10 s
	Hosts          []string      // names that clients call the server by, beside localhost and addresses
	Log            *log.Logger   // of failures on this side; nil for none
}

// Limits that are not options.
const (
	maxHeaderBytes = 8 << 10
	maxQueryLength = 2 << 10 // bytes of a URL's query
	maxWalks       = 2       // walks over all architectures at once
	maxSearches    = 1       // searches at once, each on all processors
	walkPatience   = 5 * time.Second
	maxCacheBytes  = 32 << 20
	worthKeeping   = 10 * time.Millisecond // what an answer must take to be kept
)

func (o Options) withDefaults() Options {
	o.MaxConnections = or(o.MaxConnections, 2048)
	o.HeaderTimeout = or(o.HeaderTimeout, 5*time.Second)
	o.IdleTimeout = or(o.IdleTimeout, time.Minute)
	o.WriteTimeout = or(o.WriteTimeout, 30*time.Second)
	o.StopTimeout = or(o.StopTimeout, 10*time.Second)
	if o.Log == nil {
		o.Log = log.New(nothing{}, "", 0)
	}
	return o
}

func or[T int | time.Duration](v, other T) T {
	if v == 0 {
		return other
	}
	return v
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }

// Serve answers queries to a benchmark on a listener, which it closes, until the
// context ends. It then lets running requests finish.
func Serve(ctx context.Context, l net.Listener, b *bench.Benchmark, o Options) error {
	o = o.withDefaults()
	s := &http.Server{
		Handler:           wantHost(o.Hosts, Handler(ctx, b, o.Log)),
		ReadHeaderTimeout: o.HeaderTimeout,
		ReadTimeout:       2 * o.HeaderTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          o.Log,
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Serve(limit(l, o.MaxConnections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.StopTimeout)
	defer cancel()
	err := s.Shutdown(patience)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	return err
}
