package auth_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// audience is an observer that remembers.
type audience struct {
	mu   sync.Mutex
	told []string
}

func (a *audience) Acted(act auth.Act, outcome string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = append(a.told, string(act)+" "+outcome)
}

func (a *audience) Limited(string) {}

func (a *audience) want(t *testing.T, want ...string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.told, want) {
		t.Errorf("the observer was told %q, want %q", a.told, want)
	}
	a.told = nil
}

// watchedWorld is one of a deployment with an observer.
func watchedWorld(t *testing.T, store auth.Store) (*authtest.World, *audience) {
	t.Helper()
	watching, config := &audience{}, authtest.Mandatory
	config.Observer = watching
	return authtest.New(t, store, config), watching
}

// twice is a store that has every transaction lose its first race, after it has done all it does.
type twice struct{ auth.Store }

var errLost = errors.New("lost the race")

func (s twice) InTx(ctx context.Context, fn func(tx auth.Tx) error) error {
	err := s.Store.InTx(ctx, func(tx auth.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return errLost
	})
	if !errors.Is(err, errLost) {
		return err
	}
	return s.Store.InTx(ctx, fn)
}

// never is a store whose transactions cannot be committed while it is shut.
type never struct {
	auth.Store
	shut *bool
}

func (s never) InTx(ctx context.Context, fn func(tx auth.Tx) error) error {
	return s.Store.InTx(ctx, func(tx auth.Tx) error {
		if err := fn(tx); err != nil || !*s.shut {
			return err
		}
		return errLost
	})
}

func TestTheObserverIsToldOfActs(t *testing.T) {
	t.Parallel()
	story := func(t *testing.T, store auth.Store) {
		w, watching := watchedWorld(t, store)
		w.Join(t, ada, adasPassword)
		watching.want(t, "signed_up ok", "email_confirmed ok")
		caller, _ := w.LogIn(t, ada, adasPassword)
		watching.want(t, "logged_in ok")
		for _, email := range []string{ada, nobody} {
			_, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: wrongPassword})
			wantProblems(t, err, "INVALID_CREDENTIALS")
			watching.want(t, "logged_in INVALID_CREDENTIALS")
		}
		_, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &wrong, NewPassword: newPassword})
		wantProblems(t, err, "PASSWORD_INCORRECT")
		watching.want(t, "password_changed PASSWORD_INCORRECT") // in no transaction
	}
	t.Run("once each", func(t *testing.T) { story(t, authtest.SQLite(t)) })
	t.Run("once, if a transaction is run again", func(t *testing.T) { story(t, twice{authtest.SQLite(t)}) })

	t.Run("and not of what was undone", func(t *testing.T) {
		shut := false
		w, watching := watchedWorld(t, never{authtest.SQLite(t), &shut})
		w.Join(t, ada, adasPassword)
		watching.want(t, "signed_up ok", "email_confirmed ok")
		shut = true
		if _, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword}); !errors.Is(err, errLost) {
			t.Fatalf("the login returned %v", err)
		}
		watching.want(t)
	})
}

var wrong = wrongPassword

func wantProblems(t *testing.T, err error, want ...auth.ProblemCode) {
	t.Helper()
	if got := authtest.Codes(t, err); !slices.Equal(got, want) {
		t.Fatalf("the problems are %v, want %v", got, want)
	}
}

func TestLoginWay(t *testing.T) {
	t.Parallel()
	for act, want := range map[auth.Act]string{"logged_in": "password", "logged_in_by_code": "code", "signed_up": "", "": ""} {
		if got := act.LoginWay(); got != want {
			t.Errorf("%q is a login by %q, want %q", act, got, want)
		}
	}
}

// limitAudience is an observer of limits.
type limitAudience struct {
	audience
	limits []string
}

func (l *limitAudience) Limited(limit string) { l.limits = append(l.limits, limit) }

func TestTheObserverIsToldOfLimits(t *testing.T) {
	t.Parallel()
	watching, config := &limitAudience{}, authtest.Mandatory
	config.Observer = watching
	w := authtest.New(t, authtest.SQLite(t), config)
	must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
	for range 2 {
		failed(t, w.ResendConfirmationEmail(t.Context(), ada, ""), auth.RateLimited)
	}
	if want := []string{string(auth.LimitConfirmEmail), string(auth.LimitConfirmEmail)}; !slices.Equal(watching.limits, want) {
		t.Errorf("the observer was told of the limits %q, want %q", watching.limits, want)
	}
}
