package auth_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// contest is a random story of an owner, who reads the mail of an address, and a stranger, who does
// not, and can only ask for mail and guess.
type contest struct {
	*authtest.World
	random *rand.Rand
	steps  []string
	mail   []*auth.Letter
	eves   []secret.Text // session tokens
	isSafe bool          // the owner has chosen the password, or confirmed while both had claims, or come by code before that
}

// play lets one of them do one thing.
func (c *contest) play(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	replica := c.World
	if c.random.IntN(4) == 0 {
		replica = c.Replica(authtest.Difference{Config: authtest.Optional})
	}

	switch c.random.IntN(10) {
	case 0, 1:
		c.note("the stranger signs up")
		if registration, err := replica.Register(ctx, auth.RegisterInput{Email: ada, Password: evesPassword}); err != nil {
			refused(t, err, auth.EmailTaken)
		} else if registration.Grant != nil {
			c.eves = append(c.eves, registration.Grant.Tokens.AccessToken)
		}
	case 2:
		c.note("the owner signs up")
		if _, err := replica.Register(ctx, auth.RegisterInput{Email: ada, Password: adasPassword}); err != nil {
			refused(t, err, auth.EmailTaken)
		}
	case 3:
		c.note("somebody asks for the confirmation again")
		must(t, c.ResendConfirmationEmail(ctx, ada, ""))
	case 4:
		c.note("somebody asks for a reset")
		must(t, c.RequestPasswordReset(ctx, ada, ""))
	case 5:
		c.note("the mail arrives")
		c.mail = append(c.mail, c.Letters(t)...)
	case 6:
		c.note("the stranger logs in, if that works")
		if grant, err := replica.Login(ctx, auth.LoginInput{Email: ada, Password: evesPassword}); err == nil {
			c.eves = append(c.eves, grant.Tokens.AccessToken)
			if c.isSafe {
				t.Error("the stranger's password works")
			}
		}
	case 7, 8:
		c.readMail(t)
	case 9:
		c.comeByCode(t)
	}
	c.Clock.Advance(time.Duration(c.random.IntN(20)) * time.Minute)
}

// readMail lets the owner open one of the letters that have arrived.
func (c *contest) readMail(t *testing.T) {
	t.Helper()
	if len(c.mail) == 0 {
		return
	}
	letter := c.mail[c.random.IntN(len(c.mail))]
	switch letter.Kind {
	case auth.LetterConfirm:
		several := c.claimedByBoth(t)
		if _, err := c.ConfirmEmail(t.Context(), letter.Token); err == nil {
			c.note("the owner confirms")
			c.isSafe = c.isSafe || several
		}
	case auth.LetterReset, auth.LetterAlreadyRegistered:
		if _, err := c.ResetPassword(t.Context(), letter.Token, newPassword); err == nil {
			c.note("the owner resets")
			c.isSafe = true
		}
	case auth.LetterPasswordChanged, auth.LetterNewDevice, auth.LetterSessionStolen, auth.LetterLoginCode, auth.LetterReauthenticationCode,
		auth.LetterEmailChange, auth.LetterEmailChanged, auth.LetterEmailTaken, auth.LetterAccountDeleted,
		auth.LetterTOTPAdded, auth.LetterTOTPRemoved, auth.LetterTOTPLocked, auth.LetterRecoveryCodesCreated, auth.LetterRecoveryCodeUsed, auth.LetterSecondFactorsRemoved:
	}
}

// comeByCode lets the owner ask for a code and use it as soon as it arrives, with all other mail.
func (c *contest) comeByCode(t *testing.T) {
	t.Helper()
	id, err := c.RequestLoginCode(t.Context(), ada)
	must(t, err)
	letters := c.Letters(t)
	c.mail = append(c.mail, letters...)
	for _, letter := range letters {
		if letter.Kind != auth.LetterLoginCode {
			continue
		}
		isFirst := !c.isConfirmed(t)
		if _, err := c.LoginWithCode(t.Context(), auth.LoginWithCodeInput{RequestID: id, Code: letter.Code}); err == nil {
			c.note("the owner comes by code")
			c.isSafe = c.isSafe || isFirst
		}
	}
}

