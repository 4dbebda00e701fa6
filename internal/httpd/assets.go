package httpd

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"

	"github.com/latchkey-auth/latchkey/web"
)

// stylesheet has a name that changes with its content, so that browsers keep it for good and never
// show a page with the wrong one.
var (
	stylesheet     = embedded("style.css")
	stylesheetPath = "assets/style." + shortDigest(stylesheet) + ".css"
	icon           = embedded("favicon.svg")
)

func (s *Server) serveStylesheet(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	s.write(w, r, stylesheet)
}

func (s *Server) serveIcon(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	s.write(w, r, icon)
}

// embedded returns a file of the binary. It panics if there is none: no such binary starts.
func embedded(file string) []byte {
	body, err := fs.ReadFile(web.Files, file)
	if err != nil {
		panic(err)
	}
	return body
}

func shortDigest(content []byte) string {
	digest := sha256.Sum256(content)
	return hex.EncodeToString(digest[:8])
}
