package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("username_confirmation", lowPriority)

// named returns the configuration with optional usernames.
func named(config auth.Config) auth.Config {
	config.Usernames = auth.UsernamesOptional
	return config
}

// registerAs registers an address with a username.
func registerAs(t *testing.T, w *authtest.World, email, username string, password secret.Text) error {
	t.Helper()
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Username: username, Password: password})
	return err
}

// joinAs makes a user with a username.
func joinAs(t *testing.T, w *authtest.World, email, username string, password secret.Text) *auth.User {
	t.Helper()
	user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Username: username, Password: password, Role: auth.RoleUser, Verified: true})
	must(t, err)
	return user
}

func loginAs(t *testing.T, w *authtest.World, username string, password secret.Text) (*auth.Grant, error) {
	t.Helper()
	return w.Login(t.Context(), auth.LoginInput{Username: username, Password: password})
}

func TestWhetherANameIsTakenDependsOnNamesOnly(t *testing.T) {
	t.Parallel()
	const known, unknown, other = "known@x.example", "unknown@x.example", "other@x.example"
	for _, email := range []string{known, unknown} {
		w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
		joinAs(t, w, known, "known", adasPassword)

		t.Run(email+" cannot have a user's name", func(t *testing.T) {
			refused(t, registerAs(t, w, email, "KNOWN", newPassword), auth.UsernameTaken)
			if signUps(t, w) != 0 {
				t.Error("there is a sign-up")
			}
		})
		t.Run(email+" reserves a name, from itself too", func(t *testing.T) {
			must(t, registerAs(t, w, email, "fresh", newPassword))
			for _, claimant := range []string{email, other} {
				refused(t, registerAs(t, w, claimant, "Fresh", newPassword), auth.UsernameTaken)
			}
		})
		t.Run(email+" reserves it for a day", func(t *testing.T) {
			w.Clock.Advance(24*time.Hour - time.Microsecond)
			refused(t, registerAs(t, w, other, "fresh", newPassword), auth.UsernameTaken)
			w.Clock.Advance(time.Microsecond)
			must(t, registerAs(t, w, other, "fresh", newPassword))
		})
	}
}

func TestRegisteringWithANameIsTheSameWork(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})
	special := population(t, w)
	for _, taken := range []bool{false, true} {
		n := 0
		attempt := func(email string) work {
			n++
			name := fmt.Sprint("name-", n)
			if taken {
				name = "name-1"
			}
			return measure(t, w, func(w *authtest.World) (any, error) {
				return w.Register(t.Context(), auth.RegisterInput{Email: email, Username: name, Password: newPassword})
			})
		}
		want := attempt(nobody)
		if taken == (want.Wakes > 0) || want.Hashes != 1 {
			t.Fatalf("taken: %v, and it is %+v", taken, want)
		}
		for email, who := range special {
			if diff := cmp.Diff(want, attempt(email)); diff != "" {
				t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
			}
		}
	}
}

func TestLoggingInByAnUnknownNameIsTheSameWork(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})
	joinAs(t, w, "a@x.example", "verified", adasPassword)
	joinAs(t, w, "b@x.example", "bare", "")
	joinAs(t, w, "c@x.example", "disabled", adasPassword)
	_, err := w.DisableAccount(t.Context(), "c@x.example")
	must(t, err)
	_, err = w.CreateAccount(t.Context(), auth.NewAccount{Email: "d@x.example", Username: "unconfirmed", Password: adasPassword, Role: auth.RoleUser})
	must(t, err)
	must(t, registerAs(t, w, "e@x.example", "waiting", adasPassword))
	outbox(t, w)

	attempt := func(in auth.LoginInput) work {
		return measure(t, w, func(w *authtest.World) (any, error) { return w.Login(t.Context(), in) })
	}
	want := attempt(auth.LoginInput{Username: "not-here", Password: wrongPassword})
	if want.Hashes != 1 || len(want.Mail) != 1 || want.Wakes != 1 {
		t.Fatalf("for an unknown name it is %+v", want)
	}
	for _, name := range []string{"verified", "bare", "disabled", "unconfirmed", "waiting"} {
		if diff := cmp.Diff(want, attempt(auth.LoginInput{Username: name, Password: wrongPassword})); diff != "" {
			t.Errorf("it is different for %s (-unknown +known):\n%s", name, diff)
		}
	}
	for _, name := range []string{"bare", "unconfirmed", "waiting"} {
		if diff := cmp.Diff(want, attempt(auth.LoginInput{Username: name, Password: adasPassword})); diff != "" {
			t.Errorf("with the right password it is different for %s (-unknown +known):\n%s", name, diff)
		}
	}
}

