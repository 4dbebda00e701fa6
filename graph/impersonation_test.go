package graph_test

import (
	"log/slog"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// openToImpersonation is the golden list of fields that need a session and are open to an administrator who acts as a
// user: a field is added to it only on purpose.
var openToImpersonation = []string{"me", "sessions", "updateProfile"}

// acting returns a visitor with the session of an administrator who acts as the user, and who that is.
func acting(t *testing.T, store auth.Store) (*visitor, *auth.Caller) {
	t.Helper()
	w := authtest.New(t, store, authtest.Unlimited(authtest.WithPasskeys(authtest.Mandatory)))
	const chief = "chief@example.com"
	for email, role := range map[string]auth.Role{chief: auth.RoleAdmin, inEmail: auth.RoleUser} {
		if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: inPassword, Role: role, Verified: true}); err != nil {
			t.Fatal(err)
		}
	}
	user, err := store.UserByEmail(t.Context(), inEmail)
	if err != nil {
		t.Fatal(err)
	}
	admin, _ := w.LogIn(t, chief, inPassword)
	grant, err := w.Impersonate(t.Context(), admin, auth.ImpersonateInput{UserID: user.ID, Reason: "asked for help"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(graph.NewHandler(w.Service, slog.New(slog.DiscardHandler), graph.Options{}))
	t.Cleanup(server.Close)
	return &visitor{t: t, world: w, url: server.URL, session: grant.Tokens.AccessToken}, admin
}

// TestAnImpersonatedSessionAtEveryField sends the token of an administrator who acts as a user to every field of the
// schema: what needs a session is closed unless it is on the list, and nothing changes the account.
func TestAnImpersonatedSessionAtEveryField(t *testing.T) {
	t.Parallel()
	databases := map[string]func(t *testing.T) auth.Store{
		"SQLite":   func(t *testing.T) auth.Store { return authtest.SQLite(t) },
		"Postgres": func(t *testing.T) auth.Store { return authtest.Postgres(t) },
	}
	for database, open := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			v, admin := acting(t, store)
			before := v.account()
			schema := servedSchema(t)
			var opened []string
			for operation, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation} {
				for _, field := range root.Fields {
					if field.Name == "logout" || field.Name == "__schema" || field.Name == "__type" {
						continue
					}
					document := operation + " { " + field.Name + arguments(schema, field) + " " + selection(schema, field.Type) + " }"
					code := errorCode(v.ask(v.session, document, nil))
					switch {
					case field.Directives.ForName("public") != nil:
						if anybody := errorCode(v.ask("", document, nil)); code != anybody {
							t.Errorf("%s: got %q, want what anybody gets, %q", field.Name, code, anybody)
						}
					case code == "":
						opened = append(opened, field.Name)
					case code != "FORBIDDEN":
						t.Errorf("%s: got %s, want FORBIDDEN", field.Name, code)
					}
				}
			}
			slices.Sort(opened)
			if diff := cmp.Diff(openToImpersonation, opened); diff != "" {
				t.Errorf("fields that are open to an administrator who acts as a user (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, v.account()); diff != "" {
				t.Errorf("the account has changed (-before +after):\n%s", diff)
			}
			if got := errorCode(v.ask(v.session, `mutation { logout { errors { code } } }`, nil)); got != "" {
				t.Errorf("logout: got %s, want none", got)
			}
			if got := errorCode(v.ask(v.session, `{ me { id } }`, nil)); got != "UNAUTHENTICATED" {
				t.Errorf("after logout: got %q, want UNAUTHENTICATED", got)
			}
			events, err := v.world.ListAuditEvents(t.Context(), auth.PageRequest{}, auth.AuditFilter{})
			if err != nil {
				t.Fatal(err)
			}
			var acts []auth.Act
			for _, e := range events.Items {
				if e.ActorID() == admin.User.ID {
					acts = append(acts, e.Act)
				} else if e.UserID != admin.User.ID && e.SessionID != admin.Session.ID && e.SessionID.Version() != 0 {
					t.Errorf("got %s in the session without its actor", e.Act)
				}
			}
			if diff := cmp.Diff([]auth.Act{"logged_out", "impersonated"}, acts); diff != "" {
				t.Errorf("acts by the administrator (-want +got):\n%s", diff)
			}
		})
	}
}

// account is what there is of the user.
func (v *visitor) account() map[string]any {
	v.t.Helper()
	user, err := v.world.Store.UserByEmail(v.t.Context(), inEmail)
	if err != nil {
		v.t.Fatal(err)
	}
	factors, err := v.world.SecondFactors(v.t.Context(), user.ID, user.Role)
	if err != nil {
		v.t.Fatal(err)
	}
	sessions, err := v.world.Store.Sessions(v.t.Context(), user.ID)
	if err != nil {
		v.t.Fatal(err)
	}
	return map[string]any{"user": *user, "factors": factors, "sessions": len(sessions), "password": user.PasswordHash.Reveal()}
}

// TestAnImpersonatedSessionInEveryForm sends a token of each form, and none of another way in.
func TestAnImpersonatedSessionInEveryForm(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.AccessToken, config.Issuer, config.JWTAudience = auth.AccessTokenJWT, "https://auth.example.com", []string{"https://auth.example.com"}
	w := authtest.New(t, authtest.SQLite(t), config)
	for email, role := range map[string]auth.Role{"chief@example.com": auth.RoleAdmin, inEmail: auth.RoleUser} {
		if _, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: inPassword, Role: role, Verified: true}); err != nil {
			t.Fatal(err)
		}
	}
	admin, _ := w.LogIn(t, "chief@example.com", inPassword)
	user, err := w.Store.UserByEmail(t.Context(), inEmail)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(graph.NewHandler(w.Service, slog.New(slog.DiscardHandler), graph.Options{}))
	t.Cleanup(server.Close)
	v := &visitor{t: t, world: w, url: server.URL}
	for _, delivery := range []auth.Delivery{auth.DeliveryBody, auth.DeliveryCookie} {
		grant, err := w.Impersonate(t.Context(), admin, auth.ImpersonateInput{
			UserID: user.ID, Reason: "help", SessionDelivery: auth.SessionDelivery{Delivery: delivery},
		})
		if err != nil {
			t.Fatal(err)
		}
		token := grant.Tokens.AccessToken + grant.Tokens.Cookie
		if secret.IsJWT(token) != (delivery == auth.DeliveryBody) || grant.Tokens.RefreshToken != "" || !grant.Tokens.RefreshExpiresAt.IsZero() {
			t.Errorf("%s: got a token of another form, or one to refresh it", delivery)
		}
		for document, want := range map[string]string{
			`{ me { id } }`: "", `mutation { updateProfile(input: {}) { errors { code } } }`: "",
			`mutation { removeTotp { errors { code } } }`: "FORBIDDEN", `{ users { nodes { id } } }`: "FORBIDDEN",
			`mutation { reauthenticate(input: {password: "correct horse battery"}) { errors { code } } }`: "FORBIDDEN",
		} {
			if got := errorCode(v.ask(token, document, nil)); got != want {
				t.Errorf("%s: got %q for %s, want %q", delivery, got, document, want)
			}
		}
	}
}
