package graph_test

import (
	"log/slog"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// somebody asks for fields that need a role.
type somebody struct {
	token secret.Text
	role  auth.Role // empty: nobody is signed in
	lacks bool      // a second factor that the role needs
	stale bool      // what was proved was proved long ago
}

// TestEveryFieldThatNeedsARole has everybody ask for each field whose directive names a role, and compares the answers
// with the directive.
func TestEveryFieldThatNeedsARole(t *testing.T) {
	t.Parallel()
	config := authtest.Unlimited(authtest.Mandatory)
	w := authtest.New(t, authtest.SQLite(t), config)
	apps := map[auth.Role]*authtest.App{}
	email := func(role auth.Role) string { return string(role) + "@example.com" }
	for _, role := range []auth.Role{auth.RoleUser, auth.RoleStaff, auth.RoleAdmin} {
		if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email(role), Password: inPassword, Role: role, Verified: true}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "other@example.com", Password: inPassword, Role: auth.RoleAdmin, Verified: true}); err != nil {
		t.Fatal(err)
	}
	signIn := func(role auth.Role) secret.Text {
		if role == auth.RoleUser {
			_, token := w.LogIn(t, email(role), inPassword)
			return token
		}
		if apps[role] == nil {
			_, token := w.LogIn(t, email(role), inPassword)
			apps[role], _ = w.Enroll(t, token)
		}
		waits, _ := w.Challenged(t, email(role), inPassword)
		completed, err := w.ByTOTP(t, waits, apps[role].Next(t))
		if err != nil {
			t.Fatal(err)
		}
		return completed.Tokens.AccessToken
	}
	stale := signIn(auth.RoleAdmin)
	w.Clock.Advance(11 * time.Minute)
	_, lacking := w.LogIn(t, "other@example.com", inPassword)
	config.RequireSecondFactor = auth.SecondFactorForStaff
	server := httptest.NewServer(graph.NewHandler(w.Replica(authtest.Difference{Config: config}).Service, slog.New(slog.DiscardHandler), graph.Options{}))
	t.Cleanup(server.Close)
	v := &visitor{t: t, world: w, url: server.URL}
	everybody := map[string]somebody{
		"nobody":                            {},
		"a user":                            {token: signIn(auth.RoleUser), role: auth.RoleUser},
		"support staff":                     {token: signIn(auth.RoleStaff), role: auth.RoleStaff},
		"an administrator":                  {token: signIn(auth.RoleAdmin), role: auth.RoleAdmin},
		"an administrator without a factor": {token: lacking, role: auth.RoleAdmin, lacks: true},
		"an administrator of a while ago":   {token: stale, role: auth.RoleAdmin, stale: true},
	}
	schema := servedSchema(t)
	asked := 0
	forEachGuarded(schema, func(operation string, field *ast.FieldDefinition, _ bool) {
		directive := field.Directives.ForName("auth")
		needed := directive.Arguments.ForName("role")
		if needed == nil {
			return
		}
		asked++
		role, fresh := auth.Role(needed.Value.Raw), false
		if argument := directive.Arguments.ForName("fresh"); argument != nil {
			var err error
			if fresh, err = strconv.ParseBool(argument.Value.Raw); err != nil {
				t.Fatal(err)
			}
		}
		document := operation + " { " + field.Name + arguments(schema, field) + " " + selection(schema, field.Type) + " }"
		for name, who := range everybody {
			want := ""
			switch {
			case who.role == "":
				want = "UNAUTHENTICATED"
			case who.lacks:
				want = "SECOND_FACTOR_REQUIRED"
			case !who.role.Includes(role):
				want = "FORBIDDEN"
			case fresh && who.stale:
				want = "REAUTHENTICATION_REQUIRED"
			}
			if got := errorCode(v.ask(who.token, document, nil)); got != want {
				t.Errorf("%s by %s: got %q, want %q", field.Name, name, got, want)
			}
		}
	})
	if asked < 16 {
		t.Errorf("got %d fields that need a role, want 16 or more", asked)
	}
}
