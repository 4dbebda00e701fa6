package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/provider"
)

// providerCommands are about the services by which people can sign in.
type providerCommands struct {
	List   providerList   `cmd:"" help:"List the providers, and the address to enter at each of them."`
	Test   providerTest   `cmd:"" help:"Ask a provider as much as can be asked without a person, and say what is wrong."`
	Schema providerSchema `cmd:"" help:"Print the JSON Schema of the file of providers, for editors."`
}

type providerList struct{}

// Run prints a line for each provider, and nothing that is secret.
func (providerList) Run(env *app.Env, settings *config.Settings) error {
	set, err := providers(env, settings)
	if err != nil {
		return err
	}
	if len(set.List()) == 0 {
		_, err := fmt.Fprintln(env.Stdout, "There are no providers: see docs/providers.md.")
		return err
	}
	table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "ID\tNAME\tPRESET\tCALLBACK ADDRESS"); err != nil {
		return err
	}
	for _, p := range set.List() {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.ID, p.Name, p.Preset, set.CallbackURL(p.ID)); err != nil {
			return err
		}
	}
	return table.Flush()
}

type providerTest struct {
	Name string `arg:"" help:"The id of the provider."`
}

// Run prints what is right, and fails with what is wrong.
func (c providerTest) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	set, err := providers(env, settings)
	if err != nil {
		return err
	}
	right, err := set.Check(ctx, c.Name)
	if errors.Is(err, provider.ErrUnknown) {
		return fmt.Errorf("there is no provider %q: latchkey provider list shows those that there are", c.Name)
	}
	for _, line := range right {
		if _, err := fmt.Fprintln(env.Stdout, line); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, "Its callback address here is "+set.CallbackURL(c.Name)+". It has to be entered there, exactly.")
	return err
}

type providerSchema struct{}

// Run prints the schema.
func (providerSchema) Run(env *app.Env) error {
	_, err := env.Stdout.Write(provider.Schema)
	return err
}

func providers(env *app.Env, settings *config.Settings) (*provider.Set, error) {
	cfg, err := settings.Resolve()
	if err != nil {
		return nil, err
	}
	set, warnings, err := app.NewProviders(cfg, env)
	for _, warning := range warnings {
		_, _ = fmt.Fprintln(env.Stderr, warning)
	}
	return set, err
}

// checkProviders asks each provider as much as can be asked without a person.
func checkProviders(ctx context.Context, cfg *config.Config, env *app.Env) []finding {
	set, strays, err := app.NewProviders(cfg, env)
	if err != nil {
		return []finding{{failure, "Providers", err.Error(), "The server does not start with it."}}
	}
	var findings []finding
	for _, stray := range strays {
		findings = append(findings, finding{warning, "Provider", stray, "Nothing reads it."})
	}
	for _, p := range set.List() {
		if _, err := set.Check(ctx, p.ID); err != nil {
			findings = append(findings, finding{warning, "Provider", err.Error(), "Nobody can sign in with " + p.Name + ". Try: latchkey provider test " + p.ID})
			continue
		}
		findings = append(findings, finding{fine, "Provider", p.Name + " answers", ""})
	}
	return findings
}
