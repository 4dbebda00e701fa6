package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("users", users)
	_ = newPart("passwords", passwords)
	_ = newCalls(calls{
		"CreateUser":  func(ctx context.Context, s rows) error { return s.CreateUser(ctx, newUser()) },
		"UserByID":    func(ctx context.Context, s rows) error { _, err := s.UserByID(ctx, newID()); return err },
		"UserByEmail": func(ctx context.Context, s rows) error { _, err := s.UserByEmail(ctx, "nobody"); return err },
		"UpdateUser":  func(ctx context.Context, s rows) error { return s.UpdateUser(ctx, newUser()) },
		"SetPassword": func(ctx context.Context, s rows) error { return s.SetPassword(ctx, newID(), "hash", noon) },
		"Users":       func(ctx context.Context, s rows) error { _, err := s.Users(ctx, uuid.Nil, 1); return err },
	})
)

func users(t *testing.T, open Open) {
	s := open(t)

	t.Run("a user comes back as it was created, by id and by email", func(t *testing.T) {
		u := addUser(t, s)
		byID, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		same(t, u, byID)
		byEmail, err := s.UserByEmail(t.Context(), u.Email.Canonical)
		must(t, err)
		same(t, u, byEmail)
	})

	t.Run("times that never were come back zero, and all others as they were", func(t *testing.T) {
		u := newUser()
		u.VerifiedAt = time.Time{}
		must(t, s.CreateUser(t.Context(), u))
		got, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		same(t, u, got)
		if got.EmailVerified() || got.Disabled() || !got.LastLoginAt.IsZero() {
			t.Error("got a time that never was, want zero")
		}

		u.VerifiedAt, u.DisabledAt, u.LastLoginAt = noon, noon.Add(time.Microsecond), noon.Add(time.Hour)
		must(t, s.UpdateUser(t.Context(), u))
		got, err = s.UserByID(t.Context(), u.ID)
		must(t, err)
		same(t, u, got)
	})

	t.Run("a user may have no name and no password", func(t *testing.T) {
		u := newUser()
		u.Name, u.PasswordHash = "", ""
		must(t, s.CreateUser(t.Context(), u))
		got, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		same(t, u, got)
		if got.HasPassword() {
			t.Error("got a password, want none")
		}
	})

	t.Run("a second user with the key is refused and leaves nothing", func(t *testing.T) {
		first, second := addUser(t, s), newUser()
		second.Email.Canonical = first.Email.Canonical
		want(t, auth.ErrEmailTaken, s.CreateUser(t.Context(), second))
		_, err := s.UserByID(t.Context(), second.ID)
		want(t, auth.ErrNotFound, err)
		got, err := s.UserByEmail(t.Context(), first.Email.Canonical)
		must(t, err)
		same(t, first, got)
	})

	t.Run("the key decides, not the address, and it is compared to the letter", func(t *testing.T) {
		first, second := addUser(t, s), newUser()
		second.Email.Address = first.Email.Address
		must(t, s.CreateUser(t.Context(), second))
		_, err := s.UserByEmail(t.Context(), first.Email.Address)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a second user with the id is refused, and that is not about the email", func(t *testing.T) {
		first, second := addUser(t, s), newUser()
		second.ID = first.ID
		refused(t, s.CreateUser(t.Context(), second))
	})

	t.Run("an update writes everything but id, creation time, password and username", func(t *testing.T) {
		u := addUser(t, s)
		changed := *u
		changed.Email = email()
		changed.Name, changed.Role, changed.PasswordHash = "Countess", auth.RoleAdmin, "another"
		changed.Profile, changed.ProfileDropped, changed.Username = `{"plan": "team"}`, true, auth.Username{Name: "Eve", Key: "eve"}
		changed.VerifiedAt = time.Time{}
		changed.DisabledAt, changed.LastLoginAt = noon.Add(time.Minute), noon.Add(2*time.Minute)
		changed.CreatedAt, changed.UpdatedAt = noon.Add(3*time.Minute), noon.Add(4*time.Minute)
		must(t, s.UpdateUser(t.Context(), &changed))

		got, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		changed.PasswordHash, changed.CreatedAt, changed.Username = u.PasswordHash, u.CreatedAt, u.Username
		same(t, &changed, got)
	})

	t.Run("an update to the key of another is refused and changes nothing", func(t *testing.T) {
		first, second := addUser(t, s), addUser(t, s)
		changed := *second
		changed.Email, changed.Name = first.Email, "Eve"
		want(t, auth.ErrEmailTaken, s.UpdateUser(t.Context(), &changed))
		got, err := s.UserByID(t.Context(), second.ID)
		must(t, err)
		same(t, second, got)
	})

	t.Run("an update of nobody is not found", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.UpdateUser(t.Context(), newUser()))
	})

	t.Run("who is not there is not found", func(t *testing.T) {
		_, err := s.UserByID(t.Context(), newID())
		want(t, auth.ErrNotFound, err)
		_, err = s.UserByID(t.Context(), uuid.Nil)
		want(t, auth.ErrNotFound, err)
		_, err = s.UserByEmail(t.Context(), email().Canonical)
		want(t, auth.ErrNotFound, err)
		_, err = s.UserByEmail(t.Context(), "")
		want(t, auth.ErrNotFound, err)
	})

	t.Run("pages hold all users once, in order of creation", func(t *testing.T) {
		s := open(t)
		var created []*auth.User
		for range 7 {
			created = append(created, addUser(t, s))
		}
		var listed []*auth.User
		for after, full := uuid.Nil, true; full; after = listed[len(listed)-1].ID {
			page, err := s.Users(t.Context(), after, 3)
			must(t, err)
			listed = append(listed, page...)
			full = len(page) == 3
		}
		if diff := cmp.Diff(ids(created, userID), ids(listed, userID)); diff != "" {
			t.Errorf("the pages differ from what was created:\n%s", diff)
		}
		same(t, created[0], listed[0])

		for _, limit := range []int{0, -1} {
			page, err := s.Users(t.Context(), uuid.Nil, limit)
			must(t, err)
			if len(page) != 0 {
				t.Errorf("%d users came back of at most %d", len(page), limit)
			}
		}
	})
}

