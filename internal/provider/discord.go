package provider

import (
	"cmp"
	"context"

	"golang.org/x/oauth2"
)

// https://discord.com/developers/docs/topics/oauth2
// An address is confirmed by a link that may have been opened years ago, so the operator says whether it counts.
var _ = newPreset("discord", preset{
	order: 60, name: "Discord", issuer: "https://discord.com", scopes: []string{"identify", "email"},
	endpoint: oauth2.Endpoint{ //nolint:gosec // addresses, and no secrets
		AuthURL: "https://discord.com/oauth2/authorize", TokenURL: "https://discord.com/api/oauth2/token", AuthStyle: oauth2.AuthStyleInHeader,
	},
	userinfo: "https://discord.com/api/users/@me", identify: identifyDiscord, authority: nobody,
	settings: []string{"trust_email_domains"},
})

func identifyDiscord(ctx context.Context, p *provider, ask asker) (*Identity, error) {
	c, err := askFor(ctx, ask, p.preset.userinfo)
	if err != nil {
		return nil, err
	}
	email := c.text("email")
	return &Identity{
		Subject: c.text("id"), Email: email, Authoritative: c.isTrue("verified") && p.trustsDomainOf(email),
		Name: cmp.Or(c.text("global_name"), c.text("username")), Username: c.text("username"), Profile: p.profile(c),
	}, nil
}
