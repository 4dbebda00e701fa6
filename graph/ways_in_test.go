package graph_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	inEmail                = "ada@example.com"
	inPassword secret.Text = "correct horse battery"
)

// states are what an account can be when somebody tries to get in.
var states = []string{"no factor", "TOTP", "must enroll", "disabled", "trusted device", "passkey"}

// visitor tries to get into an account that is in a state.
type visitor struct {
	t         *testing.T
	world     *authtest.World // as it was when the account got into its state
	url       string          // of a server with the settings of the state
	state     string
	app       *authtest.App    // of TOTP
	key       *passkeytest.Key // of passkey, and of disabled
	options   map[string]any   // of the login that waits, for the key
	session   secret.Text      // from before
	challenge secret.Text      // of a login that waits; empty: there is none
	device    secret.Text      // of a trusted device, which all requests come from; empty: it is not trusted
	provider  *providertest.Server
}

// visit makes an account and a server. Sessions and logins that wait are from a moment before the state, if the state
// keeps them from beginning.
func visit(t *testing.T, store auth.Store, state string) *visitor {
	t.Helper()
	config := authtest.WithPasskeys(authtest.WithLoginCodes(authtest.Optional))
	there := providertest.Start(t)
	config.Providers = provider.New([]provider.Settings{there.Settings("company")}, provider.Options{PublicURL: "https://auth.example.com", Loopback: true})
	allowed, err := address.ParseRedirectURLs("https://app.example/in")
	if err != nil {
		t.Fatal(err)
	}
	config.RedirectURLs = allowed
	w := authtest.New(t, store, config)
	ada, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: inEmail, Password: inPassword, Role: auth.RoleUser, Verified: true})
	if err != nil {
		t.Fatal(err)
	}
	connected := &auth.Identity{ID: ada.ID, UserID: ada.ID, Issuer: there.URL, Subject: "a1", Provider: "company", CreatedAt: w.Clock.Now()}
	if err := store.CreateIdentity(t.Context(), connected); err != nil {
		t.Fatal(err)
	}
	v := &visitor{t: t, world: w, state: state, provider: there}
	_, v.session = w.LogIn(t, inEmail, inPassword)
	if state == "must enroll" {
		config.RequireSecondFactor = auth.SecondFactorForEverybody
	}
	server := w.Replica(authtest.Difference{Config: config})
	switch state {
	case "TOTP":
		v.app, _ = w.Enroll(t, v.session)
		_, challenge := server.Challenged(t, inEmail, inPassword)
		v.challenge = challenge.Token
	case "passkey":
		v.key, _ = w.AddKey(t, v.session)
		_, challenge := server.Challenged(t, inEmail, inPassword)
		v.challenge, v.options = challenge.Token, challenge.PasskeyOptions
	case "must enroll":
		_, challenge := server.Challenged(t, inEmail, inPassword)
		v.challenge = challenge.Token
	case "trusted device":
		v.app, _ = w.Enroll(t, v.session)
		v.device = w.Trust(t, v.app, inEmail, inPassword)
		grant, err := w.Login(t.Context(), auth.LoginInput{Email: inEmail, Password: inPassword, SessionDelivery: auth.SessionDelivery{Device: v.device}})
		if err != nil {
			t.Fatal(err)
		}
		v.session = grant.Tokens.AccessToken
	case "disabled":
		v.app, _ = w.Enroll(t, v.session)
		v.key, _ = w.AddKey(t, v.session)
		_, challenge := server.Challenged(t, inEmail, inPassword)
		v.challenge, v.options = challenge.Token, challenge.PasskeyOptions
		if _, err := w.DisableAccount(t.Context(), inEmail); err != nil {
			t.Fatal(err)
		}
	}
	w.Letters(t)
	front := httptest.NewServer(graph.NewHandler(server.Service, slog.New(slog.DiscardHandler), graph.Options{}))
	t.Cleanup(front.Close)
	v.url = front.URL
	return v
}

// bearer is the challenge if there is one, and otherwise the session.
func (v *visitor) bearer() secret.Text {
	if v.challenge != "" {
		return v.challenge
	}
	return v.session
}

// ask sends a document and returns the answer.
func (v *visitor) ask(token secret.Text, document string, variables map[string]any) map[string]any {
	v.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		v.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.url, bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token.Reveal())
	}
	if v.device != "" {
		request.Header.Set("Latchkey-Device", v.device.Reveal())
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer map[string]any
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		v.t.Fatal(err)
	}
	return answer
}

