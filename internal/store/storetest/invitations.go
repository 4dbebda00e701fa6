package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("invitations", invitations)
	_ = newHeap(auth.ExpiredInvitations, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
		in := newInvitation(uuid.Nil)
		in.ExpiresAt = moment
		must(t, s.PutInvitation(t.Context(), in))
		return func() bool { _, err := s.InvitationByID(t.Context(), in.ID); return err == nil }
	})
	_ = newCalls(calls{
		"InvitationByID":     func(ctx context.Context, s rows) error { _, err := s.InvitationByID(ctx, newID()); return err },
		"InvitationByDigest": func(ctx context.Context, s rows) error { _, err := s.InvitationByDigest(ctx, digest()); return err },
		"OpenInvitation": func(ctx context.Context, s rows) error {
			_, err := s.OpenInvitation(ctx, email().Canonical)
			return err
		},
		"InvitationsBefore": func(ctx context.Context, s rows) error { _, err := s.InvitationsBefore(ctx, newID(), 1); return err },
		"LockInvitation":    func(ctx context.Context, s rows) error { _, err := s.LockInvitation(ctx, digest()); return err },
		"PutInvitation":     func(ctx context.Context, s rows) error { return s.PutInvitation(ctx, newInvitation(newID())) },
		"AcceptInvitation":  func(ctx context.Context, s rows) error { return s.AcceptInvitation(ctx, newID(), newID(), noon) },
		"MintInvitation":    func(ctx context.Context, s rows) error { return s.MintInvitation(ctx, newID(), digest()) },
		"DeleteInvitation":  func(ctx context.Context, s rows) error { return s.DeleteInvitation(ctx, newID()) },
	})
)

func newInvitation(by uuid.UUID) *auth.Invitation {
	return &auth.Invitation{ID: newID(), Email: email(), Role: auth.RoleStaff, InvitedBy: by, CreatedAt: noon, ExpiresAt: noon.Add(7 * 24 * time.Hour)}
}

// addInvitation adds an invitation with a token.
func addInvitation(t *testing.T, s auth.Store, by uuid.UUID) *auth.Invitation {
	t.Helper()
	in := newInvitation(by)
	must(t, s.PutInvitation(t.Context(), in))
	in.TokenDigest = digest()
	must(t, s.MintInvitation(t.Context(), in.ID, in.TokenDigest))
	return in
}

