package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// tooOften fails the test unless err is that something was done too often, for as long as this.
func tooOften(t *testing.T, err error, wait time.Duration) {
	t.Helper()
	if fault := failed(t, err, auth.RateLimited); fault.RetryAfter != wait {
		t.Errorf("it can be done again after %v, want %v", fault.RetryAfter, wait)
	}
}

// kindOf returns the kind of the auth.Error in err, and whether there is one.
func kindOf(err error) (auth.Kind, bool) {
	fault, ok := errors.AsType[*auth.Error](err)
	if !ok {
		return 0, false
	}
	return fault.Kind, true
}

// counted fails the test if err is anything but what a use case says to who may try it.
func counted(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		_ = asProblems(t, err)
	}
}

// guess logs in with a wrong password.
func guess(ctx context.Context, w *authtest.World, email string) error {
	_, err := w.Login(ctx, auth.LoginInput{Email: email, Password: wrongPassword})
	return err
}

// enters logs ada in.
func enters(ctx context.Context, w *authtest.World) error {
	_, err := w.Login(ctx, auth.LoginInput{Email: ada, Password: adasPassword})
	return err
}

// address returns a context of a request from a client address that no other number has.
func fromAddress(t *testing.T, n int) context.Context {
	t.Helper()
	return from(t, fmt.Sprintf("198.51.%d.%d", n/250, n%250+1), laptop)
}

