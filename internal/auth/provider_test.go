package auth_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = wantJob("identity_connected", normalPriority)
	_ = wantJob("identity_disconnected", normalPriority)
	_ = wantJob("provider_code", normalPriority)
)

// counters are providers that say what a test has them say.
type counters struct {
	mu     sync.Mutex
	flows  []provider.Flow
	says   func(answer provider.Answer) (*provider.Identity, error)
	native func(token, nonce secret.Text) (*provider.Identity, error)
}

func (c *counters) List() []provider.Info {
	return []provider.Info{{ID: "company", Name: "Company", Preset: "oidc"}, {ID: "github", Name: "GitHub", Preset: "github"}}
}

func (c *counters) AuthorizationURL(_ context.Context, id string, flow provider.Flow) (string, error) {
	switch id {
	case "company", "github":
	case "down":
		return "", &provider.Failure{Provider: id, Step: "read its description", Err: errors.New("no route")}
	default:
		return "", provider.ErrUnknown
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flows = append(c.flows, flow)
	return "https://" + id + ".example/authorize", nil
}

func (c *counters) Identify(_ context.Context, id string, answer provider.Answer, flow provider.Flow) (*provider.Identity, error) {
	c.mu.Lock()
	known := slices.Contains(c.flows, flow)
	c.mu.Unlock()
	if !known {
		return nil, errors.New("a flow with other secrets than it began with")
	}
	if answer.Error != "" {
		return nil, provider.ErrDenied
	}
	identity, err := c.says(answer)
	if err != nil {
		return nil, &provider.Failure{Provider: id, Step: "find out who signed in", Err: err}
	}
	copied := *identity
	copied.Provider = id
	return &copied, nil
}

func (c *counters) VerifyIDToken(_ context.Context, _ string, token, nonce secret.Text) (*provider.Identity, error) {
	return c.native(token, nonce)
}

// last returns the flow that began last.
func (c *counters) last() provider.Flow {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flows[len(c.flows)-1]
}

const page = "https://app.example/in"

// withProviders returns a configuration with providers, and those.
func withProviders(t *testing.T, config auth.Config) (auth.Config, *counters) {
	t.Helper()
	list, err := address.ParseRedirectURLs(page)
	must(t, err)
	c := &counters{says: func(provider.Answer) (*provider.Identity, error) { return person("a1", ada, true), nil }}
	config.Providers, config.RedirectURLs = c, list
	return config, c
}

// person is whom a provider has identified.
func person(subject, email string, authoritative bool) *provider.Identity {
	return &provider.Identity{Issuer: "https://company.example", Subject: subject, Email: email, Authoritative: authoritative, Name: "Ada at work"}
}

// trip is one way to a provider and back.
type trip struct {
	verifier secret.Text
	code     secret.Text
}

func newVerifier() secret.Text { return secret.NewToken(secret.ProviderToken) }

func challengeOf(verifier secret.Text) string {
	return base64.RawURLEncoding.EncodeToString(secret.Digest(verifier))
}

// begin begins a way to a provider, and returns the verifier.
func begin(t *testing.T, w *authtest.World, id string) secret.Text {
	t.Helper()
	verifier := newVerifier()
	_, err := w.BeginProviderLogin(t.Context(), auth.BeginProviderLoginInput{Provider: id, RedirectURL: page, Challenge: challengeOf(verifier)})
	must(t, err)
	return verifier
}

// goThere goes to a provider and back.
func goThere(t *testing.T, w *authtest.World, c *counters) trip {
	t.Helper()
	verifier := begin(t, w, "company")
	back, err := w.FinishProviderFlow(t.Context(), auth.ProviderCallback{Provider: "company", State: c.last().State, Answer: provider.Answer{Code: "x"}})
	must(t, err)
	if back.RedirectURL != page || back.Parameter != auth.ParameterCode {
		t.Fatalf("the browser goes to %s with %s, want the page with a code", back.RedirectURL, back.Parameter)
	}
	return trip{verifier, back.Value}
}

// arrive signs in with a provider.
func arrive(t *testing.T, w *authtest.World, c *counters) (*auth.ProviderGrant, error) {
	t.Helper()
	trip := goThere(t, w, c)
	return w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: trip.code, Verifier: trip.verifier})
}

// arrives is arrive that begins a session.
func arrives(t *testing.T, w *authtest.World, c *counters) *auth.Grant {
	t.Helper()
	granted, err := arrive(t, w, c)
	must(t, err)
	if granted.Grant == nil || granted.Grant.Session == nil {
		t.Fatal("there is no session")
	}
	return granted.Grant
}

