package auth_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = wantJob("recovery_codes_created", normalPriority)
	_ = wantJob("recovery_code_used", normalPriority)
)

// recoveryCodesLeft returns how many codes Ada has.
func recoveryCodesLeft(t *testing.T, w *authtest.World) int {
	t.Helper()
	n, err := w.Store.RecoveryCodesLeft(t.Context(), reload(t, w, ada).ID)
	must(t, err)
	return n
}

func TestARecoveryCodeStandsInForTheAppOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, _, codes, _ := enrolled(t, store)
		waits, _ := w.Challenged(t, ada, adasPassword)
		completed, err := w.ByRecoveryCode(t, waits, secret.Text(strings.ToUpper(strings.ReplaceAll(codes[0].Reveal(), "-", " "))))
		must(t, err)
		w.Letter(t, auth.LetterRecoveryCodeUsed)
		if want := []auth.Method{auth.MethodPassword, auth.MethodRecoveryCode}; !slices.Equal(completed.Session.Methods, want) || completed.Session.Factors != 2 {
			t.Errorf("the methods are %v and %d factors, want %v and 2", completed.Session.Methods, completed.Session.Factors, want)
		}
		replacement := completed.ReplacementRecoveryCode
		if replacement == "" || slices.Contains(codes, replacement) || recoveryCodesLeft(t, w) != 10 {
			t.Errorf("the code was not replaced: %d are left, want 10", recoveryCodesLeft(t, w))
		}
		waits, _ = w.Challenged(t, ada, adasPassword)
		_, err = w.ByRecoveryCode(t, waits, codes[0])
		refused(t, err, auth.InvalidCode)
		_, err = w.ByRecoveryCode(t, waits, replacement)
		must(t, err)
	})
}

func TestARecoveryCodeAtTheSameMoment(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, _, codes, _ := enrolled(t, store)
		var waiting []auth.Bearer
		for range 30 {
			waits, _ := w.Challenged(t, ada, adasPassword)
			waiting = append(waiting, waits)
		}
		oneWins(t, atOnce(30, func(i int) error {
			_, err := w.ByRecoveryCode(t, waiting[i], codes[4])
			return err
		}), auth.InvalidCode)
		if n := recoveryCodesLeft(t, w); n != 10 {
			t.Errorf("%d codes are left, want 10", n)
		}
	})
}

func TestWhatIsNoRecoveryCode(t *testing.T) {
	t.Parallel()
	w, app, codes, token := enrolled(t, authtest.SQLite(t))
	for _, typed := range []secret.Text{codes[0][1:], codes[0] + "a", "aaaa-aaaa-aaaa-aaaa", app.Next(t), adasPassword, secret.Text(strings.Repeat("a", 1000))} {
		waits, _ := w.Challenged(t, ada, adasPassword)
		_, err := w.ByRecoveryCode(t, waits, typed)
		refused(t, err, auth.InvalidCode)
		if typed != codes[0][1:] {
			continue
		}
		// It stands in for the app, and for nothing else.
		_, err = w.Login(t.Context(), auth.LoginInput{Email: ada, Password: codes[0]})
		refused(t, err, auth.InvalidCredentials)
		_, err = w.ByTOTP(t, waits, codes[0])
		refused(t, err, auth.InvalidCode)
	}
	caller := w.Caller(t, token)
	w.Clock.Advance(time.Hour)
	failed(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Fresh: true}), auth.NotFresh)
	_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{RecoveryCode: &codes[0]})
	must(t, err)
	must(t, w.Authorize(w.Caller(t, token), auth.Requirement{Role: auth.RoleUser, Fresh: true}))
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{RecoveryCode: &codes[0]})
	refused(t, err, auth.InvalidCode)
	if n := recoveryCodesLeft(t, w); n != 9 {
		t.Errorf("%d codes are left, want 9", n)
	}
}

func TestNewRecoveryCodesEndThoseBefore(t *testing.T) {
	t.Parallel()
	w, _, old, token := enrolled(t, authtest.SQLite(t))
	made, err := w.CreateRecoveryCodes(t.Context(), w.Caller(t, token))
	must(t, err)
	w.Letter(t, auth.LetterRecoveryCodesCreated)
	if len(made) != 10 || recoveryCodesLeft(t, w) != 10 {
		t.Errorf("there are %d codes, %d of them kept, want 10", len(made), recoveryCodesLeft(t, w))
	}
	waits, _ := w.Challenged(t, ada, adasPassword)
	_, err = w.ByRecoveryCode(t, waits, old[0])
	refused(t, err, auth.InvalidCode)
	_, err = w.ByRecoveryCode(t, waits, made[0])
	must(t, err)

	w.Letters(t)
	w.Join(t, "eve@x.example", evesPassword)
	_, eves := w.LogIn(t, "eve@x.example", evesPassword)
	_, err = w.CreateRecoveryCodes(t.Context(), w.Caller(t, eves))
	refused(t, err, auth.SecondFactorNeeded)
	must(t, w.Logout(t.Context(), token))
	_, err = w.CreateRecoveryCodes(t.Context(), &auth.Caller{User: reload(t, w, ada), Session: &auth.Session{TokenDigest: secret.Digest(token)}})
	var fault *auth.Error
	if !errors.As(err, &fault) || fault.Kind != auth.Unauthenticated {
		t.Errorf("in a session that has ended: got %v, want unauthenticated", err)
	}
}
