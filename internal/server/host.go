package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// wantHost refuses requests that call the server by a name which it does not have.
// Names are given by whoever owns them: the owner of a page could have its own lead
// to this machine, and read with a visitor's browser what is served to the visitor.
// An address is nobody's to give.
func wantHost(names []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isHost(r.Host, names) {
			w.Header().Set("Connection", "close")
			refuse(w, http.StatusMisdirectedRequest, fmt.Sprintf("the server does not answer as %.80q: call it localhost, or start it with --host", r.Host))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isHost tells whether a Host header is an address, localhost or one of some names.
// Only programs send none.
func isHost(header string, names []string) bool {
	host := header
	if name, _, err := net.SplitHostPort(header); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), ".")
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return true
	}
	return strings.EqualFold(host, "localhost") ||
		slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(host, name) })
}