// waits is arrive that needs something.
func waits(t *testing.T, w *authtest.World, c *counters, want auth.PendingReason) (*auth.Awaited, secret.Text) {
	t.Helper()
	trip := goThere(t, w, c)
	granted, err := w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: trip.code, Verifier: trip.verifier})
	must(t, err)
	if granted.Grant != nil || granted.Awaited == nil || granted.Awaited.Reason != want {
		t.Fatalf("got %+v, want to wait for %s", granted.Awaited, want)
	}
	return granted.Awaited, trip.verifier
}

// onEachWithProviders runs a test on each kind of store.
func onEachWithProviders(t *testing.T, config auth.Config, run func(t *testing.T, w *authtest.World, c *counters)) {
	t.Helper()
	onEach(t, func(t *testing.T, store auth.Store) {
		config, c := withProviders(t, authtest.Unlimited(config))
		run(t, authtest.New(t, store, config), c)
	})
}

func identitiesOf(t *testing.T, w *authtest.World, email string) []*auth.Identity {
	t.Helper()
	list, err := w.Identities(t.Context(), reload(t, w, email).ID)
	must(t, err)
	return list
}

var _ = newDeed("an account by a provider, connected and disconnected, and what is refused", func(t *testing.T, w *authtest.World) {
	c, _ := w.Config().Providers.(*counters)
	w.Join(t, "bob@lovelace.example", adasPassword)
	grant := arrives(t, w, c)
	caller := w.Caller(t, grant.Tokens.AccessToken)
	c.says = func(provider.Answer) (*provider.Identity, error) { return person("a2", "", false), nil }
	awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
	request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: "new@lovelace.example"})
	must(t, err)
	_, err = w.RegisterWithProvider(t.Context(), auth.RegisterWithProviderInput{Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: "BBBB-BBBB"})
	refused(t, err, auth.InvalidCode)
	second, err := w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Pending: &awaited.Token, Verifier: verifier})
	must(t, err)
	must(t, w.DisconnectIdentity(t.Context(), caller, second.ID))
	c.says = func(provider.Answer) (*provider.Identity, error) { return nil, errors.New("forged") }
	begin(t, w, "company")
	_, err = w.FinishProviderFlow(t.Context(), auth.ProviderCallback{Provider: "company", State: c.last().State, Answer: provider.Answer{Code: "x"}})
	must(t, err)
	c.says = func(provider.Answer) (*provider.Identity, error) { return person("a1", ada, true), nil }
	bob, _ := w.LogIn(t, "bob@lovelace.example", adasPassword)
	trip := goThere(t, w, c)
	_, err = w.ConnectIdentity(t.Context(), bob, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
	refused(t, err, auth.IdentityTaken)
	_, err = w.DisableAccount(t.Context(), ada)
	must(t, err)
	_, err = arrive(t, w, c)
	refused(t, err, auth.AccountDisabled)
	eve, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "eve@lovelace.example", Password: evesPassword, Role: auth.RoleUser})
	must(t, err)
	must(t, w.Store.CreateIdentity(t.Context(), &auth.Identity{ID: second.ID, UserID: eve.ID, Issuer: "x", Subject: "x", Provider: "company", CreatedAt: w.Clock.Now()}))
	c.says = func(provider.Answer) (*provider.Identity, error) {
		return person("e1", "eve@lovelace.example", true), nil
	}
	arrives(t, w, c)
})

func TestR1AKnownIdentityIsThatUserWhateverItsAddress(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		first := arrives(t, w, c)
		w.Join(t, "bob@lovelace.example", adasPassword)
		c.says = func(provider.Answer) (*provider.Identity, error) {
			says := person("a1", "bob@lovelace.example", true)
			says.Username = "bob"
			return says, nil
		}
		if again := arrives(t, w, c); again.User.ID != first.User.ID {
			t.Error("the identity led to the user with its new address, want the one whose it is")
		}
		c.says = func(provider.Answer) (*provider.Identity, error) {
			says := person("a1", ada, true)
			says.Issuer += "/"
			return says, nil
		}
		waits(t, w, c, auth.PendingConnect) // another issuer is somebody else
	})
}

func TestR2TheClientSuppliesNoAddressButByACode(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		w.Join(t, ada, adasPassword)
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("x1", "", false), nil }
		awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
		request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: ada})
		must(t, err)
		letter := w.Letter(t, auth.LetterProviderCode)
		in := auth.RegisterWithProviderInput{Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: "BBBB-BBBB"}
		_, err = w.RegisterWithProvider(t.Context(), in)
		refused(t, err, auth.InvalidCode)
		in.Code, in.Verifier = letter.Code, newVerifier()
		_, err = w.RegisterWithProvider(t.Context(), in)
		refused(t, err, auth.InvalidToken)
		in.Verifier = verifier
		granted, err := w.RegisterWithProvider(t.Context(), in)
		must(t, err)
		if granted.Grant != nil || granted.Awaited.Reason != auth.PendingConnect {
			t.Error("whoever reads the email is in an account with a password, want to be asked to sign in to it")
		}
		if len(identitiesOf(t, w, ada)) != 0 {
			t.Error("the identity is connected")
		}
	})
}

