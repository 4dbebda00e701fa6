package auth_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestStrangersKeepNoInvitationFromLeaving(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		signUp(t, w, invitee, evesPassword)
		for i := range 12 {
			_ = w.RequestPasswordReset(fromAddress(t, i), invitee, "")
			w.Letters(t)
		}
		for range 4 {
			invites(t, w, caller, invitee, auth.RoleUser)
		}
	})
}

func TestALinkWorksUntilTheNextLeaves(t *testing.T) {
	t.Parallel()
	onEachInviting(t, invitesOnly, func(t *testing.T, w *authtest.World) {
		caller := joinedAs(t, w, staff, auth.RoleStaff)
		again := func(email string, role auth.Role) *auth.Invitation {
			in, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: email, Role: role})
			must(t, err)
			return in
		}
		_, token := invites(t, w, caller, invitee, auth.RoleUser)
		last := again(invitee, auth.RoleUser)
		grant, err := accept(t, w, token)
		must(t, err)
		if in, err := w.Store.InvitationByID(t.Context(), last.ID); err != nil || in.AcceptedBy != grant.User.ID {
			t.Errorf("got %+v, %v, want the newest invitation to be the one that was accepted", in, err)
		}
		w.NoLetter(t)

		for name, end := range map[string]func(email string){
			"to another role": func(email string) { again(email, auth.RoleStaff) },
			"withdrawn": func(email string) {
				_, err := w.WithdrawInvitation(t.Context(), caller, again(email, auth.RoleUser).ID)
				must(t, err)
			},
		} {
			email := name[:2] + "@example.com"
			_, token = invites(t, w, caller, email, auth.RoleUser)
			end(email)
			_, err = accept(t, w, token)
			refused(t, err, auth.InvalidToken)
			w.Letters(t)
		}
	})
}

func TestAnAddressIsInvitedOnlySoOften(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	for _, email := range []string{invitee, ada} { // nobody's and somebody's
		caller := joinedAs(t, w, "staff-"+email, auth.RoleStaff)
		invite := func(email string) error {
			_, err := w.InviteUser(t.Context(), caller, auth.InviteInput{Email: email, Role: auth.RoleUser})
			return err
		}
		for range 5 {
			must(t, invite(email))
			w.Letters(t)
		}
		other := joinedAs(t, w, "other-"+email, auth.RoleStaff)
		_, err := w.InviteUser(t.Context(), other, auth.InviteInput{Email: email, Role: auth.RoleUser})
		failed(t, err, auth.RateLimited)
		must(t, invite("another-"+email))
		w.Clock.Advance(24 * time.Hour)
		caller, _ = w.LogIn(t, "staff-"+email, adasPassword)
		must(t, invite(email))
		w.Letters(t)
	}
}
