package provider_test

import (
	"testing"

	"github.com/oauth2-proxy/mockoidc"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestMockoidcSaysWhoSignedIn has a provider that others wrote, which signs by RSA, sends no iss, and announces that it takes
// the secret by HTTP Basic, but does not.
func TestMockoidcSaysWhoSignedIn(t *testing.T) {
	t.Parallel()
	server, err := mockoidc.Run()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	settings := provider.Settings{
		ID: "company", Preset: "oidc", ClientID: server.ClientID, ClientSecret: secret.Text(server.ClientSecret), Issuer: server.Issuer(),
		TrustEmailDomains: []string{"example.com"}, TokenAuth: "post",
	}
	set := setOf(settings)
	if _, err := set.Check(t.Context(), "company"); err != nil {
		t.Errorf("check: %v", err)
	}
	flow := newFlow()
	answer := answerOfMockoidc(t, set, flow)
	got, err := set.Identify(t.Context(), "company", answer, flow)
	if err != nil {
		t.Fatal(err)
	}
	want := mockoidc.DefaultUser()
	if got.Issuer != server.Issuer() || got.Subject != want.Subject || got.Email != want.Email || !got.Authoritative || got.Username != want.PreferredUsername {
		t.Errorf("got %+v, want %+v", got, want)
	}
	_, err = set.Identify(t.Context(), "company", answer, flow)
	wantFailure(t, err, "exchange the code")

	another := settings
	settings.TokenAuth, another.ClientSecret = "", "another"
	for says, settings := range map[string]provider.Settings{"invalid_request": settings, "invalid_client": another} {
		set := setOf(settings)
		_, err = set.Identify(t.Context(), "company", answerOfMockoidc(t, set, flow), flow)
		wantFailure(t, err, says)
	}
}

// answerOfMockoidc goes to the provider and returns what it sends back with.
func answerOfMockoidc(t *testing.T, set *provider.Set, flow provider.Flow) provider.Answer {
	t.Helper()
	address, err := set.AuthorizationURL(t.Context(), "company", flow)
	if err != nil {
		t.Fatal(err)
	}
	return answerOf(new(providertest.Server).Authorize(t, address)) // as any browser
}
