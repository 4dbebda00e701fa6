package provider

import (
	"context"

	"golang.org/x/oauth2"
)

// https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
// Facebook does not say whether an address was verified.
var _ = newPreset("facebook", preset{
	order: 70, name: "Facebook", issuer: "https://www.facebook.com", scopes: []string{"email", "public_profile"},
	endpoint: oauth2.Endpoint{ //nolint:gosec // addresses, and no secrets
		AuthURL: "https://www.facebook.com/v23.0/dialog/oauth", TokenURL: "https://graph.facebook.com/v23.0/oauth/access_token",
		AuthStyle: oauth2.AuthStyleInParams,
	},
	userinfo: "https://graph.facebook.com/v23.0/me?fields=id,name,email", identify: identifyFacebook, authority: nobody,
})

func identifyFacebook(ctx context.Context, p *provider, ask asker) (*Identity, error) {
	c, err := askFor(ctx, ask, p.preset.userinfo)
	if err != nil {
		return nil, err
	}
	return &Identity{Subject: c.text("id"), Email: c.text("email"), Name: c.text("name"), Profile: p.profile(c)}, nil
}
