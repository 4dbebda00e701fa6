package auth_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	staff   = "staff@example.com"
	invitee = "grace@example.com"
)

var (
	_ = wantJob("invitation", normalPriority)
	_ = newDeed("an invitation, sent twice, withdrawn and accepted, and a guess at one", func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		in, _ := invites(t, w, caller, invitee, auth.RoleUser)
		_, err := w.WithdrawInvitation(t.Context(), caller, in.ID)
		must(t, err)
		_, token := invites(t, w, caller, invitee, auth.RoleUser)
		_, err = w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token})
		must(t, err)
		_, err = w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token})
		refused(t, err, auth.InvalidToken)
	})
)

var invitesOnly = auth.Config{Registration: auth.RegistrationInvite, EmailVerification: auth.VerificationMandatory, LoginCodes: true}

// joinedAs makes a user with a role and begins a session of theirs.
func joinedAs(t *testing.T, w *authtest.World, email string, role auth.Role) *auth.Caller {
	t.Helper()
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Password: adasPassword, Role: role, Verified: true})
	must(t, err)
	caller, _ := w.LogIn(t, email, adasPassword)
	return caller
}

// invites sends an invitation and returns it, with the token of its email.
func invites(t *testing.T, w *authtest.World, caller *auth.Caller, email string, role auth.Role) (*auth.Invitation, secret.Text) {
	t.Helper()
	in, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: email, Role: role})
	must(t, err)
	return in, w.Letter(t, auth.LetterInvitation).Token
}

func accept(t *testing.T, w *authtest.World, token secret.Text) (*auth.Grant, error) {
	t.Helper()
	password := newPassword
	return w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token, Password: &password, Name: "Grace"})
}

// says is a provider that identifies a person.
func says(subject, email string) func(provider.Answer) (*provider.Identity, error) {
	return func(provider.Answer) (*provider.Identity, error) { return person(subject, email, true), nil }
}

// onEachInviting runs a test on each kind of store, where only those have accounts who were invited.
func onEachInviting(t *testing.T, config auth.Config, run func(t *testing.T, w *authtest.World)) {
	t.Helper()
	onEach(t, func(t *testing.T, store auth.Store) { run(t, authtest.New(t, store, authtest.Unlimited(config))) })
}

func TestAnInvitationMakesAnAccount(t *testing.T) {
	t.Parallel()
	onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		in, token := invites(t, w, caller, "Grace@Example.com", auth.RoleStaff)
		if in.Role != auth.RoleStaff || in.InvitedBy != caller.User.ID || in.ExpiresAt.Sub(in.CreatedAt) != 7*day {
			t.Errorf("got the invitation %+v, want one of the staff to STAFF for 7 days", in)
		}
		grant, err := accept(t, w, token)
		must(t, err)
		user := reload(t, w, invitee)
		if user.Role != auth.RoleStaff || !user.EmailVerified() || user.Name != "Grace" || user.Email.Address != "Grace@Example.com" {
			t.Errorf("got the user %+v, want a confirmed one with the role", user)
		}
		if grant.User.ID != user.ID || len(grant.Session.Methods) != 1 || grant.Session.Methods[0] != auth.MethodInvitation || !grant.Session.Fresh(w.Clock.Now()) {
			t.Errorf("got a session of %v, want a fresh one by an invitation", grant.Session.Methods)
		}
		if !logsIn(t, w, invitee, newPassword) {
			t.Error("the password does not work")
		}
		_, err = accept(t, w, token)
		refused(t, err, auth.InvalidToken)
		w.NoLetter(t)
	})
}

func TestWithoutAPasswordAnInvitationMakesAnAccountThatCanGetAPasskey(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.WithPasskeys(invitesOnly))
	_, token := invites(t, w, joinedAs(t, w, staff, auth.RoleStaff), invitee, auth.RoleUser)
	grant, err := w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token})
	must(t, err)
	if grant.User.HasPassword() {
		t.Error("there is a password, want none")
	}
	w.AddKey(t, grant.Tokens.AccessToken)
}

