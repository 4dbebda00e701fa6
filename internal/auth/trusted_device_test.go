package auth_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = newDeed("a device that is trusted, and no longer", func(t *testing.T, w *authtest.World) {
	w.Join(t, ada, adasPassword)
	app, _ := w.Enroll(t, logIn(t, w).Tokens.AccessToken)
	grant := onDevice(t, w, w.Trust(t, app, ada, adasPassword), adasPassword)
	caller := w.Caller(t, grant.Tokens.AccessToken)
	_, err := w.RemoveTrustedDevice(t.Context(), caller, trusted(t, w)[0].ID)
	must(t, err)
})

// onDevice logs in as Ada on a trusted device.
func onDevice(t *testing.T, w *authtest.World, device, password secret.Text) *auth.Grant {
	t.Helper()
	grant, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: password, SessionDelivery: auth.SessionDelivery{Device: device}})
	must(t, err)
	return grant
}

// trusted returns Ada's trusted devices.
func trusted(t *testing.T, w *authtest.World) []*auth.TrustedDevice {
	t.Helper()
	user := reload(t, w, ada)
	factors, err := w.SecondFactors(t.Context(), user.ID, user.Role)
	must(t, err)
	return factors.Devices
}

func TestATrustedDeviceSkipsTheSecondFactorAndProvesNone(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, _ := enrolled(t, store)
		device := w.Trust(t, app, ada, adasPassword)
		other := w.Replica(authtest.Difference{Config: authtest.Unlimited(authtest.WithLoginCodes(authtest.Mandatory))})
		w.Clock.Advance(time.Hour)
		grant := onDevice(t, other, device, adasPassword)
		if grant.Challenge != nil || grant.Session == nil {
			t.Fatal("a trusted device is asked for the second factor")
		}
		session := grant.Session
		if want := []auth.Method{auth.MethodPassword, auth.MethodTrustedDevice}; !slices.Equal(session.Methods, want) || session.Factors != 1 || !session.SecondFactorAt.IsZero() {
			t.Errorf("the session has the methods %v, %d factors and the second one at %s; want %v, one and never", session.Methods, session.Factors, session.SecondFactorAt, want)
		}
		if diff := cmp.Diff([]string{"pwd"}, session.AMR()); diff != "" || session.ACR() != "urn:latchkey:1" {
			t.Errorf("the session claims %s (-want +got):\n%s", session.ACR(), diff)
		}

		caller := w.Caller(t, grant.Tokens.AccessToken)
		must(t, w.Authorize(caller, asUser))
		failed(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Fresh: true}), auth.NotFresh)
		info, err := w.Introspect(t.Context(), grant.Tokens.AccessToken)
		must(t, err)
		if !info.Active {
			t.Error("the session is not active")
		}
		password := adasPassword
		_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &password})
		refused(t, err, auth.Required) // not even with the password again
		code := app.Next(t)
		proved, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{TOTPCode: &code})
		must(t, err)
		if proved.Factors != 2 {
			t.Errorf("after the second factor the session has %d factors, want 2", proved.Factors)
		}
		must(t, w.Authorize(w.Caller(t, grant.Tokens.AccessToken), auth.Requirement{Role: auth.RoleUser, Fresh: true}))
	})
}

func TestATrustedDeviceAndACodeByEmail(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	in := askForCode(t, w, ada)
	in.Device = w.Trust(t, app, ada, adasPassword)
	grant, err := w.LoginWithCode(t.Context(), in)
	must(t, err)
	if want := []auth.Method{auth.MethodMailedCode, auth.MethodTrustedDevice}; grant.Session == nil || !slices.Equal(grant.Session.Methods, want) {
		t.Errorf("got a challenge, or other methods than %v", want)
	}
}

// challenged fails the test unless the device is asked for the second factor.
func challenged(t *testing.T, name string, grant *auth.Grant) {
	t.Helper()
	if grant.Challenge == nil || grant.Session != nil {
		t.Errorf("%s: the second factor is skipped", name)
	}
}