func invitations(t *testing.T, open Open) {
	s := open(t)

	t.Run("an invitation comes back as it was put, by all that names it", func(t *testing.T) {
		in := addInvitation(t, s, addUser(t, s).ID)
		for name, find := range map[string]func() (*auth.Invitation, error){
			"id":      func() (*auth.Invitation, error) { return s.InvitationByID(t.Context(), in.ID) },
			"digest":  func() (*auth.Invitation, error) { return s.InvitationByDigest(t.Context(), in.TokenDigest) },
			"lock":    func() (*auth.Invitation, error) { return s.LockInvitation(t.Context(), in.TokenDigest) },
			"address": func() (*auth.Invitation, error) { return s.OpenInvitation(t.Context(), in.Email.Canonical) },
		} {
			t.Run(name, func(t *testing.T) {
				got, err := find()
				must(t, err)
				same(t, in, got)
			})
		}
		want(t, auth.ErrNotFound, s.PutInvitation(t.Context(), newInvitation(newID())))
	})

	t.Run("the next invitation of an address takes the place of the one that is open", func(t *testing.T) {
		first := addInvitation(t, s, addUser(t, s).ID)
		next := newInvitation(uuid.Nil)
		next.Email, next.Role, next.CreatedAt = first.Email, auth.RoleUser, noon.Add(time.Hour)
		must(t, s.PutInvitation(t.Context(), next))
		got, err := s.OpenInvitation(t.Context(), next.Email.Canonical)
		must(t, err)
		same(t, next, got)
		_, err = s.InvitationByDigest(t.Context(), first.TokenDigest)
		want(t, auth.ErrNotFound, err) // it was for another role
		want(t, auth.ErrNotFound, s.MintInvitation(t.Context(), first.ID, digest()))

		user := addUser(t, s)
		must(t, s.AcceptInvitation(t.Context(), next.ID, user.ID, noon.Add(time.Minute)))
		third := newInvitation(uuid.Nil)
		third.Email = first.Email
		must(t, s.PutInvitation(t.Context(), third)) // beside the one that was accepted
		got, err = s.InvitationByID(t.Context(), next.ID)
		must(t, err)
		next.AcceptedAt, next.AcceptedBy = noon.Add(time.Minute), user.ID
		same(t, next, got)
	})

	t.Run("the token of an invitation stays with the next for the same role, until that is minted", func(t *testing.T) {
		first := addInvitation(t, s, uuid.Nil)
		again := func(at time.Time) *auth.Invitation {
			next := newInvitation(uuid.Nil)
			next.Email, next.CreatedAt, next.ExpiresAt = first.Email, at, at.Add(7*24*time.Hour)
			must(t, s.PutInvitation(t.Context(), next))
			return next
		}
		next := again(noon.Add(time.Hour))
		got, err := s.InvitationByDigest(t.Context(), first.TokenDigest)
		must(t, err)
		next.TokenDigest = first.TokenDigest
		same(t, next, got)
		next.TokenDigest = digest()
		must(t, s.MintInvitation(t.Context(), next.ID, next.TokenDigest))
		_, err = s.InvitationByDigest(t.Context(), first.TokenDigest)
		want(t, auth.ErrNotFound, err)

		again(next.ExpiresAt)
		_, err = s.InvitationByDigest(t.Context(), next.TokenDigest)
		want(t, auth.ErrNotFound, err) // it was too old
	})

	t.Run("an invitation that was accepted or deleted is not good any more", func(t *testing.T) {
		user := addUser(t, s)
		in := addInvitation(t, s, uuid.Nil)
		must(t, s.AcceptInvitation(t.Context(), in.ID, user.ID, noon))
		want(t, auth.ErrNotFound, s.AcceptInvitation(t.Context(), in.ID, user.ID, noon))
		want(t, auth.ErrNotFound, s.DeleteInvitation(t.Context(), in.ID))
		want(t, auth.ErrNotFound, s.MintInvitation(t.Context(), in.ID, digest()))
		_, err := s.LockInvitation(t.Context(), in.TokenDigest)
		want(t, auth.ErrNotFound, err)

		in = addInvitation(t, s, uuid.Nil)
		must(t, s.DeleteInvitation(t.Context(), in.ID))
		want(t, auth.ErrNotFound, s.DeleteInvitation(t.Context(), in.ID))
		want(t, auth.ErrNotFound, s.AcceptInvitation(t.Context(), in.ID, user.ID, noon))
	})

	t.Run("of fifty who accept one at once, one does", func(t *testing.T) {
		in, user := addInvitation(t, s, uuid.Nil), addUser(t, s)
		_, errs := atOnce(50, func(int) (any, error) { return nil, s.AcceptInvitation(t.Context(), in.ID, user.ID, noon) })
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d accepted it, want 1", n)
		}
	})

	t.Run("of those who invite an address at once, one invitation is left", func(t *testing.T) {
		to := email()
		_, errs := atOnce(10, func(int) (any, error) {
			in := newInvitation(uuid.Nil)
			in.Email = to
			return nil, s.PutInvitation(t.Context(), in)
		})
		if n := count(t, errs, nil); n != 10 {
			t.Errorf("%d invited, want 10", n)
		}
		_, err := s.OpenInvitation(t.Context(), to.Canonical)
		must(t, err)
	})

	t.Run("invitations go with whoever sent them, and with whoever accepted them", func(t *testing.T) {
		inviter, invited := addUser(t, s), addUser(t, s)
		sent, accepted := addInvitation(t, s, inviter.ID), addInvitation(t, s, uuid.Nil)
		must(t, s.AcceptInvitation(t.Context(), accepted.ID, invited.ID, noon))
		must(t, s.DeleteUser(t.Context(), inviter.ID, newID()))
		must(t, s.DeleteUser(t.Context(), invited.ID, newID()))
		for _, in := range []*auth.Invitation{sent, accepted} {
			_, err := s.InvitationByID(t.Context(), in.ID)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("invitations are listed the newest first, from any of them on", func(t *testing.T) {
		s := open(t)
		var all []*auth.Invitation
		for range 3 {
			in := newInvitation(uuid.Nil)
			must(t, s.PutInvitation(t.Context(), in))
			all = append([]*auth.Invitation{in}, all...)
		}
		for _, c := range []struct {
			before uuid.UUID
			limit  int
			want   []*auth.Invitation
		}{{uuid.Nil, 5, all}, {uuid.Nil, 2, all[:2]}, {all[0].ID, 2, all[1:]}, {all[2].ID, 2, []*auth.Invitation{}}, {uuid.Nil, 0, nil}} {
			got, err := s.InvitationsBefore(t.Context(), c.before, c.limit)
			must(t, err)
			same(t, c.want, got)
		}
	})
}
