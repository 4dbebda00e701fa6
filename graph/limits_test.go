package graph_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestEveryMutationHasALimit sends every mutation of the schema, as whoever may use it, and looks whether something
// was counted for it. What has no limit lets anyone fill the disk or try until it works.
func TestEveryMutationHasALimit(t *testing.T) {
	t.Parallel()
	schema := servedSchema(t)
	for _, field := range schema.Mutation.Fields {
		t.Run(field.Name, func(t *testing.T) {
			var counted atomic.Int64
			store := authtest.Observe(authtest.SQLite(t), func(method string) {
				if method == "TakeUnits" {
					counted.Add(1)
				}
			})
			config := authtest.WithLoginCodes(authtest.Optional)
			config.Usernames, config.RelyingParty = auth.UsernamesOptional, authtest.WithPasskeys(config).RelyingParty
			w := authtest.New(t, store, config)
			v := &visitor{t: t, world: w}
			user := w.Join(t, inEmail, inPassword)
			if _, err := w.SetRole(t.Context(), inEmail, auth.RoleAdmin); err != nil {
				t.Fatal(err)
			}
			_, v.session = w.LogIn(t, inEmail, inPassword)
			handler := graph.NewHandler(w.Service, slog.New(slog.DiscardHandler), graph.Options{})
			front := httptest.NewServer(http.HandlerFunc(func(to http.ResponseWriter, r *http.Request) {
				client := auth.Request{ClientIP: netip.MustParseAddr("203.0.113.7")}
				handler.ServeHTTP(to, r.WithContext(auth.WithRequest(r.Context(), client)))
			}))
			t.Cleanup(front.Close)
			v.url = front.URL

			token := v.session
			switch field.Name {
			case "requestReauthenticationCode": // is for accounts without a password
				if err := store.InTx(t.Context(), func(tx auth.Tx) error { return tx.SetPassword(t.Context(), user.ID, "", w.Clock.Now()) }); err != nil {
					t.Fatal(err)
				}
			case "completeLogin":
				w.Enroll(t, v.session)
				_, challenge := w.Challenged(t, inEmail, inPassword)
				token = challenge.Token
			}
			before := counted.Load()
			answer := v.ask(token, limitedDocument(schema, field), nil)
			if field.Name == "beginPasskeyLogin" { // it writes nothing: each replica counts by itself
				for n := 0; n < 200 && errorCode(answer) == ""; n++ {
					answer = v.ask(token, limitedDocument(schema, field), nil)
				}
				if got := errorCode(answer); got != "RATE_LIMITED" {
					t.Errorf("got %q after 200 times, want RATE_LIMITED", got)
				}
				return
			}
			if counted.Load() == before {
				t.Errorf("got no use of a limit, want one; the answer is %v", answer)
			}
		})
	}
}

// goodInputs are inputs of mutations that refuse what arguments makes before anything is done for it.
var goodInputs = map[string]string{
	"login":              `{email: "ada@example.com", password: "a wrong password"}`,
	"changePassword":     `{currentPassword: "a wrong password", newPassword: "another horse battery"}`,
	"changeUsername":     `{username: "countess"}`,
	"reauthenticate":     `{password: "a wrong password"}`,
	"requestEmailChange": `{newEmail: "lady@example.com"}`,
	"completeLogin":      `{totpCode: "000000"}`,
	"createUser":         `{email: "eve@example.com"}`,
}

// limitedDocument is a document with the field, whose input is good enough to be tried.
func limitedDocument(schema *ast.Schema, field *ast.FieldDefinition) string {
	given := arguments(schema, field)
	if input, ok := goodInputs[field.Name]; ok {
		given = "(input: " + input + ")"
	}
	return "mutation { " + field.Name + given + " { errors { code message } } }"
}
