package httpd

import "net/http"

// Content security policies. Nothing that is served may be framed, load or run anything; a page may
// have the one stylesheet and the icon, and send its form home.
const (
	policyOfAll   = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	policyOfPages = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

// referrerOfPages tells where a form comes from, and no more: never the path and the token in it. With
// no-referrer, which everything else has, browsers send "Origin: null" with a form, and the one that
// sends no Sec-Fetch-Site, as over plain HTTP in a local network, would be taken for another site.
const referrerOfPages = "strict-origin"

// protect sets the headers that every answer has. A handler may set its own over them.
func (s *Server) protect(h http.Header, r *http.Request) {
	h.Set("X-Request-Id", requestID(r))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", policyOfAll)
	h.Set("Cache-Control", "no-store")
	if s.secure {
		// A year (ASVS 5, 3.4.1). Subdomains are the operator's to decide about.
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