// TestR4 has a provider whose word counts, and one whose does not.
func TestR4AnAddressThatNobodyHas(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		grant := arrives(t, w, c)
		if user := reload(t, w, ada); !user.EmailVerified() || user.HasPassword() || user.Name != "Ada at work" || grant.User.ID != user.ID {
			t.Errorf("got %+v, want a confirmed user without a password, named as the provider says", user)
		}
		if want := []auth.Method{auth.MethodProvider}; !slices.Equal(grant.Session.Methods, want) || grant.Session.Factors != 1 {
			t.Errorf("got %v with %d factors", grant.Session.Methods, grant.Session.Factors)
		}
		w.Letters(t)

		const typed = "Grace@hopper.example"
		c.says = func(provider.Answer) (*provider.Identity, error) {
			return person("g1", "grace@elsewhere.example", false), nil
		}
		awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
		if awaited.Email != "grace@elsewhere.example" || awaited.Provider != "company" {
			t.Errorf("got %+v", awaited)
		}
		request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: typed})
		must(t, err)
		in := auth.RegisterWithProviderInput{Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: w.Letter(t, auth.LetterProviderCode).Code}
		granted, err := w.RegisterWithProvider(t.Context(), in)
		must(t, err)
		if granted.Grant == nil || granted.Grant.User.Email.Canonical != strings.ToLower(typed) {
			t.Fatal("the code did not sign anybody up with the address")
		}
		_, err = w.RegisterWithProvider(t.Context(), in)
		refused(t, err, auth.InvalidToken)
		if again := arrives(t, w, c); again.User.ID != granted.Grant.User.ID {
			t.Error("the identity is not connected")
		}
	})
}

func TestR5AnAddressThatAnAccountHas(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		for i, written := range []string{ada, strings.ToUpper(ada), "Ada@LOVELACE.example"} {
			if i == 0 {
				w.Join(t, ada, adasPassword)
			}
			c.says = func(provider.Answer) (*provider.Identity, error) { return person("a1", written, true), nil }
			awaited, verifier := waits(t, w, c, auth.PendingConnect)
			if len(identitiesOf(t, w, ada)) != 0 {
				t.Fatal("the identity is connected silently")
			}
			if i < 2 {
				continue
			}
			caller, _ := w.LogIn(t, ada, adasPassword)
			other := newVerifier()
			_, err := w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Pending: &awaited.Token, Verifier: other})
			refused(t, err, auth.InvalidToken)
			w.Letters(t)
			_, err = w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Pending: &awaited.Token, Verifier: verifier})
			must(t, err)
			w.Letter(t, auth.LetterIdentityConnected)
			_, err = w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Pending: &awaited.Token, Verifier: verifier})
			refused(t, err, auth.InvalidToken)
		}
		if arrives(t, w, c).User.ID != reload(t, w, ada).ID {
			t.Error("the identity does not lead to the account it was connected to")
		}
	})
}

// TestR5TheOperatorMayHaveAddressesLink has each of the conditions be missing once.
func TestR5TheOperatorMayHaveAddressesLink(t *testing.T) {
	t.Parallel()
	config := authtest.Optional
	config.ProviderLink = auth.ProviderLinkVerified
	onEachWithProviders(t, config, func(t *testing.T, w *authtest.World, c *counters) {
		w.Join(t, ada, adasPassword)
		w.Letters(t)
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("a1", ada, false), nil }
		awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
		request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: ada})
		must(t, err)
		granted, err := w.RegisterWithProvider(t.Context(), auth.RegisterWithProviderInput{
			Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: w.Letter(t, auth.LetterProviderCode).Code,
		})
		must(t, err)
		if granted.Grant != nil || granted.Awaited.Reason != auth.PendingConnect || len(identitiesOf(t, w, ada)) != 0 {
			t.Error("a mailed code has linked, want only the word of a provider to")
		}
		c.says = func(provider.Answer) (*provider.Identity, error) {
			return person("a1", strings.ToUpper(ada), true), nil
		}
		if arrives(t, w, c).User.ID != reload(t, w, ada).ID || !reload(t, w, ada).HasPassword() {
			t.Error("the account is another one, or lost its password")
		}
		w.Letter(t, auth.LetterIdentityConnected)
	})
}

// TestR6AnAccountWithoutAPasswordCanBePlantedToo: an import of an old release connected an identity that nobody has proved to
// be the owner's.
func TestR6AnAccountWithoutAPasswordCanBePlantedToo(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser})
		must(t, err)
		must(t, w.Store.CreateIdentity(t.Context(), &auth.Identity{
			ID: user.ID, UserID: user.ID, Issuer: "https://company.example", Subject: "eve", Provider: "company", CreatedAt: w.Clock.Now(),
		}))
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("a1", ada, true), nil }
		if arrives(t, w, c).User.ID != user.ID {
			t.Error("the owner has another account")
		}
		if list := identitiesOf(t, w, ada); len(list) != 1 || list[0].Subject != "a1" {
			t.Error("the stranger's identity is still connected")
		}
	})
}

