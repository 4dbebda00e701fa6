package httpd

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rs/cors"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// preflightAge is how long a browser may remember that an origin is allowed. None remembers it for
// longer than two hours.
const preflightAge = 2 * time.Hour

// What pages of other origins may send, and read of an answer, beyond what every page may. The former
// are what GraphQL clients and tracers add.
var (
	sharedRequestHeaders = []string{
		"Accept", "Authorization", "Content-Type", "X-Requested-With", "X-Request-Id", "Latchkey-Device",
		"Apollo-Require-Preflight", "Apollographql-Client-Name", "Apollographql-Client-Version",
		"X-Apollo-Operation-Id", "X-Apollo-Operation-Name", "GraphQL-Preflight",
		"Traceparent", "Tracestate", "Baggage", "Sentry-Trace",
	}
	sharedAnswerHeaders = []string{"Retry-After", "WWW-Authenticate", "X-Request-Id"}
)

// Origins are those whose pages may use the API. The zero value allows those of the address that was
// asked only.
type Origins struct {
	public    string   // the server's own, which a proxy may hide by rewriting Host; empty: not known
	allowed   []string // exactly as browsers write them
	localhost bool     // any on this machine is allowed
}

// NewOrigins returns the origins that may use the API: that of publicURL, those of allowed, and with
// localhost all on this machine, of any port. It fails if publicURL is given and is not an absolute
// URL, or if one of allowed is not a scheme, a host and perhaps a port.
func NewOrigins(publicURL string, allowed []string, localhost bool) (*Origins, error) {
	o := &Origins{allowed: allowed, localhost: localhost}
	for _, origin := range allowed {
		if u, err := url.Parse(origin); err != nil || u.Scheme+"://"+u.Host != origin || u.Host == "" || strings.Contains(origin, "*") {
			return nil, fmt.Errorf("allowed origin %q: not a scheme, a host and perhaps a port", origin)
		}
	}
	if publicURL != "" {
		u, err := url.Parse(publicURL)
		if err != nil || u.Host == "" {
			return nil, fmt.Errorf("public URL %q: not an absolute URL", publicURL)
		}
		o.public = u.Scheme + "://" + u.Host
	}
	return o, nil
}

// errForeignOrigin does not repeat the origin: its reader knows it, and anyone can write it.
var errForeignOrigin = &auth.Error{
	Kind: auth.Forbidden,
	Message: "This request comes from a page of another origin, which may not use this API. " +
		"If it should, the operator adds its origin (scheme, host and port) to LATCHKEY_ALLOWED_ORIGINS.",
}

// ownOrigin lets pages of the address that was asked pass, and no other origin is added to those.
var ownOrigin http.CrossOriginProtection

// Check returns an *auth.Error of kind Forbidden for a request that a browser sent for a page of an
// origin that is not allowed, so that no page can act with its visitor's cookie, or log a visitor in
// as someone else. Requests that change nothing by their method pass, and those of no browser: they
// have neither Sec-Fetch-Site nor Origin. A hidden origin, null, never passes.
//
// It looks at headers only. See http.CrossOriginProtection for why this is enough.
func (o *Origins) Check(r *http.Request) error {
	origins := r.Header.Values("Origin")
	if len(origins) > 1 || len(origins) == 1 && origins[0] == "null" {
		return errForeignOrigin
	}
	if len(origins) == 1 && o.allows(origins[0]) || ownOrigin.Check(r) == nil {
		return nil
	}
	return errForeignOrigin
}

// allows reports whether pages of an origin, as the header has it, may use the API.
func (o *Origins) allows(origin string) bool {
	switch {
	case origin == "":
		return false
	case origin == o.public || slices.Contains(o.allowed, origin):
		return true
	case !o.localhost:
		return false
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme+"://"+u.Host == origin && (u.Scheme == "http" || u.Scheme == "https") && address.IsLoopback(u.Hostname())
}

// cors lets browsers hand answers to pages of allowed origins, with cookies sent and taken. It answers
// their preflights, and those of others without a word of permission.
func (o *Origins) cors() *cors.Cors {
	return cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) {
			return len(r.Header.Values("Origin")) == 1 && o.allows(origin), nil
		},
		AllowedMethods:   []string{http.MethodPost},
		AllowedHeaders:   sharedRequestHeaders,
		ExposedHeaders:   sharedAnswerHeaders,
		AllowCredentials: true,
		MaxAge:           int(preflightAge.Seconds()),
	})
}
