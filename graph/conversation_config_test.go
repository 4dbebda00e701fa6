package graph_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

func readConfig(t *testing.T, sections []txtar.File) (auth.Config, graph.Options, []txtar.File) {
	config, options := authtest.Mandatory, graph.Options{}
	if len(sections) == 0 || sections[0].Name != "config" {
		return config, options, sections
	}
	for line := range strings.Lines(string(sections[0].Data)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch name {
		case "#":
		case "verification":
			config.EmailVerification = auth.EmailVerification(value)
		case "registration":
			config.Registration = auth.RegistrationMode(value)
		case "password-length":
			length, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			config.PasswordMinLength = length
		case "usernames":
			config.Usernames = auth.UsernameMode(value)
		case "profile":
			schema, err := profile.Load(filepath.Join("testdata", value))
			if err != nil {
				t.Fatal(err)
			}
			config.Profile = schema
		case "second-factor":
			config.RequireSecondFactor = auth.SecondFactorPolicy(value)
		case "trusted-devices":
			config.TrustedDevices = value == "on"
		case "passkeys":
			config.RelyingParty = authtest.WithPasskeys(config).RelyingParty
		case "providers":
			config.Providers = newCompany(t)
		case "provider-link":
			config.ProviderLink = auth.ProviderLink(value)
		case "login-codes":
			config.LoginCodes = value == "on"
		case "redirects":
			list, err := address.ParseRedirectURLs(strings.Fields(value)...)
			if err != nil {
				t.Fatal(err)
			}
			config.RedirectURLs = list
		case "limits":
			limits, problems := auth.ParseLimits(value)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			config.Limits = limits
		case "sessions":
			limit, err := strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
			config.MaxSessionsPerUser = limit
		case "access-token":
			config.AccessToken, config.Issuer = auth.AccessTokenKind(value), "https://auth.example.com"
		case "basic":
			options.Basic = value == "on"
		case "introspection":
			options.Introspection = value == "on"
		default:
			t.Fatalf("unknown setting %q", name)
		}
	}
	return config, options, sections[1:]
}