func TestLoginByUsername(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
	joinAs(t, w, ada, "Ada", adasPassword)

	t.Run("takes it in any capitals", func(t *testing.T) {
		for _, name := range []string{"ada", "ADA", " Ada "} {
			grant, err := loginAs(t, w, name, adasPassword)
			must(t, err)
			if grant.User.Email.Canonical != ada || grant.User.Username.Name != "Ada" {
				t.Errorf("%q is %v", name, grant.User.Username)
			}
		}
	})
	t.Run("takes it in full width, as an input method writes it", func(t *testing.T) {
		for _, name := range []string{"ａｄａ", "ＡＤａ", "\u3000ａda\u3000"} {
			grant, err := loginAs(t, w, name, adasPassword)
			must(t, err)
			if got := grant.User.Username.Name; got != "Ada" {
				t.Errorf("%q is %q, want Ada", name, got)
			}
		}
		refused(t, registerAs(t, w, nobody, "ａｄａ", newPassword), auth.UsernameTaken)
		refused(t, registerAs(t, w, nobody, "ａｄｍｉｎ", newPassword), auth.UsernameReserved)
		grace := joinAs(t, w, "grace@lovelace.example", "Ｇｒａｃｅ．Ｈ", newPassword)
		if want := (auth.Username{Name: "Grace.H", Key: "grace.h"}); grace.Username != want {
			t.Errorf("the username is %v, want %v", grace.Username, want)
		}
	})
	t.Run("is refused for what no account can have", func(t *testing.T) {
		for _, name := range []string{ada, "ad", "a b", "ada\x00"} {
			_, err := loginAs(t, w, name, adasPassword)
			refused(t, err, auth.InvalidUsername)
		}
		_, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Username: "ada"})
		refused(t, err, auth.InvalidUsername, auth.Required)
		_, err = w.Login(t.Context(), auth.LoginInput{Password: adasPassword})
		refused(t, err, auth.Required)
	})
	t.Run("mails the confirmation again, and to nobody else", func(t *testing.T) {
		must(t, registerAs(t, w, nobody, "waiting", newPassword))
		w.Letters(t)
		for _, name := range []string{"waiting", "ada", "not-here"} {
			_, err := loginAs(t, w, name, wrongPassword)
			refused(t, err, auth.InvalidCredentials)
		}
		w.NoLetter(t)
		for _, name := range []string{"waiting", "ada", "not-here"} {
			if _, err := loginAs(t, w, name, newPassword); err == nil {
				t.Errorf("got a login as %q, want none", name)
			}
		}
		letter := w.Letter(t, auth.LetterConfirm)
		if letter.To.Canonical != nobody {
			t.Errorf("the letter goes to %s", letter.To.Canonical)
		}
		_, err := w.ConfirmEmail(t.Context(), letter.Token)
		must(t, err)
		_, err = loginAs(t, w, "waiting", newPassword)
		must(t, err)
	})
	t.Run("tells of a disabled account after the right password only", func(t *testing.T) {
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = loginAs(t, w, "ada", wrongPassword)
		refused(t, err, auth.InvalidCredentials)
		_, err = loginAs(t, w, "ada", adasPassword)
		refused(t, err, auth.AccountDisabled)
		_, err = w.EnableAccount(t.Context(), ada)
		must(t, err)
	})
	t.Run("fails when the name goes to somebody else between the check and the session", func(t *testing.T) {
		store := authtest.Observe(w.Store, func(method string) {
			if method == "InTx" {
				must(t, w.Store.SetUsername(t.Context(), reload(t, w, ada).ID, auth.Username{Name: "gone", Key: "gone"}, w.Clock.Now()))
			}
		})
		_, err := loginAs(t, w.Replica(authtest.Difference{Store: store}), "ada", adasPassword)
		refused(t, err, auth.InvalidCredentials)
	})
	t.Run("and everything else, is off where there are no usernames", func(t *testing.T) {
		off := w.Replica(authtest.Difference{Config: authtest.Mandatory})
		_, err := loginAs(t, off, "gone", adasPassword)
		refused(t, err, auth.InvalidUsername)
		refused(t, registerAs(t, off, nobody, "new", adasPassword), auth.InvalidUsername)
		_, err = off.CreateAccount(t.Context(), auth.NewAccount{Email: "x@x.example", Username: "new", Role: auth.RoleUser})
		refused(t, err, auth.InvalidUsername)
		caller, _ := off.LogIn(t, ada, adasPassword)
		for _, name := range []string{"new", ""} {
			_, err = off.ChangeUsername(t.Context(), caller, name)
			refused(t, err, auth.InvalidUsername)
		}
	})
}

