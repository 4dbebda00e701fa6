package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// How long a server that was told to stop still takes requests: long enough for load balancers to
// see that /readyz says no and to look elsewhere, or for those on their way to arrive.
const (
	drainInProduction  = 3 * time.Second
	drainInDevelopment = 200 * time.Millisecond
)

// edge is what browsers and other clients meet: who may call from where, how it is encrypted, and the
// pages.
type edge struct {
	pages       *httpd.Pages
	origins     *httpd.Origins
	certificate *httpd.Certificate // nil: http
	development *httpd.Development // nil: production
}

func newEdge(cfg *config.Config, logger *slog.Logger) (e edge, err error) {
	if e.pages, err = newPages(cfg); err != nil {
		return e, err
	}
	if e.origins, err = httpd.NewOrigins(cfg.PublicURL.String(), cfg.AllowedOrigins, cfg.LocalhostOrigins); err != nil {
		return e, err
	}
	e.certificate, err = NewCertificate(cfg, logger)
	return e, err
}

// buildServer puts GraphQL and the pages in front of the service.
func (a *App) buildServer(context.Context) error {
	var err error
	if a.adminListener == nil {
		a.server, err = httpd.New(a.front(false))
		return err
	}
	if a.admin, err = httpd.New(a.adminFront()); err != nil {
		return err
	}
	public := a.front(true)
	public.AdminOff = true
	a.server, err = httpd.New(public)
	return err
}

// front is what is in front of the service; with adminElsewhere it does not administer.
func (a *App) front(adminElsewhere bool) httpd.Config {
	cfg, policy := a.cfg, a.domain.policy
	timeouts := httpd.Timeouts{Drain: drainInDevelopment}
	if cfg.Mode == config.Production {
		timeouts.Drain = drainInProduction
	}
	return httpd.Config{
		GraphQL:         a.newGraphQL(adminElsewhere),
		Accounts:        a.service,
		Cookies:         a.cookies(),
		Tokens:          a.service,
		Providers:       a.service,
		JWKS:            a.service.PublicKeys,
		PasskeyOrigins:  policy.PasskeyOrigins(),
		Ready:           readinessOf(a.db, time.Now),
		Pages:           a.edge.pages,
		PagesOff:        !cfg.Pages,
		AdminOff:        !cfg.AdminPages,
		Forms:           newForms(policy),
		RedirectURLs:    cfg.RedirectURLs,
		ProductName:     cfg.ProductName,
		PublicURL:       cfg.PublicURL.String(),
		Version:         a.env.Version(),
		LinkKey:         a.domain.key.Derive("marks of links that worked"),
		ConfirmValidFor: auth.ConfirmLifetime,
		ResetValidFor:   auth.ResetLifetime,
		PasswordLength:  policy.PasswordMinLength,
		Logger:          a.logger,
		Timeouts:        timeouts,
		TrustedProxies:  cfg.TrustedProxies,
		Hosts:           hosts(cfg),
		Origins:         a.edge.origins,
		Certificate:     a.edge.certificate,
		Observers:       observers[httpd.Observer](a.observation),
		AccountName:     accountName(cfg, a.domain.key),
		Playground:      cfg.Playground,
		Schema:          sdl(cfg),
		Development:     a.edge.development,
	}
}

// cookies are those that carry the sessions of browsers.
func (a *App) cookies() *httpd.Cookies {
	return httpd.NewCookies(a.cfg.PublicURL.Scheme == "https", a.cfg.PublicURL.Port())
}

// newGraphQL returns what answers at /graphql.
func (a *App) newGraphQL(adminElsewhere bool) http.Handler {
	return graph.NewHandler(a.service, a.logger, graph.Options{
		Introspection: a.cfg.Introspection,
		Basic:         a.cfg.BasicAuth,
		CheckOrigin:   a.edge.origins.Check,
		Cookies:       a.cookies(),
		Lasting:       httpd.Lasting,
		Observers:     observers[graph.Observer](a.observation),

		AdminElsewhere: adminElsewhere,
	})
}

// hosts are those by whose names the server answers: that of its public URL and those that the operator
// adds; in development this machine's own, and the address that it listens on.
func hosts(cfg *config.Config) *httpd.Hosts {
	names := append([]string{cfg.PublicURL.Hostname()}, cfg.AllowedHosts...)
	if cfg.Mode == config.Production {
		return &httpd.Hosts{Names: names}
	}
	return &httpd.Hosts{Names: withHostOf(cfg.Addr, names), Loopback: true}
}

// metricsHosts are those by whose names metrics are to be had: any address, besides.
func metricsHosts(cfg *config.Config) *httpd.Hosts {
	names := append([]string{cfg.PublicURL.Hostname()}, cfg.AllowedHosts...)
	return &httpd.Hosts{Names: withHostOf(cfg.MetricsAddr, names), Loopback: true, Literals: true}
}

// withHostOf adds the host of an address to listen on, if it names one.
func withHostOf(addr string, names []string) []string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return names
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		return names
	}
	return append(names, host)
}

// newPages reads the pages that browsers are shown, those of the operator among them.
func newPages(cfg *config.Config) (*httpd.Pages, error) {
	dir := cfg.PagesDir
	if !cfg.Pages {
		dir = ""
	}
	pages, err := httpd.LoadPages(dir)
	if err != nil {
		return nil, fmt.Errorf("LATCHKEY_PAGES_DIR, %s:\n%w", dir, err)
	}
	return pages, nil
}

// newForms is what the domain's policy means for the forms of the pages.
func newForms(policy auth.Config) httpd.Forms {
	return httpd.Forms{
		SignUpClosed: policy.Registration != auth.RegistrationOpen,
		Usernames:    policy.Usernames,
		LoginCodes:   policy.LoginCodes,
		Passkeys:     policy.Passkeys(),

		TrustedDevices: policy.TrustedDevices,
		Providers:      policy.LoginProviders(),
	}
}

// NewCertificate reads the certificate that the settings name; nil if they name none.
func NewCertificate(cfg *config.Config, logger *slog.Logger) (*httpd.Certificate, error) {
	if cfg.TLSCert == "" {
		return nil, nil //nolint:nilnil // without a certificate the server speaks http
	}
	certificate, err := httpd.LoadCertificate(cfg.TLSCert, cfg.TLSKey, logger)
	if err != nil {
		return nil, fmt.Errorf("LATCHKEY_TLS_CERT and LATCHKEY_TLS_KEY: %w", err)
	}
	return certificate, nil
}

// PublicURL is where browsers find the server, without a slash at the end.
func PublicURL(cfg *config.Config) string { return strings.TrimSuffix(cfg.PublicURL.String(), "/") }