func TestWhatIsNoTrustedDevice(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, app, _, token := enrolled(t, store)
		device := w.Trust(t, app, ada, adasPassword)
		const grace = "grace@hopper.example"
		w.Join(t, grace, evesPassword)
		_, graces := w.LogIn(t, grace, evesPassword)
		gracesApp, _ := w.Enroll(t, graces)

		challenged(t, "of another user", onDevice(t, w, w.Trust(t, gracesApp, grace, evesPassword), adasPassword))
		challenged(t, "unknown", onDevice(t, w, secret.NewToken(secret.DeviceToken), adasPassword))
		challenged(t, "of a session", onDevice(t, w, token, adasPassword))
		challenged(t, "malformed", onDevice(t, w, device+"x", adasPassword))
		off := authtest.Unlimited(authtest.Mandatory)
		off.TrustedDevices = false
		challenged(t, "where it is turned off", onDevice(t, w.Replica(authtest.Difference{Config: off}), device, adasPassword))

		w.Clock.Advance(trusted(t, w)[0].ExpiresAt.Sub(w.Clock.Now()) - time.Microsecond)
		if grant := onDevice(t, w, device, adasPassword); grant.Challenge != nil {
			t.Error("a device is asked before 30 days have passed")
		}
		w.Clock.Advance(time.Microsecond)
		challenged(t, "expired", onDevice(t, w, device, adasPassword))
		if n := len(trusted(t, w)); n != 0 {
			t.Errorf("%d devices are listed, want none", n)
		}
		_, err := w.CleanUp(t.Context(), nil)
		must(t, err)
		left, err := w.Store.TrustedDevices(t.Context(), reload(t, w, ada).ID)
		must(t, err)
		if len(left) != 0 {
			t.Errorf("%d expired devices are stored after the clean-up, want none", len(left))
		}
	})
}

// TestASessionOfATrustedDeviceIsAskedOnceItIsTurnedOff: the setting counts at each request, as what a role needs does.
func TestASessionOfATrustedDeviceIsAskedOnceItIsTurnedOff(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	grant := onDevice(t, w, w.Trust(t, app, ada, adasPassword), adasPassword)
	off := authtest.Unlimited(authtest.Mandatory)
	off.TrustedDevices = false
	replica := w.Replica(authtest.Difference{Config: off})
	needsFactor(t, replica.Authorize(replica.Caller(t, grant.Tokens.AccessToken), asUser), true)
	waits, _ := replica.Challenged(t, ada, adasPassword)
	code := app.Next(t)
	completed, err := replica.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{TOTPCode: &code, TrustDevice: true})
	must(t, err)
	if completed.TrustedDevice != nil {
		t.Error("a device is trusted where that is turned off")
	}
}

// trust is a device that is trusted, and who has it.
type trust struct {
	*authtest.World
	app      *authtest.App
	codes    []secret.Text
	caller   *auth.Caller // whose second factor was proved a moment ago
	device   secret.Text
	password secret.Text
}

