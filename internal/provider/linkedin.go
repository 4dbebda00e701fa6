package provider

import (
	"context"

	"golang.org/x/oauth2"
)

// https://learn.microsoft.com/en-us/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
// Its id tokens hold no nonce, and it takes PKCE from native apps only, so it is asked as an OAuth 2.0 provider: what
// userinfo says came over TLS in exchange for a code and the secret. Its word about addresses is not taken.
var _ = newPreset("linkedin", preset{
	order: 85, name: "LinkedIn", issuer: "https://www.linkedin.com", scopes: []string{"openid", "profile", "email"}, noPKCE: true,
	endpoint: oauth2.Endpoint{ //nolint:gosec // addresses, and no secrets
		AuthURL: "https://www.linkedin.com/oauth/v2/authorization", TokenURL: "https://www.linkedin.com/oauth/v2/accessToken",
		AuthStyle: oauth2.AuthStyleInParams,
	},
	userinfo: "https://api.linkedin.com/v2/userinfo", identify: identifyLinkedIn, authority: nobody,
})

func identifyLinkedIn(ctx context.Context, p *provider, ask asker) (*Identity, error) {
	c, err := askFor(ctx, ask, p.preset.userinfo)
	if err != nil {
		return nil, err
	}
	return &Identity{Subject: c.text("sub"), Email: c.text("email"), Name: c.text("name"), Profile: p.profile(c)}, nil
}
