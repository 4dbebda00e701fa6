package provider

import (
	"context"

	"golang.org/x/oauth2"
)

// https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
// X gives an address only to apps that ask for it in their settings, and does not say when it was verified.
var _ = newPreset("x", preset{
	order: 80, name: "X", issuer: "https://x.com", scopes: []string{"users.read", "tweet.read", "users.email"},
	endpoint: oauth2.Endpoint{ //nolint:gosec // addresses, and no secrets
		AuthURL: "https://x.com/i/oauth2/authorize", TokenURL: "https://api.x.com/2/oauth2/token", AuthStyle: oauth2.AuthStyleInHeader,
	},
	userinfo: "https://api.x.com/2/users/me?user.fields=confirmed_email", identify: identifyX, authority: nobody,
})

func identifyX(ctx context.Context, p *provider, ask asker) (*Identity, error) {
	c, err := askFor(ctx, ask, p.preset.userinfo)
	if err != nil {
		return nil, err
	}
	return &Identity{
		Subject: c.text("data.id"), Email: c.text("data.confirmed_email"), Name: c.text("data.name"), Username: c.text("data.username"),
		Profile: p.profile(c),
	}, nil
}
