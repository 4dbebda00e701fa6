package authtest

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Origin is that of the pages in which passkeys of a world work.
const Origin = "https://auth.example.com"

// WithPasskeys returns a configuration in which passkeys work, and nothing is limited.
func WithPasskeys(config auth.Config) auth.Config {
	party, err := passkey.New(passkey.Settings{Domain: "example.com", Name: "Example", Timeout: auth.CeremonyLifetime, Origins: []string{Origin}})
	if err != nil {
		panic(err)
	}
	config = Unlimited(config)
	config.RelyingParty = party
	return config
}

// BeginKey begins to add a passkey, and returns what the browser responds with the key.
func (w *World) BeginKey(t testing.TB, bearer auth.Bearer, key *passkeytest.Key) auth.AddPasskeyInput {
	t.Helper()
	ceremony, err := w.BeginPasskey(t.Context(), bearer, false)
	if err != nil {
		t.Fatalf("begin passkey: %v", err)
	}
	return auth.AddPasskeyInput{State: ceremony.State, Credential: key.Create(ceremony.Options)}
}

// AddKey adds a new passkey in the session of an opaque token.
func (w *World) AddKey(t testing.TB, token secret.Text) (*passkeytest.Key, *auth.PasskeyAddition) {
	t.Helper()
	key, bearer := passkeytest.New(Origin), auth.Bearer{Caller: w.Caller(t, token)}
	added, err := w.AddPasskey(t.Context(), bearer, w.BeginKey(t, bearer, key))
	if err != nil {
		t.Fatalf("add passkey: %v", err)
	}
	if added.Grant != nil {
		t.Fatal("a passkey that is added in a session begins another one")
	}
	return key, added
}

// KeyLogin begins a login, and returns what the browser responds with the key.
func (w *World) KeyLogin(t testing.TB, key *passkeytest.Key) auth.LoginWithPasskeyInput {
	t.Helper()
	ceremony, err := w.BeginPasskeyLogin(t.Context())
	if err != nil {
		t.Fatalf("begin passkey login: %v", err)
	}
	return auth.LoginWithPasskeyInput{State: ceremony.State, Credential: key.Get(ceremony.Options)}
}

// ByKey logs in with a passkey.
func (w *World) ByKey(t testing.TB, key *passkeytest.Key) (*auth.Grant, error) {
	t.Helper()
	return w.LoginWithPasskey(t.Context(), w.KeyLogin(t, key))
}
