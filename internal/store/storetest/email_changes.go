package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("email changes", emailChanges)
	_ = newPart("deleted users", deletedUsers)
	_ = newCalls(calls{
		"StartEmailChange": func(ctx context.Context, s rows) error {
			return s.StartEmailChange(ctx, newEmailChange(newUser()))
		},
		"EmailChangeByID": func(ctx context.Context, s rows) error { _, err := s.EmailChangeByID(ctx, newID()); return err },
		"FinishEmailChange": func(ctx context.Context, s rows) error {
			return s.FinishEmailChange(ctx, newEmailChange(newUser()))
		},
		"RevertEmailChanges": func(ctx context.Context, s rows) error {
			return s.RevertEmailChanges(ctx, newEmailChange(newUser()))
		},
		"LastEmailChange":  func(ctx context.Context, s rows) error { _, err := s.LastEmailChange(ctx, newID()); return err },
		"EmailReservation": func(ctx context.Context, s rows) error { _, err := s.EmailReservation(ctx, "nobody"); return err },
		"ReleaseEmail":     func(ctx context.Context, s rows) error { return s.ReleaseEmail(ctx, "nobody", noon) },
		"EndEmailChanges":  func(ctx context.Context, s rows) error { _, err := s.EndEmailChanges(ctx, noon, 1); return err },
		"AddEmailChangeToken": func(ctx context.Context, s rows) error {
			return s.AddEmailChangeToken(ctx, newChangeToken(newID(), auth.PurposeUndo))
		},
		"EmailChangeTokenByDigest": func(ctx context.Context, s rows) error {
			_, err := s.EmailChangeTokenByDigest(ctx, auth.PurposeUndo, digest())
			return err
		},
		"DeleteUser":   func(ctx context.Context, s rows) error { return s.DeleteUser(ctx, newID(), newID()) },
		"DeletedUsers": func(ctx context.Context, s rows) error { _, err := s.DeletedUsers(ctx, noon, 1); return err },
	})
)

func newEmailChange(u *auth.User) *auth.EmailChange {
	return &auth.EmailChange{
		ID: newID(), UserID: u.ID, Old: u.Email, New: email(), RequestedAt: noon, ExpiresAt: noon.Add(48 * time.Hour),
	}
}

func addEmailChange(t *testing.T, s auth.Store, u *auth.User) *auth.EmailChange {
	t.Helper()
	change := newEmailChange(u)
	must(t, s.StartEmailChange(t.Context(), change))
	return change
}

// madeEmailChange returns a change that was made at the time, for a week; the user does not move.
func madeEmailChange(t *testing.T, s auth.Store, u *auth.User, at time.Time) *auth.EmailChange {
	t.Helper()
	change := addEmailChange(t, s, u)
	change.ChangedAt, change.UndoUntil = at, at.Add(7*24*time.Hour)
	change.IPAddress, change.UserAgent = "2001:db8::1", "Mozilla/5.0"
	must(t, s.FinishEmailChange(t.Context(), change))
	return change
}

func newChangeToken(change uuid.UUID, purpose auth.Purpose) *auth.EmailChangeToken {
	return &auth.EmailChangeToken{Digest: digest(), Purpose: purpose, ChangeID: change, ExpiresAt: noon.Add(time.Hour)}
}

func addChangeToken(t *testing.T, s auth.Store, change uuid.UUID, purpose auth.Purpose) *auth.EmailChangeToken {
	t.Helper()
	token := newChangeToken(change, purpose)
	must(t, s.AddEmailChangeToken(t.Context(), token))
	return token
}

// gone fails the test unless the change and its token are not there.
func gone(t *testing.T, s auth.Store, change *auth.EmailChange, token *auth.EmailChangeToken) {
	t.Helper()
	_, err := s.EmailChangeByID(t.Context(), change.ID)
	want(t, auth.ErrNotFound, err)
	_, err = s.EmailChangeTokenByDigest(t.Context(), token.Purpose, token.Digest)
	want(t, auth.ErrNotFound, err)
}