func TestEachUseCaseHasItsLimit(t *testing.T) {
	t.Parallel()
	var refreshed secret.Text
	tripped := map[string]bool{}
	for _, c := range []struct {
		name  string
		times int           // that it can be done
		wait  time.Duration // until it can be done again
		do    func(ctx context.Context, w *authtest.World, caller *auth.Caller, i int) error
	}{
		{"logins of one address", 30, 2 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error { return enters(ctx, w) }},
		{"wrong passwords of one address", 10, 6 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			return guess(ctx, w, fmt.Sprintf("n%d@x.example", i))
		}},
		{"wrong passwords for one account, from wherever", 5, time.Minute, func(_ context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			return guess(fromAddress(t, i), w, ada)
		}},
		{"sign-ups", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			_, err := w.Register(ctx, auth.RegisterInput{Email: fmt.Sprintf("n%d@x.example", i), Password: shortPassword})
			return err
		}},
		{"confirmation mails for one account", 1, 3 * time.Minute, func(_ context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			return w.ResendConfirmationEmail(fromAddress(t, i), ada, "")
		}},
		{"confirmation mails by one address", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			return w.ResendConfirmationEmail(ctx, fmt.Sprintf("n%d@x.example", i), "")
		}},
		{"resets of one account", 5, 12 * time.Second, func(_ context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			return w.RequestPasswordReset(fromAddress(t, i), ada, "")
		}},
		{"resets by one address", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			return w.RequestPasswordReset(ctx, fmt.Sprintf("n%d@x.example", i), "")
		}},
		{"reset links", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.ResetPassword(ctx, secret.NewToken(secret.ResetToken), newPassword)
			return err
		}},
		{"other links", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, caller *auth.Caller, i int) (err error) {
			switch i % 3 {
			case 0:
				_, err = w.ConfirmEmail(ctx, secret.NewToken(secret.ConfirmToken))
			case 1:
				_, err = w.ConfirmEmailChange(ctx, caller, secret.NewToken(secret.EmailChangeToken))
			default:
				_, err = w.UndoEmailChange(ctx, secret.NewToken(secret.UndoToken))
			}
			return err
		}},
		{"codes for one account by one address", 1, 10 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.RequestLoginCode(ctx, ada)
			return err
		}},
		{"codes for one account, from wherever", 11, 10 * time.Second, func(_ context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			_, err := w.RequestLoginCode(fromAddress(t, i), ada)
			return err
		}},
		{"codes by one address", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			_, err := w.RequestLoginCode(ctx, fmt.Sprintf("n%d@x.example", i))
			return err
		}},
		{"logins by code", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.LoginWithCode(ctx, auth.LoginWithCodeInput{RequestID: uuid.New(), Code: wrongCode})
			return err
		}},
		{"ways to a provider and back", 30, 2 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.BeginProviderLogin(ctx, auth.BeginProviderLoginInput{Provider: "nobody", Challenge: challengeOf("v")})
			if _, isRefused := kindOf(err); isRefused {
				return err
			}
			_, err = w.FinishProviderFlow(ctx, auth.ProviderCallback{Provider: "nobody", State: newVerifier()})
			return err
		}},
		{"browsers that come back from a provider", 30, 2 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.FinishProviderFlow(ctx, auth.ProviderCallback{Provider: "nobody", State: newVerifier()})
			return err
		}},
		{"logins with a provider", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) (err error) {
			switch i % 3 {
			case 0:
				_, err = w.LoginWithProvider(ctx, auth.LoginWithProviderInput{Code: secret.NewToken(secret.ProviderCode)})
			case 1:
				_, err = w.LoginWithIDToken(ctx, auth.LoginWithIDTokenInput{Provider: "nobody", Nonce: newVerifier()})
			default:
				_, err = w.RegisterWithProvider(ctx, auth.RegisterWithProviderInput{Code: wrongCode})
			}
			return err
		}},
		{"connections of one session", 20, 3 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			if i%2 == 0 {
				return w.DisconnectIdentity(fromAddress(t, i), caller, uuid.New())
			}
			code := secret.NewToken(secret.ProviderCode)
			_, err := w.ConnectIdentity(fromAddress(t, i), caller, auth.ConnectIdentityInput{Code: &code})
			return err
		}},
		{"wrong proofs of one user", 5, time.Minute, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			in := byPassword(wrongPassword)
			if id, code := uuid.New(), wrongCode; i%2 == 1 {
				in = auth.ReauthenticateInput{RequestID: &id, Code: &code}
			}
			_, err := w.Reauthenticate(fromAddress(t, i), caller, in)
			return err
		}},
		{"wrong current passwords", 5, time.Minute, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			wrong := wrongPassword
			_, err := w.ChangePassword(fromAddress(t, i), caller, auth.ChangePasswordInput{CurrentPassword: &wrong, NewPassword: newPassword})
			return err
		}},
		{"changes of address", 3, 20 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			return w.RequestEmailChange(fromAddress(t, i), caller, fmt.Sprintf("n%d@x.example", i), "")
		}},
		{"changes of the username", 10, 6 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			_, err := w.ChangeUsername(fromAddress(t, i), caller, fmt.Sprintf("ada-%d", i))
			return err
		}},
		{"deletions", 5, 12 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			return w.DeleteAccount(fromAddress(t, i), caller, nobody)
		}},
		{"downloads of one's own data", 5, 12 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			_, err := w.OwnData(fromAddress(t, i), caller)
			return err
		}},
		{"passwords compared from one address, by any use case", 30, 2 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			email := fmt.Sprintf("n%d@x.example", i/3)
			if i%3 == 0 {
				_, err := w.CreateAccount(ctx, auth.NewAccount{Email: email, Password: adasPassword, Role: auth.RoleUser, Verified: true})
				must(t, err)
			}
			user, err := w.Account(ctx, email)
			must(t, err)
			caller := &auth.Caller{User: user, Session: &auth.Session{UserID: user.ID}}
			current := adasPassword
			switch i % 3 {
			case 0:
				_, err = w.AuthenticateBasic(ctx, auth.LoginInput{Email: email, Password: adasPassword})
			case 1:
				_, err = w.Reauthenticate(ctx, caller, byPassword(adasPassword))
			default:
				_, err = w.ChangePassword(ctx, caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
			}
			if kind, _ := kindOf(err); kind == auth.Unauthenticated { // of no session: the password was compared
				return nil
			}
			return err
		}},
		{"wrong current passwords by one address", 10, 6 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			email, wrong := fmt.Sprintf("n%d@x.example", i), wrongPassword
			user, err := w.CreateAccount(ctx, auth.NewAccount{Email: email, Password: adasPassword, Role: auth.RoleUser, Verified: true})
			must(t, err)
			caller := &auth.Caller{User: user, Session: &auth.Session{UserID: user.ID}}
			_, err = w.ChangePassword(ctx, caller, auth.ChangePasswordInput{CurrentPassword: &wrong, NewPassword: newPassword})
			return err
		}},
		{"right proofs of one user", 20, 3 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			_, err := w.Reauthenticate(fromAddress(t, i), caller, byPassword(adasPassword))
			return err
		}},
		{"changes of the profile", 30, 2 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			name := fmt.Sprint("Ada ", i)
			_, err := w.UpdateProfile(fromAddress(t, i), caller, auth.UpdateProfileInput{Name: &name})
			return err
		}},
		{"acts on the accounts of others, by one administrator", 120, time.Second / 2, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			_, err := w.EndAccountSessions(fromAddress(t, i), auth.Administrator(caller), uuid.NewString())
			return err
		}},
		{"ends of sessions by one session", 60, time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) (err error) {
			if i%2 == 0 {
				_, err = w.LogoutAll(fromAddress(t, i), caller, true)
			} else {
				_, err = w.RevokeSession(fromAddress(t, i), caller, uuid.New())
			}
			return err
		}},
		{"changes of second factors by one session", 20, 3 * time.Second, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) (err error) {
			ctx := fromAddress(t, i)
			switch i % 4 {
			case 0:
				_, err = w.BeginTOTP(ctx, auth.Bearer{Caller: caller})
			case 1:
				_, err = w.ConfirmTOTP(ctx, auth.Bearer{Caller: caller}, auth.ConfirmTOTPInput{Setup: "none", Code: "000000"})
			case 2:
				err = w.RemoveTOTP(ctx, caller)
			default:
				_, err = w.CreateRecoveryCodes(ctx, caller)
			}
			return err
		}},
		{"second factors by one address", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, caller *auth.Caller, _ int) error {
			other := &auth.Caller{User: caller.User, Session: &auth.Session{ID: uuid.New(), UserID: caller.User.ID}}
			_, err := w.ConfirmTOTP(ctx, auth.Bearer{Caller: other}, auth.ConfirmTOTPInput{Setup: "none", Code: "000000"})
			return err
		}},
		{"wrong codes of an app, for one account from wherever", 10, 6 * time.Minute, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			if !caller.User.HasSecondFactor() {
				_, token := w.LogIn(t, ada, adasPassword)
				w.Enroll(t, token)
				caller.User = reload(t, w, ada)
			}
			code := secret.Text("000000")
			_, err := w.Reauthenticate(fromAddress(t, i), caller, auth.ReauthenticateInput{TOTPCode: &code})
			return err
		}},
		{"sign-ins with a passkey that begin", 120, time.Second / 2, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.BeginPasskeyLogin(ctx)
			return err
		}},
		{"sign-ins with a passkey", 30, 2 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.LoginWithPasskey(ctx, auth.LoginWithPasskeyInput{})
			return err
		}},
		{"refreshes of one session", 120, time.Second / 2, func(_ context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			if i == 0 {
				_, refreshed = w.LogIn(t, ada, adasPassword)
			}
			_, err := w.RefreshSession(fromAddress(t, i), auth.RefreshInput{SessionToken: refreshed})
			return err
		}},
		{"names that one client holds", 20, 72 * time.Minute, func(ctx context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			_, err := w.Register(ctx, auth.RegisterInput{Email: fmt.Sprintf("n%d@x.example", i), Password: adasPassword, Username: fmt.Sprintf("countess%d", i)})
			return err
		}},
		{"sign-ups of one address by one client", 5, 3 * time.Minute, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.Register(ctx, auth.RegisterInput{Email: nobody, Password: adasPassword})
			return err
		}},
		{"invitations by one user", 60, time.Minute, func(_ context.Context, w *authtest.World, caller *auth.Caller, i int) error {
			_, err := w.WithdrawInvitation(fromAddress(t, i), caller, uuid.New())
			return err
		}},
		{"invitations of one address", 5, 288 * time.Minute, func(_ context.Context, w *authtest.World, _ *auth.Caller, i int) error {
			email := fmt.Sprintf("staff%d@x.example", i)
			_, err := w.InviteUser(fromAddress(t, i), joinedAs(t, w, email, auth.RoleStaff), auth.InviteInput{Email: nobody, Role: auth.RoleUser})
			return err
		}},
		{"invitations that are accepted", 20, 3 * time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			_, err := w.AcceptInvitation(ctx, auth.AcceptInvitationInput{Token: secret.NewToken(secret.InvitationToken)})
			return err
		}},
		{"questions about passwords", 60, time.Second, func(ctx context.Context, w *authtest.World, _ *auth.Caller, _ int) error {
			return w.CheckPassword(ctx, auth.CheckPasswordInput{Password: newPassword})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := authtest.Mandatory
			config.LoginCodes, config.Usernames = true, auth.UsernamesOptional
			config.RelyingParty = authtest.WithPasskeys(config).RelyingParty
			seen := 0
			config.Observer = limitWatcher(func(limit string) { seen++; tripped[limit] = true })
			config.Limits = limits(t, beside[c.name])
			w := authtest.New(t, authtest.SQLite(t), config)
			w.Join(t, ada, adasPassword)
			caller, _ := w.LogIn(t, ada, adasPassword)
			ctx := from(t, "192.0.2.1", phone)
			for i := range c.times {
				counted(t, c.do(ctx, w, caller, i))
			}
			if seen != 0 {
				t.Fatalf("%d were refused", seen)
			}
			tooOften(t, c.do(ctx, w, caller, c.times), c.wait)
			tooOften(t, c.do(ctx, w, caller, c.times+1), c.wait)
			if seen != 2 {
				t.Errorf("%d refusals were observed, want 2", seen)
			}

			w.Clock.Advance(c.wait - time.Microsecond)
			tooOften(t, c.do(ctx, w, caller, c.times+2), time.Microsecond)
			w.Clock.Advance(time.Microsecond)
			counted(t, c.do(ctx, w, caller, c.times+3))
			free := w.Replica(authtest.Difference{Config: authtest.Unlimited(config)})
			for i := range 3 {
				counted(t, c.do(ctx, free, caller, c.times+4+i))
			}
		})
	}
	for _, spec := range auth.LimitSpecs() {
		if !tripped[string(spec.Limit)] {
			t.Errorf("got no case of the limit %s, want one that it lets through and one more that it refuses", spec.Limit)
		}
	}
}

