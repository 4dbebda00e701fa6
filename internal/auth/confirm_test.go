package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("confirmation", lowPriority)

// The owner of an address and a stranger claim it in different ways; then its owner confirms it.
func TestConfirmSettlesWhoseThePasswordIs(t *testing.T) {
	t.Parallel()
	type claims struct {
		optional *authtest.World // the same store, where a sign-up is a user at once
		*authtest.World
	}
	operatorMakes := func(t *testing.T, c claims, password secret.Text) {
		t.Helper()
		_, err := c.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Name: "Ada", Role: auth.RoleStaff, Password: password})
		must(t, err)
	}
	cases := []struct {
		name  string
		claim func(t *testing.T, c claims)
		works secret.Text // empty: no password does, and a reset is mailed
	}{
		{"one sign-up", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, adasPassword)
		}, adasPassword},
		{"two sign-ups, the stranger's first", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, evesPassword)
			signUp(t, c.World, ada, adasPassword)
		}, ""},
		{"two sign-ups, the stranger's last", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, adasPassword)
			signUp(t, c.World, ada, evesPassword)
		}, ""},
		{"two sign-ups with the same password", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, adasPassword)
			signUp(t, c.World, ada, adasPassword)
		}, ""},
		{"two sign-ups, the older of which has expired", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, evesPassword)
			c.Clock.Advance(7 * 24 * time.Hour)
			signUp(t, c.World, ada, adasPassword)
		}, adasPassword},
		{"two sign-ups, the older of which lives for a moment more", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, evesPassword)
			c.Clock.Advance(7*24*time.Hour - time.Microsecond)
			signUp(t, c.World, ada, adasPassword)
		}, ""},
		{"a user with a password who has not confirmed", func(t *testing.T, c claims) {
			signUp(t, c.optional, ada, adasPassword)
		}, adasPassword},
		{"such a user, and a sign-up that has expired", func(t *testing.T, c claims) {
			signUp(t, c.World, ada, evesPassword)
			c.Clock.Advance(7 * 24 * time.Hour)
			signUp(t, c.optional, ada, adasPassword)
		}, adasPassword},
		{"such a user, and a sign-up", func(t *testing.T, c claims) {
			signUp(t, c.optional, ada, evesPassword)
			signUp(t, c.World, ada, adasPassword)
		}, ""},
		{"such a user, and two sign-ups", func(t *testing.T, c claims) {
			signUp(t, c.optional, ada, adasPassword)
			signUp(t, c.World, ada, evesPassword)
			signUp(t, c.World, ada, evesPassword)
		}, ""},
		{"a user without a password", func(t *testing.T, c claims) {
			operatorMakes(t, c, "")
		}, ""},
		{"a user without a password, and a sign-up", func(t *testing.T, c claims) {
			operatorMakes(t, c, "")
			signUp(t, c.World, ada, evesPassword)
		}, ""},
		{"a user of an operator with a password, and a sign-up", func(t *testing.T, c claims) {
			operatorMakes(t, c, adasPassword)
			signUp(t, c.World, ada, evesPassword)
		}, ""},
	}
	confirm := map[string]func(t *testing.T, w *authtest.World) *auth.User{
		"by the last link": func(t *testing.T, w *authtest.World) *auth.User {
			must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
			letters := w.Letters(t)
			user, err := w.ConfirmEmail(t.Context(), letters[len(letters)-1].Token)
			must(t, err)
			return user
		},
		"by an operator": func(t *testing.T, w *authtest.World) *auth.User {
			w.Letters(t)
			user, err := w.ConfirmAccount(t.Context(), ada)
			must(t, err)
			return user
		},
	}
	for how, confirmed := range confirm {
		for _, c := range cases {
			t.Run(how+"/"+c.name, func(t *testing.T) {
				w := mandatory(t)
				c.claim(t, claims{w.Replica(authtest.Difference{Config: authtest.Optional}), w})
				wakes := w.Wakes()
				user := confirmed(t, w)

				if !user.EmailVerified() || !reload(t, w, ada).EmailVerified() || users(t, w) != 1 || signUps(t, w) != 0 {
					t.Error("there is not one user, confirmed, and no sign-up")
				}
				if user.HasPassword() != (c.works != "") {
					t.Errorf("that the user has a password is %v", user.HasPassword())
				}
				if c.works == "" {
					letter := w.Letter(t, auth.LetterReset)
					if _, err := w.ResetPassword(t.Context(), letter.Token, newPassword); err != nil {
						t.Errorf("the mailed reset does not work: %v", err)
					}
					if w.Wakes() == wakes {
						t.Error("the mailer was not told")
					}
				} else {
					w.NoLetter(t)
				}
				for _, password := range []secret.Text{adasPassword, evesPassword} {
					if works := logsIn(t, w, ada, password); works != (password == c.works) {
						t.Errorf("that a password of the claims works is %v", works)
					}
				}
			})
		}
	}
}