func emailChanges(t *testing.T, open Open) {
	s := open(t)

	t.Run("a change comes back as it was started, and as it was made", func(t *testing.T) {
		u := addUser(t, s)
		change := addEmailChange(t, s, u)
		got, err := s.EmailChangeByID(t.Context(), change.ID)
		must(t, err)
		same(t, change, got)
		_, err = s.LastEmailChange(t.Context(), u.ID)
		want(t, auth.ErrNotFound, err)

		change = madeEmailChange(t, s, u, noon)
		for _, find := range []func() (*auth.EmailChange, error){
			func() (*auth.EmailChange, error) { return s.EmailChangeByID(t.Context(), change.ID) },
			func() (*auth.EmailChange, error) { return s.LastEmailChange(t.Context(), u.ID) },
			func() (*auth.EmailChange, error) { return s.EmailReservation(t.Context(), u.Email.Canonical) },
		} {
			got, err := find()
			must(t, err)
			same(t, change, got)
		}
	})

	t.Run("a change that waits takes the place of the one before, and of none that was made", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		made, elsewhere := madeEmailChange(t, s, u, noon), addEmailChange(t, s, other)
		first := addEmailChange(t, s, u)
		token := addChangeToken(t, s, first.ID, auth.PurposeEmailChange)
		second := addEmailChange(t, s, u)
		gone(t, s, first, token)
		for _, change := range []*auth.EmailChange{made, elsewhere, second} {
			_, err := s.EmailChangeByID(t.Context(), change.ID)
			must(t, err)
		}
	})

	t.Run("a change is made once, and then its tokens are gone", func(t *testing.T) {
		change := addEmailChange(t, s, addUser(t, s))
		token := addChangeToken(t, s, change.ID, auth.PurposeEmailChange)
		change.ChangedAt, change.UndoUntil = noon, noon.Add(time.Hour)
		must(t, s.FinishEmailChange(t.Context(), change))
		want(t, auth.ErrNotFound, s.FinishEmailChange(t.Context(), change))
		_, err := s.EmailChangeTokenByDigest(t.Context(), token.Purpose, token.Digest)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("deleting the tokens of a user ends what waits, and leaves what undoes", func(t *testing.T) {
		u := addUser(t, s)
		made := madeEmailChange(t, s, u, noon)
		undo := addChangeToken(t, s, made.ID, auth.PurposeUndo)
		waits, others := addEmailChange(t, s, u), addEmailChange(t, s, addUser(t, s))
		confirm := addChangeToken(t, s, waits.ID, auth.PurposeEmailChange)
		must(t, s.DeleteTokens(t.Context(), u.ID))
		gone(t, s, waits, confirm)
		got, err := s.EmailChangeTokenByDigest(t.Context(), auth.PurposeUndo, undo.Digest)
		must(t, err)
		same(t, undo, got)
		_, err = s.EmailChangeByID(t.Context(), others.ID)
		must(t, err)
	})

	t.Run("a token is good for its purpose and belongs to a change", func(t *testing.T) {
		change := addEmailChange(t, s, addUser(t, s))
		token := addChangeToken(t, s, change.ID, auth.PurposeEmailChange)
		_, err := s.EmailChangeTokenByDigest(t.Context(), auth.PurposeUndo, token.Digest)
		want(t, auth.ErrNotFound, err)
		_, err = s.EmailChangeTokenByDigest(t.Context(), auth.PurposeEmailChange, digest())
		want(t, auth.ErrNotFound, err)
		want(t, auth.ErrNotFound, s.AddEmailChangeToken(t.Context(), newChangeToken(newID(), auth.PurposeUndo)))
		want(t, auth.ErrNotFound, s.StartEmailChange(t.Context(), newEmailChange(newUser())))
	})

	t.Run("reverting removes a change and those after it, of the same user", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		before, first := madeEmailChange(t, s, u, noon), madeEmailChange(t, s, u, noon.Add(time.Hour))
		atOnce := madeEmailChange(t, s, u, noon.Add(time.Hour)) // as a clock may tell it
		after, others := madeEmailChange(t, s, u, noon.Add(2*time.Hour)), madeEmailChange(t, s, other, noon.Add(2*time.Hour))
		must(t, s.RevertEmailChanges(t.Context(), atOnce))
		for change, wanted := range map[*auth.EmailChange]error{before: nil, first: nil, atOnce: auth.ErrNotFound, after: auth.ErrNotFound, others: nil} {
			_, err := s.EmailChangeByID(t.Context(), change.ID)
			want(t, wanted, err)
		}
		last, err := s.LastEmailChange(t.Context(), u.ID)
		must(t, err)
		same(t, first, last)
	})

	t.Run("what has ended goes, no more than the limit, and nothing else", func(t *testing.T) {
		s := open(t)
		u, other := addUser(t, s), addUser(t, s)
		endless, late := madeEmailChange(t, s, u, noon), addEmailChange(t, s, u)
		if n, err := s.EndEmailChanges(t.Context(), noon.Add(48*time.Hour-time.Microsecond), 10); n != 0 || err != nil {
			t.Errorf("%d ended too soon (error: %v)", n, err)
		}
		addEmailChange(t, s, other)
		for _, wanted := range []int{1, 1, 0} {
			n, err := s.EndEmailChanges(t.Context(), noon.Add(48*time.Hour), 1)
			must(t, err)
			if n != wanted {
				t.Errorf("%d ended, want %d", n, wanted)
			}
		}
		_, err := s.EmailChangeByID(t.Context(), late.ID)
		want(t, auth.ErrNotFound, err)
		_, err = s.EmailChangeByID(t.Context(), endless.ID)
		must(t, err)
		n, err := s.EndEmailChanges(t.Context(), noon.Add(7*24*time.Hour), 10)
		must(t, err)
		if n != 1 {
			t.Errorf("%d ended, want the one that was made", n)
		}
	})

	t.Run("nobody else can have an address that was left, until it is released", func(t *testing.T) {
		u, other, late := addUser(t, s), addUser(t, s), newUser()
		left := u.Email
		change := madeEmailChange(t, s, u, noon)
		u.Email = change.New
		must(t, s.UpdateUser(t.Context(), u))
		other.Email, late.Email = left, left
		for range 2 { // the last time it is released too early
			must(t, inTx(t, s, func(tx auth.Tx) error { // a refusal costs a transaction nothing
				want(t, auth.ErrEmailTaken, tx.CreateUser(t.Context(), late))
				want(t, auth.ErrEmailTaken, tx.UpdateUser(t.Context(), other))
				return inside(t, tx).Ping(t.Context())
			}))
			_, err := s.UserByEmail(t.Context(), left.Canonical)
			want(t, auth.ErrNotFound, err)
			must(t, s.ReleaseEmail(t.Context(), left.Canonical, change.UndoUntil.Add(-time.Microsecond)))
		}

		u.Email = left
		must(t, s.UpdateUser(t.Context(), u))
		u.Email = change.New
		must(t, s.UpdateUser(t.Context(), u))
		must(t, s.ReleaseEmail(t.Context(), left.Canonical, change.UndoUntil))
		must(t, s.UpdateUser(t.Context(), other))
		want(t, auth.ErrEmailTaken, s.CreateUser(t.Context(), late))
	})

	t.Run("an address that is being left is reserved before anybody can have it", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		left, change := u.Email, addEmailChange(t, s, u)
		moved := *other
		moved.Email = left
		others := []func() error{
			func() error { late := newUser(); late.Email = left; return s.CreateUser(t.Context(), late) },
			func() error { return s.UpdateUser(t.Context(), &moved) },
		}
		done := make(chan error, len(others))
		must(t, inTx(t, s, func(tx auth.Tx) error {
			u.Email = change.New
			must(t, tx.UpdateUser(t.Context(), u))
			for _, other := range others {
				go func() { done <- other() }()
			}
			select {
			case err := <-done:
				t.Errorf("somebody did not wait (error: %v)", err)
				done <- err
			case <-time.After(50 * time.Millisecond): // long enough for one who does not wait
			}
			change.ChangedAt, change.UndoUntil = noon, noon.Add(time.Hour)
			return tx.FinishEmailChange(t.Context(), change)
		}))
		for range others {
			want(t, auth.ErrEmailTaken, <-done)
		}
	})
}

