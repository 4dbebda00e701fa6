package auth_test

import (
	"encoding/base32"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/qrcode"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = wantJob("totp_added", normalPriority)
	_ = wantJob("totp_removed", normalPriority)
	_ = wantJob("totp_locked", normalPriority)
)

func TestACodeOfAnAppWorksOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, _ := enrolled(t, store)

		t.Run("the one that set the app up is used up", func(t *testing.T) {
			waits, _ := w.Challenged(t, ada, adasPassword)
			_, err := w.ByTOTP(t, waits, app.Code(t))
			refused(t, err, auth.InvalidCode)
		})

		t.Run("in any number of logins at once, on two replicas", func(t *testing.T) {
			code := app.Next(t)
			replicas := []*authtest.World{w, w.Replica(authtest.Difference{})}
			var waiting []auth.Bearer
			for range 64 {
				waits, _ := w.Challenged(t, ada, adasPassword)
				waiting = append(waiting, waits)
			}
			oneWins(t, atOnce(64, func(i int) error {
				_, err := replicas[i%2].ByTOTP(t, waiting[i], code)
				return err
			}), auth.InvalidCode)
		})

		t.Run("in one login at once", func(t *testing.T) {
			code := app.Next(t)
			waits, _ := w.Challenged(t, ada, adasPassword)
			won := 0
			for _, err := range atOnce(64, func(int) error {
				_, err := w.ByTOTP(t, waits, code)
				return err
			}) {
				var problems auth.Problems
				switch {
				case err == nil:
					won++
				case errors.As(err, &problems):
					refused(t, err, auth.InvalidCode)
				default:
					failed(t, err, auth.Unauthenticated)
				}
			}
			if won != 1 {
				t.Errorf("%d logins were completed, want one", won)
			}
		})

		t.Run("in a login and in a session at once", func(t *testing.T) {
			first, _ := w.Challenged(t, ada, adasPassword)
			completed, err := w.ByTOTP(t, first, app.Next(t))
			must(t, err)
			caller := w.Caller(t, completed.Tokens.AccessToken)
			waits, _ := w.Challenged(t, ada, adasPassword)
			code := app.Next(t)
			oneWins(t, atOnce(2, func(i int) error {
				if i == 0 {
					_, err := w.ByTOTP(t, waits, code)
					return err
				}
				_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{TOTPCode: &code})
				return err
			}), auth.InvalidCode)
		})
	})
}

func TestACodeOfAnAppIsOfItsTime(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	try := func(code secret.Text) error {
		waits, _ := w.Challenged(t, ada, adasPassword)
		_, err := w.ByTOTP(t, waits, code)
		return err
	}
	w.Clock.Advance(time.Hour)
	late := app.Code(t)
	w.Clock.Advance(secret.TOTPPeriod)
	must(t, try(late)) // a clock may be one step behind
	tooLate := app.Code(t)
	w.Clock.Advance(2 * secret.TOTPPeriod)
	refused(t, try(tooLate), auth.InvalidCode)

	// The clock of the server goes back: what was accepted is not accepted again, and neither is anything before it.
	accepted := app.Code(t)
	must(t, try(accepted))
	w.Clock.Advance(-10 * secret.TOTPPeriod)
	refused(t, try(accepted), auth.InvalidCode)
	refused(t, try(app.Code(t)), auth.InvalidCode)
	w.Clock.Advance(11 * secret.TOTPPeriod)
	must(t, try(app.Code(t)))
}

func TestNothingIsKeptOfAnAppBeforeItIsConfirmed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, old, _, token := enrolled(t, store)
		bearer := auth.Bearer{Caller: w.Caller(t, token)}
		abandoned, setup := w.BeginApp(t, bearer)
		_, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: "000000"})
		refused(t, err, auth.InvalidCode)
		waits, _ := w.Challenged(t, ada, adasPassword)
		_, err = w.ByTOTP(t, waits, abandoned.Next(t))
		refused(t, err, auth.InvalidCode)
		_, err = w.ByTOTP(t, waits, old.Code(t))
		must(t, err)

		replaced, setup := w.BeginApp(t, bearer)
		confirmed, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: replaced.Next(t)})
		must(t, err)
		if confirmed.RecoveryCodes != nil || confirmed.Grant != nil {
			t.Error("another app has recovery codes or a session of its own")
		}
		w.Letter(t, auth.LetterTOTPAdded)
		waits, _ = w.Challenged(t, ada, adasPassword)
		_, err = w.ByTOTP(t, waits, old.Next(t))
		refused(t, err, auth.InvalidCode)
		_, err = w.ByTOTP(t, waits, replaced.Code(t))
		must(t, err)
	})
}

