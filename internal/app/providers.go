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
//
// The warnings are of variables that are of no provider.
func NewProviders(cfg *config.Config, env *Env) (set *provider.Set, warnings []string, err error) {
	var file []byte
	if cfg.ProvidersFile != "" {
		if file, err = os.ReadFile(cfg.ProvidersFile); err != nil {
			return nil, nil, fmt.Errorf("LATCHKEY_PROVIDERS_FILE: %w", err)
		}
	}
	settings, err := provider.Load(file, func(variable string) (secret.Text, error) { return config.Variable(env.Getenv, variable) })
	warnings = provider.Strays(env.Environ, settings)
	if err != nil {
		err = fmt.Errorf("LATCHKEY_PROVIDERS_FILE and the variables of providers:\n%w", err)
		for _, warning := range warnings { // what is missing may be what is mistyped
			err = fmt.Errorf("%w\n%s", err, warning)
		}
		return nil, nil, err
	}
	return provider.New(settings, provider.Options{
		PublicURL: PublicURL(cfg), Loopback: cfg.Mode == config.Development, Now: time.Now,
	}), warnings, nil
}

// readProviders has the domain know the providers, and the log why one of them failed.
func (a *App) readProviders() error {
	providers, warnings, err := NewProviders(a.cfg, &a.env)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		a.logger.Warn(warning)
	}
	a.domain.policy.Providers = providers
	a.domain.policy.ProviderFailed = func(ctx context.Context, why *provider.Failure) {
		a.logger.WarnContext(ctx, "a provider failed", slog.String("provider", why.Provider), slog.String("step", why.Step), slog.Any("error", why.Err))
	}
	return nil
}