// beside are other limits of a use case, which would refuse it first.
var beside = map[string]string{
	"wrong codes of an app, for one account from wherever": "reauthenticate=off",
	"names that one client holds":                          "signup=off",
}

func TestClientsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, a, b string
		same       bool
	}{
		{"two IPv4 addresses", "192.0.2.1", "192.0.2.2", false},
		{"an IPv4 address over IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"two IPv6 addresses of one network", "2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true},
		{"two IPv6 networks", "2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"an IPv6 address with a zone", "fe80::1", "fe80::1%eth0", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := authtest.Mandatory
			config.Limits = limits(t, "signup=1/1m/address")
			w := authtest.New(t, authtest.SQLite(t), config)
			try := func(address string) error {
				_, err := w.Register(from(t, address, laptop), auth.RegisterInput{Email: ada, Password: shortPassword})
				return err
			}
			refused(t, try(c.a), auth.PasswordTooShort)
			if err := try(c.b); c.same {
				tooOften(t, err, time.Minute)
			} else {
				refused(t, err, auth.PasswordTooShort)
			}
		})
	}

	t.Run("those without an address are not one client", func(t *testing.T) {
		w := mandatory(t)
		for range 40 {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: shortPassword})
			refused(t, err, auth.PasswordTooShort)
		}
	})
}