func passwords(t *testing.T, open Open) {
	s := open(t)

	t.Run("a password takes the place of the one before", func(t *testing.T) {
		u := addUser(t, s)
		must(t, s.SetPassword(t.Context(), u.ID, "second", noon.Add(time.Hour)))
		got, err := s.UserByID(t.Context(), u.ID)
		must(t, err)
		u.PasswordHash = "second"
		same(t, u, got)
	})

	t.Run("an empty hash takes the password away, and another can follow", func(t *testing.T) {
		u := addUser(t, s)
		for range 2 { // there being none is fine too
			must(t, s.SetPassword(t.Context(), u.ID, "", noon))
		}
		got, err := s.UserByEmail(t.Context(), u.Email.Canonical)
		must(t, err)
		if got.HasPassword() {
			t.Error("got the password still stored, want none")
		}
		must(t, s.SetPassword(t.Context(), u.ID, "third", noon))
		got, err = s.UserByEmail(t.Context(), u.Email.Canonical)
		must(t, err)
		if got.PasswordHash != "third" {
			t.Error("got no new password stored, want one")
		}
	})

	t.Run("it is nobody else's", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		must(t, s.SetPassword(t.Context(), u.ID, "second", noon))
		got, err := s.UserByID(t.Context(), other.ID)
		must(t, err)
		same(t, other, got)
	})

	t.Run("nobody's password cannot be set", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.SetPassword(t.Context(), newID(), "hash", noon))
		want(t, auth.ErrNotFound, s.SetPassword(t.Context(), newID(), "", noon))
	})
}