func TestATrustedDeviceEndsWithEachChangeThatMatters(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, w *trust) error{
		"change of password": func(t *testing.T, w *trust) error {
			w.password = newPassword
			_, err := change(t, w.World, w.caller, adasPassword, newPassword)
			return err
		},
		"password by an operator": func(t *testing.T, w *trust) error {
			w.password = newPassword
			_, err := w.SetPassword(t.Context(), ada, newPassword)
			return err
		},
		"reset": func(t *testing.T, w *trust) error {
			w.password = newPassword
			_, err := w.ResetPassword(t.Context(), resetLink(t, w.World, ada), newPassword)
			return err
		},
		"undone change of address": func(t *testing.T, w *trust) error {
			w.Clock.Advance(aWeek + time.Hour) // so that the app stays
			undo := changed(t, w.World, w.caller, eve)
			w.device, w.password = w.Trust(t, w.app, eve, adasPassword), newPassword
			w.Letters(t)
			_, err := w.UndoEmailChange(t.Context(), undo)
			must(t, err)
			_, err = w.ResetPassword(t.Context(), w.Letter(t, auth.LetterReset).Token, newPassword)
			return err
		},
		"change of address": func(t *testing.T, w *trust) error {
			w.Clock.Advance(aWeek + time.Hour)
			undo := changed(t, w.World, w.caller, eve)
			if left, err := w.Store.TrustedDevices(t.Context(), w.caller.User.ID); err != nil || len(left) > 0 {
				t.Errorf("%d devices are trusted after the change, want none (error: %v)", len(left), err)
			}
			w.password = newPassword
			w.Letters(t)
			_, err := w.UndoEmailChange(t.Context(), undo)
			must(t, err)
			_, err = w.ResetPassword(t.Context(), w.Letter(t, auth.LetterReset).Token, newPassword)
			return err
		},
		"logout everywhere": func(t *testing.T, w *trust) error {
			_, err := w.LogoutAll(t.Context(), w.caller, true)
			return err
		},
		"raised role": func(t *testing.T, w *trust) error {
			_, err := w.SetRole(t.Context(), ada, auth.RoleStaff)
			return err
		},
		"disabled and enabled": func(t *testing.T, w *trust) error {
			_, err := w.DisableAccount(t.Context(), ada)
			must(t, err)
			_, err = w.EnableAccount(t.Context(), ada)
			return err
		},
		"new recovery codes": func(t *testing.T, w *trust) error {
			_, err := w.CreateRecoveryCodes(t.Context(), w.caller)
			return err
		},
		"recovery code": func(t *testing.T, w *trust) error {
			waits, _ := w.Challenged(t, ada, adasPassword)
			_, err := w.ByRecoveryCode(t, waits, w.codes[0])
			return err
		},
		"recovery code in a session": func(t *testing.T, w *trust) error {
			_, err := w.Reauthenticate(t.Context(), w.caller, auth.ReauthenticateInput{RecoveryCode: &w.codes[0]})
			return err
		},
		"another app": func(t *testing.T, w *trust) error {
			bearer := auth.Bearer{Caller: w.caller}
			app, setup := w.BeginApp(t, bearer)
			_, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
			return err
		},
		"app removed and set up again": func(t *testing.T, w *trust) error {
			must(t, w.RemoveTOTP(t.Context(), w.caller))
			_, token := w.LogIn(t, ada, adasPassword)
			w.Enroll(t, token)
			return nil
		},
		"factors removed by an operator, and an app set up again": func(t *testing.T, w *trust) error {
			_, err := w.RemoveFactors(t.Context(), authtest.AsOperator(""), ada)
			must(t, err)
			_, token := w.LogIn(t, ada, adasPassword)
			w.Enroll(t, token)
			return nil
		},
		"removed": func(t *testing.T, w *trust) error {
			_, err := w.RemoveTrustedDevice(t.Context(), w.caller, trusted(t, w.World)[0].ID)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world, app, codes, _ := enrolled(t, authtest.SQLite(t))
			w := &trust{World: world, app: app, codes: codes, device: world.Trust(t, app, ada, adasPassword), password: adasPassword}
			waits, _ := w.Challenged(t, ada, adasPassword)
			completed, err := w.ByTOTP(t, waits, app.Next(t))
			must(t, err)
			w.caller = w.Caller(t, completed.Tokens.AccessToken)
			w.Letters(t)
			if grant := onDevice(t, world, w.device, adasPassword); grant.Challenge != nil {
				t.Fatal("the device is not trusted")
			}
			must(t, change(t, w))
			challenged(t, name, onDevice(t, world, w.device, w.password))
		})
	}
}

func TestARaisedRoleEndsTheSessionsOfTrustedDevices(t *testing.T) {
	t.Parallel()
	w, app, _, token := enrolled(t, authtest.SQLite(t))
	skipped := onDevice(t, w, w.Trust(t, app, ada, adasPassword), adasPassword).Tokens.AccessToken
	for _, c := range []struct {
		role  auth.Role
		lives bool
	}{{auth.RoleUser, true}, {auth.RoleStaff, false}} {
		_, err := w.SetRole(t.Context(), ada, c.role)
		must(t, err)
		if lives(t, w, skipped) != c.lives || !lives(t, w, token) {
			t.Errorf("as %s: the session that skipped the second factor lives: %t, the one that proved it: %t; want %t and true",
				c.role, lives(t, w, skipped), lives(t, w, token), c.lives)
		}
	}
	device := w.Trust(t, app, ada, adasPassword)
	_, err := w.SetRole(t.Context(), ada, auth.RoleUser)
	must(t, err)
	if grant := onDevice(t, w, device, adasPassword); grant.Challenge != nil {
		t.Error("a lower role ends the trust")
	}
}

func TestARecoveryCodeMakesNoDeviceTrusted(t *testing.T) {
	t.Parallel()
	w, app, codes, _ := enrolled(t, authtest.SQLite(t))
	w.Trust(t, app, ada, adasPassword)
	waits, _ := w.Challenged(t, ada, adasPassword)
	completed, err := w.CompleteLogin(t.Context(), waits, auth.CompleteLoginInput{RecoveryCode: &codes[0], TrustDevice: true})
	must(t, err)
	if n := len(trusted(t, w)); completed.TrustedDevice != nil || n != 0 {
		t.Errorf("%d devices are trusted, want none", n)
	}
}