// TestALimitIsOfAllReplicas also shows that memory only refuses: what one replica remembers is no
// more than what the store says to another.
func TestALimitIsOfAllReplicas(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	other := w.Replica(authtest.Difference{})
	for i := range 5 {
		refused(t, guess(t.Context(), []*authtest.World{w, other}[i%2], ada), auth.InvalidCredentials)
	}
	tooOften(t, guess(t.Context(), w, ada), time.Minute)
	tooOften(t, guess(t.Context(), other, ada), time.Minute)
	w.Clock.Advance(time.Minute)
	refused(t, guess(t.Context(), other, ada), auth.InvalidCredentials)
	tooOften(t, guess(t.Context(), w, ada), time.Minute)
}

func TestAFloodIsAnsweredFromMemory(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	var calls []string
	watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) { calls = append(calls, method) })})
	for range 5 {
		refused(t, guess(t.Context(), watched, ada), auth.InvalidCredentials)
	}
	calls = nil
	tooOften(t, guess(t.Context(), watched, ada), time.Minute)
	if diff := cmp.Diff([]string{"TakeUnits", "InTx", "AddAuditEvent"}, calls); diff != "" {
		t.Errorf("the first refusal (-want +got):\n%s", diff)
	}
	calls = nil
	for range 200 {
		tooOften(t, guess(t.Context(), watched, ada), time.Minute)
	}
	if len(calls) > 0 {
		t.Errorf("of a flood the store sees %v", calls)
	}
}

func TestAFloodFromAnAddressIsAnsweredFromMemory(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	var calls []string
	store := authtest.Observe(w.Store, func(method string) { calls = append(calls, method) })
	for _, email := range []string{ada, nobody} {
		watched := w.Replica(authtest.Difference{Store: store})
		for i := range 6 {
			_ = guess(fromAddress(t, i), watched, email)
		}
		calls = nil
		for range 200 {
			_ = failed(t, guess(fromAddress(t, 0), watched, email), auth.RateLimited)
		}
		if len(calls) > 0 {
			t.Errorf("of a flood for %s the store sees %v", email, calls)
		}
		w.Clock.Advance(11 * time.Second)
		_ = failed(t, guess(fromAddress(t, 0), watched, email), auth.RateLimited)
		if diff := cmp.Diff([]string{"IsDeviceKnown"}, calls); diff != "" {
			t.Errorf("later the store sees (-want +got):\n%s", diff)
		}
	}
}