func TestWhereOnlyTheInvitedHaveAccountsNobodySignsUp(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, invitesOnly, func(t *testing.T, w *authtest.World, c *counters) {
		joinedAs(t, w, ada, auth.RoleUser)
		for _, email := range []string{ada, invitee} {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: newPassword})
			refused(t, err, auth.RegistrationNotOpen)
		}
		c.says = says("g1", invitee)
		waits(t, w, c, auth.PendingRegistrationClosed)
		w.NoLetter(t)
	})
}

func TestWhereAccountsAreClosedNobodyIsInvited(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller := joinedAs(t, w, staff, auth.RoleStaff)
	_, token := invites(t, w, caller, invitee, auth.RoleUser)
	closed := w.Replica(authtest.Difference{Config: auth.Config{Registration: auth.RegistrationClosed, EmailVerification: auth.VerificationMandatory}})
	_, err := closed.InviteUser(t.Context(), caller, auth.InviteInput{Email: ada, Role: auth.RoleUser})
	refused(t, err, auth.RegistrationNotOpen)
	_, err = accept(t, closed, token)
	refused(t, err, auth.RegistrationNotOpen)
}

// TestWhoHasAnAccountIsTold also says that whoever invites cannot tell.
func TestWhoHasAnAccountIsTold(t *testing.T) {
	t.Parallel()
	onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, "admin@example.com", auth.RoleAdmin)
		joinedAs(t, w, invitee, auth.RoleUser)
		known, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: invitee, Role: auth.RoleAdmin})
		must(t, err)
		if letter := w.Letter(t, auth.LetterInvitedAgain); letter.Token != "" || letter.To.Canonical != invitee {
			t.Errorf("got a letter to %s with a token: %t, want one to the account without", letter.To.Canonical, letter.Token != "")
		}
		unknown, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: "new@example.com", Role: auth.RoleAdmin})
		must(t, err)
		page, err := w.Invitations(t.Context(), auth.PageRequest{})
		must(t, err)
		for _, in := range page.Items {
			if in.ExpiresAt != known.ExpiresAt || in.ExpiresAt != unknown.ExpiresAt || in.Role != auth.RoleAdmin || !in.AcceptedAt.IsZero() {
				t.Errorf("got %+v, want both invitations alike", in)
			}
		}
		if role := reload(t, w, invitee).Role; role != auth.RoleUser {
			t.Errorf("the role is %s, want it as it was", role)
		}
	})
}

// TestAnAccountThatIsConfirmedMeanwhile is not changed by the link.
func TestAnAccountThatIsConfirmedMeanwhile(t *testing.T) {
	t.Parallel()
	onEachInviting(t, authtest.Mandatory, func(t *testing.T, w *authtest.World) {
		_, token := invites(t, w, joinedAs(t, w, staff, auth.RoleStaff), invitee, auth.RoleStaff)
		w.Join(t, invitee, adasPassword)
		_, err := accept(t, w, token)
		refused(t, err, auth.EmailTaken)
		if user := reload(t, w, invitee); user.Role != auth.RoleUser || !logsIn(t, w, invitee, adasPassword) {
			t.Errorf("the role is %s, want the account as it was", user.Role)
		}
		_, err = w.DisableAccount(t.Context(), invitee)
		must(t, err)
		_, err = accept(t, w, token)
		refused(t, err, auth.AccountDisabled)
	})
}

// TestWhatAStrangerPlantedDoesNotStay: neither a sign-up nor an account that was never confirmed.
func TestWhatAStrangerPlantedDoesNotStay(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]auth.Config{"a sign-up": authtest.Mandatory, "an account": authtest.Optional} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachInviting(t, config, func(t *testing.T, w *authtest.World) {
				caller := joinedAs(t, w, staff, auth.RoleStaff)
				eve, err := w.Register(t.Context(), auth.RegisterInput{Email: invitee, Password: evesPassword, Name: "Eve"})
				must(t, err)
				confirm := w.Letter(t, auth.LetterConfirm).Token
				_, token := invites(t, w, caller, invitee, auth.RoleUser)
				_, err = w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token})
				must(t, err)
				user := reload(t, w, invitee)
				if user.Name != "" || user.HasPassword() || !user.EmailVerified() || logsIn(t, w, invitee, evesPassword) {
					t.Errorf("got the name %q and a password: %t, want nothing of what was planted", user.Name, user.HasPassword())
				}
				if eve.Grant != nil && lives(t, w, eve.Grant.Tokens.AccessToken) {
					t.Error("the session of the stranger lives")
				}
				_, err = w.ConfirmEmail(t.Context(), confirm)
				refused(t, err, auth.InvalidToken)
			})
		})
	}
}

