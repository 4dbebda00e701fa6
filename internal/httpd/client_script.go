package httpd

import (
	"net/http"
	"slices"
	"strings"
)

// clientPath is where pages of any origin load the JavaScript client of this server from.
const clientPath = "/client.js"

// routeClient makes the client known, whether there are pages or not: it is for frontends of others.
func (s *Server) routeClient() {
	client := newAsset("client", ".js", "text/javascript; charset=utf-8", embedded("client.js"))
	s.handle(clientPath, s.serveClient(client), http.MethodGet, http.MethodHead)
}

// serveClient answers under a name that does not change, so browsers ask each time whether they have the
// client of this release, and mostly get a 304. Browsers load modules of other origins only with the
// permission of the server; the file is public and the same for everyone, so all have it.
func (s *Server) serveClient(client *asset) http.HandlerFunc {
	tag := `W/"` + shortDigest(client.body) + `"` // weak: the same compressed or not
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Cache-Control", "public, no-cache")
		h.Set("ETag", tag)
		if hasTag(r.Header.Values("If-None-Match"), tag) {
			h.Set("Vary", "Accept-Encoding")
			w.WriteHeader(http.StatusNotModified)
			return
		}
		s.sendAsset(w, r, client)
	}
}

// hasTag reports whether one of the tags that a client has is this one, by weak comparison (RFC 9110, section 13.1.2).
func hasTag(headers []string, tag string) bool {
	tags := strings.Split(strings.Join(headers, ","), ",")
	return slices.ContainsFunc(tags, func(t string) bool {
		t = strings.TrimSpace(t)
		return t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/")
	})
}