func TestR6WhatWasNotConfirmedIsPlanted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config, c := withProviders(t, authtest.Unlimited(authtest.Mandatory))
		w := authtest.New(t, store, config)
		signUp(t, w, ada, evesPassword)
		grant := arrives(t, w, c)
		if grant.User.HasPassword() || grant.User.Name != "Ada at work" {
			t.Error("something of a sign-up of a stranger is in the account")
		}
		logsIn(t, w, ada, evesPassword)
	})
	onEach(t, func(t *testing.T, store auth.Store) {
		config, c := withProviders(t, authtest.Unlimited(authtest.Optional))
		config.Usernames = auth.UsernamesOptional
		w := authtest.New(t, store, config)
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: evesPassword, Username: "evil", Name: "Eve"})
		must(t, err)
		planted, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: evesPassword})
		must(t, err)
		caller := w.Caller(t, planted.Tokens.AccessToken)
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("eve", "", false), nil }
		awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
		_, err = w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Pending: &awaited.Token, Verifier: verifier})
		failed(t, err, auth.EmailNotConfirmed)
		must(t, w.Store.CreateIdentity(t.Context(), &auth.Identity{ // from before the address had to be confirmed, say
			ID: planted.Session.ID, UserID: planted.User.ID, Issuer: "https://company.example", Subject: "eve", Provider: "company", CreatedAt: w.Clock.Now(),
		}))
		w.Enroll(t, planted.Tokens.AccessToken)

		c.says = func(provider.Answer) (*provider.Identity, error) { return person("a1", ada, true), nil }
		granted, err := arrive(t, w, c)
		must(t, err)
		if granted.Grant == nil || granted.Grant.Session == nil {
			t.Fatal("the owner is kept out")
		}
		user := reload(t, w, ada)
		if user.HasPassword() || user.HasSecondFactor() || user.Name == "Eve" || user.Username != (auth.Username{}) || !user.EmailVerified() {
			t.Errorf("got %+v, want nothing of the stranger", user)
		}
		if lives(t, w, planted.Tokens.AccessToken) {
			t.Error("the stranger's session lives")
		}
		if list := identitiesOf(t, w, ada); len(list) != 1 || list[0].Subject != "a1" {
			t.Error("the stranger's identity is still connected")
		}
	})
}

func TestR7TheSecondFactorIsAskedAfterAProvider(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		app, _ := w.Enroll(t, arrives(t, w, c).Tokens.AccessToken)
		granted, err := arrive(t, w, c)
		must(t, err)
		if granted.Grant == nil || granted.Grant.Challenge == nil || granted.Grant.Tokens != nil {
			t.Fatal("there is no challenge, or there are tokens")
		}
		completed, err := w.ByTOTP(t, w.Pending(t, granted.Grant.Challenge.Token), app.Next(t))
		must(t, err)
		if want := []auth.Method{auth.MethodProvider, auth.MethodTOTP}; !slices.Equal(completed.Session.Methods, want) {
			t.Errorf("got %v, want %v", completed.Session.Methods, want)
		}
		c.says = func(provider.Answer) (*provider.Identity, error) {
			says := person("a1", ada, true)
			says.SecondFactor = true
			return says, nil
		}
		if grant := arrives(t, w, c); grant.Session.Factors != 2 {
			t.Error("a second factor that the operator counts did not count")
		}
	})
}

func TestR8DisabledStaysDisabled(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.ProviderLink = auth.ProviderLinkVerified
	onEachWithProviders(t, config, func(t *testing.T, w *authtest.World, c *counters) {
		w.Join(t, ada, adasPassword)
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = arrive(t, w, c)
		refused(t, err, auth.AccountDisabled)
		_, err = w.EnableAccount(t.Context(), ada)
		must(t, err)
		arrives(t, w, c)
		_, err = w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = arrive(t, w, c)
		refused(t, err, auth.AccountDisabled)
	})
}

func TestR9NobodySignsUpWhereThatIsClosed(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.Registration = auth.RegistrationClosed
	onEachWithProviders(t, config, func(t *testing.T, w *authtest.World, c *counters) {
		waits(t, w, c, auth.PendingRegistrationClosed)
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("a1", "", false), nil }
		awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
		request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: ada})
		must(t, err)
		granted, err := w.RegisterWithProvider(t.Context(), auth.RegisterWithProviderInput{
			Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: w.Letter(t, auth.LetterProviderCode).Code,
		})
		must(t, err)
		if granted.Grant != nil || granted.Awaited.Reason != auth.PendingRegistrationClosed {
			t.Error("somebody signed up by a code")
		}
		_, err = w.Store.UserByEmail(t.Context(), ada)
		if !errors.Is(err, auth.ErrNotFound) {
			t.Error("there is a user")
		}
	})
}

