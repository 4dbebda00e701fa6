package e2e

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// algorithms are those that access tokens are signed with.
var algorithms = []string{"EdDSA", "ES256", "RS256"}

// signedBy makes tokens JWTs of an algorithm, for two services.
func signedBy(algorithm string) map[string]string {
	return map[string]string{
		"LATCHKEY_ACCESS_TOKEN": "jwt", "LATCHKEY_JWT_ALGORITHM": algorithm, "LATCHKEY_JWT_AUDIENCE": "https://api.example.com,reports",
	}
}

// TestOtherLibrariesVerifyTheTokens gives them to libraries that others wrote, with nothing but the
// published keys: jose of npm, and go-jose as its own users call it.
func TestOtherLibrariesVerifyTheTokens(t *testing.T) {
	t.Parallel()
	for database, settingsOf := range databases {
		for _, algorithm := range algorithms {
			t.Run(database+"/"+algorithm, func(t *testing.T) {
				t.Parallel()
				settings := settingsOf(t)
				account(t, settings)
				p := serve(t, settings, signedBy(algorithm))
				token := p.begin().AccessToken

				t.Run("go-jose", func(t *testing.T) { verifyByGoJOSE(t, p, algorithm, token) })
				t.Run("jose", func(t *testing.T) {
					out := node(t, nodeFolder(t), "jose.mjs", "LATCHKEY_URL="+p.url, "ISSUER="+p.issuer(), "TOKEN="+token, "ALGORITHM="+algorithm)
					if out != "all is well\n" {
						t.Errorf("jose prints %q", hideAll(out))
					}
				})
			})
		}
	}
}

// issuer is what the server calls itself.
func (p *process) issuer() string {
	p.t.Helper()
	var metadata struct{ Issuer string }
	_, document := p.get("/.well-known/openid-configuration")
	if err := json.Unmarshal([]byte(document), &metadata); err != nil || metadata.Issuer == "" {
		p.t.Fatalf("the metadata is %s (%v)", document, err)
	}
	return metadata.Issuer
}

func verifyByGoJOSE(t *testing.T, p *process, algorithm, token string) {
	var keys jose.JSONWebKeySet
	_, document := p.get("/.well-known/jwks.json")
	if err := json.Unmarshal([]byte(document), &keys); err != nil {
		t.Fatalf("the keys are %s (%v)", document, err)
	}
	for _, key := range keys.Keys {
		if !key.IsPublic() || !key.Valid() || key.Algorithm != algorithm || key.Use != "sig" {
			t.Errorf("a key is private, faulty, or for another use: %s", document)
		}
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
	if err != nil {
		t.Fatal(err)
	}
	if typ := parsed.Headers[0].ExtraHeaders[jose.HeaderType]; typ != "at+jwt" {
		t.Errorf("typ is %v", typ)
	}
	var claims jwt.Claims
	var own struct {
		Roles []string `json:"roles"` // to the letter: go-jose tells capitals apart
	}
	if err := parsed.Claims(keys, &claims, &own); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(own.Roles, []string{"USER"}) || claims.Expiry.Time().Sub(claims.IssuedAt.Time()) > 15*time.Minute {
		t.Errorf("the claims are %+v, %+v", claims, own)
	}

	expected := jwt.Expected{Issuer: p.issuer(), AnyAudience: jwt.Audience{"reports"}, Time: time.Now()}
	if err := claims.ValidateWithLeeway(expected, 0); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*jwt.Expected){
		"it has expired":         func(e *jwt.Expected) { e.Time = claims.Expiry.Time().Add(time.Second) },
		"it is for somebody":     func(e *jwt.Expected) { e.AnyAudience = jwt.Audience{"https://other.example.com"} },
		"it is from another one": func(e *jwt.Expected) { e.Issuer += "/" },
	} {
		wrong := expected
		change(&wrong)
		if err := claims.ValidateWithLeeway(wrong, 0); err == nil {
			t.Errorf("accepted, although %s", name)
		}
	}
}