func TestTrustedDevicesAreListedAndRemoved(t *testing.T) {
	t.Parallel()
	w, app, _, token := enrolled(t, authtest.SQLite(t))
	ctx := auth.WithRequest(t.Context(), auth.Request{UserAgent: laptop})
	waits, _ := w.Challenged(t, ada, adasPassword)
	code := app.Next(t)
	completed, err := w.CompleteLogin(ctx, waits, auth.CompleteLoginInput{TOTPCode: &code, TrustDevice: true})
	must(t, err)
	device := completed.TrustedDevice
	list := trusted(t, w)
	if len(list) != 1 || list[0].Device == "" || !list[0].ExpiresAt.Equal(w.Clock.Now().Add(30*24*time.Hour)) || !list[0].ExpiresAt.Equal(device.ExpiresAt) || !list[0].Holds(device.Token) {
		t.Fatalf("got %d devices, or another than was trusted a moment ago", len(list))
	}

	// Trusted once more, with its token: it is the same device.
	waits, _ = w.Challenged(t, ada, adasPassword)
	code = app.Next(t)
	completed, err = w.CompleteLogin(ctx, waits, auth.CompleteLoginInput{TOTPCode: &code, TrustDevice: true, Device: device.Token})
	must(t, err)
	if n := len(trusted(t, w)); n != 1 {
		t.Errorf("%d devices are listed, want one", n)
	}
	challenged(t, "the token from before", onDevice(t, w, device.Token, adasPassword))

	skipped := onDevice(t, w, completed.TrustedDevice.Token, adasPassword).Tokens.AccessToken
	const grace = "grace@hopper.example"
	w.Letters(t)
	w.Join(t, grace, evesPassword)
	graces, _ := w.LogIn(t, grace, evesPassword)
	id := trusted(t, w)[0].ID
	_, err = w.RemoveTrustedDevice(t.Context(), graces, id)
	refused(t, err, auth.NotFound)
	_, err = w.RemoveTrustedDevice(t.Context(), w.Caller(t, skipped), id)
	must(t, err)
	_, err = w.RemoveTrustedDevice(t.Context(), w.Caller(t, token), id)
	refused(t, err, auth.NotFound)
	if !lives(t, w, skipped) {
		t.Error("the session of the device has ended")
	}
}

func TestAUserHasSoManyTrustedDevices(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	var devices []secret.Text
	for range 22 {
		devices = append(devices, w.Trust(t, app, ada, adasPassword))
	}
	if n := len(trusted(t, w)); n != 20 {
		t.Errorf("%d devices are trusted, want 20", n)
	}
	challenged(t, "the oldest but one", onDevice(t, w, devices[1], adasPassword))
	if grant := onDevice(t, w, devices[2], adasPassword); grant.Challenge != nil {
		t.Error("one of the newest 20 is asked for the second factor")
	}
}

// TestAWrongPasswordIsTheSameOnATrustedDevice compares what whoever has the token of a device, and not the password,
// could learn: nothing, neither by the answer nor by the work.
func TestAWrongPasswordIsTheSameOnATrustedDevice(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	device := w.Trust(t, app, ada, adasPassword)
	w = w.Replica(authtest.Difference{Hasher: hasher, Config: authtest.Unlimited(authtest.Mandatory)})
	attempt := func(email string, device secret.Text) work {
		return measure(t, w, func(w *authtest.World) (any, error) {
			return w.Login(t.Context(), auth.LoginInput{Email: email, Password: wrongPassword, SessionDelivery: auth.SessionDelivery{Device: device}})
		})
	}
	want := attempt(nobody, "")
	for name, c := range map[string]struct {
		email  string
		device secret.Text
	}{
		"of its user": {ada, device}, "unknown": {ada, secret.NewToken(secret.DeviceToken)}, "of somebody else": {nobody, device},
	} {
		if diff := cmp.Diff(want, attempt(c.email, c.device)); diff != "" {
			t.Errorf("a device %s makes a difference (-without +with):\n%s", name, diff)
		}
	}
}

func TestNoTokenOfATrustedDeviceIsStored(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	w, app, _, _ := enrolled(t, authtest.Open(t, "sqlite:"+filepath.Join(folder, "test.db")))
	device := w.Trust(t, app, ada, adasPassword)
	stored := everyByte(t, folder)
	if !strings.Contains(stored, ada) || !strings.Contains(stored, "trusted_device_added") {
		t.Fatal("what is certainly stored was not found")
	}
	if strings.Contains(stored, device.Reveal()[7:40]) {
		t.Error("the token is stored")
	}
}