// fromProvider goes to the provider, where somebody is signed in, and returns what the browser brings back.
func (v *visitor) fromProvider(subject string) map[string]any {
	v.t.Helper()
	v.provider.SignIn(map[string]any{"sub": subject})
	verifier := secret.NewToken(secret.ProviderToken)
	address, err := v.world.BeginProviderLogin(v.t.Context(), auth.BeginProviderLoginInput{
		Provider: "company", RedirectURL: "https://app.example/in", Challenge: base64.RawURLEncoding.EncodeToString(secret.Digest(verifier)),
	})
	if err != nil {
		v.t.Fatal(err)
	}
	values := v.provider.Authorize(v.t, address)
	back, err := v.world.FinishProviderFlow(v.t.Context(), auth.ProviderCallback{
		Provider: "company", State: secret.Text(values.Get("state")),
		Answer: provider.Answer{Code: secret.Text(values.Get("code")), Issuer: values.Get("iss")},
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return map[string]any{"code": back.Value.Reveal(), "verifier": verifier.Reveal()}
}

// enter sends a mutation whose field is called in, and says what came of it: tokens, the kind of a challenge, the code of
// an error, or nothing.
func (v *visitor) enter(token secret.Text, document string, variables map[string]any) string {
	v.t.Helper()
	answer := v.ask(token, document, variables)
	if code := errorCode(answer); code != "" {
		return code
	}
	data, _ := answer["data"].(map[string]any)
	in, _ := data["in"].(map[string]any)
	problems, _ := in["errors"].([]any)
	if len(problems) > 0 {
		problem, _ := problems[0].(map[string]any)
		return fmt.Sprint(problem["code"])
	}
	if challenge, ok := in["challenge"].(map[string]any); ok {
		if in["tokens"] != nil || in["user"] != nil || in["session"] != nil {
			v.t.Error("got tokens, a user or a session beside a challenge, want the challenge alone")
		}
		return fmt.Sprint(challenge["kind"])
	}
	if in["tokens"] != nil {
		return "tokens"
	}
	return "nothing"
}

// errorCode returns the code of the first error of an answer, and "" if there is none.
func errorCode(answer map[string]any) string {
	errs, _ := answer["errors"].([]any)
	if len(errs) == 0 {
		return ""
	}
	first, _ := errs[0].(map[string]any)
	extensions, _ := first["extensions"].(map[string]any)
	return fmt.Sprint(extensions["code"])
}

const (
	granted   = " { tokens { expiresAt } user { id } session { id } challenge { kind } errors { code } } }"
	completed = " { tokens { expiresAt } user { id } session { id } errors { code } } }"
)

// waysIn are all fields that return tokens: how each is tried, and what comes of it in each state.
var waysIn = map[string]struct {
	try  func(v *visitor) string
	want []string // by states
}{
	"register": {func(v *visitor) string {
		input := map[string]any{"email": "new@example.com", "password": inPassword.Reveal()}
		if v.state == "TOTP" || v.state == "disabled" || v.state == "trusted device" || v.state == "passkey" {
			input["email"] = inEmail
		}
		return v.enter("", `mutation($i: RegisterInput!) { in: register(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "EMAIL_TAKEN", "ENROLL", "EMAIL_TAKEN", "EMAIL_TAKEN", "EMAIL_TAKEN"}},
	"login": {func(v *visitor) string {
		input := map[string]any{"email": inEmail, "password": inPassword.Reveal()}
		return v.enter("", `mutation($i: LoginInput!) { in: login(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "PROVE", "ENROLL", "ACCOUNT_DISABLED", "tokens", "PROVE"}},
	"loginWithCode": {func(v *visitor) string {
		if v.state == "disabled" {
			if _, err := v.world.EnableAccount(v.t.Context(), inEmail); err != nil { // or there is no email
				v.t.Fatal(err)
			}
		}
		id, err := v.world.RequestLoginCode(v.t.Context(), inEmail)
		if err != nil {
			v.t.Fatal(err)
		}
		input := map[string]any{"requestId": id, "code": v.world.Letter(v.t, auth.LetterLoginCode).Code.Reveal()}
		if v.state == "disabled" {
			if _, err := v.world.DisableAccount(v.t.Context(), inEmail); err != nil {
				v.t.Fatal(err)
			}
		}
		return v.enter("", `mutation($i: LoginWithCodeInput!) { in: loginWithCode(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "PROVE", "ENROLL", "CODE_INVALID", "tokens", "PROVE"}},
	"loginWithProvider": {func(v *visitor) string {
		return v.enter("", `mutation($i: LoginWithProviderInput!) { in: loginWithProvider(input: $i)`+granted, map[string]any{"i": v.fromProvider("a1")})
	}, []string{"tokens", "PROVE", "ENROLL", "ACCOUNT_DISABLED", "tokens", "PROVE"}},
	"loginWithIdToken": {func(v *visitor) string {
		nonce := secret.NewToken(secret.ProviderToken).Reveal()
		input := map[string]any{"provider": "company", "idToken": v.provider.IDToken(map[string]any{"sub": "a1"}, nonce), "nonce": nonce}
		return v.enter("", `mutation($i: LoginWithIdTokenInput!) { in: loginWithIdToken(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "PROVE", "ENROLL", "ACCOUNT_DISABLED", "tokens", "PROVE"}},
	"registerWithProvider": {func(v *visitor) string {
		from := v.fromProvider("b2")
		answer := v.ask("", `mutation($i: LoginWithProviderInput!) { in: loginWithProvider(input: $i) { pendingIdentity { token } errors { code } } }`, map[string]any{"i": from})
		data, _ := answer["data"].(map[string]any)
		in, _ := data["in"].(map[string]any)
		pending, ok := in["pendingIdentity"].(map[string]any)
		if !ok {
			v.t.Fatal("there is no pending identity")
		}
		email := "new@example.com"
		if v.state != "no factor" && v.state != "must enroll" {
			email = inEmail
		}
		id, err := v.world.RequestProviderCode(v.t.Context(), auth.RequestProviderCodeInput{
			Pending: secret.Text(fmt.Sprint(pending["token"])), Verifier: secret.Text(fmt.Sprint(from["verifier"])), Email: email,
		})
		if err != nil {
			v.t.Fatal(err)
		}
		input := map[string]any{
			"pending": pending["token"], "verifier": from["verifier"], "requestId": id, "code": v.world.Letter(v.t, auth.LetterProviderCode).Code.Reveal(),
		}
		return v.enter("", `mutation($i: RegisterWithProviderInput!) { in: registerWithProvider(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "nothing", "ENROLL", "ACCOUNT_DISABLED", "nothing", "nothing"}},
	"acceptInvitation": {func(v *visitor) string {
		email := "new@example.com"
		if v.state != "no factor" && v.state != "must enroll" {
			email = inEmail // for which there is no link: whoever has an account is told so
		}
		token := secret.NewToken(secret.InvitationToken)
		now := v.world.Clock.Now()
		invitation := &auth.Invitation{
			ID: uuid.New(), Email: mailbox(email), Role: auth.RoleUser, TokenDigest: secret.Digest(token), CreatedAt: now, ExpiresAt: now.Add(time.Hour),
		}
		if err := v.world.Store.PutInvitation(v.t.Context(), invitation); err != nil {
			v.t.Fatal(err)
		}
		input := map[string]any{"token": token.Reveal(), "password": inPassword.Reveal()}
		return v.enter("", `mutation($i: AcceptInvitationInput!) { in: acceptInvitation(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "EMAIL_TAKEN", "ENROLL", "ACCOUNT_DISABLED", "EMAIL_TAKEN", "EMAIL_TAKEN"}},
	"impersonateUser": {func(v *visitor) string {
		const chief = "chief@example.com"
		if _, err := v.world.CreateAccount(v.t.Context(), auth.NewAccount{Email: chief, Password: inPassword, Role: auth.RoleAdmin, Verified: true}); err != nil {
			v.t.Fatal(err)
		}
		_, token := v.world.LogIn(v.t, chief, inPassword)
		user, err := v.world.Store.UserByEmail(v.t.Context(), inEmail)
		if err != nil {
			v.t.Fatal(err)
		}
		input := map[string]any{"id": user.ID, "reason": "asked for help"}
		return v.enter(token, `mutation($i: ImpersonateUserInput!) { in: impersonateUser(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"tokens", "tokens", "SECOND_FACTOR_REQUIRED", "ACCOUNT_DISABLED", "tokens", "tokens"}},
	"refreshSession": {func(v *visitor) string {
		return v.enter(v.session, `mutation { in: refreshSession`+granted, nil)
	}, []string{"tokens", "tokens", "SECOND_FACTOR_REQUIRED", "REFRESH_TOKEN_INVALID", "tokens", "tokens"}},
	"changePassword": {func(v *visitor) string {
		input := map[string]any{"currentPassword": inPassword.Reveal(), "newPassword": "another horse battery"}
		return v.enter(v.session, `mutation($i: ChangePasswordInput!) { in: changePassword(input: $i) { tokens { expiresAt } errors { code } } }`, map[string]any{"i": input})
	}, []string{"tokens", "tokens", "SECOND_FACTOR_REQUIRED", "UNAUTHENTICATED", "tokens", "tokens"}},
	"completeLogin": {func(v *visitor) string {
		input := map[string]any{"totpCode": "000000"}
		if v.app != nil {
			input["totpCode"] = v.app.Next(v.t).Reveal()
		} else if v.key != nil {
			input = map[string]any{"passkey": v.key.Get(v.options)}
		}
		return v.enter(v.bearer(), `mutation($i: CompleteLoginInput!) { in: completeLogin(input: $i)`+completed, map[string]any{"i": input})
	}, []string{"UNAUTHENTICATED", "tokens", "SECOND_FACTOR_REQUIRED", "UNAUTHENTICATED", "UNAUTHENTICATED", "tokens"}},
	"confirmTotp": {func(v *visitor) string {
		begun := v.ask(v.bearer(), `mutation { beginTotp { setup secret } }`, nil)
		data, _ := begun["data"].(map[string]any)
		setup, ok := data["beginTotp"].(map[string]any)
		if !ok {
			return errorCode(begun)
		}
		code, err := secret.TOTPCode(secret.Text(fmt.Sprint(setup["secret"])), secret.TOTPStep(v.world.Clock.Now()))
		if err != nil {
			v.t.Fatal(err)
		}
		input := map[string]any{"setup": setup["setup"], "code": code.Reveal()}
		return v.enter(v.bearer(), `mutation($i: ConfirmTotpInput!) { in: confirmTotp(input: $i)`+completed, map[string]any{"i": input})
	}, []string{"nothing", "SECOND_FACTOR_REQUIRED", "tokens", "UNAUTHENTICATED", "REAUTHENTICATION_REQUIRED", "SECOND_FACTOR_REQUIRED"}},
	"loginWithPasskey": {func(v *visitor) string {
		key := v.key
		if key == nil { // one that nobody has
			key = passkeytest.New(authtest.Origin)
			key.Handle = []byte("nobody")
		}
		begun := v.begin("", `mutation { begun: beginPasskeyLogin { options state } }`)
		options, _ := begun["options"].(map[string]any)
		input := map[string]any{"state": begun["state"], "credential": key.Get(options)}
		return v.enter("", `mutation($i: LoginWithPasskeyInput!) { in: loginWithPasskey(input: $i)`+granted, map[string]any{"i": input})
	}, []string{"NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "ACCOUNT_DISABLED", "NOT_FOUND", "tokens"}},
	"addPasskey": {func(v *visitor) string {
		begun := v.begin(v.bearer(), `mutation { begun: beginPasskey { options state } }`)
		options, ok := begun["options"].(map[string]any)
		if !ok {
			return errorCode(begun)
		}
		input := map[string]any{"state": begun["state"], "credential": passkeytest.New(authtest.Origin).Create(options)}
		return v.enter(v.bearer(), `mutation($i: AddPasskeyInput!) { in: addPasskey(input: $i)`+completed, map[string]any{"i": input})
	}, []string{"nothing", "SECOND_FACTOR_REQUIRED", "tokens", "UNAUTHENTICATED", "REAUTHENTICATION_REQUIRED", "SECOND_FACTOR_REQUIRED"}},
}

// mailbox is an address that needs no change.
func mailbox(email string) address.Email { return address.Email{Address: email, Canonical: email} }

// begin sends a mutation whose field is called begun, and returns its object, or the answer if there is none.
func (v *visitor) begin(token secret.Text, document string) map[string]any {
	answer := v.ask(token, document, nil)
	data, _ := answer["data"].(map[string]any)
	if begun, ok := data["begun"].(map[string]any); ok {
		return begun
	}
	return answer
}

func servedSchema(t *testing.T) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestEveryWayIn walks every field that returns tokens, as the schema has them. A new one fails until it is in waysIn.
func TestEveryWayIn(t *testing.T) {
	t.Parallel()
	schema := servedSchema(t)
	found := map[string]bool{}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		for _, field := range root.Fields {
			payload := schema.Types[field.Type.Name()]
			if payload.Fields.ForName("tokens") == nil {
				continue
			}
			found[field.Name] = true
			if _, ok := waysIn[field.Name]; !ok {
				t.Errorf("%s returns tokens, and waysIn does not have it", field.Name)
			}
		}
	}
	databases := map[string]func(t *testing.T) auth.Store{
		"SQLite":   func(t *testing.T) auth.Store { return authtest.SQLite(t) },
		"Postgres": func(t *testing.T) auth.Store { return authtest.Postgres(t) },
	}
	for field, way := range waysIn {
		if !found[field] {
			t.Errorf("%s is in waysIn, and returns no tokens", field)
		}
		for i, state := range states {
			for database, open := range databases {
				t.Run(field+"/"+state+"/"+database, func(t *testing.T) {
					t.Parallel()
					if got := way.try(visit(t, open(t), state)); got != way.want[i] {
						t.Errorf("got %s, want %s", got, way.want[i])
					}
				})
			}
		}
	}
}

// TestFieldsThatArePending is the golden list: a field is added to it only on purpose.
func TestFieldsThatArePending(t *testing.T) {
	t.Parallel()
	want := []string{"addPasskey", "beginPasskey", "beginTotp", "completeLogin", "confirmTotp"}
	var got []string
	forEachGuarded(servedSchema(t), func(_ string, field *ast.FieldDefinition, pending bool) {
		if pending {
			got = append(got, field.Name)
		}
	})
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(got))); diff != "" {
		t.Errorf("fields that are open to a login that waits (-want +got):\n%s", diff)
	}
}

// forEachGuarded calls fn with each root field that needs a session.
func forEachGuarded(schema *ast.Schema, fn func(operation string, field *ast.FieldDefinition, pending bool)) {
	for operation, root := range map[string]*ast.Definition{"query": schema.Query, "mutation": schema.Mutation} {
		for _, field := range root.Fields {
			directive := field.Directives.ForName("auth")
			if directive == nil {
				continue
			}
			pending := directive.Arguments.ForName("pending")
			fn(operation, field, pending != nil && pending.Value.Raw == "true")
		}
	}
}

// TestAChallengeOpensNoField sends the tokens of logins that wait, and of a session that lacks a factor, to every field
// that needs a session.
func TestAChallengeOpensNoField(t *testing.T) {
	t.Parallel()
	schema := servedSchema(t)
	proves, enrolls := visit(t, authtest.SQLite(t), "TOTP"), visit(t, authtest.SQLite(t), "must enroll")
	asked := 0
	forEachGuarded(schema, func(operation string, field *ast.FieldDefinition, pending bool) {
		document := operation + " { " + field.Name + arguments(schema, field) + " " + selection(schema, field.Type) + " }"
		for _, c := range []struct {
			name    string
			visitor *visitor
			token   secret.Text
			want    string
		}{
			{"a login that waits for a proof", proves, proves.challenge, "UNAUTHENTICATED"},
			{"a login that waits for an app", enrolls, enrolls.challenge, "UNAUTHENTICATED"},
			{"a session that lacks a factor", enrolls, enrolls.session, "SECOND_FACTOR_REQUIRED"},
		} {
			got := errorCode(c.visitor.ask(c.token, document, nil))
			if pending {
				continue // TestEveryWayIn tries those
			}
			asked++
			if got != c.want {
				t.Errorf("%s with %s: got %q, want %s", field.Name, c.name, got, c.want)
			}
		}
	})
	if asked < 30 {
		t.Errorf("got %d questions, want 30 or more", asked)
	}
}

// arguments are those that a field needs, with values that pass as such.
func arguments(schema *ast.Schema, field *ast.FieldDefinition) string {
	var list []string
	for _, argument := range field.Arguments {
		if argument.Type.NonNull && argument.DefaultValue == nil {
			list = append(list, argument.Name+": "+anyValue(schema, argument.Type))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// anyValue is some value of a type.
func anyValue(schema *ast.Schema, of *ast.Type) string {
	if of.Elem != nil {
		return "[]"
	}
	definition := schema.Types[of.Name()]
	switch {
	case definition.Kind == ast.Enum:
		return definition.EnumValues[0].Name
	case definition.Kind == ast.InputObject:
		var fields []string
		for _, field := range definition.Fields {
			if field.Type.NonNull && field.DefaultValue == nil {
				fields = append(fields, field.Name+": "+anyValue(schema, field.Type))
			}
		}
		return "{" + strings.Join(fields, ", ") + "}"
	case of.Name() == "ID":
		return `"` + uuid.NewString() + `"`
	case of.Name() == "Boolean":
		return "false"
	case of.Name() == "Int":
		return "1"
	case of.Name() == "JSONObject":
		return "{}"
	}
	return `"ada@example.com"`
}
