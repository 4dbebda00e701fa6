package auth_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestCreateAccount(t *testing.T) {
	t.Parallel()
	t.Run("works while registration is closed, in any role", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Config: auth.Config{Registration: auth.RegistrationClosed, EmailVerification: auth.VerificationMandatory}})
		user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: " Ada ", Role: auth.RoleAdmin, Password: adasPassword, Verified: true})
		must(t, err)
		if user.Role != auth.RoleAdmin || user.Name != "Ada" || !user.EmailVerified() || !logsIn(t, w, ada, adasPassword) {
			t.Error("the user is not as was asked, or cannot log in")
		}
		w.NoLetter(t)
	})

	t.Run("does not confirm unless the operator vouches", func(t *testing.T) {
		w := mandatory(t)
		user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Password: adasPassword})
		must(t, err)
		if user.EmailVerified() || logsIn(t, w, ada, adasPassword) {
			t.Error("the address is confirmed")
		}
	})

	t.Run("without a password makes a user who cannot log in with one", func(t *testing.T) {
		w := mandatory(t)
		user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Verified: true})
		must(t, err)
		if user.HasPassword() || logsIn(t, w, ada, adasPassword) {
			t.Error("there is a password")
		}
		_, err = w.Login(t.Context(), auth.LoginInput{Email: ada})
		refused(t, err, auth.Required)
	})

	t.Run("names every problem", func(t *testing.T) {
		w := mandatory(t)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "ada", Name: "A\nda", Password: shortPassword})
		refused(t, err, auth.InvalidEmail, auth.InvalidName, auth.PasswordTooShort)
		_, err = w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: marker + " Jones", Password: marker + " Jones"})
		refused(t, err, auth.PasswordTooSimilar)
	})

	t.Run("says that the address is taken, in every mode", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: "ADA@lovelace.example", Role: auth.RoleUser})
		refused(t, err, auth.EmailTaken)
	})
}

func TestOperatorsChangeUsers(t *testing.T) {
	t.Parallel()
	commands := map[string]func(w *authtest.World, email string) (*auth.User, error){
		"SetRole": func(w *authtest.World, email string) (*auth.User, error) {
			return w.SetRole(t.Context(), email, auth.RoleStaff)
		},
		"SetPassword": func(w *authtest.World, email string) (*auth.User, error) {
			return w.SetPassword(t.Context(), email, newPassword)
		},
		"DisableAccount": func(w *authtest.World, email string) (*auth.User, error) { return w.DisableAccount(t.Context(), email) },
		"EnableAccount":  func(w *authtest.World, email string) (*auth.User, error) { return w.EnableAccount(t.Context(), email) },
		"SetProfile": func(w *authtest.World, email string) (*auth.User, error) {
			return w.SetProfile(t.Context(), email, map[string]any{})
		},
		"ConfirmAccount": func(w *authtest.World, email string) (*auth.User, error) { return w.ConfirmAccount(t.Context(), email) },
	}
	for name, do := range commands {
		t.Run(name, func(t *testing.T) {
			w := mandatory(t)
			joined := w.Join(t, ada, adasPassword)
			w.Clock.Advance(time.Minute)

			_, err := do(w, nobody)
			if !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("for an address that nobody has, the error is %v", err)
			}
			_, err = do(w, " ")
			refused(t, err, auth.Required)
			_, err = do(w, "ada")
			refused(t, err, auth.InvalidEmail)

			user, err := do(w, " ADA@lovelace.example ")
			must(t, err)
			if stored := reload(t, w, ada); user.ID != joined.ID || *stored != *user {
				t.Error("the answer is not what is stored")
			}
			if name != "ConfirmAccount" && !user.UpdatedAt.Equal(w.Clock.Now()) {
				t.Errorf("the user was last changed at %v", user.UpdatedAt)
			}
		})
	}

	t.Run("a sign-up is no user: only confirming finds it", func(t *testing.T) {
		w := mandatory(t)
		signUp(t, w, ada, adasPassword)
		for name, do := range commands {
			if name == "ConfirmAccount" {
				continue
			}
			if _, err := do(w, ada); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("for %s the error is %v", name, err)
			}
		}
		if _, err := w.ConfirmAccount(t.Context(), ada); err != nil || !logsIn(t, w, ada, adasPassword) {
			t.Errorf("confirming: %v", err)
		}
	})
}

