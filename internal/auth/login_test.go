package auth_test

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)

	t.Run("begins a session that remembers when and from where", func(t *testing.T) {
		w.Clock.Advance(time.Hour)
		ctx := auth.WithRequest(t.Context(), auth.Request{ClientIP: netip.MustParseAddr("2001:db8::1"), UserAgent: "curl/8"})
		grant, err := w.Login(ctx, auth.LoginInput{Email: " ADA@lovelace.example ", Password: adasPassword})
		must(t, err)
		session, now := grant.Session, w.Clock.Now()
		if session.IPAddress != "2001:db8::1" || session.UserAgent != "curl/8" {
			t.Errorf("it is from %q, %q", session.IPAddress, session.UserAgent)
		}
		for _, at := range []time.Time{session.CreatedAt, session.LastSeenAt, session.AuthenticatedAt, reload(t, w, ada).LastLoginAt} {
			if !at.Equal(now) {
				t.Errorf("something of it is of %v, want %v", at, now)
			}
		}
		if !grant.Tokens.ExpiresAt.Equal(now.Add(30*24*time.Hour)) || !session.EndsAt.Equal(now.Add(90*24*time.Hour)) {
			t.Errorf("it ends at %v, at the latest %v", grant.Tokens.ExpiresAt, session.EndsAt)
		}
		must(t, secret.CheckToken(secret.SessionToken, grant.Tokens.AccessToken))
	})

	t.Run("outside of a request, nothing is known of the client", func(t *testing.T) {
		caller, _ := w.LogIn(t, ada, adasPassword)
		if caller.Session.IPAddress != "" || caller.Session.UserAgent != "" {
			t.Errorf("it is from %q, %q", caller.Session.IPAddress, caller.Session.UserAgent)
		}
	})

	for _, c := range []struct {
		name  string
		input auth.LoginInput
		want  []auth.ProblemCode
	}{
		{"nothing is given", auth.LoginInput{}, []auth.ProblemCode{auth.Required, auth.Required}},
		{"both are impossible", auth.LoginInput{Email: "ada", Password: secret.Text(strings.Repeat(marker, 1<<17))}, []auth.ProblemCode{auth.InvalidEmail, auth.PasswordTooLong}},
		{"a NUL in the password", auth.LoginInput{Email: ada, Password: adasPassword + "\x00"}, []auth.ProblemCode{auth.Required}},
		{"a wrong password", auth.LoginInput{Email: ada, Password: wrongPassword}, []auth.ProblemCode{auth.InvalidCredentials}},
		{"a password that no new one may be", auth.LoginInput{Email: ada, Password: shortPassword}, []auth.ProblemCode{auth.InvalidCredentials}},
		{"the password with a space more", auth.LoginInput{Email: ada, Password: adasPassword + " "}, []auth.ProblemCode{auth.InvalidCredentials}},
		{"nobody", auth.LoginInput{Email: nobody, Password: adasPassword}, []auth.ProblemCode{auth.InvalidCredentials}},
	} {
		t.Run("is refused: "+c.name, func(t *testing.T) {
			_, err := w.Login(t.Context(), c.input)
			refused(t, err, c.want...)
		})
	}
}

func TestLoginOfADisabledUser(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	_, err := w.DisableAccount(t.Context(), ada)
	must(t, err)

	t.Run("is told after the right password", func(t *testing.T) {
		_, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
		refused(t, err, auth.AccountDisabled)
	})
	t.Run("and not after a wrong one", func(t *testing.T) {
		if logsIn(t, w, ada, wrongPassword) {
			t.Error("any password works")
		}
	})
	t.Run("works again when enabled", func(t *testing.T) {
		_, err := w.EnableAccount(t.Context(), ada)
		must(t, err)
		if !logsIn(t, w, ada, adasPassword) {
			t.Error("got wrong credentials, want a login")
		}
	})
}

func TestLoginTakesAnyFormOfUnicode(t *testing.T) {
	t.Parallel()
	const password = marker + " crème brûlée Ω"
	forms := []secret.Text{
		secret.Text(norm.NFC.String(password)),
		secret.Text(norm.NFD.String(password)),
		marker + " crème brûlée \u2126", // OHM SIGN
	}
	for _, registered := range forms {
		w := mandatory(t)
		w.Join(t, ada, registered)
		for _, given := range forms {
			if !logsIn(t, w, ada, given) {
				t.Error("a password does not work in another form")
			}
		}
		if logsIn(t, w, ada, marker+" creme brulee Ω") {
			t.Error("accents do not count")
		}
	}
}

