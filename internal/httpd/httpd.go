// Package httpd is Latchkey on HTTP, around GraphQL: who is asking, what is logged, which headers
// every answer has, health, and the few pages of the server's own that links in mails lead to. It
// knows the domain and nothing of GraphQL or storage.
package httpd

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/rs/cors"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// pageBodyLimit bounds the body of every request but those to /graphql, which does its own: room for
// a password of the longest length in the most wasteful encoding, and for little else.
const pageBodyLimit = 64 << 10 // bytes

// Config is what a Server is made of. GraphQL, Accounts, Tokens, JWKS, Ready, ProductName and Logger are needed.
type Config struct {
	GraphQL  http.Handler // for /graphql, all methods; it bounds bodies and chooses statuses itself
	Accounts Accounts
	Cookies  *Cookies // of sessions, for the confirmation of an account with a second factor; nil: none are read
	Tokens   Tokens
	// Providers takes the answers of providers; nil: there are none.
	Providers Providers
	// JWKS returns the JSON Web Key Set with which anyone can verify tokens; auth.ErrNotFound: there
	// is none, because tokens are opaque.
	JWKS func(context.Context) (document []byte, err error)
	// PasskeyOrigins are those of pages that may use passkeys of the server's domain; empty: passkeys are off.
	PasskeyOrigins []string
	// Ready returns an error while requests cannot be served, because the database does not
	// answer, say. It must return when its context ends.
	Ready func(context.Context) error

	Pages        *Pages // what browsers are shown; nil: the built-in pages
	PagesOff     bool   // there are no pages but the front door
	AdminOff     bool   // there are no pages for administrators
	Forms        Forms
	RedirectURLs address.RedirectURLs // pages to which one may return after signing in

	ProductName string // what the pages call the product whose accounts these are
	PublicURL   string // as browsers see it; https turns on Strict-Transport-Security; empty: not known
	Version     string // of Latchkey

	LinkKey         []byte        // of the marks of links that worked, the same on all replicas; nil: one is made
	ConfirmValidFor time.Duration // what the pages say of a confirmation link; zero: no time is named
	ResetValidFor   time.Duration // the same of a reset link
	PasswordLength  int           // the least number of characters of a password; zero: the domain's own

	Logger   *slog.Logger
	Timeouts Timeouts

	// TrustedProxies are those whose word is taken on where a request came from, and whether it came
	// encrypted; of IPv4 as such, not as IPv6.
	TrustedProxies []netip.Prefix
	Hosts          *Hosts       // by whose names the server answers; nil: by any
	Origins        *Origins     // whose pages may use /graphql; nil: the server's own only
	Certificate    *Certificate // with it Serve speaks https; nil: http

	Observers []Observer
	// AccountName is how the log names an account, of which it is given the key of an address or a
	// username. It may not return the key unless the operator wants that. Nil: accounts are not
	// named.
	AccountName func(key string) string

	Playground  bool         // whether there is one at /playground; it asks GraphQL for the schema
	Schema      string       // what /schema.graphql serves; empty: nothing
	Development *Development // what only developers get; nil: this is no development
}

// Server answers HTTP. It is safe for concurrent use.
type Server struct {
	config   Config
	mux      *http.ServeMux
	pages    *Pages
	public   *url.URL                    // as the configuration has it; nil: not known
	origins  *http.CrossOriginProtection // of forms
	cors     *cors.Cors                  // of the API
	proxies  proxies
	done     *doneLinks
	secure   bool        // the public URL is https, and not on localhost
	stopping atomic.Bool // readiness says so

	streams chan struct{}   // holds one for each stream there may be
	lasts   context.Context // of answers that last; it ends when the server stops
	end     func()          // ends it
}

// New returns a Server. It returns an error when PublicURL is not an absolute http or https URL.
func New(c Config) (*Server, error) {
	s := &Server{config: c, mux: http.NewServeMux(), pages: c.Pages, origins: http.NewCrossOriginProtection(), proxies: c.TrustedProxies, done: newDoneLinks(c.LinkKey)}
	if s.pages == nil {
		s.pages = builtInPages()
	}

	s.streams = make(chan struct{}, maxStreams)
	s.lasts, s.end = context.WithCancel(context.Background())

	var public *url.URL
	if c.PublicURL != "" {
		var err error
		public, err = url.Parse(c.PublicURL)
		if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
			return nil, fmt.Errorf("public URL %q: not an absolute http or https URL", c.PublicURL)
		}
		// A proxy may have rewritten the Host header that origins are compared with.
		if err := s.origins.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
		s.public = public
		s.secure = public.Scheme == "https" && !address.IsLocalName(public.Hostname())
	}
	s.cors = cmp.Or(c.Origins, &Origins{}).cors()

	s.mux.Handle("/graphql", s.cors.Handler(c.GraphQL))
	s.mux.HandleFunc("/graphql/{$}", func(w http.ResponseWriter, r *http.Request) {
		r.URL.Path = "/graphql"
		s.mux.ServeHTTP(w, r)
	})
	s.handle("/healthz", s.healthz, http.MethodGet, http.MethodHead)
	s.handle("/readyz", s.readyz, http.MethodGet, http.MethodHead)
	s.routePages()
	if c.Providers != nil {
		s.handle(callbackPath, s.providerCallback, http.MethodGet, http.MethodPost)
	}
	s.handle(introspectPath, s.backend(s.introspect), http.MethodPost)
	s.handle(revokePath, s.backend(s.revoke), http.MethodPost)
	s.routeMetadata(public)
	s.routePasskeyOrigins()
	s.routeClient()
	s.routePlayground()
	s.routeFrontDoor()
	s.mux.HandleFunc("/", s.notFound)
	return s, nil
}

// exchange is what the server keeps of a request while it is answered, in one allocation.
type exchange struct {
	writer countingWriter
	report auth.Report
}

// ServeHTTP implements http.Handler. The order matters: facts come first, so that everything after
// has the request's id; the log comes before the recovery, so that it has the status of a panic.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	begun := time.Now()
	x := &exchange{writer: countingWriter{ResponseWriter: w, stopping: &s.stopping}}
	ctx, cancel := context.WithTimeout(r.Context(), cmp.Or(s.config.Timeouts.Request, 20*time.Second))
	defer cancel()
	writer, report := &x.writer, &x.report
	r, ended := s.begun(s.withFacts(auth.WithReport(context.WithValue(ctx, lastingKey{}, lasting{r.Context(), s.lasts}), report), r), r)
	defer func() {
		ended(r.Pattern, writer.sent())
		s.logAccess(writer, r, report, begun)
	}()
	defer s.recoverPanic(writer, r)

	s.protect(writer.Header(), r)
	if !s.refuseHost(writer, r) {
		s.mux.ServeHTTP(writer, r)
	}
}

// handle routes a path to a handler of the methods, with the body bounded.
func (s *Server) handle(path string, handler http.HandlerFunc, methods ...string) {
	s.mux.Handle(path, http.MaxBytesHandler(s.only(methods, handler), pageBodyLimit))
}