func deletedUsers(t *testing.T, open Open) {
	s := open(t)

	t.Run("a user is deleted with all that is theirs", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		session, token := addSession(t, s, u.ID), addToken(t, s, u.ID, uuid.Nil)
		made := madeEmailChange(t, s, u, noon)
		undo, stays := addChangeToken(t, s, made.ID, auth.PurposeUndo), addSession(t, s, other.ID)
		must(t, s.DeleteUser(t.Context(), u.ID, newID()))
		want(t, auth.ErrNotFound, s.DeleteUser(t.Context(), u.ID, newID()))
		gone(t, s, made, undo)
		_, errByID := s.UserByID(t.Context(), u.ID)
		_, errByEmail := s.UserByEmail(t.Context(), u.Email.Canonical)
		_, _, errSession := s.SessionByDigest(t.Context(), session.TokenDigest)
		_, errToken := s.TokenByDigest(t.Context(), token.Purpose, token.Digest)
		for _, err := range []error{errByID, errByEmail, errSession, errToken} {
			want(t, auth.ErrNotFound, err)
		}
		_, _, err := s.SessionByDigest(t.Context(), stays.TokenDigest)
		must(t, err)

		event := newEvent(u.ID, noon)
		event.Reason = "asked by " + u.Email.Address
		must(t, s.AddAuditEvent(t.Context(), event))
		acted := newEvent(other.ID, noon)
		acted.Actor, acted.Reason = u.ID.String(), "spam"
		must(t, s.AddAuditEvent(t.Context(), acted))
		must(t, s.CreateUser(t.Context(), u))
		pseudonym := newID()
		must(t, s.DeleteUser(t.Context(), u.ID, pseudonym))
		trail, err := s.AuditEvents(t.Context(), pseudonym, time.Time{}, uuid.Nil, 10)
		must(t, err)
		same(t, []*auth.AuditEvent{{ID: event.ID, At: event.At, Act: event.Act, Outcome: event.Outcome, UserID: pseudonym, APIClientID: event.APIClientID, Actor: event.Actor}}, trail)
		trail, err = s.AuditEvents(t.Context(), other.ID, time.Time{}, uuid.Nil, 10)
		must(t, err)
		acted.Actor, acted.RequestID, acted.IPAddress, acted.UserAgent = pseudonym.String(), "", "", ""
		same(t, []*auth.AuditEvent{acted}, trail)
		trail, err = s.AuditEvents(t.Context(), u.ID, time.Time{}, uuid.Nil, 10)
		must(t, err)
		wantCount(t, 0, len(trail))

		again := newUser() // the address is free, and the password is not inherited
		again.Email, again.PasswordHash = u.Email, ""
		must(t, s.CreateUser(t.Context(), again))
		got, err := s.UserByID(t.Context(), again.ID)
		must(t, err)
		same(t, again, got)
	})

	t.Run("those are listed who were deleted and of whom nothing can be undone", func(t *testing.T) {
		deleted := func() *auth.User {
			u := newUser()
			u.DeletedAt = noon
			must(t, s.CreateUser(t.Context(), u))
			return u
		}
		addUser(t, s)
		first, undoable, last := deleted(), deleted(), deleted()
		change := madeEmailChange(t, s, undoable, noon)
		addEmailChange(t, s, last) // only waits

		list := func(now time.Time, limit int, wanted ...*auth.User) {
			t.Helper()
			users, err := s.DeletedUsers(t.Context(), now, limit)
			must(t, err)
			if len(users) != len(wanted) {
				t.Fatalf("%d users are listed, want %d", len(users), len(wanted))
			}
			for i, u := range users {
				same(t, wanted[i], u)
			}
		}
		list(noon, 0)
		list(noon, 1, first)
		list(change.UndoUntil.Add(-time.Microsecond), 10, first, last)
		list(change.UndoUntil, 10, first, undoable, last)
	})

	t.Run("of those who delete a user at once, one does", func(t *testing.T) {
		u := addUser(t, s)
		_, errs := atOnce(8, func(int) (any, error) {
			return nil, s.InTx(t.Context(), func(tx auth.Tx) error {
				_, err := tx.LockUser(t.Context(), u.ID)
				return errors.Join(err, tx.DeleteUser(t.Context(), u.ID, newID()))
			})
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d deleted it", n)
		}
	})
}
