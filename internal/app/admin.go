package app

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// adminFront is what administrators meet where administration has an address of its own: all that the public has, and
// administration. Whoever signs in with a provider would come back to the public address, so nobody can there.
func (a *App) adminFront() httpd.Config {
	front := a.front(false)
	front.Hosts = adminHosts(a.cfg)
	front.Providers, front.Forms.Providers = nil, nil
	front.Development = nil
	return front
}

// adminHosts are those by whose names administration is to be had: those of the public address, that of its own, and this
// machine's, at the end of a tunnel.
func adminHosts(cfg *config.Config) *httpd.Hosts {
	names := append([]string{cfg.PublicURL.Hostname()}, cfg.AllowedHosts...)
	return &httpd.Hosts{Names: withHostOf(cfg.AdminAddr, names), Loopback: true}
}

// serveAdmin answers administrators until ctx ends.
func (a *App) serveAdmin(ctx context.Context) error {
	if a.admin == nil {
		<-ctx.Done()
		return nil
	}
	return a.admin.Serve(ctx, a.adminListener)
}