func TestASetupIsOfOneSessionAndWorksOnce(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	w.Join(t, ada, adasPassword)
	w.Join(t, "eve@x.example", evesPassword)
	_, adas := w.LogIn(t, ada, adasPassword)
	_, other := w.LogIn(t, ada, adasPassword)
	_, eves := w.LogIn(t, "eve@x.example", evesPassword)
	mine := auth.Bearer{Caller: w.Caller(t, adas)}
	app, setup := w.BeginApp(t, mine)
	confirm := func(bearer auth.Bearer, setup secret.Text, code secret.Text) error {
		_, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: code})
		return err
	}
	for _, token := range []secret.Text{other, eves} {
		refused(t, confirm(auth.Bearer{Caller: w.Caller(t, token)}, setup, app.Code(t)), auth.InvalidToken)
	}
	for _, changed := range []secret.Text{"", "?", setup[1:], setup + "A", setup[:20] + "AAAA" + setup[24:]} {
		refused(t, confirm(mine, changed, app.Code(t)), auth.InvalidToken)
	}
	refused(t, confirm(mine, setup, ""), auth.Required)
	w.Clock.Advance(5 * time.Minute)
	later, laterSetup := w.BeginApp(t, mine)
	w.Clock.Advance(5 * time.Minute)
	refused(t, confirm(mine, setup, app.Code(t)), auth.InvalidToken)
	failed(t, confirm(mine, laterSetup, later.Code(t)), auth.NotFresh)

	_, adas = w.LogIn(t, ada, adasPassword)
	mine = auth.Bearer{Caller: w.Caller(t, adas)}
	app, setup = w.BeginApp(t, mine)
	code, won := app.Code(t), 0
	for _, err := range atOnce(10, func(int) error { return confirm(mine, setup, code) }) {
		if err == nil {
			won++
			continue
		}
		failed(t, err, auth.NotFresh) // there is a second factor by now, which was not proved when they were let in
	}
	if won != 1 {
		t.Errorf("%d confirmed the setup, want one", won)
	}
	mine.Caller = w.Caller(t, adas)
	refused(t, confirm(mine, setup, app.Next(t)), auth.InvalidToken)
}

func TestTheFirstSecondFactorEndsAllOtherSessions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		_, thief := w.LogIn(t, ada, adasPassword)
		_, adas := w.LogIn(t, ada, adasPassword)
		stale := auth.Bearer{Caller: w.Caller(t, thief)}
		_, setup := w.BeginApp(t, stale)
		_, codes := w.Enroll(t, adas)
		if len(codes) != 10 {
			t.Errorf("there are %d recovery codes, want 10", len(codes))
		}
		if lives(t, w, thief) || !lives(t, w, adas) {
			t.Error("other sessions than the one that set the app up live")
		}
		caller := w.Caller(t, adas)
		if caller.Session.Factors != 2 || caller.Session.SecondFactorAt.IsZero() {
			t.Error("the session that set the app up has not proved it")
		}
		must(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Fresh: true}))

		// The thief's request was let in a moment before.
		_, err := w.ConfirmTOTP(t.Context(), stale, auth.ConfirmTOTPInput{Setup: setup, Code: "000000"})
		refused(t, err, auth.InvalidCode)
		evesApp, setup := w.BeginApp(t, stale)
		_, err = w.ConfirmTOTP(t.Context(), stale, auth.ConfirmTOTPInput{Setup: setup, Code: evesApp.Code(t)})
		failed(t, err, auth.Unauthenticated)
	})
}

func TestRemoveTOTP(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, token := enrolled(t, store)
		caller := w.Caller(t, token)
		waits, _ := w.Challenged(t, ada, adasPassword)
		code := app.Next(t)
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return w.RemoveTOTP(t.Context(), caller)
			}
			_, err := w.ByTOTP(t, waits, code)
			return err
		})
		must(t, errs[0])
		if errs[1] != nil { // then the login ended with the app
			var problems auth.Problems
			if !errors.As(errs[1], &problems) {
				failed(t, errs[1], auth.Unauthenticated)
			}
		}
		w.Letters(t)
		factors, err := w.SecondFactors(t.Context(), caller.User.ID, caller.User.Role)
		must(t, err)
		if factors.TOTP != nil || factors.RecoveryCodesLeft != 0 || factors.Required {
			t.Errorf("there are an app: %t, %d recovery codes, required: %t; want none", factors.TOTP != nil, factors.RecoveryCodesLeft, factors.Required)
		}
		_, session := w.LogIn(t, ada, adasPassword) // the password is enough again
		refused(t, w.RemoveTOTP(t.Context(), w.Caller(t, session)), auth.NotFound)
	})
}

func TestAHundredWrongCodesLockTheApp(t *testing.T) {
	t.Parallel()
	w, app, codes, _ := enrolled(t, authtest.SQLite(t))
	app.Next(t)
	wrong := func() error {
		waits, _ := w.Challenged(t, ada, adasPassword)
		_, err := w.ByTOTP(t, waits, "000000")
		return err
	}
	for range 99 {
		refused(t, wrong(), auth.InvalidCode)
	}
	w.NoLetter(t)
	refused(t, wrong(), auth.InvalidCode)
	w.Letter(t, auth.LetterTOTPLocked)
	waits, challenge := w.Challenged(t, ada, adasPassword)
	if len(challenge.Factors) != 1 || challenge.Factors[0] != auth.FactorRecoveryCode {
		t.Errorf("the factors are %v, want a recovery code alone", challenge.Factors)
	}
	_, err := w.ByTOTP(t, waits, app.Code(t))
	refused(t, err, auth.InvalidCode)
	w.NoLetter(t)
	_, err = w.ByRecoveryCode(t, waits, codes[3])
	must(t, err)
	waits, _ = w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, waits, app.Next(t))
	must(t, err)

	// A right one begins the count anew.
	for range 99 {
		refused(t, wrong(), auth.InvalidCode)
	}
	waits, _ = w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, waits, app.Next(t))
	must(t, err)
	refused(t, wrong(), auth.InvalidCode)
	w.Letters(t)
	waits, _ = w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, waits, app.Next(t))
	must(t, err)
}

