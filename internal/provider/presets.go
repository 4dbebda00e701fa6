package provider

import (
	"context"
	"maps"
	"slices"

	"golang.org/x/oauth2"
)

// preset is what is known of a provider, or of a kind of them, without the operator.
type preset struct {
	order    int
	name     string
	isOpenID bool
	issuer   string // of an OpenID provider; of others what stands for it; empty: the operator says
	endpoint oauth2.Endpoint
	userinfo string
	scopes   []string
	// noPKCE: the provider refuses a login with PKCE (RFC 7636). The secret and the state have to do.
	noPKCE bool
	// mayLackSecret: the provider can do without a client secret, as PKCE does the work.
	mayLackSecret bool
	// formPost: the answer comes as a form that the provider's page posts.
	formPost bool
	// identify returns who signed in with an access token; nil: by the operator's mapping.
	identify func(ctx context.Context, p *provider, ask asker) (*Identity, error)
	// authority reports whether the provider's word counts for an address that it has verified.
	authority authority
	// settings are the keys of the file that the preset takes besides those that all do.
	settings []string
}

// presets are all presets by name. The files of the providers fill it.
var presets = map[string]preset{}

// newPreset adds a preset to the table.
func newPreset(name string, p preset) struct{} {
	presets[name] = p
	return struct{}{}
}

// Presets returns the names of all presets, in the order of all lists.
func Presets() []string {
	return slices.SortedFunc(maps.Keys(presets), func(a, b string) int { return presets[a].order - presets[b].order })
}

// The generic presets, for which the operator says everything.
var (
	_ = newPreset("oidc", preset{
		order: 90, name: "OpenID Connect", isOpenID: true, scopes: []string{"openid", "email", "profile"}, mayLackSecret: true,
		authority: trustedDomains,
		settings:  []string{"issuer", "trust_email_domains", "trust_second_factor", "private_network", "native_client_ids", "token_auth"},
	})
	_ = newPreset("oauth2", preset{
		order: 91, name: "OAuth 2.0", mayLackSecret: true, authority: nobody,
		settings: []string{"authorization_url", "token_url", "userinfo_url", "token_auth", "mapping", "private_network"},
		// what stands for the issuer is the address of userinfo
	})
)

// Issuer returns the issuer of the identities of a preset; "" if the operator says it, or there is no such preset.
func Issuer(name string) string { return presets[name].issuer }