func TestR10AnIdentityOfAnotherUserStaysTheirs(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		owner := arrives(t, w, c)
		w.Join(t, "eve@lovelace.example", evesPassword)
		eve, _ := w.LogIn(t, "eve@lovelace.example", evesPassword)
		trip := goThere(t, w, c)
		_, err := w.ConnectIdentity(t.Context(), eve, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
		refused(t, err, auth.IdentityTaken)
		if arrives(t, w, c).User.ID != owner.User.ID || len(identitiesOf(t, w, "eve@lovelace.example")) != 0 {
			t.Error("the identity moved")
		}
		own := w.Caller(t, arrives(t, w, c).Tokens.AccessToken)
		trip = goThere(t, w, c)
		_, err = w.ConnectIdentity(t.Context(), own, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
		must(t, err) // and changes nothing
		if len(identitiesOf(t, w, ada)) != 1 {
			t.Error("the identity is there twice")
		}
	})
}

func TestR11AChangeOfTheAddressThereChangesNothingHere(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		arrives(t, w, c)
		before := *reload(t, w, ada)
		c.says = func(provider.Answer) (*provider.Identity, error) {
			says := person("a1", "new@lovelace.example", true)
			says.Name, says.Profile = "Somebody else", map[string]any{"plan": "gold"}
			return says, nil
		}
		arrives(t, w, c)
		after := *reload(t, w, ada)
		after.LastLoginAt, after.UpdatedAt = before.LastLoginAt, before.UpdatedAt
		if after != before {
			t.Errorf("got %+v, want %+v", after, before)
		}
		if list := identitiesOf(t, w, ada); list[0].Email != "new@lovelace.example" || list[0].LastUsedAt.IsZero() {
			t.Error("what is shown of the identity is old")
		}
	})
}

func TestR12TheLastWayInStays(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		caller := w.Caller(t, arrives(t, w, c).Tokens.AccessToken)
		first := identitiesOf(t, w, ada)[0]
		refused(t, w.DisconnectIdentity(t.Context(), caller, first.ID), auth.LastCredential)
		if len(identitiesOf(t, w, ada)) != 1 {
			t.Fatal("it is gone all the same")
		}
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("a2", "", false), nil }
		trip := goThere(t, w, c)
		second, err := w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
		must(t, err)
		w.Letters(t)
		must(t, w.DisconnectIdentity(t.Context(), caller, first.ID))
		w.Letter(t, auth.LetterIdentityDisconnected)
		refused(t, w.DisconnectIdentity(t.Context(), caller, first.ID), auth.NotFound)
		refused(t, w.DisconnectIdentity(t.Context(), caller, second.ID), auth.LastCredential)
		_, err = w.SetPassword(t.Context(), ada, adasPassword)
		must(t, err)
		caller, _ = w.LogIn(t, ada, adasPassword)
		must(t, w.DisconnectIdentity(t.Context(), caller, second.ID))

		w.Letters(t)
		w.Join(t, "eve@lovelace.example", evesPassword)
		eve, _ := w.LogIn(t, "eve@lovelace.example", evesPassword)
		trip = goThere(t, w, c)
		third, err := w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
		must(t, err)
		refused(t, w.DisconnectIdentity(t.Context(), eve, third.ID), auth.NotFound)
	})
}

// TestR13NoProviderReauthenticates: a session gets fresh by what the account has here. Whoever has nothing but a provider
// signs in again, which begins another session.
func TestR13NoProviderReauthenticates(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		grant := arrives(t, w, c)
		caller := w.Caller(t, grant.Tokens.AccessToken)
		need := auth.Requirement{Role: auth.RoleUser, Fresh: true}
		must(t, w.Authorize(caller, need))
		w.Clock.Advance(time.Hour)
		again := arrives(t, w, c)
		failed(t, w.Authorize(w.Caller(t, grant.Tokens.AccessToken), need), auth.NotFresh)
		failed(t, w.Authorize(w.Caller(t, again.Tokens.AccessToken), need), auth.NotFresh)
		says := c.says
		for name, seen := range map[string]struct {
			ago   time.Duration
			fresh bool
		}{"a moment ago": {9 * time.Minute, true}, "a while ago": {11 * time.Minute, false}, "by a clock that is ahead": {-time.Minute, true}, "in the future": {-61 * time.Second, false}} {
			c.says = func(answer provider.Answer) (*provider.Identity, error) {
				identity, err := says(answer)
				if err != nil {
					return nil, err
				}
				copied := *identity
				copied.AuthenticatedAt = w.Clock.Now().Add(-seen.ago)
				return &copied, nil
			}
			err := w.Authorize(w.Caller(t, arrives(t, w, c).Tokens.AccessToken), need)
			if (err == nil) != seen.fresh {
				t.Errorf("the provider saw its user %s: got %v, want fresh to be %v", name, err, seen.fresh)
			}
		}
		if again.Session.ID == grant.Session.ID {
			t.Error("the session is the same")
		}
	})
}

