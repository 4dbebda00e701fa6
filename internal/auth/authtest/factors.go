package authtest

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// App is an authenticator app that has a secret.
type App struct {
	world  *World
	Secret secret.Text
}

// Code returns the code that the app shows now. It works once.
func (a *App) Code(t testing.TB) secret.Text {
	t.Helper()
	code, err := secret.TOTPCode(a.Secret, secret.TOTPStep(a.world.Clock.Now()))
	if err != nil {
		t.Fatalf("make a code: %v", err)
	}
	return code
}

// Next waits for the next code, by the clock of the world, and returns it.
func (a *App) Next(t testing.TB) secret.Text {
	t.Helper()
	a.world.Clock.Advance(secret.TOTPPeriod)
	return a.Code(t)
}

// BeginApp begins to set up an app, and returns it with the setup.
func (w *World) BeginApp(t testing.TB, bearer auth.Bearer) (*App, secret.Text) {
	t.Helper()
	setup, err := w.BeginTOTP(t.Context(), bearer)
	if err != nil {
		t.Fatalf("begin TOTP: %v", err)
	}
	return &App{world: w, Secret: setup.Secret}, setup.Setup
}

// Enroll sets up an app in the session of an opaque token, and returns it with the recovery codes.
func (w *World) Enroll(t testing.TB, token secret.Text) (*App, []secret.Text) {
	t.Helper()
	bearer := auth.Bearer{Caller: w.Caller(t, token)}
	app, setup := w.BeginApp(t, bearer)
	confirmed, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
	if err != nil {
		t.Fatalf("confirm TOTP: %v", err)
	}
	if confirmed.Grant != nil {
		t.Fatal("an app that is set up in a session begins another one")
	}
	return app, confirmed.RecoveryCodes
}

// Caller returns who has the session of a token.
func (w *World) Caller(t testing.TB, token secret.Text) *auth.Caller {
	t.Helper()
	caller, err := w.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatalf("authenticate: %v", err)
	}
	return caller
}

// Challenged logs in with a password and returns the login that waits, with its token.
func (w *World) Challenged(t testing.TB, email string, password secret.Text) (auth.Bearer, *auth.Challenge) {
	t.Helper()
	grant, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: password})
	if err != nil {
		t.Fatalf("log in: %v", err)
	}
	if grant.Challenge == nil || grant.Session != nil || grant.Tokens != nil || grant.User != nil {
		t.Fatalf("the login is a session: %t, with a challenge: %t; want the challenge alone", grant.Session != nil, grant.Challenge != nil)
	}
	return w.Pending(t, grant.Challenge.Token), grant.Challenge
}

// Pending returns whose login waits with a token.
func (w *World) Pending(t testing.TB, token secret.Text) auth.Bearer {
	t.Helper()
	pending, err := w.AuthenticateChallenge(t.Context(), token)
	if err != nil {
		t.Fatalf("authenticate the challenge: %v", err)
	}
	return auth.Bearer{Pending: pending}
}

// ByTOTP completes a login with a code of an app.
func (w *World) ByTOTP(t testing.TB, bearer auth.Bearer, code secret.Text) (*auth.CompletedLogin, error) {
	t.Helper()
	return w.CompleteLogin(t.Context(), bearer, auth.CompleteLoginInput{TOTPCode: &code})
}

// Trust logs in with both factors, and returns the token by which the next logins on this device skip the second.
func (w *World) Trust(t testing.TB, app *App, email string, password secret.Text) secret.Text {
	t.Helper()
	waits, _ := w.Challenged(t, email, password)
	code := app.Next(t)
	completed, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{TOTPCode: &code, TrustDevice: true})
	if err != nil {
		t.Fatalf("complete the login: %v", err)
	}
	if completed.TrustedDevice == nil || completed.TrustedDevice.Token == "" {
		t.Fatal("the device is not trusted")
	}
	return completed.TrustedDevice.Token
}

// ByRecoveryCode completes a login with a recovery code.
func (w *World) ByRecoveryCode(t testing.TB, bearer auth.Bearer, code secret.Text) (*auth.CompletedLogin, error) {
	t.Helper()
	return w.CompleteLogin(t.Context(), bearer, auth.CompleteLoginInput{RecoveryCode: &code})
}

// Requiring returns a configuration in which a second factor is required, and nothing is limited.
func Requiring(config auth.Config, policy auth.SecondFactorPolicy) auth.Config {
	config = Unlimited(config)
	config.RequireSecondFactor = policy
	return config
}