func TestAnInvitationIsGoodOnlyAsLongAsWhoeverSentItMayInvite(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, w *authtest.World){
		"disabled": func(t *testing.T, w *authtest.World) { _, err := w.DisableAccount(t.Context(), staff); must(t, err) },
		"demoted": func(t *testing.T, w *authtest.World) {
			_, err := w.SetRole(t.Context(), staff, auth.RoleStaff)
			must(t, err)
		},
		"a week later": func(_ *testing.T, w *authtest.World) { w.Clock.Advance(7 * day) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
				caller := joinedAs(t, w, staff, auth.RoleAdmin)
				_, token := invites(t, w, caller, invitee, auth.RoleAdmin)
				_, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: ada, Role: auth.RoleAdmin})
				must(t, err)
				end(t, w)
				_, err = accept(t, w, token)
				refused(t, err, auth.InvalidToken)
				for _, letter := range w.Letters(t) { // nor does one leave that waited
					if letter.Kind != auth.LetterRoleChanged {
						t.Errorf("got a letter of kind %s, want none but that of the role", letter.Kind)
					}
				}
			})
		})
	}
}

func TestNobodyInvitesAboveTheirRole(t *testing.T) {
	t.Parallel()
	onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		admin, support := joinedAs(t, w, "admin@example.com", auth.RoleAdmin), joinedAs(t, w, staff, auth.RoleStaff)
		_, err := w.InviteUser(t.Context(), support, auth.InviteInput{Email: invitee, Role: auth.RoleAdmin})
		failed(t, err, auth.Forbidden)
		in, token := invites(t, w, admin, invitee, auth.RoleAdmin)
		_, err = w.InviteUser(t.Context(), support, auth.InviteInput{Email: invitee, Role: auth.RoleUser})
		failed(t, err, auth.Forbidden)
		_, err = w.WithdrawInvitation(t.Context(), support, in.ID)
		failed(t, err, auth.Forbidden)
		_, err = w.SetRole(t.Context(), staff, auth.RoleUser)
		must(t, err)
		_, err = w.InviteUser(t.Context(), support, auth.InviteInput{Email: ada, Role: auth.RoleUser})
		failed(t, err, auth.Forbidden)
		_, err = accept(t, w, token)
		must(t, err)
	})
}

func TestAHigherRoleNeedsAFreshSession(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller := joinedAs(t, w, staff, auth.RoleStaff)
	w.Clock.Advance(10 * time.Minute)
	_, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: invitee, Role: auth.RoleStaff})
	failed(t, err, auth.NotFresh)
	invites(t, w, caller, invitee, auth.RoleUser)
}

func TestWhoIsSignedInWithAnotherAddressIsRefused(t *testing.T) {
	t.Parallel()
	onEachInviting(t, authtest.Optional, func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		_, others := w.LogIn(t, staff, adasPassword)
		_, token := invites(t, w, caller, invitee, auth.RoleUser)
		_, err := w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token, Session: others})
		refused(t, err, auth.EmailMismatch)
		own := signUp(t, w, invitee, adasPassword).Grant.Tokens.AccessToken // of the address, not confirmed
		_, err = w.AcceptInvitation(t.Context(), auth.AcceptInvitationInput{Token: token, Session: own})
		must(t, err)
	})
}

