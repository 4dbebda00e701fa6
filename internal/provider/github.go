package provider

import (
	"context"
	"encoding/json"
	"errors"

	"golang.org/x/oauth2"
)

// https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
var _ = newPreset("github", preset{
	order: 40, name: "GitHub", issuer: "https://github.com", scopes: []string{"read:user", "user:email"},
	endpoint: oauth2.Endpoint{ //nolint:gosec // addresses, and no secrets
		AuthURL: "https://github.com/login/oauth/authorize", TokenURL: "https://github.com/login/oauth/access_token",
		AuthStyle: oauth2.AuthStyleInParams,
	},
	userinfo: "https://api.github.com/user", identify: identifyGitHub, authority: nobody,
})

// identifyGitHub asks for the addresses as well: the one of the profile is for show. The primary address is
// authoritative if GitHub has verified it.
func identifyGitHub(ctx context.Context, p *provider, ask asker) (*Identity, error) {
	c, err := askFor(ctx, ask, p.preset.userinfo)
	if err != nil {
		return nil, err
	}
	identity := &Identity{Subject: c.text("id"), Name: c.text("name"), Username: c.text("login"), Profile: p.profile(c)}
	text, err := ask(ctx, p.preset.userinfo+"/emails")
	if err != nil {
		return nil, err
	}
	var emails []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := json.Unmarshal(text, &emails); err != nil {
		return nil, errors.New("it did not answer with a list of addresses")
	}
	for _, email := range emails {
		if email.Primary {
			identity.Email, identity.Authoritative = email.Email, email.Verified
		}
	}
	return identity, nil
}
