package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestTheAppIsRemovedWhileALoginIsCompleted has both at once, on two replicas: whichever comes first, nothing of the app
// is left, and no device stays trusted by it.
func TestTheAppIsRemovedWhileALoginIsCompleted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		other := w.Replica(authtest.Difference{Config: authtest.Unlimited(authtest.Mandatory)})
		for range 10 {
			_, token := w.LogIn(t, ada, adasPassword)
			app, _ := w.Enroll(t, token)
			caller := w.Caller(t, token)
			waits, challenge := w.Challenged(t, ada, adasPassword)
			code := app.Next(t)
			var completed *auth.CompletedLogin
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					return w.RemoveTOTP(t.Context(), caller)
				}
				var err error
				completed, err = other.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{TOTPCode: &code, TrustDevice: true})
				return err
			})
			must(t, errs[0])
			switch problems := new(auth.Problems); {
			case errs[1] == nil:
				if completed.Session.Factors != 2 {
					t.Errorf("the login that was completed has %d factors, want 2", completed.Session.Factors)
				}
			case errors.As(errs[1], problems):
				refused(t, errs[1], auth.InvalidCode)
			default:
				failed(t, errs[1], auth.Unauthenticated)
			}

			user := reload(t, w, ada)
			devices, err := w.Store.TrustedDevices(t.Context(), user.ID)
			must(t, err)
			left, err := w.Store.RecoveryCodesLeft(t.Context(), user.ID)
			must(t, err)
			if _, err := w.Store.TOTPOf(t.Context(), user.ID); !errors.Is(err, auth.ErrNotFound) || user.HasSecondFactor() || len(devices) > 0 || left > 0 {
				t.Errorf("an app: %t, a second factor: %t, %d trusted devices, %d recovery codes; want none",
					err == nil, user.HasSecondFactor(), len(devices), left)
			}
			_, err = w.AuthenticateChallenge(t.Context(), challenge.Token)
			failed(t, err, auth.Unauthenticated)
		}
	})
}

// TestNewSigningKeysLeaveTheApps: the secrets of apps are sealed under the secret key, not under one that signs tokens.
func TestNewSigningKeysLeaveTheApps(t *testing.T) {
	t.Parallel()
	config := signed
	config.Limits = auth.NoLimits
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	app, codes := w.Enroll(t, logIn(t, w).Tokens.AccessToken)
	device := w.Trust(t, app, ada, adasPassword)
	_, err := w.RotateKeys(t.Context())
	must(t, err)
	must(t, w.VoidKeys(t.Context(), false))
	if grant := onDevice(t, w, device, adasPassword); grant.Challenge != nil {
		t.Error("a trusted device is asked for the second factor")
	}
	waits, _ := w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, waits, app.Next(t))
	must(t, err)
	waits, _ = w.Challenged(t, ada, adasPassword)
	_, err = w.ByRecoveryCode(t, waits, codes[0])
	must(t, err)
}

// TestASessionThatIsNotFreshSetsNoAppUp is what keeps a stolen session from locking its owner out.
func TestASessionThatIsNotFreshSetsNoAppUp(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	w.Clock.Advance(10 * time.Minute)
	stale := auth.Bearer{Caller: w.Caller(t, token)}
	failed(t, w.Authorize(stale.Caller, auth.Requirement{Role: auth.RoleUser, Fresh: true, Pending: true}), auth.NotFresh)
	app, setup := w.BeginApp(t, stale) // as if it had been let in a moment before
	_, err := w.ConfirmTOTP(t.Context(), stale, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
	failed(t, err, auth.NotFresh)
	if reload(t, w, ada).HasSecondFactor() {
		t.Error("an app was set up")
	}
}