func TestACodeOfAProviderWorksOnceForItsClientAndForAMinute(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		own, other := goThere(t, w, c), goThere(t, w, c)
		for name, verifier := range map[string]secret.Text{"another's": other.verifier, "none": ""} {
			stolen := goThere(t, w, c)
			_, err := w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: stolen.code, Verifier: verifier})
			refused(t, err, auth.InvalidToken)
			_, err = w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: stolen.code, Verifier: stolen.verifier})
			if refused(t, err, auth.InvalidToken); t.Failed() {
				t.Fatalf("the verifier was %s: the code still works", name)
			}
		}
		in := auth.LoginWithProviderInput{Code: own.code, Verifier: own.verifier}
		_, err := w.LoginWithProvider(t.Context(), in)
		must(t, err)
		_, err = w.LoginWithProvider(t.Context(), in)
		refused(t, err, auth.InvalidToken)
		w.Clock.Advance(time.Minute)
		_, err = w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: other.code, Verifier: other.verifier})
		refused(t, err, auth.InvalidToken)
	})
}

func TestAStateLeadsBackOnceAndToItsProvider(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		finish := func(id string, state secret.Text) error {
			_, err := w.FinishProviderFlow(t.Context(), auth.ProviderCallback{Provider: id, State: state, Answer: provider.Answer{Code: "x"}})
			return err
		}
		begin(t, w, "company")
		state := c.last().State
		must(t, finish("company", state))
		refused(t, finish("company", state), auth.InvalidToken)
		begin(t, w, "company")
		refused(t, finish("github", c.last().State), auth.InvalidToken) // a mix-up (RFC 9700)
		begin(t, w, "company")
		state = c.last().State
		w.Clock.Advance(10 * time.Minute)
		refused(t, finish("company", state), auth.InvalidToken)
		refused(t, finish("company", ""), auth.InvalidToken)
		refused(t, finish("company", secret.NewToken(secret.ProviderToken)), auth.InvalidToken)

		begin(t, w, "company")
		back, err := w.FinishProviderFlow(t.Context(), auth.ProviderCallback{Provider: "company", State: c.last().State, Answer: provider.Answer{Error: "access_denied"}})
		must(t, err)
		if back.RedirectURL != page || back.Parameter != auth.ParameterError || back.Value != "ACCESS_DENIED" {
			t.Error("whoever declined is not sent back with that")
		}
	})
}

func TestWhereAProviderLeads(t *testing.T) {
	t.Parallel()
	config, _ := withProviders(t, authtest.Unlimited(authtest.Mandatory))
	var told error
	config.ProviderFailed = func(_ context.Context, why *provider.Failure) { told = why }
	w := authtest.New(t, authtest.SQLite(t), config)
	begin := func(id, redirect, challenge string) error {
		_, err := w.BeginProviderLogin(t.Context(), auth.BeginProviderLoginInput{Provider: id, RedirectURL: redirect, Challenge: challenge})
		return err
	}
	right := challengeOf("v")
	must(t, begin("company", page, right))
	refused(t, begin("company", "", right), auth.Required)
	for _, redirect := range []string{"https://evil.example", page + "/x", "https://auth.example.com/graphql", "//app.example/in"} {
		refused(t, begin("company", redirect, right), auth.RedirectURLNotAllowed)
	}
	refused(t, begin("nobody", page, right), auth.ProviderUnknown)
	refused(t, begin("down", page, right), auth.ProviderFailed)
	if told == nil || !strings.Contains(told.Error(), "no route") {
		t.Errorf("got %v told to the operator, want why", told)
	}
	for _, challenge := range []string{"", "short", right + "A", right[:42] + "!", right + "="} {
		failed(t, begin("company", page, challenge), auth.BadInput)
	}
	config.Providers = nil
	none := authtest.New(t, authtest.SQLite(t), config)
	_, err := none.BeginProviderLogin(t.Context(), auth.BeginProviderLoginInput{Provider: "google", RedirectURL: page, Challenge: right})
	refused(t, err, auth.ProviderUnknown)
}

func TestTwoCallbacksAtOnceMakeOneUser(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		const many = 8
		trips := make([]trip, many)
		for i := range trips {
			trips[i] = goThere(t, w, c)
		}
		users := make([]string, many)
		var group sync.WaitGroup
		for i := range trips {
			group.Go(func() {
				granted, err := w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: trips[i].code, Verifier: trips[i].verifier})
				if err != nil || granted.Grant == nil {
					t.Errorf("%d: got %v, want a session", i, err)
					return
				}
				users[i] = granted.Grant.User.ID.String()
			})
		}
		group.Wait()
		slices.Sort(users)
		if len(slices.Compact(users)) != 1 {
			t.Error("there are several users")
		}
	})
}

