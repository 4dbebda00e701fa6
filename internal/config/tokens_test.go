package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestTokensAsTheyAreGiven(t *testing.T) {
	c := resolved(t, config.Settings{
		AccessToken: "JWT", AccessTokenLifetime: "2m30s", JWTAlgorithm: "es256", BasicAuth: "True",
		JWTAudience: "https://api.example.com, reports urn:example:mail,", JWTClaims: "email, role,profile.plan",
	})
	if c.AccessToken != "jwt" || c.AccessTokenLifetime != 150*time.Second || c.JWTAlgorithm != "ES256" || !c.BasicAuth {
		t.Errorf("access tokens are %s for %v by %s, Basic %t", c.AccessToken, c.AccessTokenLifetime, c.JWTAlgorithm, c.BasicAuth)
	}
	if diff := cmp.Diff([]string{"https://api.example.com", "reports", "urn:example:mail"}, c.JWTAudience); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"email", "role", "profile.plan"}, c.JWTClaims); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
}

func TestTokensByDefault(t *testing.T) {
	c := resolved(t, production())
	if c.AccessToken != "opaque" || c.AccessTokenLifetime != 15*time.Minute || c.JWTAlgorithm != "EdDSA" || c.BasicAuth {
		t.Errorf("access tokens are %s for %v by %s, Basic %t", c.AccessToken, c.AccessTokenLifetime, c.JWTAlgorithm, c.BasicAuth)
	}
	if diff := cmp.Diff([]string{"https://auth.example.com"}, c.JWTAudience); diff != "" {
		t.Errorf("audience (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{}, c.JWTClaims, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("claims (-want +got):\n%s", diff)
	}
	text := printed(t, production(), none)
	wantLine(t, text, "LATCHKEY_JWT_AUDIENCE https://auth.example.com default")
	wantLine(t, text, "LATCHKEY_JWT_CLAIMS [not set] default")
	wantLine(t, text, "LATCHKEY_ACCESS_TOKEN_LIFETIME 15m default")
}

func TestTokenSettingsThatAreRefused(t *testing.T) {
	for _, bad := range []string{"15", "59s", "16m", "15m1s", "-5m", "0", "2m0.5s", "1h", "quarter"} {
		t.Run("lifetime "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{AccessTokenLifetime: bad}, "LATCHKEY_ACCESS_TOKEN_LIFETIME")
		})
	}
	for _, good := range []string{"1m", "60s", "15m", "0.25h", "900s"} {
		t.Run("but not lifetime "+good, func(t *testing.T) { wantFaults(t, config.Settings{AccessTokenLifetime: good}) })
	}
	for _, bad := range []string{"none", "HS256", "RS512", "ed25519"} {
		t.Run("algorithm "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{JWTAlgorithm: bad}, "LATCHKEY_JWT_ALGORITHM")
		})
	}
	for _, bad := range []string{
		",", "a,a", ":api", "1:2", "https://x y%zz:1", "https://ada:hush@api.example.com", strings.Repeat("a", 201),
		"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
	} {
		t.Run("audience "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{JWTAudience: bad}, "LATCHKEY_JWT_AUDIENCE")
		})
	}
	wantFaults(t, config.Settings{AccessToken: "jws", JWTClaims: " , ", BasicAuth: "on"},
		"LATCHKEY_ACCESS_TOKEN", "LATCHKEY_JWT_CLAIMS", "LATCHKEY_BASIC_AUTH")
}

func TestNoPasswordOfAnAudienceIsShown(t *testing.T) {
	for _, value := range []string{"https://ada:hush@api.example.com", "reports,https://ada:hush@api.example.com", "https://api.example.com,https://ada:hush@b.example"} {
		s := config.Settings{JWTAudience: value}
		_, err := s.Resolve()
		if err == nil {
			t.Fatal("got no error, want a refusal")
		}
		if strings.Contains(err.Error()+printed(t, s, none), "hush") {
			t.Errorf("the password of %q is shown", value[:8])
		}
	}
}
