package app

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// NewProviders returns the services by which people can sign in. It asks none of them anything. It fails if the file
// cannot be read, or something is wrong with what is in it or in the variables.
func NewProviders(cfg *config.Config, getenv func(string) string) (*provider.Set, error) {
	var file []byte
	if cfg.ProvidersFile != "" {
		var err error
		if file, err = os.ReadFile(cfg.ProvidersFile); err != nil {
			return nil, fmt.Errorf("LATCHKEY_PROVIDERS_FILE: %w", err)
		}
	}
	settings, err := provider.Load(file, func(variable string) (secret.Text, error) { return config.Variable(getenv, variable) })
	if err != nil {
		return nil, fmt.Errorf("LATCHKEY_PROVIDERS_FILE and the variables of providers:\n%w", err)
	}
	return provider.New(settings, provider.Options{
		PublicURL: PublicURL(cfg), Loopback: cfg.Mode == config.Development, Now: time.Now,
	}), nil
}

// readProviders has the domain know the providers, and the log why one of them failed.
func (a *App) readProviders() error {
	providers, err := NewProviders(a.cfg, a.env.Getenv)
	if err != nil {
		return err
	}
	a.domain.policy.Providers = providers
	a.domain.policy.ProviderFailed = func(ctx context.Context, why *provider.Failure) {
		a.logger.WarnContext(ctx, "a provider failed", slog.String("provider", why.Provider), slog.String("step", why.Step), slog.Any("error", why.Err))
	}
	return nil
}
