package server

import (
	"embed"
	"net/http"
)

//go:embed page/index.html page/page.css page/page.js page/openapi.json
var files embed.FS

// addPage adds the page and the description of the queries.
func addPage(mux *http.ServeMux) {
	for path, file := range map[string]struct{ name, contentType string }{
		"/{$}":          {"index.html", "text/html; charset=utf-8"},
		"/page.css":     {"page.css", "text/css; charset=utf-8"},
		"/page.js":      {"page.js", "text/javascript; charset=utf-8"},
		"/openapi.json": {"openapi.json", "application/json"},
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			text, err := files.ReadFile("page/" + file.name)
			if err != nil {
				refuse(w, http.StatusInternalServerError, err.Error())
				return
			}
			send(w, file.contentType, text)
		})
	}
}
