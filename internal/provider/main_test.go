package provider_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const publicURL = "https://auth.example.com"

// ada is who signs in.
func ada() map[string]any {
	return map[string]any{"sub": "a1", "email": "ada@example.com", "email_verified": true, "name": "Ada Lovelace"}
}

// newFlow returns a flow of its own.
func newFlow() provider.Flow {
	token := func() secret.Text { return secret.NewToken(secret.ProviderToken) }
	return provider.Flow{State: token(), Nonce: token(), Verifier: token()}
}

// setOf returns providers that may be on this machine.
func setOf(settings ...provider.Settings) *provider.Set {
	return provider.New(settings, provider.Options{PublicURL: publicURL, Loopback: true})
}

// signIn goes to a provider and back.
func signIn(t *testing.T, set *provider.Set, server *providertest.Server, id string) (*provider.Identity, error) {
	t.Helper()
	flow := newFlow()
	address, err := set.AuthorizationURL(t.Context(), id, flow)
	if err != nil {
		return nil, err
	}
	return set.Identify(t.Context(), id, answerOf(server.Authorize(t, address)), flow)
}

func answerOf(values url.Values) provider.Answer {
	return provider.Answer{
		Code: secret.Text(values.Get("code")), Issuer: values.Get("iss"), Error: values.Get("error"), Person: values.Get("user"),
	}
}

// mustSignIn is signIn that succeeds.
func mustSignIn(t *testing.T, set *provider.Set, server *providertest.Server, id string) *provider.Identity {
	t.Helper()
	identity, err := signIn(t, set, server, id)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

// wantFailure fails unless err is a Failure that says a text.
func wantFailure(t *testing.T, err error, says string) {
	t.Helper()
	failure, ok := errors.AsType[*provider.Failure](err)
	if !ok || !strings.Contains(failure.Error(), says) {
		t.Errorf("got %v, want a failure that says %q", err, says)
	}
}