func TestPasswordsLikeTheUsername(t *testing.T) {
	t.Parallel()
	const username, password = "Zanzibar.Queen", "zanzibarqueen1"
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
	refused(t, registerAs(t, w, ada, username, password), auth.PasswordTooSimilar)
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Username: username, Password: password, Role: auth.RoleUser})
	refused(t, err, auth.PasswordTooSimilar)

	joinAs(t, w, ada, username, "correct horse battery")
	_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), password)
	refused(t, err, auth.PasswordTooSimilar)
	caller, _ := w.LogIn(t, ada, "correct horse battery")
	current := secret.Text("correct horse battery")
	_, err = w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: password})
	refused(t, err, auth.PasswordTooSimilar)

	must(t, registerAs(t, w, nobody, username+"2", "correct horse battery"))
	w.Letters(t)
	_, err = w.ResetPassword(t.Context(), resetLink(t, w, nobody), password)
	refused(t, err, auth.PasswordTooSimilar)
}

func TestChangeUsername(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
	joinAs(t, w, ada, "ada", adasPassword)
	joinAs(t, w, nobody, "nemo", newPassword)
	must(t, registerAs(t, w, "c@x.example", "waiting", newPassword))
	caller, _ := w.LogIn(t, ada, adasPassword)

	for name, code := range map[string]auth.ProblemCode{
		"": auth.Required, "a": auth.InvalidUsername, "Support": auth.UsernameReserved,
		"NEMO": auth.UsernameTaken, "Waiting": auth.UsernameTaken,
	} {
		t.Run("to "+name+" is "+string(code), func(t *testing.T) {
			before := reload(t, w, ada)
			_, err := w.ChangeUsername(t.Context(), caller, name)
			refused(t, err, code)
			if diff := cmp.Diff(before, reload(t, w, ada)); diff != "" {
				t.Error("something was written")
			}
		})
	}
	t.Run("to the same writes nothing", func(t *testing.T) {
		before := reload(t, w, ada)
		w.Clock.Advance(time.Second)
		user, err := w.ChangeUsername(t.Context(), caller, "ada")
		must(t, err)
		if diff := cmp.Diff(before, user); diff != "" {
			t.Error("something was written")
		}
	})
	t.Run("to the same in other capitals, and to another", func(t *testing.T) {
		for _, name := range []string{"ADA", "Countess", "ada"} {
			w.Clock.Advance(time.Second)
			user, err := w.ChangeUsername(t.Context(), caller, name)
			must(t, err)
			if diff := cmp.Diff(user, reload(t, w, ada)); diff != "" || user.Username.Name != name || !user.UpdatedAt.Equal(w.Clock.Now()) {
				t.Errorf("the name is %v, written at %v", user.Username, user.UpdatedAt)
			}
			_, err = loginAs(t, w, name, adasPassword)
			must(t, err)
		}
	})
	t.Run("frees the one before", func(t *testing.T) {
		must(t, registerAs(t, w, "d@x.example", "countess", newPassword))
	})
	t.Run("takes that of a sign-up that has expired", func(t *testing.T) {
		w.Clock.Advance(7 * 24 * time.Hour)
		_, err := w.ChangeUsername(t.Context(), caller, "waiting")
		must(t, err)
	})
	t.Run("is not for somebody who was disabled meanwhile", func(t *testing.T) {
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = w.ChangeUsername(t.Context(), caller, "eve")
		_ = failed(t, err, auth.Unauthenticated)
	})
}