func TestInvitingAgainVoidsTheLinkBefore(t *testing.T) {
	t.Parallel()
	onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		_, old := invites(t, w, caller, invitee, auth.RoleStaff)
		again, token := invites(t, w, caller, invitee, auth.RoleUser)
		_, err := accept(t, w, old)
		refused(t, err, auth.InvalidToken)
		grant, err := accept(t, w, token)
		must(t, err)
		if grant.User.Role != auth.RoleUser {
			t.Errorf("the role is %s, want that of the invitation that counts", grant.User.Role)
		}
		_, err = w.WithdrawInvitation(t.Context(), caller, again.ID)
		refused(t, err, auth.NotFound)
		_, err = w.WithdrawInvitation(t.Context(), caller, uuid.New())
		refused(t, err, auth.NotFound)
	})
}

func TestWithoutAPageWhoeverInvitesNamesOne(t *testing.T) {
	t.Parallel()
	config, _ := withProviders(t, authtest.Mandatory)
	config.NoInvitationPage = true
	w := authtest.New(t, authtest.SQLite(t), config)
	caller := joinedAs(t, w, staff, auth.RoleStaff)
	_, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: invitee, Role: auth.RoleUser})
	refused(t, err, auth.Required)
	_, err = w.InviteUser(t.Context(), caller, auth.InviteInput{Email: invitee, Role: auth.RoleUser, RedirectURL: page})
	must(t, err)
	if letter := w.Letter(t, auth.LetterInvitation); letter.RedirectURL != page || letter.ValidFor != 7*day {
		t.Errorf("the link leads to %q for %s, want the page for a week", letter.RedirectURL, letter.ValidFor)
	}
}

func TestAnInvitationThatIsWithdrawnIsNotMailed(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	caller := joinedAs(t, w, staff, auth.RoleStaff)
	in, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: invitee, Role: auth.RoleUser})
	must(t, err)
	_, err = w.WithdrawInvitation(t.Context(), caller, in.ID)
	must(t, err)
	w.NoLetter(t)
}

func TestARoleThatNeedsASecondFactorGetsAChallenge(t *testing.T) {
	t.Parallel()
	config := invitesOnly
	config.RequireSecondFactor = auth.SecondFactorForStaff
	onEachInviting(t, config, func(t *testing.T, w *authtest.World) {
		_, err := w.InviteAsOperator(t.Context(), authtest.AsOperator("the first"), auth.InviteInput{Email: invitee, Role: auth.RoleAdmin})
		must(t, err)
		grant, err := accept(t, w, w.Letter(t, auth.LetterInvitation).Token)
		must(t, err)
		if grant.Session != nil || grant.Tokens != nil || grant.Challenge == nil || grant.Challenge.Kind != auth.ChallengeEnroll {
			t.Errorf("got %+v, want a challenge to set a factor up, and no session", grant)
		}
		_, challenge := w.Challenged(t, invitee, newPassword)
		if challenge.Kind != auth.ChallengeEnroll {
			t.Errorf("got %s, want %s: the account is there", challenge.Kind, auth.ChallengeEnroll)
		}
	})
}

func TestAnInvitationIsAcceptedWithAProvider(t *testing.T) {
	t.Parallel()
	onEachWithProviders(t, invitesOnly, func(t *testing.T, w *authtest.World, c *counters) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		_, token := invites(t, w, caller, invitee, auth.RoleUser)
		c.says = says("g1", "private@example.net")
		awaited, verifier := waits(t, w, c, auth.PendingRegistrationClosed)
		in := auth.AcceptInvitationInput{Token: token, Identity: &auth.ConnectIdentityInput{Pending: &awaited.Token, Verifier: newVerifier()}}
		_, err := w.AcceptInvitation(t.Context(), in)
		refused(t, err, auth.InvalidToken)
		in.Identity.Verifier = verifier
		grant, err := w.AcceptInvitation(t.Context(), in)
		must(t, err)
		if again := arrives(t, w, c); again.User.ID != grant.User.ID || grant.User.Email.Canonical != invitee || grant.User.Name != "Ada at work" {
			t.Errorf("got %s by the provider and %s by the invitation, want the same user", again.User.ID, grant.User.ID)
		}

		_, token = invites(t, w, caller, "another@example.com", auth.RoleUser)
		trip := goThere(t, w, c)
		in = auth.AcceptInvitationInput{Token: token, Identity: &auth.ConnectIdentityInput{Code: &trip.code, Verifier: trip.verifier}}
		_, err = w.AcceptInvitation(t.Context(), in)
		refused(t, err, auth.IdentityTaken)
		_, err = accept(t, w, token) // it is still good
		must(t, err)
	})
}

