package app

import (
	"context"
	"fmt"
	"net"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// listen resolves the settings and takes the address, so that a second server on it fails before it
// touches anything. When the system chooses the port, the settings are resolved again with the one it
// chose. It begins the log, with what is odd about the settings.
func (a *App) listen(ctx context.Context, settings *config.Settings) error {
	var err error
	if a.cfg, err = settings.Resolve(); err != nil {
		return err
	}
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w\nAnother program may have the port: choose one with --port or PORT", a.cfg.Addr, err)
	}
	if _, port, err := net.SplitHostPort(a.cfg.Addr); err == nil && port == "0" {
		settings.Addr = a.listener.Addr().String()
		if a.cfg, err = settings.Resolve(); err != nil {
			return err
		}
	}

	if a.cfg.AdminAddr != "" {
		if a.adminListener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.AdminAddr); err != nil {
			return fmt.Errorf("LATCHKEY_ADMIN_ADDR: listen on %s: %w", a.cfg.AdminAddr, err)
		}
	}

	a.logger = NewLogger(a.env.Stderr, a.cfg)
	for _, warning := range config.Unknown(a.env.Environ) {
		a.logger.Warn(warning)
	}
	if a.cfg.RateLimits.Off() {
		a.logger.Warn("nothing is limited: anybody can guess passwords and ask for mail as often as they like. " +
			"LATCHKEY_RATE_LIMITS=off is for load tests only")
	}
	return nil
}