func TestLoginRehashes(t *testing.T) {
	t.Parallel()
	raised := authtest.CheapParams
	raised.Passes++
	hashAfterLogin := func(t *testing.T, w *authtest.World, params secret.Params) (before, after secret.Text) {
		t.Helper()
		replica := w.Replica(authtest.Difference{Hasher: authtest.Hasher(t, params)})
		before = reload(t, w, ada).PasswordHash
		if !logsIn(t, replica, ada, adasPassword) {
			t.Fatal("the password does not work")
		}
		return before, reload(t, w, ada).PasswordHash
	}

	t.Run("when the costs were raised, and once", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		before, after := hashAfterLogin(t, w, raised)
		if before == after || !strings.Contains(after.Reveal(), "t=2") {
			t.Error("the hash is not one of the new costs")
		}
		if before, after = hashAfterLogin(t, w, raised); before != after {
			t.Error("the hash was replaced again")
		}
	})

	t.Run("not when they are equal, and when they were lowered", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Hasher: authtest.Hasher(t, raised)})
		w.Join(t, ada, adasPassword)
		if before, after := hashAfterLogin(t, w, raised); before != after {
			t.Error("the hash was replaced")
		}
		before, after := hashAfterLogin(t, w, authtest.CheapParams)
		if before == after || !strings.Contains(after.Reveal(), "t=1") {
			t.Error("got a hash of the old costs, want one of those in force")
		}
	})

	t.Run("not for a wrong password", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		before := reload(t, w, ada).PasswordHash
		if logsIn(t, w.Replica(authtest.Difference{Hasher: authtest.Hasher(t, raised)}), ada, wrongPassword) {
			t.Error("a wrong password works")
		}
		if reload(t, w, ada).PasswordHash != before {
			t.Error("the hash was replaced")
		}
	})

	t.Run("and of two logins at the same moment, both succeed", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		hasher := authtest.Hasher(t, raised)
		other := w.Replica(authtest.Difference{Hasher: hasher})
		var meanwhile sync.Once
		store := authtest.Observe(w.Store, func(method string) {
			if method == "InTx" {
				meanwhile.Do(func() { other.LogIn(t, ada, adasPassword) })
			}
		})
		if !logsIn(t, w.Replica(authtest.Difference{Store: store, Hasher: hasher}), ada, adasPassword) {
			t.Error("the right password is refused to the second")
		}
	})
}

func TestLoginWhileSomethingChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(t *testing.T, w *authtest.World)
	}{
		{"the password is set", func(t *testing.T, w *authtest.World) {
			_, err := w.SetPassword(t.Context(), ada, newPassword)
			must(t, err)
		}},
		{"the password is reset", func(t *testing.T, w *authtest.World) {
			_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			must(t, err)
		}},
		{"the user is disabled", func(t *testing.T, w *authtest.World) {
			_, err := w.DisableAccount(t.Context(), ada)
			must(t, err)
		}},
		{"the address goes to somebody else", func(t *testing.T, w *authtest.World) {
			user := reload(t, w, ada)
			user.Email = address.Email{Address: nobody, Canonical: nobody}
			must(t, w.Store.UpdateUser(t.Context(), user))
		}},
	} {
		t.Run(c.name+" between the check and the session, and there is none", func(t *testing.T) {
			w := mandatory(t)
			user := w.Join(t, ada, adasPassword)
			var meanwhile sync.Once
			store := authtest.Observe(w.Store, func(method string) {
				if method == "InTx" {
					meanwhile.Do(func() { c.change(t, w) })
				}
			})
			_, err := w.Replica(authtest.Difference{Store: store}).Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
			if len(authtest.Codes(t, err)) != 1 {
				t.Errorf("the error is %v", err)
			}
			discreet(t, err)
			if n, err := w.Store.EndSessions(t.Context(), user.ID, [16]byte{}); n != 0 || err != nil {
				t.Errorf("there are %d sessions, %v", n, err)
			}
		})
	}
}