func TestTwoAcceptAtOnce(t *testing.T) {
	t.Parallel()
	onEachPatiently(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		_, token := invites(t, w, joinedAs(t, w, staff, auth.RoleStaff), invitee, auth.RoleUser)
		oneWins(t, atOnce(8, func(int) error {
			_, err := w.AcceptInvitation(context.WithoutCancel(t.Context()), auth.AcceptInvitationInput{Token: token})
			return err
		}), auth.InvalidToken)
	})
}

// TestAcceptingAgainstWithdrawing: either the account is there or the invitation was withdrawn, never both.
func TestAcceptingAgainstWithdrawing(t *testing.T) {
	t.Parallel()
	for name, against := range map[string]func(w *authtest.World, caller *auth.Caller, in *auth.Invitation) error{
		"withdrawing": func(w *authtest.World, caller *auth.Caller, in *auth.Invitation) error {
			_, err := w.WithdrawInvitation(context.Background(), caller, in.ID)
			return err
		},
		"inviting again, to another role": func(w *authtest.World, caller *auth.Caller, in *auth.Invitation) error {
			again, err := w.InviteUser(context.Background(), caller, auth.InviteInput{Email: in.Email.Address, Role: auth.RoleStaff})
			if err != nil {
				return err
			}
			if _, err = w.Store.InvitationByID(context.Background(), in.ID); errors.Is(err, auth.ErrNotFound) {
				return nil // it took the other's place
			}
			_, err = w.Store.InvitationByID(context.Background(), again.ID)
			if err == nil {
				err = auth.Problems{{Code: auth.NotFound}} // it came later, beside the one that was accepted
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEachPatiently(t, invitesOnly, func(t *testing.T, w *authtest.World) {
				caller := joinedAs(t, w, staff, auth.RoleStaff)
				for range 4 {
					in, token := invites(t, w, caller, uuid.NewString()+"@example.com", auth.RoleUser)
					errs := atOnce(2, func(i int) error {
						if i == 0 {
							return against(w, caller, in)
						}
						_, err := w.AcceptInvitation(context.Background(), auth.AcceptInvitationInput{Token: token})
						return err
					})
					if (errs[0] == nil) == (errs[1] == nil) {
						t.Errorf("got %v and %v, want one of the two to succeed", errs[0], errs[1])
					}
					w.Letters(t)
				}
			})
		})
	}
}

func TestInvitationsAreListedInPages(t *testing.T) {
	t.Parallel()
	onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		want := map[uuid.UUID]bool{}
		for range 5 {
			in, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: uuid.NewString() + "@example.com", Role: auth.RoleUser})
			must(t, err)
			want[in.ID] = true
		}
		two, request := 2, auth.PageRequest{}
		request.First = &two
		for pages := 1; ; pages++ {
			page, err := w.Invitations(t.Context(), request)
			must(t, err)
			for _, in := range page.Items {
				if !want[in.ID] {
					t.Errorf("%s is listed twice, or was never sent", in.ID)
				}
				delete(want, in.ID)
			}
			if !page.HasNext {
				if pages != 3 || len(want) != 0 {
					t.Errorf("got %d pages without %d invitations, want all on 3", pages, len(want))
				}
				break
			}
			request.After = &page.Cursors[1]
			_, err = w.InviteUser(t.Context(), caller, auth.InviteInput{Email: uuid.NewString() + "@example.com", Role: auth.RoleUser})
			must(t, err) // which is on none of the pages that follow
		}
		forged := "AAAA"
		_, err := w.Invitations(t.Context(), auth.PageRequest{After: &forged})
		failed(t, err, auth.BadInput)
	})
}
