package httpd

import (
	"net"
	"net/http"

	"github.com/latchkey-auth/latchkey/internal/address"
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

// What protect says, shared by all answers: a header takes the place of another one, and none is written to.
var (
	noSniff     = []string{"nosniff"}
	noFrame     = []string{"DENY"}
	noReferrer  = []string{"no-referrer"}
	nothingElse = []string{policyOfAll}
	notStored   = []string{"no-store"}
	tlsForAYear = []string{"max-age=31536000"} // ASVS 5, 3.4.1; subdomains are the operator's to decide about
)

// protect sets the headers that every answer has. A handler may set its own over them.
func (s *Server) protect(h http.Header, r *http.Request) {
	h["X-Request-Id"] = []string{requestID(r)}
	h["X-Content-Type-Options"] = noSniff
	h["X-Frame-Options"] = noFrame
	h["Referrer-Policy"] = noReferrer
	h["Content-Security-Policy"] = nothingElse
	h["Cache-Control"] = notStored
	if s.promisesTLS(r) {
		h["Strict-Transport-Security"] = tlsForAYear
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
	return (r.TLS != nil || auth.RequestFrom(r.Context()).Secure) && !address.IsLocalName(host)
}
