package provider

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

const presetApple = "apple"

// https://developer.apple.com/documentation/signinwithapplerestapi
var _ = newPreset(presetApple, preset{
	order: 30, name: "Apple", isOpenID: true, issuer: appleIssuer, scopes: []string{"openid", "name", "email"}, formPost: true,
	authority: func(_ *provider, _ string, c claims) bool { return c.isTrue("email_verified") },
	settings:  []string{"team_id", "key_id", "native_client_ids"},
})

const appleIssuer = "https://appleid.apple.com"

// appleSecret returns a client secret: a JWT that is signed by the key that the operator got from Apple, and good for
// five minutes (Apple allows six months).
func (p *provider) appleSecret() (secret.Text, error) {
	now := p.set.now()
	return secret.SignES256(p.PrivateKey, p.KeyID, map[string]any{
		"iss": p.TeamID, "sub": p.ClientID, "aud": p.kind.(*openID).issuer(), "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
	})
}

// appleName returns the name in what Apple's page posts beside the code the first time that a person signs in.
func appleName(person string) string {
	var posted struct {
		Name struct {
			First string `json:"firstName"`
			Last  string `json:"lastName"`
		} `json:"name"`
	}
	if json.Unmarshal([]byte(person), &posted) != nil {
		return ""
	}
	return strings.TrimSpace(posted.Name.First + " " + posted.Name.Last)
}