func TestAnIdentityOfADeletedAccountIsNobodys(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		grant := arrives(t, w, c)
		trip := goThere(t, w, c)
		must(t, w.DeleteAccount(t.Context(), w.Caller(t, grant.Tokens.AccessToken), ada))
		granted, err := w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: trip.code, Verifier: trip.verifier})
		must(t, err)
		if granted.Grant == nil || granted.Grant.User.ID == grant.User.ID {
			t.Error("want a new account")
		}
	})
}

func TestAnIDTokenWorksOnce(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		c.native = func(token, nonce secret.Text) (*provider.Identity, error) {
			if token != "good" {
				return nil, &provider.Failure{Provider: "company", Step: "verify", Err: errors.New("forged")}
			}
			return person("a1", ada, true), nil
		}
		in := auth.LoginWithIDTokenInput{Provider: "company", IDToken: "good", Nonce: newVerifier()}
		granted, err := w.LoginWithIDToken(t.Context(), in)
		must(t, err)
		if granted.Grant == nil {
			t.Fatal("there is no session")
		}
		_, err = w.LoginWithIDToken(t.Context(), in)
		refused(t, err, auth.InvalidToken)
		in.Nonce = newVerifier()
		_, err = w.LoginWithIDToken(t.Context(), in)
		must(t, err)
		in.IDToken, in.Nonce = "forged", newVerifier()
		_, err = w.LoginWithIDToken(t.Context(), in)
		refused(t, err, auth.ProviderFailed)
		in.Nonce = "short"
		_, err = w.LoginWithIDToken(t.Context(), in)
		failed(t, err, auth.BadInput)
	})
}

// TestAnUndoneChangeDropsWhatAThiefConnected: an identity since a week before the change; what is older stays.
func TestAnUndoneChangeDropsWhatAThiefConnected(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		connect := func(subject string) {
			c.says = func(provider.Answer) (*provider.Identity, error) { return person(subject, "", false), nil }
			trip := goThere(t, w, c)
			_, err := w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
			must(t, err)
		}
		connect("owner")
		w.Clock.Advance(time.Microsecond)
		connect("thief, before the change")
		w.Clock.Advance(aWeek)
		w.Letters(t)
		link := changed(t, w, caller, lady)
		connect("thief, after the change")
		_, err := w.UndoEmailChange(t.Context(), link)
		must(t, err)
		if left := identitiesOf(t, w, ada); len(left) != 1 || left[0].Subject != "owner" {
			t.Errorf("%d identities are left, want that of the owner", len(left))
		}
	})
}

func TestThereIsAnEndToIdentities(t *testing.T) {
	t.Parallel()
	config, c := withProviders(t, authtest.Unlimited(authtest.Mandatory))
	config.ProviderLink = auth.ProviderLinkVerified
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	connect := func(subject string) error {
		c.says = func(provider.Answer) (*provider.Identity, error) { return person(subject, "", false), nil }
		trip := goThere(t, w, c)
		_, err := w.ConnectIdentity(t.Context(), caller, auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier})
		return err
	}
	for i := range 20 {
		must(t, connect(strings.Repeat("a", i+1)))
	}
	refused(t, connect("one more"), auth.TooMany)
	c.says = func(provider.Answer) (*provider.Identity, error) { return person("by its address", ada, true), nil }
	waits(t, w, c, auth.PendingConnect)
	code := secret.Text("c")
	for _, in := range []auth.ConnectIdentityInput{{}, {Code: &code, Pending: &code}} {
		_, err := w.ConnectIdentity(t.Context(), caller, in)
		failed(t, err, auth.BadInput)
	}
}

// TestAnIdentityThatWaitsDoesNotWaitForever proves addresses that accounts have, one after the other, each of which
// would otherwise renew what waits.
func TestAnIdentityThatWaitsDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		w.Join(t, ada, adasPassword)
		c.says = func(provider.Answer) (*provider.Identity, error) { return person("x1", "", false), nil }
		awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
		begun := w.Clock.Now()
		prove := func() (*auth.ProviderGrant, error) {
			request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: ada})
			if err != nil {
				return nil, err
			}
			return w.RegisterWithProvider(t.Context(), auth.RegisterWithProviderInput{
				Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: w.Letter(t, auth.LetterProviderCode).Code,
			})
		}
		for n := range 4 {
			w.Clock.Advance(14 * time.Minute)
			granted, err := prove()
			must(t, err)
			awaited = granted.Awaited
			if most := begun.Add(time.Hour); awaited.ExpiresAt.After(most) {
				t.Fatalf("after proof %d it waits until %s, want %s at most", n+1, awaited.ExpiresAt, most)
			}
		}
		w.Clock.Advance(5 * time.Minute)
		_, err := prove()
		refused(t, err, auth.InvalidToken)
	})
}

