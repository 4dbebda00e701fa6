package graph

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

func loadSchema(t *testing.T, change func(string) string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: change(SDL())})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func unchanged(s string) string { return s }

func TestEveryRootFieldSaysWhoMayUseIt(t *testing.T) {
	for field := range closedFields(loadSchema(t, unchanged)) {
		t.Errorf("%s has neither or both of @public and @auth, want exactly one", field)
	}
}

// TestPublicFields is the golden list: a field is added to it only on purpose.
func TestPublicFields(t *testing.T) {
	want := []string{
		"Mutation.acceptInvitation", "Mutation.beginPasskeyLogin", "Mutation.beginProviderLogin", "Mutation.confirmEmail", "Mutation.login", "Mutation.loginWithCode",
		"Mutation.loginWithIdToken", "Mutation.loginWithPasskey", "Mutation.loginWithProvider", "Mutation.logout", "Mutation.refreshSession", "Mutation.register",
		"Mutation.registerWithProvider", "Mutation.requestLoginCode", "Mutation.requestPasswordReset", "Mutation.requestProviderCode",
		"Mutation.resendConfirmationEmail", "Mutation.resetPassword", "Mutation.undoEmailChange",
		"Query.authConfig", "Query.checkPassword",
	}
	var got []string
	schema := loadSchema(t, unchanged)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			if field.Directives.ForName("public") != nil {
				got = append(got, root.Name+"."+field.Name)
			}
		}
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields that are open to everybody (-want +got):\n%s", diff)
	}
}

// TestDirectivesAreOnRootFieldsOnly: gqlgen never runs those on an object, and a nested field would
// be reached through a field that is guarded already.
func TestDirectivesAreOnRootFieldsOnly(t *testing.T) {
	schema := loadSchema(t, unchanged)
	for _, definition := range schema.Types {
		if definition == schema.Query || definition == schema.Mutation || definition == schema.Subscription {
			continue
		}
		guarded := slices.Clone(definition.Directives)
		for _, field := range definition.Fields {
			guarded = append(guarded, field.Directives...)
		}
		for _, directive := range guarded {
			if directive.Name == "auth" || directive.Name == "public" {
				t.Errorf("type %s has @%s where it does not run", definition.Name, directive.Name)
			}
		}
	}
}

func TestRootFieldsAreNullableOrCannotFail(t *testing.T) {
	schema := loadSchema(t, unchanged)
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			if field.Type.NonNull && field.Name != "authConfig" && !strings.HasPrefix(field.Name, "__") {
				t.Errorf("%s.%s is not nullable: an error in it would take the answers of its siblings with it", root.Name, field.Name)
			}
		}
	}
}

func TestEverythingIsDescribed(t *testing.T) {
	schema := loadSchema(t, unchanged)
	need := func(what, description string) {
		if strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", what)
		}
	}
	for _, definition := range schema.Types {
		if definition.BuiltIn {
			continue
		}
		need(definition.Name, definition.Description)
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			need(definition.Name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				need(definition.Name+"."+field.Name+"("+argument.Name+")", argument.Description)
			}
		}
		for _, value := range definition.EnumValues {
			need(definition.Name+"."+value.Name, value.Description)
		}
	}
	for _, directive := range []string{"auth", "public"} {
		need("@"+directive, schema.Directives[directive].Description)
		for _, argument := range schema.Directives[directive].Arguments {
			need("@"+directive+"("+argument.Name+")", argument.Description)
		}
	}
}

func TestCodesOfTheDomainAreThoseOfTheSchema(t *testing.T) {
	domain := []auth.ProblemCode{
		auth.Required, auth.InvalidName, auth.ConfirmationMismatch, auth.InvalidEmail, auth.EmailTaken,
		auth.InvalidUsername, auth.UsernameTaken, auth.UsernameReserved, auth.PasswordTooShort,
		auth.PasswordTooLong, auth.PasswordTooCommon, auth.PasswordTooSimilar, auth.IncorrectPassword,
		auth.InvalidCredentials, auth.AccountDisabled, auth.InvalidToken, auth.InvalidCode, auth.InvalidRefreshToken, auth.RegistrationNotOpen,
		auth.InvalidProfile, auth.RedirectURLNotAllowed, auth.NotFound, auth.LastAdmin, auth.InvalidReason, auth.SecondFactorNeeded, auth.EmailMismatch,
		auth.PasskeyInvalid, auth.LastCredential, auth.TooMany, auth.IdentityTaken, auth.ProviderUnknown, auth.ProviderFailed,
	}
	var schema []auth.ProblemCode
	for _, value := range loadSchema(t, unchanged).Types["UserErrorCode"].EnumValues {
		schema = append(schema, auth.ProblemCode(value.Name))
	}
	if diff := cmp.Diff(domain, schema); diff != "" {
		t.Errorf("codes (-domain +schema):\n%s", diff)
	}
}

// TestAFieldThatSaysNothingIsShut runs the server on schemas whose author forgot a directive, or
// wrote both: the field is refused at run time as well, before its resolver.
func TestAFieldThatSaysNothingIsShut(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"neither": func(s string) string {
			return strings.Replace(s, "authConfig: AuthConfig! @public", "authConfig: AuthConfig", 1)
		},
		"both": func(s string) string {
			return strings.Replace(s, "authConfig: AuthConfig! @public", "authConfig: AuthConfig @public @auth", 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			schema := loadSchema(t, change)
			handler := newHandler(nil, slog.New(slog.DiscardHandler), Options{}, schema) // a nil Service: reaching it would panic
			server := httptest.NewServer(handler)
			defer server.Close()

			status, body := post(t, server.URL, `{"query": "{ authConfig { registration } }"}`)
			want := `{"errors":[{"message":"This field is not open to anybody: its schema does not say who may use it.","path":["authConfig"],"extensions":{"code":"FORBIDDEN"}}],"data":`
			if status != http.StatusOK || !strings.HasPrefix(body, want) {
				t.Errorf("got %d %s, want 200 and %s", status, body, want)
			}
		})
	}
}

// TestASubscriptionThatIsRefusedDoesNotRun: gqlgen asks no one before it runs a field of that kind.
func TestASubscriptionThatIsRefusedDoesNotRun(t *testing.T) {
	const field = "sessionEnded: SessionEnded @auth"
	for name, c := range map[string]struct {
		to      string
		options Options
		want    string
	}{
		"neither":                {"sessionEnded: SessionEnded", Options{}, errFieldClosed.Message},
		"a role, and not there":  {"sessionEnded: SessionEnded @auth(role: ADMIN)", Options{AdminElsewhere: true}, errAdminElsewhere.Message},
		"no role, and not there": {field, Options{AdminElsewhere: true}, "UNAUTHENTICATED"},
	} {
		schema := loadSchema(t, func(s string) string { return strings.Replace(s, field, c.to, 1) })
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(`{"query": "subscription { sessionEnded { at } }"}`))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept", "text/event-stream")
		recorder := httptest.NewRecorder()
		newHandler(nil, slog.New(slog.DiscardHandler), c.options, schema).ServeHTTP(recorder, request) // a nil Service: reaching it would panic
		if got := recorder.Body.String(); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want it refused with %q", name, got, c.want)
		}
	}
}

func post(t *testing.T, url, body string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(read)
}