// TestWhoFindsNoTurnToHashCostsTheStoreNothing asks while one hash is made and nobody may wait.
func TestWhoFindsNoTurnToHashCostsTheStoreNothing(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	hasher := authtest.Hasher(t, authtest.CheapParams, secret.WithLimits(1, 0, 0))
	refusals := 0
	var calls []string
	store := authtest.Observe(w.Store, func(method string) { calls = append(calls, method) })
	full := w.Replica(authtest.Difference{Store: store, Hasher: hasher})
	asked := false
	hasher.Observe(func(ctx context.Context, work secret.HashWork) {
		if work.Err != nil {
			refusals++
		}
		if asked {
			return
		}
		asked = true // the hash is made, and its turn has not ended
		calls = nil
		tooOften(t, guess(fromAddress(t, 1), full, ada), secret.BusyRetryAfter)
		_, err := full.Register(fromAddress(t, 2), auth.RegisterInput{Email: ada, Password: adasPassword})
		tooOften(t, err, secret.BusyRetryAfter)
		if diff := cmp.Diff([]string{"TakeUnits"}, calls); diff != "" { // the sign-ups of the address
			t.Errorf("the store sees (-want +got):\n%s", diff)
		}
	})
	refused(t, guess(fromAddress(t, 0), full, ada), auth.InvalidCredentials)
	if refusals != 2 {
		t.Errorf("%d refusals were observed, want 2", refusals)
	}
}

func TestAFloodLeavesOneLineInTheTrail(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	ctx := from(t, "192.0.2.1", laptop)
	trail := func() (lines int) {
		for _, e := range eventsOf(t, w, "") {
			if e.Outcome == "RATE_LIMITED" {
				if lines++; e.Act != "logged_in" || e.UserID != uuid.Nil || e.IPAddress != "192.0.2.1" {
					t.Errorf("the event is %s of %v from %s", e.Act, e.UserID, e.IPAddress)
				}
			}
		}
		return lines
	}
	for range 50 { // each minute one of them is let in
		for range 7 {
			_ = guess(ctx, w, ada)
		}
		w.Clock.Advance(time.Minute)
	}
	if n := trail(); n != 1 {
		t.Errorf("there are %d lines", n)
	}
	w.Clock.Advance(time.Hour)
	for range 7 {
		_ = guess(ctx, w, ada)
	}
	if n := trail(); n != 2 {
		t.Errorf("an hour later there are %d lines", n)
	}
}

// TestWhatIsLimitedIsTheSameWorkForAll goes on where TestKnownAndUnknownAddressesAreTheSameWork ends.
func TestWhatIsLimitedIsTheSameWorkForAll(t *testing.T) {
	t.Parallel()
	ctx := from(t, "192.0.2.1", laptop)
	for name, do := range map[string]func(w *authtest.World, email string) error{
		"log in":      func(w *authtest.World, email string) error { return guess(ctx, w, email) },
		"ask again":   func(w *authtest.World, email string) error { return w.ResendConfirmationEmail(ctx, email, "") },
		"ask a reset": func(w *authtest.World, email string) error { return w.RequestPasswordReset(ctx, email, "") },
		"ask a code":  func(w *authtest.World, email string) error { _, err := w.RequestLoginCode(ctx, email); return err },
	} {
		t.Run(name, func(t *testing.T) {
			config := authtest.Mandatory
			config.LoginCodes = true
			config.Limits = limits(t, "login=off login_failed=off/address confirm_email=off/address reset_password=off/address request_login_code=off/address")
			w := authtest.New(t, authtest.SQLite(t), config)
			special := population(t, w)
			attempts := func(email string) (all []work) {
				for range 8 {
					all = append(all, measure(t, w, func(w *authtest.World) (any, error) { return nil, do(w, email) }))
				}
				return all
			}
			want := attempts(nobody)
			if !strings.Contains(want[7].Answer, "too often") || want[0].Calls[0] != "IsDeviceKnown" {
				t.Fatalf("it ends with %q, and begins with %v", want[7].Answer, want[0].Calls)
			}
			for email, who := range special {
				if diff := cmp.Diff(want, attempts(email)); diff != "" {
					t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
				}
			}
		})
	}
}

// limitWatcher is an observer that is told of limits only.
type limitWatcher func(limit string)

func (limitWatcher) Acted(auth.Act, string) {}
func (w limitWatcher) Limited(limit string) { w(limit) }
