package auth_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// deed is something that is done to a deployment. All deeds together have every act of the audit trail
// and every job of the outbox as their effects; a new use case adds its own.
type deed struct {
	name string
	do   func(t *testing.T, w *authtest.World)
}

// newDeed adds a deed and returns its name. The test of the feature calls it.
func newDeed(name string, do func(t *testing.T, w *authtest.World)) string {
	deeds = append(deeds, deed{name, do})
	return name
}

// deeds are done where access tokens are JWTs, with codes, usernames, passkeys, two sessions per user and no limits. newDeed adds to
// them.
var deeds = []deed{
	{"a sign-up and its confirmation", func(t *testing.T, w *authtest.World) { w.Join(t, ada, adasPassword) }},
	{"a sign-up with two claims, of which the owner gets a reset", func(t *testing.T, w *authtest.World) {
		link := confirmLink(t, w, ada, adasPassword)
		signUp(t, w, ada, evesPassword)
		_, err := w.ConfirmEmail(t.Context(), link)
		must(t, err)
	}},
	{"a sign-up that needs no confirmation", func(t *testing.T, w *authtest.World) {
		signUp(t, w.Replica(authtest.Difference{Config: authtest.None}), ada, adasPassword)
	}},
	{"a confirmation that is requested again", func(t *testing.T, w *authtest.World) {
		signUp(t, w, ada, adasPassword)
		must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
	}},
	{"logins that are refused, by address, by username and of a disabled user", func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		logsIn(t, w, ada, wrongPassword)
		_, err := w.Login(t.Context(), auth.LoginInput{Username: "nobody", Password: adasPassword})
		refused(t, err, auth.InvalidCredentials)
		_, err = w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
		refused(t, err, auth.AccountDisabled)
		_, err = w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
		failed(t, err, auth.Unauthenticated)
		_, err = w.EnableAccount(t.Context(), ada)
		must(t, err)
	}},
	{"logins from two devices, and more of them than there may be", func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		logInFrom(t, w, "203.0.113.7", laptop)
		w.Clock.Advance(day)
		logInFrom(t, w, "198.51.100.9", "another device")
		w.LogIn(t, ada, adasPassword)
	}},
	{"every end of a session", func(t *testing.T, w *authtest.World) {
		_, token := joined(t, w, ada, adasPassword)
		must(t, w.Logout(t.Context(), token))
		caller, _ := w.LogIn(t, ada, adasPassword)
		_, err := w.RevokeSession(t.Context(), caller, caller.Session.ID)
		must(t, err)
		caller, _ = w.LogIn(t, ada, adasPassword)
		_, err = w.LogoutAll(t.Context(), caller, false)
		must(t, err)
	}},
	{"requests by HTTP Basic", func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		_, err := w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
		must(t, err)
		_, err = w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: wrongPassword})
		failed(t, err, auth.Unauthenticated)
	}},
	{"a reset", func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
		must(t, err)
	}},
	{"a change of the password, and a guess at it", func(t *testing.T, w *authtest.World) {
		caller, _ := joined(t, w, ada, adasPassword)
		_, err := change(t, w, caller, wrongPassword, newPassword)
		refused(t, err, auth.IncorrectPassword)
		_, err = change(t, w, caller, adasPassword, newPassword)
		must(t, err)
	}},
	{"a login by code, and wrong codes until they end", func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		comeByCode(t, w, ada)
		giveWrongCodes(t, w, ada, 100)
	}},
	{"reauthentication by password and by code, right and wrong", func(t *testing.T, w *authtest.World) {
		caller := bareCaller(t, w)
		in := proofByCode(t, w, caller)
		wrong := wrongCode
		_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{RequestID: in.RequestID, Code: &wrong})
		refused(t, err, auth.InvalidCode)
		_, err = w.Reauthenticate(t.Context(), caller, in)
		must(t, err)
		_, err = w.SetPassword(t.Context(), ada, adasPassword)
		must(t, err)
		caller, _ = w.LogIn(t, ada, adasPassword)
		_, err = w.Reauthenticate(t.Context(), caller, byPassword(wrongPassword))
		refused(t, err, auth.IncorrectPassword)
		_, err = w.Reauthenticate(t.Context(), caller, byPassword(adasPassword))
		must(t, err)
	}},
	{"a right code of a disabled user", func(t *testing.T, w *authtest.World) { disabledAtTheCode(t, w) }},
	{"links that do not work", func(t *testing.T, w *authtest.World) {
		caller, _ := joined(t, w, ada, adasPassword)
		for _, link := range linkedActs {
			refused(t, link.follow(t.Context(), w, caller, secret.NewToken(link.kind)), auth.InvalidToken)
		}
	}},
	{"a refresh token that was copied", func(t *testing.T, w *authtest.World) {
		w.Join(t, ada, adasPassword)
		token := logIn(t, w).Tokens.RefreshToken
		refreshes(t, w, token)
		w.Clock.Advance(time.Minute)
		_, err := refresh(w, t, token)
		refused(t, err, auth.InvalidRefreshToken)
	}},
	{"a change of address, undone", func(t *testing.T, w *authtest.World) {
		caller, _ := joined(t, w, ada, adasPassword)
		_, err := w.UndoEmailChange(t.Context(), changed(t, w, caller, lady))
		must(t, err)
	}},
	{"a deletion at once", func(t *testing.T, w *authtest.World) {
		caller, _ := joined(t, w, ada, adasPassword)
		must(t, w.DeleteAccount(t.Context(), caller, ada))
	}},
	{"a deletion that waits, and the erasure after it", func(t *testing.T, w *authtest.World) {
		caller, _ := joined(t, w, ada, adasPassword)
		changed(t, w, caller, lady)
		must(t, w.DeleteAccount(t.Context(), caller, lady))
		w.Clock.Advance(auth.UndoLifetime)
		_, err := w.EraseDeleted(t.Context())
		must(t, err)
	}},
	{"a name and a profile", func(t *testing.T, w *authtest.World) {
		caller, _ := joined(t, w, ada, adasPassword)
		name := "Ada Lovelace"
		_, err := w.UpdateProfile(t.Context(), caller, auth.UpdateProfileInput{Name: &name})
		must(t, err)
		_, err = w.ChangeUsername(t.Context(), caller, "Countess")
		must(t, err)
	}},
	{"what an operator does to an account", func(t *testing.T, w *authtest.World) {
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser})
		must(t, err)
		for _, role := range []auth.Role{auth.RoleStaff, auth.RoleAdmin, auth.RoleUser} {
			_, err := w.SetRole(t.Context(), ada, role)
			must(t, err)
		}
		_, err = w.ConfirmAccount(t.Context(), ada)
		must(t, err)
	}},
	{"API clients, one of which revokes a token", func(t *testing.T, w *authtest.World) {
		client, _ := newClient(t, w, "shop")
		_, token := joined(t, w, ada, adasPassword)
		must(t, w.RevokeToken(t.Context(), client, token))
		_, err := w.DeleteAPIClient(t.Context(), "shop")
		must(t, err)
	}},
	{"signing keys, from the first to the last", func(t *testing.T, w *authtest.World) {
		must(t, w.TendKeys(t.Context()))
		_, err := w.RotateKeys(t.Context())
		must(t, err)
		w.Clock.Advance(day)
		must(t, w.TendKeys(t.Context()))
		must(t, w.VoidKeys(t.Context(), false))
	}},
}