func TestSetRole(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	_, token := w.LogIn(t, ada, adasPassword)
	_, err := w.SetRole(t.Context(), ada, auth.RoleAdmin)
	must(t, err)
	caller, err := w.Authenticate(t.Context(), token)
	must(t, err)
	if caller.User.Role != auth.RoleAdmin || !caller.User.EmailVerified() {
		t.Error("a living session does not have the role, or something else has changed")
	}
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: marker + " Jones", Role: auth.RoleUser, Password: adasPassword, Verified: true})
	must(t, err)

	t.Run("has the rules of any new one", func(t *testing.T) {
		_, err := w.SetPassword(t.Context(), ada, shortPassword)
		refused(t, err, auth.PasswordTooShort)
		_, err = w.SetPassword(t.Context(), ada, "Lovelace1")
		refused(t, err, auth.PasswordTooSimilar)
		_, err = w.SetPassword(t.Context(), ada, marker+" Jones")
		refused(t, err, auth.PasswordTooSimilar)
	})
	t.Run("replaces the password and tells the owner", func(t *testing.T) {
		wakes := w.Wakes()
		_, err := w.SetPassword(t.Context(), ada, newPassword)
		must(t, err)
		if logsIn(t, w, ada, adasPassword) || !logsIn(t, w, ada, newPassword) || w.Wakes() == wakes {
			t.Error("not the new password works, or the old one, or the mailer was not told")
		}
		w.Letter(t, auth.LetterPasswordChanged)
	})
	t.Run("does not confirm the address", func(t *testing.T) {
		w := mandatory(t)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser})
		must(t, err)
		user, err := w.SetPassword(t.Context(), ada, newPassword)
		must(t, err)
		if user.EmailVerified() || logsIn(t, w, ada, newPassword) {
			t.Error("the address is confirmed")
		}
	})
}

func TestConfirmAccount(t *testing.T) {
	t.Parallel()
	t.Run("twice changes nothing", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, ada, adasPassword)
		before := reload(t, w, ada)
		w.Clock.Advance(time.Hour)
		user, err := w.ConfirmAccount(t.Context(), ada)
		must(t, err)
		if *user != *before || *reload(t, w, ada) != *before || !logsIn(t, w, ada, adasPassword) {
			t.Error("the user has changed")
		}
	})
	t.Run("finds no sign-up that has expired", func(t *testing.T) {
		w := mandatory(t)
		signUp(t, w, ada, adasPassword)
		w.Clock.Advance(7 * 24 * time.Hour)
		if _, err := w.ConfirmAccount(t.Context(), ada); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestListsGoOverEverybody(t *testing.T) {
	t.Parallel()
	const more = 501 // than are read at once
	w := mandatory(t)
	var made []uuid.UUID
	must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error {
		for i := range more {
			given := fmt.Sprintf("%d@lovelace.example", i)
			email := address.Email{Address: given, Canonical: given}
			user := &auth.User{ID: uuid.Must(uuid.NewV7()), Email: email, Role: auth.RoleUser}
			if err := tx.CreateUser(t.Context(), user); err != nil {
				return err
			}
			made = append(made, user.ID)
		}
		return nil
	}))
	signUp(t, w, ada, adasPassword)
	w.Clock.Advance(7 * 24 * time.Hour)
	signUp(t, w, nobody, adasPassword)

	t.Run("in the order of creation", func(t *testing.T) {
		i := 0
		must(t, w.EachAccount(t.Context(), func(u *auth.User) error {
			if i >= more || u.ID != made[i] {
				t.Fatalf("user %d is another", i)
			}
			i++
			return nil
		}))
		if i != more {
			t.Errorf("%d users, want %d", i, more)
		}
	})
	t.Run("but sign-ups that have expired", func(t *testing.T) {
		must(t, w.EachSignUp(t.Context(), func(s *auth.SignUp) error {
			if s.Email.Canonical != nobody {
				t.Errorf("there is one of %s", s.Email.Canonical)
			}
			return nil
		}))
		if n := signUps(t, w); n != 1 {
			t.Errorf("%d sign-ups, want 1", n)
		}
	})
	t.Run("until the first error, which comes back", func(t *testing.T) {
		enough := errors.New("enough")
		seen := 0
		err := w.EachAccount(t.Context(), func(*auth.User) error { seen++; return enough })
		if !errors.Is(err, enough) || seen != 1 {
			t.Errorf("after %d users the error is %v", seen, err)
		}
	})
}