func TestConfirmKeepsNoStrangersName(t *testing.T) {
	t.Parallel()
	register := func(t *testing.T, w *authtest.World, name string, password secret.Text) {
		t.Helper()
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Name: name, Password: password})
		must(t, err)
	}
	confirm := func(t *testing.T, w *authtest.World) *auth.User {
		t.Helper()
		user, err := w.ConfirmEmail(t.Context(), w.Letters(t)[0].Token)
		must(t, err)
		return user
	}

	t.Run("the name of several sign-ups is nobody's", func(t *testing.T) {
		w := mandatory(t)
		register(t, w, "Eve", evesPassword)
		register(t, w, "Ada", adasPassword)
		if name := confirm(t, w).Name; name != "" {
			t.Errorf("the name is %q", name)
		}
	})

	t.Run("nor is that of a user and a sign-up", func(t *testing.T) {
		w := mandatory(t)
		register(t, w.Replica(authtest.Difference{Config: authtest.None}), "Eve", evesPassword)
		register(t, w, "Ada", adasPassword)
		if name := confirm(t, w).Name; name != "" {
			t.Errorf("the name is %q", name)
		}
		if name := reload(t, w, ada).Name; name != "" {
			t.Errorf("the name that is stored is %q", name)
		}
	})

	t.Run("a confirmed user keeps the name whoever signs up", func(t *testing.T) {
		w := mandatory(t)
		register(t, w, "Ada", adasPassword)
		confirm(t, w)
		register(t, w, "Eve", evesPassword)
		_, err := w.ResetPassword(t.Context(), resetLinkAmong(t, w, ada), newPassword)
		must(t, err)
		if name := reload(t, w, ada).Name; name != "Ada" {
			t.Errorf("the name is %q", name)
		}
	})
}

// resetLinkAmong is resetLink where other mail may be due.
func resetLinkAmong(t *testing.T, w *authtest.World, email string) secret.Text {
	t.Helper()
	must(t, w.RequestPasswordReset(t.Context(), email, ""))
	letters := w.Letters(t)
	if len(letters) == 0 || letters[len(letters)-1].Kind != auth.LetterReset {
		t.Fatal("the last letter is no reset")
	}
	return letters[len(letters)-1].Token
}

func TestConfirmRefuses(t *testing.T) {
	t.Parallel()
	t.Run("a link that came before somebody else confirmed", func(t *testing.T) {
		w := mandatory(t)
		late := confirmLink(t, w, ada, evesPassword)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Password: adasPassword, Verified: true})
		must(t, err)
		_, err = w.ConfirmEmail(t.Context(), late)
		refused(t, err, auth.InvalidToken)
		if !logsIn(t, w, ada, adasPassword) || logsIn(t, w, ada, evesPassword) {
			t.Error("the late link changed the password")
		}
	})

	t.Run("a disabled user, by link", func(t *testing.T) {
		w := optional(t)
		link := confirmLink(t, w, ada, adasPassword)
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = w.ConfirmEmail(t.Context(), link)
		refused(t, err, auth.InvalidToken)
		if reload(t, w, ada).EmailVerified() {
			t.Error("the address is confirmed")
		}
	})

	t.Run("a disabled user, by the link of a sign-up", func(t *testing.T) {
		w := mandatory(t)
		link := confirmLink(t, w, ada, adasPassword)
		signUp(t, w.Replica(authtest.Difference{Config: authtest.None}), ada, evesPassword)
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = w.ConfirmEmail(t.Context(), link)
		refused(t, err, auth.InvalidToken)
		if signUps(t, w) != 1 {
			t.Error("the sign-up is gone")
		}
	})

	t.Run("a link of a day", func(t *testing.T) {
		w := mandatory(t)
		link := confirmLink(t, w, ada, adasPassword)
		w.Clock.Advance(24 * time.Hour)
		_, err := w.ConfirmEmail(t.Context(), link)
		refused(t, err, auth.InvalidToken)
	})

	t.Run("but not one of nearly a day", func(t *testing.T) {
		w := mandatory(t)
		link := confirmLink(t, w, ada, adasPassword)
		w.Clock.Advance(24*time.Hour - time.Microsecond)
		_, err := w.ConfirmEmail(t.Context(), link)
		must(t, err)
	})

	t.Run("nor one that was sent again after a day", func(t *testing.T) {
		w := mandatory(t)
		signUp(t, w, ada, adasPassword)
		w.Clock.Advance(24*time.Hour - time.Microsecond)
		w.Letters(t)
		must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
		again := w.Letter(t, auth.LetterConfirm).Token
		w.Clock.Advance(24 * time.Hour)
		_, err := w.ConfirmEmail(t.Context(), again)
		refused(t, err, auth.InvalidToken)
		w.Clock.Advance(-time.Microsecond)
		_, err = w.ConfirmEmail(t.Context(), again)
		must(t, err)
	})

	t.Run("a fresh link of a sign-up that has expired", func(t *testing.T) {
		w := mandatory(t)
		signUp(t, w, ada, adasPassword)
		w.Clock.Advance((7*24 - 1) * time.Hour)
		link := w.Letter(t, auth.LetterConfirm).Token
		w.Clock.Advance(time.Hour)
		_, err := w.ConfirmEmail(t.Context(), link)
		refused(t, err, auth.InvalidToken)
		if users(t, w) != 0 {
			t.Error("there is a user")
		}
	})
}

func TestConfirmEndsTheSessionsOfStrangers(t *testing.T) {
	t.Parallel()
	t.Run("when the address has several claims", func(t *testing.T) {
		w := mandatory(t)
		eves := signUp(t, w.Replica(authtest.Difference{Config: authtest.Optional}), ada, evesPassword).Grant.Tokens.AccessToken
		w.Letters(t)
		_, err := w.ConfirmEmail(t.Context(), confirmLink(t, w, ada, adasPassword))
		must(t, err)
		if lives(t, w, eves) {
			t.Error("the stranger's session goes on")
		}
	})

	t.Run("and not those of the only one who claimed it", func(t *testing.T) {
		w := optional(t)
		session := signUp(t, w, ada, adasPassword).Grant.Tokens.AccessToken
		_, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		if !lives(t, w, session) {
			t.Error("the session has ended")
		}
	})
}