// watchedStore notes what goes through the outbox.
type watchedStore struct {
	auth.Store
	leased func(auth.Job)
}

func (s *watchedStore) LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	items, err := s.Store.LeaseOutbox(ctx, holder, now, until, limit)
	for _, item := range items {
		s.leased(item.Job)
	}
	return items, err
}

// eachDeed does all deeds, each in a world of its own. It calls done with what went through the outbox, and how many
// transactions put something into it.
func eachDeed(t *testing.T, done func(t *testing.T, w *authtest.World, jobs []auth.Job, enqueued int)) {
	t.Helper()
	config := signed
	config.Usernames, config.MaxSessionsPerUser = auth.UsernamesOptional, 2
	config = authtest.WithPasskeys(authtest.WithLoginCodes(config))
	for _, d := range deeds {
		t.Run(d.name, func(t *testing.T) {
			var jobs []auth.Job
			var enqueued int
			var counted bool // the transaction that runs
			config, _ := withProviders(t, config)
			store := &watchedStore{authtest.SQLite(t), func(job auth.Job) { jobs = append(jobs, job) }}
			w := authtest.New(t, authtest.Observe(store, func(method string) {
				switch {
				case method == "InTx":
					counted = false
				case method == "AddToOutbox" && !counted:
					counted = true
					enqueued++
				}
			}), config)
			d.do(t, w)
			w.Letters(t)
			done(t, w, jobs, enqueued)
		})
	}
}

// TestEveryActOfTheTableIsWrittenDown looks for every outcome of every act but refusals by a limit, which
// TestEachUseCaseHasItsLimit has.
func TestEveryActOfTheTableIsWrittenDown(t *testing.T) {
	t.Parallel()
	written, told := map[string]bool{}, map[auth.EventKind]bool{}
	eachDeed(t, func(t *testing.T, w *authtest.World, _ []auth.Job, _ int) {
		for _, e := range eventsOf(t, w, "") {
			written[string(e.Act)+" "+e.Outcome] = true
		}
		for _, e := range happened(t, w) {
			told[e.Kind] = true
		}
	})
	for _, spec := range auth.Acts() {
		for _, outcome := range spec.Outcomes {
			if outcome != "RATE_LIMITED" && !written[string(spec.Act)+" "+outcome] {
				t.Errorf("got no deed that writes down %s with the outcome %s, want one", spec.Act, outcome)
			}
		}
	}
	for _, spec := range auth.Events() {
		if !told[spec.Kind] {
			t.Errorf("got no deed that is told as %s, want one", spec.Kind)
		}
	}
}

// TestEveryEmailWakesTheMailer counts the transactions that enqueue email: the mailer hears of each once.
func TestEveryEmailWakesTheMailer(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var all []auth.Job
	eachDeed(t, func(t *testing.T, w *authtest.World, jobs []auth.Job, enqueued int) {
		if got := w.Wakes(); got != enqueued {
			t.Errorf("got %d wakes of the mailer, want %d, one for each transaction that enqueued email", got, enqueued)
		}
		mu.Lock()
		defer mu.Unlock()
		all = append(all, jobs...)
	})
	for _, job := range auth.Jobs() {
		if !slices.Contains(all, job) {
			t.Errorf("got no deed that enqueues %s, want one", job)
		}
	}
}
