package httpd

import (
	"net"
	"net/http"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Content security policies. Nothing that is served may be framed, load or run anything; a page may
// have the one stylesheet and the images, and send its form home. A page that talks to the API may have
// the one script, which may ask this server only, and no text becomes HTML there.
const (
	policyOfAll   = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	policyOfPages = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	policyOfApps  = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
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
	if s.promisesTLS(r) {
		// A year (ASVS 5, 3.4.1). Subdomains are the operator's to decide about.
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// promisesTLS reports whether browsers may be told to come by https only: the public URL says that they
// do, or this one just has. Not to localhost, which is not this server's own: the promise would hold
// for every other port there as well, and whatever else its owner develops could not be reached.
func (s *Server) promisesTLS(r *http.Request) bool {
	if s.secure {
		return true
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return (r.TLS != nil || auth.RequestFrom(r.Context()).Secure) && !isLocalName(host)
}
