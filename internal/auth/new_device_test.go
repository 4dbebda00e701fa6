package auth_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

var _ = wantJob("new_device", normalPriority)

// User agents of the tests.
const (
	laptop  = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	updated = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
	phone   = "Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
)

// from returns a context of a request from an address with a user agent.
func from(t *testing.T, address, userAgent string) context.Context {
	t.Helper()
	return auth.WithRequest(t.Context(), auth.Request{ID: "request", ClientIP: netip.MustParseAddr(address), UserAgent: userAgent})
}

// logInFrom logs ada in from a client.
func logInFrom(t *testing.T, w *authtest.World, address, userAgent string) *auth.Grant {
	t.Helper()
	grant, err := w.Login(from(t, address, userAgent), auth.LoginInput{Email: ada, Password: adasPassword})
	must(t, err)
	return grant
}

func TestALoginFromANewDeviceIsTold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		address, agent string
		told           bool
	}{
		{"the same client is known", "203.0.113.7", laptop, false},
		{"another address of its network too", "203.0.113.250", laptop, false},
		{"a newer version too", "203.0.113.7", updated, false},
		{"the address as IPv6 has it too", "::ffff:203.0.113.9", laptop, false},
		{"another device is not", "203.0.113.7", phone, true},
		{"another network is not", "203.0.114.7", laptop, true},
		{"one that does not say what it is is not", "203.0.113.7", "", true},
		{"IPv6 is not", "2001:db8:1::1", laptop, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := mandatory(t)
			w.Join(t, ada, adasPassword)
			logInFrom(t, w, "203.0.113.7", laptop)
			w.NoLetter(t)
			w.Clock.Advance(time.Hour)
			wakes := w.Wakes()
			logInFrom(t, w, c.address, c.agent)
			if !c.told {
				w.NoLetter(t)
				return
			}
			if w.Wakes() == wakes {
				t.Error("the mailer was not told")
			}
			at := w.Clock.Now()
			w.Clock.Advance(time.Minute)
			letter := w.Letter(t, auth.LetterNewDevice)
			if letter.To.Address != ada || letter.Token != "" || !letter.At.Equal(at) || letter.IPAddress != c.address {
				t.Errorf("the letter is to %s of %v about %s", letter.To.Address, letter.At, letter.IPAddress)
			}
			if want := (&auth.Session{UserAgent: c.agent}).Device(); letter.Device != want {
				t.Errorf("the device is %q", letter.Device)
			}
			logInFrom(t, w, c.address, c.agent)
			w.NoLetter(t)
		})
	}
}

func TestTheNetworkOfIPv6IsRecognized(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	logInFrom(t, w, "2001:db8:1:2::3", phone)
	logInFrom(t, w, "2001:db8:1:ffff::3%eth0", phone)
	w.NoLetter(t)
	logInFrom(t, w, "2001:db8:2:2::3", phone)
	w.Letter(t, auth.LetterNewDevice)
}

func TestTheFirstLoginIsNotTold(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]auth.Config{"of a sign-up": authtest.None, "after a confirmation": authtest.Mandatory} {
		t.Run(name, func(t *testing.T) {
			w := authtest.New(t, authtest.SQLite(t), config)
			_, err := w.Register(from(t, "203.0.113.7", laptop), auth.RegisterInput{Email: ada, Password: adasPassword})
			must(t, err)
			if config.EmailVerification == auth.VerificationMandatory {
				_, err = w.ConfirmEmail(from(t, "198.51.100.1", phone), w.Letter(t, auth.LetterConfirm).Token)
				must(t, err)
			}
			logInFrom(t, w, "203.0.113.7", laptop)
			w.NoLetter(t)
			logInFrom(t, w, "203.0.113.7", phone)
			w.Letter(t, auth.LetterNewDevice)
		})
	}
}

func TestADeviceIsForgotten(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	logInFrom(t, w, "203.0.113.7", laptop)

	t.Run("not while its session could go on, nor for 90 days after that", func(t *testing.T) {
		w.Clock.Advance(180*day - time.Microsecond)
		logInFrom(t, w, "203.0.113.7", laptop)
		w.NoLetter(t)
	})
	t.Run("but then, and who comes back is told even if no other is known", func(t *testing.T) {
		w.Clock.Advance(180 * day)
		_, err := w.CleanUp(t.Context(), nil)
		must(t, err)
		logInFrom(t, w, "203.0.113.7", laptop)
		w.Letter(t, auth.LetterNewDevice)
	})
	t.Run("not by a logout", func(t *testing.T) {
		grant := logInFrom(t, w, "203.0.113.7", phone)
		w.Letter(t, auth.LetterNewDevice)
		must(t, w.Logout(t.Context(), grant.Tokens.AccessToken))
		logInFrom(t, w, "203.0.113.7", phone)
		w.NoLetter(t)
	})
}

func TestARefusedLoginMakesNoDeviceKnown(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	logInFrom(t, w, "203.0.113.7", laptop)
	_, err := w.Login(from(t, "198.51.100.1", phone), auth.LoginInput{Email: ada, Password: wrongPassword})
	refused(t, err, auth.InvalidCredentials)
	w.NoLetter(t)
	logInFrom(t, w, "198.51.100.1", phone)
	w.Letter(t, auth.LetterNewDevice)
}

func TestNoticesOfThePasswordTellFromWhere(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	current := adasPassword
	_, err := w.ChangePassword(from(t, "203.0.113.7", laptop), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
	must(t, err)
	if letter := w.Letter(t, auth.LetterPasswordChanged); letter.IPAddress != "203.0.113.7" || letter.Device != "Firefox on Linux" {
		t.Errorf("a change was made from %q with %q", letter.IPAddress, letter.Device)
	}

	link := resetLink(t, w, ada)
	_, err = w.ResetPassword(from(t, "2001:db8::1", phone), link, adasPassword)
	must(t, err)
	if letter := w.Letter(t, auth.LetterPasswordChanged); letter.IPAddress != "2001:db8::1" || letter.Device != "Firefox on Android" {
		t.Errorf("a reset was made from %q with %q", letter.IPAddress, letter.Device)
	}

	_, err = w.SetPassword(t.Context(), ada, newPassword)
	must(t, err)
	if letter := w.Letter(t, auth.LetterPasswordChanged); letter.IPAddress != "" || letter.Device != "" {
		t.Errorf("an operator set it from %q with %q", letter.IPAddress, letter.Device)
	}
}
