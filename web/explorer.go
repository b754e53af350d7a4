package web

import (
	"embed"
	"net/http"
)

// explorerPolicy lets the explorer load its own files and ask this server, and nothing else.
const explorerPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

//go:embed explorer
var explorer embed.FS

// explorerFile serves one of the explorer's files.
func explorerFile(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", explorerPolicy)
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		header.Set("Cache-Control", "no-cache") // after an update it is another
		http.ServeFileFS(w, r, explorer, "explorer/"+name)
	})
}