func TestRacesForAName(t *testing.T) {
	t.Parallel()
	const crowd = 20
	hasher := authtest.Hasher(t, authtest.CheapParams, secret.WithLimits(2, 8*crowd, time.Minute))
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, named(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})
		open := w.Replica(authtest.Difference{Config: named(authtest.Optional), Hasher: hasher})
		email := func(i int) string { return fmt.Sprintf("race-%d@x.example", i) }

		t.Run("of sign-ups at once one gets it", func(t *testing.T) {
			oneWins(t, atOnce(crowd, func(i int) error { return registerAs(t, w, email(i), "contested", adasPassword) }), auth.UsernameTaken)
			if n := signUps(t, w); n != 1 {
				t.Errorf("there are %d sign-ups", n)
			}
		})
		t.Run("of users who sign up at once one gets it", func(t *testing.T) {
			before := users(t, w)
			oneWins(t, atOnce(crowd, func(i int) error { return registerAs(t, open, email(i), "Fought-For", adasPassword) }), auth.UsernameTaken)
			if n := users(t, w) - before; n != 1 {
				t.Errorf("%d users were made", n)
			}
		})
		t.Run("of a sign-up, a new user and users who change theirs one gets it", func(t *testing.T) {
			var callers []*auth.Caller
			for i := range crowd {
				joinAs(t, w, "c"+email(i), fmt.Sprint("was-", i), adasPassword)
				caller, _ := w.LogIn(t, "c"+email(i), adasPassword)
				callers = append(callers, caller)
			}
			oneWins(t, atOnce(crowd, func(i int) error {
				switch i % 4 {
				case 0:
					return registerAs(t, w, "a"+email(i), "Everyones", adasPassword)
				case 1:
					return registerAs(t, open, "b"+email(i), "everyones", adasPassword)
				default:
					_, err := w.ChangeUsername(t.Context(), callers[i], "EveryOnes")
					return err
				}
			}), auth.UsernameTaken)
		})
		t.Run("a confirmation keeps the name from those who want it meanwhile", func(t *testing.T) {
			w.Letters(t)
			must(t, registerAs(t, w, ada, "kept", adasPassword))
			token := w.Letter(t, auth.LetterConfirm).Token
			errs := atOnce(crowd, func(i int) error {
				if i == 0 {
					_, err := w.ConfirmEmail(t.Context(), token)
					return err
				}
				return registerAs(t, w, "d"+email(i), "KEPT", evesPassword)
			})
			must(t, errs[0])
			oneWins(t, errs, auth.UsernameTaken)
			if name := reload(t, w, ada).Username; name != (auth.Username{Name: "kept", Key: "kept"}) {
				t.Errorf("the name is %v", name)
			}
		})
	})
}

func TestAConfirmationIsNotRefusedForAName(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
	must(t, registerAs(t, w, ada, "fleeting", adasPassword))
	token := w.Letter(t, auth.LetterConfirm).Token
	// A replica whose clock is two days ahead gives the name away.
	user := joinAs(t, w, nobody, "", newPassword)
	must(t, w.Store.SetUsername(t.Context(), user.ID, auth.Username{Name: "fleeting", Key: "fleeting"}, w.Clock.Now().Add(7*24*time.Hour)))

	confirmed, err := w.ConfirmEmail(t.Context(), token)
	must(t, err)
	if confirmed.Username != (auth.Username{}) || !logsIn(t, w, ada, adasPassword) {
		t.Error("there is a name, or no account")
	}
}