// isConfirmed reports whether a user has confirmed the address.
func (c *contest) isConfirmed(t *testing.T) bool {
	t.Helper()
	user, err := c.Store.UserByEmail(t.Context(), ada)
	if errors.Is(err, auth.ErrNotFound) {
		return false
	}
	must(t, err)
	return user.EmailVerified()
}

// claimedByBoth reports whether more than one password claims the address.
func (c *contest) claimedByBoth(t *testing.T) bool {
	t.Helper()
	claims := signUps(t, c.World)
	must(t, c.EachAccount(t.Context(), func(u *auth.User) error {
		if u.Email.Canonical == ada && u.HasPassword() {
			claims++
		}
		return nil
	}))
	return claims > 1
}

func (c *contest) note(step string) { c.steps = append(c.steps, step) }

func TestNobodyPlantsAPassword(t *testing.T) {
	t.Parallel()
	const contests, moves = 25, 20
	db := authtest.SQLite(t)
	safe := 0
	for seed := range uint64(contests) {
		c := &contest{World: authtest.New(t, db, authtest.WithLoginCodes(authtest.Mandatory)), random: rand.New(rand.NewPCG(seed, 0))}
		for range moves {
			c.play(t)
			if !c.isSafe {
				continue
			}
			if logsIn(t, c.World, ada, evesPassword) {
				t.Error("the stranger's password works")
			}
			for _, token := range c.eves {
				if lives(t, c.World, token) {
					t.Error("a session of the stranger goes on")
				}
			}
			if t.Failed() {
				t.Fatalf("story %d: %s", seed, strings.Join(c.steps, ", "))
			}
		}
		if c.isSafe {
			safe++
		}
		forget(t, c.World)
	}
	if safe < contests/2 {
		t.Errorf("only %d of %d stories came to the point", safe, contests)
	}
}

// forget lets the next story begin with an address that nobody has: the user moves to another one.
func forget(t *testing.T, w *authtest.World) {
	t.Helper()
	w.Letters(t)
	must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error {
		if _, err := tx.TakeSignUps(t.Context(), ada); err != nil {
			return err
		}
		user, err := tx.UserByEmail(t.Context(), ada)
		if err != nil {
			return nil //nolint:nilerr // then nobody has it
		}
		moved := user.ID.String() + "@elsewhere.example"
		user.Email = address.Email{Address: moved, Canonical: moved}
		return tx.UpdateUser(t.Context(), user)
	}))
}

// TestNobodyPlantsAPasswordOnAnAccountOfAnOperator signs up with the address of an account that an
// operator made without a password: whichever way the address is confirmed, the stranger stays out.
func TestNobodyPlantsAPasswordOnAnAccountOfAnOperator(t *testing.T) {
	t.Parallel()
	for name, confirm := range map[string]func(t *testing.T, w *authtest.World){
		"by the link of the stranger's sign-up": func(t *testing.T, w *authtest.World) {
			_, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
			must(t, err)
		},
		"by a link that was asked for": func(t *testing.T, w *authtest.World) {
			w.Letters(t)
			must(t, w.ResendConfirmationEmail(t.Context(), ada, ""))
			_, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
			must(t, err)
		},
		"by the operator": func(t *testing.T, w *authtest.World) {
			w.Letters(t)
			_, err := w.ConfirmAccount(t.Context(), ada)
			must(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := mandatory(t)
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleAdmin})
			must(t, err)
			signUp(t, w, ada, evesPassword)
			confirm(t, w)
			if logsIn(t, w, ada, evesPassword) {
				t.Error("the stranger is an administrator")
			}
			letters := w.Letters(t)
			if len(letters) == 0 || letters[0].Kind != auth.LetterReset {
				t.Error("the owner is not asked to choose a password")
			}
		})
	}
}
