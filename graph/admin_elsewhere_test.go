package graph_test

import (
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestAdministrationElsewhere asks every field that needs a role where administration has an address of its own. An
// administrator hears what a stranger does, and everything else is answered.
func TestAdministrationElsewhere(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: inEmail, Password: inPassword, Role: auth.RoleAdmin, Verified: true}); err != nil {
		t.Fatal(err)
	}
	_, token := w.LogIn(t, inEmail, inPassword)
	at := func(options graph.Options) *visitor {
		front := httptest.NewServer(graph.NewHandler(w.Service, slog.New(slog.DiscardHandler), options))
		t.Cleanup(front.Close)
		return &visitor{t: t, world: w, url: front.URL}
	}
	public, admin := at(graph.Options{AdminElsewhere: true}), at(graph.Options{})

	schema, asked := servedSchema(t), 0
	forEachGuarded(schema, func(operation string, field *ast.FieldDefinition, _ bool) {
		role := field.Directives.ForName("auth").Arguments.ForName("role")
		if role == nil || role.Value.Raw == "USER" {
			return
		}
		asked++
		document := operation + " { " + field.Name + arguments(schema, field) + " " + selection(schema, field.Type) + " }"
		for _, who := range []secret.Text{token, ""} {
			if got := errorCode(public.ask(who, document, nil)); got != "FORBIDDEN" {
				t.Errorf("%s, signed in: %t: got %q, want FORBIDDEN", field.Name, who != "", got)
			}
		}
	})
	if asked < 15 {
		t.Errorf("got %d fields, want 15 or more", asked)
	}
	for name, c := range map[string]struct {
		at       *visitor
		document string
	}{
		"what every user may": {public, "{ me { id } }"},
		"administration":      {admin, "{ users { nodes { id } } }"},
	} {
		if code := errorCode(c.at.ask(token, c.document, nil)); code != "" {
			t.Errorf("%s: got %s, want an answer", name, code)
		}
	}
}