func TestTakenAddressAndNameAreToldAtOnce(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Optional))
	must(t, registerAs(t, w, ada, "ada", adasPassword))
	refused(t, registerAs(t, w, ada, "ADA", newPassword), auth.EmailTaken, auth.UsernameTaken)
	refused(t, registerAs(t, w, nobody, "ADA", newPassword), auth.UsernameTaken)
	refused(t, registerAs(t, w, ada, "eve", newPassword), auth.EmailTaken)
}

func TestChangesAreAudited(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), named(authtest.Mandatory))
	joinAs(t, w, ada, "ada", adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	events := 0
	watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
		if method == "AddAuditEvent" {
			events++
		}
	})})
	name := "Countess"
	for range 2 { // the second time nothing changes
		_, err := watched.ChangeUsername(t.Context(), caller, name)
		must(t, err)
		_, err = watched.UpdateProfile(t.Context(), caller, auth.UpdateProfileInput{Name: &name})
		must(t, err)
	}
	if events != 2 {
		t.Errorf("%d events were written, want 2", events)
	}
}

// TestASignUpWhoseNameWasTakenAfterADayIsConfirmedWithoutIt lets a stranger hold a name, and its user come late.
func TestASignUpWhoseNameWasTakenAfterADayIsConfirmedWithoutIt(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, named(authtest.Mandatory))
		must(t, registerAs(t, w, nobody, "wanted", evesPassword))
		early := w.Letter(t, auth.LetterConfirm).Token
		w.Clock.Advance(24*time.Hour - time.Microsecond)
		refused(t, registerAs(t, w, ada, "wanted", adasPassword), auth.UsernameTaken)
		if _, err := w.ConfirmEmail(t.Context(), early); err != nil {
			t.Fatalf("got %v from a link of the last moment, want a user", err)
		}
		if got := reload(t, w, nobody).Username.Name; got != "wanted" {
			t.Errorf("got the username %q, want wanted", got)
		}

		must(t, registerAs(t, w, "late@x.example", "other", evesPassword))
		w.Letters(t)
		w.Clock.Advance(24 * time.Hour)
		must(t, registerAs(t, w, ada, "other", adasPassword))
		_, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		must(t, w.ResendConfirmationEmail(t.Context(), "late@x.example", ""))
		late, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		if late.Username.Name != "" || reload(t, w, ada).Username.Name != "other" {
			t.Errorf("got the usernames %q and %q, want none and other", late.Username.Name, reload(t, w, ada).Username.Name)
		}
	})
}

// TestANameThatIsTakenUsesUpNothing signs up with a name that is taken more often than names can be held.
func TestANameThatIsTakenUsesUpNothing(t *testing.T) {
	t.Parallel()
	config := named(authtest.Mandatory)
	config.Limits = limits(t, "username_held=2/24h/address signup=off")
	w := authtest.New(t, authtest.SQLite(t), config)
	joinAs(t, w, ada, "taken", adasPassword)
	register := func(host, email, name string) error {
		_, err := w.Register(from(t, host, laptop), auth.RegisterInput{Email: email, Username: name, Password: newPassword})
		return err
	}
	for range 5 {
		refused(t, register("192.0.2.1", nobody, "taken"), auth.UsernameTaken)
	}
	must(t, register("192.0.2.1", "a@x.example", "first"))
	must(t, register("192.0.2.1", "b@x.example", "second"))
	tooOften(t, register("192.0.2.1", "c@x.example", "third"), 12*time.Hour)
	tooOften(t, register("192.0.2.1", ada, "taken"), 12*time.Hour)
	must(t, register("192.0.2.1", "c@x.example", ""))
	must(t, register("192.0.2.2", "d@x.example", "third"))
}