// TestARightCodeOfAProviderIsNotCountedAsWrong would otherwise lock the address for who has proved to read its email.
func TestARightCodeOfAProviderIsNotCountedAsWrong(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		w.Join(t, ada, adasPassword)
		for n := range 12 {
			email, want := ada, auth.PendingConnect
			if n%2 == 1 { // a grant forgets them as well
				email, want = "new"+string(rune('a'+n))+"@lovelace.example", ""
			}
			if n%4 == 3 { // an account that never confirmed the address
				_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: evesPassword, Role: auth.RoleUser})
				must(t, err)
			}
			c.says = func(provider.Answer) (*provider.Identity, error) {
				return person("x"+string(rune('a'+n)), "", false), nil
			}
			awaited, verifier := waits(t, w, c, auth.PendingEmailNeeded)
			request, err := w.RequestProviderCode(t.Context(), auth.RequestProviderCodeInput{Pending: awaited.Token, Verifier: verifier, Email: email})
			must(t, err)
			in := auth.RegisterWithProviderInput{Pending: awaited.Token, Verifier: verifier, RequestID: request, Code: w.Letter(t, auth.LetterProviderCode).Code}
			granted, err := w.RegisterWithProvider(t.Context(), in)
			must(t, err)
			if want != "" && (granted.Awaited == nil || granted.Awaited.Reason != want) {
				t.Fatalf("time %d: got %+v, want to wait for %s", n+1, granted, want)
			}
			if want == "" && granted.Grant == nil {
				t.Fatalf("time %d: got %+v, want a session", n+1, granted.Awaited)
			}
			if tries, err := w.Store.CountWrongCode(t.Context(), email, w.Clock.Now(), w.Clock.Now().Add(-time.Hour)); err != nil || tries != 1 {
				t.Fatalf("time %d: got %d wrong codes, %v, want only the one that the test has counted", n+1, tries, err)
			}
			must(t, w.Store.ForgetWrongCodes(t.Context(), email))
			w.Clock.Advance(time.Hour)
		}
	})
}

// TestAPageOfOursGetsItsCodeForLonger leads back to a page that no list has, which no client can ask for.
func TestAPageOfOursGetsItsCodeForLonger(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		verifier := newVerifier()
		_, err := w.BeginProviderLogin(t.Context(), auth.BeginProviderLoginInput{Provider: "company", OwnPage: "provider-return?for=account", Challenge: challengeOf(verifier)})
		must(t, err)
		back, err := w.FinishProviderFlow(t.Context(), auth.ProviderCallback{Provider: "company", State: c.last().State, Answer: provider.Answer{Code: "x"}})
		must(t, err)
		if back.RedirectURL != "provider-return?for=account" {
			t.Errorf("got %q", back.RedirectURL)
		}
		w.Clock.Advance(5*time.Minute - time.Second)
		granted, err := w.LoginWithProvider(t.Context(), auth.LoginWithProviderInput{Code: back.Value, Verifier: verifier})
		must(t, err)
		if granted.Grant == nil {
			t.Error("there is no session")
		}
		_, err = w.BeginProviderLogin(t.Context(), auth.BeginProviderLoginInput{Provider: "company", RedirectURL: "provider-return", Challenge: challengeOf(verifier)})
		refused(t, err, auth.RedirectURLNotAllowed)
	})
}

// TestAnAddressInCapitalsOrAnotherNormalFormIsTheSameAccount has a provider write the address of an account in other
// ways, and would otherwise make a second account with it.
func TestAnAddressInCapitalsOrAnotherNormalFormIsTheSameAccount(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, authtest.Mandatory, func(t *testing.T, w *authtest.World, c *counters) {
		const eva = "\u00e9va@lovelace.example"
		w.Join(t, eva, adasPassword)
		for _, written := range []string{eva, "\u00c9VA@LOVELACE.example", "E\u0301va@lovelace.example", "e\u0301VA@Lovelace.Example"} {
			c.says = func(provider.Answer) (*provider.Identity, error) { return person("e1", written, true), nil }
			waits(t, w, c, auth.PendingConnect)
		}
		if len(identitiesOf(t, w, eva)) != 0 {
			t.Error("an identity is connected")
		}

		c.says = func(provider.Answer) (*provider.Identity, error) {
			return person("z1", "ZO\u00cb@Lovelace.Example", true), nil
		}
		first := arrives(t, w, c)
		c.says = func(provider.Answer) (*provider.Identity, error) {
			return person("z2", "zoe\u0308@lovelace.example", true), nil
		}
		waits(t, w, c, auth.PendingConnect)
		if user := reload(t, w, "zo\u00eb@lovelace.example"); user.ID != first.User.ID {
			t.Error("there are two accounts with one address")
		}
	})
}
