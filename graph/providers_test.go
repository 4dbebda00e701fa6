package graph_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// into follows names and returns what is there.
func into(t *testing.T, answer map[string]any, path ...string) any {
	t.Helper()
	var value any = answer
	for _, name := range path {
		object, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("there is no %s in the answer, which has the error %q", name, errorCode(answer))
		}
		value = object[name]
	}
	return value
}

// TestAConversationWithAProvider connects an account, lists it and disconnects it again, as a frontend does.
func TestAConversationWithAProvider(t *testing.T) {
	t.Parallel()
	v := visit(t, authtest.SQLite(t), "no factor")
	answer := v.ask("", `{ authConfig { providers { id name } } }`, nil)
	providers, _ := into(t, answer, "data", "authConfig", "providers").([]any)
	if len(providers) != 1 || into(t, providers[0].(map[string]any), "id") != "company" || into(t, providers[0].(map[string]any), "name") != "Example" {
		t.Errorf("got the providers %v", providers)
	}

	begun := v.ask("", `mutation { a: beginProviderLogin(input: {provider: "nobody", redirectUrl: "https://app.example/in", challenge: "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"}) { authorizationUrl errors { code path } }
		b: beginProviderLogin(input: {provider: "company", redirectUrl: "https://app.example/in", challenge: "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg"}) { authorizationUrl errors { code } } }`, nil)
	problems, _ := into(t, begun, "data", "a", "errors").([]any)
	if len(problems) != 1 || into(t, problems[0].(map[string]any), "code") != "PROVIDER_UNKNOWN" || into(t, begun, "data", "a", "authorizationUrl") != nil {
		t.Errorf("got %v of a provider that is none", begun)
	}
	if _, ok := into(t, begun, "data", "b", "authorizationUrl").(string); !ok {
		t.Error("there is no address to open")
	}

	connect := `mutation($i: ConnectIdentityInput!) { in: connectIdentity(input: $i) { identity { id provider name email lastUsedAt } errors { code } } }`
	input := v.fromProvider("c3")
	if got := errorCode(v.ask("", connect, map[string]any{"i": input})); got != "UNAUTHENTICATED" {
		t.Errorf("got %q without a session, want UNAUTHENTICATED", got)
	}
	connected := v.ask(v.session, connect, map[string]any{"i": input})
	id, _ := into(t, connected, "data", "in", "identity", "id").(string)
	if into(t, connected, "data", "in", "identity", "provider") != "company" {
		t.Errorf("got %v", connected)
	}
	list, _ := into(t, v.ask(v.session, `{ me { identities { id provider createdAt } } }`, nil), "data", "me", "identities").([]any)
	if len(list) != 2 {
		t.Errorf("got %d identities, want two", len(list))
	}
	disconnect := `mutation($id: ID!) { in: disconnectIdentity(input: {id: $id}) { errors { code } } }`
	for _, want := range []string{"", "NOT_FOUND"} {
		problems, _ := into(t, v.ask(v.session, disconnect, map[string]any{"id": id}), "data", "in", "errors").([]any)
		got := ""
		if len(problems) > 0 {
			got, _ = into(t, problems[0].(map[string]any), "code").(string)
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	both := map[string]any{"code": "a", "pending": "b", "verifier": "c"}
	if got := errorCode(v.ask(v.session, connect, map[string]any{"i": both})); got != "BAD_USER_INPUT" {
		t.Errorf("got %q for both, want BAD_USER_INPUT", got)
	}
	wrong := v.fromProvider("d4")
	wrong["verifier"] = secret.NewToken(secret.ProviderToken).Reveal()
	if got := v.enter("", `mutation($i: LoginWithProviderInput!) { in: loginWithProvider(input: $i)`+granted, map[string]any{"i": wrong}); got != "TOKEN_INVALID" {
		t.Errorf("got %q for the verifier of another client, want TOKEN_INVALID", got)
	}
}
