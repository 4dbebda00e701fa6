package auth_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestWhatEndsTheTrustEndsTheSessionsThatRestOnIt: whoever has a trusted device would stay in otherwise. A session in
// which a second factor was proved goes on where it did so far.
func TestWhatEndsTheTrustEndsTheSessionsThatRestOnIt(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, w *trust) error{
		"recovery code": func(t *testing.T, w *trust) error {
			waits, _ := w.Challenged(t, ada, adasPassword)
			_, err := w.ByRecoveryCode(t, waits, w.codes[0])
			return err
		},
		"recovery code in a session": func(t *testing.T, w *trust) error {
			_, err := w.Reauthenticate(t.Context(), w.caller, auth.ReauthenticateInput{RecoveryCode: &w.codes[0]})
			return err
		},
		"new recovery codes": func(t *testing.T, w *trust) error {
			_, err := w.CreateRecoveryCodes(t.Context(), w.caller)
			return err
		},
		"another app": func(t *testing.T, w *trust) error {
			bearer := auth.Bearer{Caller: w.caller}
			app, setup := w.BeginApp(t, bearer)
			_, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
			return err
		},
		"app removed": func(t *testing.T, w *trust) error { return w.RemoveTOTP(t.Context(), w.caller) },
		"change of address": func(t *testing.T, w *trust) error {
			changed(t, w.World, w.caller, eve)
			return nil
		},
		"raised role": func(t *testing.T, w *trust) error {
			_, err := w.SetRole(t.Context(), ada, auth.RoleStaff)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store auth.Store) {
				world, app, codes, _ := enrolled(t, store)
				device := world.Trust(t, app, ada, adasPassword)
				rests := onDevice(t, world, device, adasPassword).Tokens.AccessToken
				proved := onDevice(t, world, device, adasPassword).Tokens.AccessToken
				code := app.Next(t)
				_, err := world.Reauthenticate(t.Context(), world.Caller(t, proved), auth.ReauthenticateInput{TOTPCode: &code})
				must(t, err)
				waits, _ := world.Challenged(t, ada, adasPassword)
				completed, err := world.ByTOTP(t, waits, app.Next(t))
				must(t, err)
				world.Letters(t)

				w := &trust{World: world, app: app, codes: codes, caller: world.Caller(t, completed.Tokens.AccessToken)}
				must(t, change(t, w))
				if lives(t, world, rests) {
					t.Error("the session that rests on a trusted device lives")
				}
				if !lives(t, world, proved) || !lives(t, world, completed.Tokens.AccessToken) {
					t.Error("a session in which a second factor was proved has ended")
				}
			})
		})
	}
}

// TestARecoveryCodeInASessionThatRestsOnTrust proves the second factor in it: it goes on.
func TestARecoveryCodeInASessionThatRestsOnTrust(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, codes, _ := enrolled(t, store)
		device := w.Trust(t, app, ada, adasPassword)
		token, other := onDevice(t, w, device, adasPassword).Tokens.AccessToken, onDevice(t, w, device, adasPassword).Tokens.AccessToken
		_, err := w.Reauthenticate(t.Context(), w.Caller(t, token), auth.ReauthenticateInput{RecoveryCode: &codes[0]})
		must(t, err)
		if !lives(t, w, token) || lives(t, w, other) {
			t.Error("the session in which the code was used has ended, or another that rests on the device has not")
		}
	})
}

// TestSigningOutElsewhereKeepsTheSessionThatAsks also if it rests on a trusted device.
func TestSigningOutElsewhereKeepsTheSessionThatAsks(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	device := w.Trust(t, app, ada, adasPassword)
	token, other := onDevice(t, w, device, adasPassword).Tokens.AccessToken, onDevice(t, w, device, adasPassword).Tokens.AccessToken
	_, err := w.LogoutAll(t.Context(), w.Caller(t, token), true)
	must(t, err)
	if !lives(t, w, token) || lives(t, w, other) {
		t.Error("the session that asks has ended, or another has not")
	}
}

// TestARemovedDeviceIsSignedOut: the session in which it became trusted ends, and those that began on it, however they
// were proved, also on another replica. Those on other devices go on, and so does the one that asks.
func TestARemovedDeviceIsSignedOut(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, _ := enrolled(t, store)
		trusts := func() (device, session secret.Text, id uuid.UUID) {
			waits, _ := w.Challenged(t, ada, adasPassword)
			code := app.Next(t)
			completed, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{TOTPCode: &code, TrustDevice: true})
			must(t, err)
			return completed.TrustedDevice.Token, completed.Tokens.AccessToken, completed.Session.TrustedDeviceID
		}
		lost, granted, id := trusts()
		kept, grantedElsewhere, _ := trusts()
		if id == uuid.Nil || !trusted(t, w)[1].Holds(lost) || trusted(t, w)[1].ID != id {
			t.Fatal("the session does not know the device that it made trusted")
		}
		began, proved := onDevice(t, w, lost, adasPassword).Tokens.AccessToken, onDevice(t, w, lost, adasPassword).Tokens.AccessToken
		elsewhere := onDevice(t, w, kept, adasPassword).Tokens.AccessToken
		code := app.Next(t)
		_, err := w.Reauthenticate(t.Context(), w.Caller(t, proved), auth.ReauthenticateInput{TOTPCode: &code})
		must(t, err)

		_, err = w.RemoveTrustedDevice(t.Context(), w.Caller(t, elsewhere), id)
		must(t, err)
		for name, c := range map[string]struct {
			token secret.Text
			lives bool
		}{
			"that made it trusted":              {granted, false},
			"that began on it":                  {began, false},
			"that proved a second factor there": {proved, false},
			"that asks":                         {elsewhere, true},
			"that made another device trusted":  {grantedElsewhere, true},
			"that began on another device":      {onDevice(t, w, kept, adasPassword).Tokens.AccessToken, true},
		} {
			if lives(t, w, c.token) != c.lives {
				t.Errorf("the session %s lives: %t, want %t", name, !c.lives, c.lives)
			}
		}
		_, err = w.RemoveTrustedDevice(t.Context(), w.Caller(t, elsewhere), trusted(t, w)[0].ID)
		must(t, err)
		if !lives(t, w, elsewhere) || lives(t, w, grantedElsewhere) {
			t.Error("the session that asks has ended, or another one on its device has not")
		}
	})
}