func TestWrongCodesOfAnAppAreLimitedPerAccount(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.Limits = limits(t, "second_factor=100/1m/address")
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	app, codes := w.Enroll(t, token)
	w.Clock.Advance(time.Hour)
	for range 2 {
		waits, _ := w.Challenged(t, ada, adasPassword)
		for range 5 {
			_, err := w.ByTOTP(t, waits, "000000")
			refused(t, err, auth.InvalidCode)
		}
	}
	waits, _ := w.Challenged(t, ada, adasPassword)
	_, err := w.ByTOTP(t, waits, app.Code(t))
	failed(t, err, auth.RateLimited)
	_, err = w.ByRecoveryCode(t, waits, codes[0])
	must(t, err)
	w.Clock.Advance(6 * time.Minute)
	waits, _ = w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, waits, app.Code(t)) // a right one costs nothing
	must(t, err)
	waits, _ = w.Challenged(t, ada, adasPassword)
	_, err = w.ByTOTP(t, waits, app.Next(t))
	must(t, err)
}

func TestWhatAnAppIsGiven(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.ServiceName = "Acme: Tools"
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	setup, err := w.BeginTOTP(t.Context(), auth.Bearer{Caller: w.Caller(t, token)})
	must(t, err)
	want := "otpauth://totp/Acme%20%20Tools:ada%40lovelace.example?secret=" + setup.Secret.Reveal() +
		"&issuer=Acme%20%20Tools&algorithm=SHA1&digits=6&period=30"
	if got := setup.URI.Reveal(); got != want {
		t.Error("the URI is not the one that apps read") // it has a secret, so it is not printed
	}
	drawn, err := qrcode.SVG(want) // which another program reads, in the tests of qrcode
	must(t, err)
	if setup.QRCode.Reveal() != drawn || setup.Setup == "" {
		t.Error("the QR code is not that of the URI, or there is no setup")
	}
}

// TestNoSecondFactorIsStored sets up an app, uses it and a recovery code, and then reads every byte of the database.
func TestNoSecondFactorIsStored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w, app, codes, token := enrolled(t, authtest.Open(t, "sqlite:"+filepath.Join(folder, "test.db")))
	waits, challenge := w.Challenged(t, ada, adasPassword)
	completed, err := w.ByRecoveryCode(t, waits, codes[0])
	must(t, err)
	_, setup := w.BeginApp(t, auth.Bearer{Caller: w.Caller(t, completed.Tokens.AccessToken)})
	w.Challenged(t, ada, adasPassword)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(app.Secret.Reveal())
	must(t, err)

	stored := everyByte(t, folder)
	if !strings.Contains(stored, ada) || !strings.Contains(stored, "PROVE") {
		t.Fatal("what is certainly stored was not found")
	}
	kept := map[string]string{
		"the secret": app.Secret.Reveal(), "the key": string(key), "the setup": setup.Reveal()[:24],
		"the challenge": challenge.Token.Reveal()[7:40], "the session": token.Reveal()[7:40], "the replacement": completed.ReplacementRecoveryCode.Reveal(),
	}
	for i, code := range codes {
		kept["recovery code "+strconv.Itoa(i)] = code.Reveal()
	}
	for name, text := range kept {
		for _, form := range []string{text, strings.ToUpper(text), strings.ReplaceAll(text, "-", ""), strings.ToUpper(strings.ReplaceAll(text, "-", ""))} {
			if strings.Contains(stored, form) {
				t.Errorf("%s is stored", name)
			}
		}
	}
}

// TestAnotherSecretKeyOpensNoApp: whoever has lost the key has lost the factors, and is told so, not let in.
func TestAnotherSecretKeyOpensNoApp(t *testing.T) {
	t.Parallel()
	w, app, codes, _ := enrolled(t, authtest.SQLite(t))
	other := &authtest.World{Store: w.Store, Clock: w.Clock, Hasher: w.Hasher, Key: secret.NewKey()}
	other.Service = auth.New(w.Config(), other.Key, w.Store, w.Hasher, other, w.Clock.Now)
	waits, _ := other.Challenged(t, ada, adasPassword)
	_, err := other.ByTOTP(t, waits, app.Next(t))
	if err == nil {
		t.Fatal("a code is right under another key")
	}
	discreet(t, err)
	if !strings.Contains(err.Error(), "LATCHKEY_SECRET_KEY") {
		t.Errorf("got %v, want an error that names the key", err)
	}
	_, err = other.ByRecoveryCode(t, waits, codes[0])
	refused(t, err, auth.InvalidCode)
}
