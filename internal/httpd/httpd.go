// Package httpd is Latchkey on HTTP, around GraphQL: who is asking, what is logged, which headers
// every answer has, health, and the few pages of the server's own that links in mails lead to. It
// knows the domain and nothing of GraphQL or storage.
package httpd

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

// pageBodyLimit bounds the body of every request but those to /graphql, which does its own: room for
// a password of the longest length in the most wasteful encoding, and for little else.
const pageBodyLimit = 64 << 10 // bytes

// Config is what a Server is made of. GraphQL, Accounts, Ready, ProductName and Logger are needed.
type Config struct {
	GraphQL  http.Handler // for /graphql, all methods; it bounds bodies and chooses statuses itself
	Accounts Accounts
	// Ready returns an error while requests cannot be served, because the database does not
	// answer, say. It must return when its context ends.
	Ready func(context.Context) error

	ProductName string // what the pages call the product whose accounts these are
	PublicURL   string // as browsers see it; https turns on Strict-Transport-Security; empty: not known
	Version     string // of Latchkey

	ConfirmValidFor time.Duration // what the pages say of a confirmation link; zero: no time is named
	ResetValidFor   time.Duration // the same of a reset link
	PasswordLength  int           // the least number of characters of a password; zero: the domain's own

	Logger   *slog.Logger
	Timeouts Timeouts
}

// Server answers HTTP. It is safe for concurrent use.
type Server struct {
	config   Config
	mux      *http.ServeMux
	pages    map[string]*template.Template
	origins  *http.CrossOriginProtection
	secure   bool        // browsers reach it by https only
	stopping atomic.Bool // readiness says so
}

// New returns a Server. It returns an error when PublicURL is not an absolute http or https URL.
func New(c Config) (*Server, error) {
	s := &Server{config: c, mux: http.NewServeMux(), pages: parsePages(), origins: http.NewCrossOriginProtection()}

	if c.PublicURL != "" {
		public, err := url.Parse(c.PublicURL)
		if err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https") {
			return nil, fmt.Errorf("public URL %q: not an absolute http or https URL", c.PublicURL)
		}
		// A proxy may have rewritten the Host header that origins are compared with.
		if err := s.origins.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
			return nil, fmt.Errorf("public URL: %w", err)
		}
		s.secure = public.Scheme == "https"
	}

	s.mux.Handle("/graphql", c.GraphQL)
	s.handle("/healthz", s.healthz, http.MethodGet, http.MethodHead)
	s.handle("/readyz", s.readyz, http.MethodGet, http.MethodHead)
	s.handle("/confirm", s.link(s.confirmation()), http.MethodGet, http.MethodHead, http.MethodPost)
	s.handle("/reset", s.link(s.passwordReset()), http.MethodGet, http.MethodHead, http.MethodPost)
	s.handle("/email-change", s.emailChange, http.MethodGet, http.MethodHead)
	s.handle("/undo-email-change", s.link(s.undoEmailChange()), http.MethodGet, http.MethodHead, http.MethodPost)
	s.handle("/{$}", s.home, http.MethodGet, http.MethodHead)
	s.handle("/favicon.ico", s.serveIcon, http.MethodGet, http.MethodHead)
	s.handle("/"+stylesheetPath, s.serveStylesheet, http.MethodGet, http.MethodHead)
	s.mux.HandleFunc("/", s.notFound)
	return s, nil
}

// ServeHTTP implements http.Handler. The order matters: facts come first, so that everything after
// has the request's id; the log comes before the recovery, so that it has the status of a panic.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), cmp.Or(s.config.Timeouts.Request, 20*time.Second))
	defer cancel()
	r = withFacts(r.WithContext(ctx))
	a := &answer{ResponseWriter: w, stopping: &s.stopping}
	defer s.logAccess(a, r, time.Now())
	defer s.recoverPanic(a, r)

	s.protect(a.Header(), r)
	s.mux.ServeHTTP(a, r)
}

// handle routes a path to a handler of the methods, with the body bounded.
func (s *Server) handle(path string, handler http.HandlerFunc, methods ...string) {
	s.mux.Handle(path, http.MaxBytesHandler(s.only(methods, handler), pageBodyLimit))
}
