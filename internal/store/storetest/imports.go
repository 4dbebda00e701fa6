package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newPart("imports", imports)

var _ = newCalls(map[string]func(ctx context.Context, s rows) error{
	"Holders": func(ctx context.Context, s rows) error {
		_, err := s.Holders(ctx, &auth.ImportKeys{Emails: []string{"a@example.org"}})
		return err
	},
	"AddUsers": func(ctx context.Context, s rows) error { return s.AddUsers(ctx, []*auth.User{newUser()}, noon) },
	"AddBelongings": func(ctx context.Context, s rows) error {
		return s.AddBelongings(ctx, []*auth.Belongings{newBelongings(newID())}, noon)
	},
	"AddAuditEvents": func(ctx context.Context, s rows) error {
		return s.AddAuditEvents(ctx, []*auth.AuditEvent{{ID: newID(), At: noon, Act: "account_imported", Outcome: "ok"}})
	},
	"ExternalIDOf": func(ctx context.Context, s rows) error { _, err := s.ExternalIDOf(ctx, newID()); return err },
	"BelongingsOf": func(ctx context.Context, s rows) error {
		_, err := s.BelongingsOf(ctx, uuid.Nil, newID())
		return err
	},
})

func init() { //nolint:gochecknoinits // as newCalls does
	transacted["Imports"] = func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { _, err := tx.Imports().ExternalIDOf(ctx, newID()); return err })
	}
}

func newBelongings(user uuid.UUID) *auth.Belongings {
	return &auth.Belongings{
		UserID:     user,
		External:   &auth.ExternalID{UserID: user, Source: "django", ID: newID().String(), ImportedAt: noon},
		TOTP:       &auth.TOTP{UserID: user, Sealed: digest(), CreatedAt: noon},
		Codes:      [][]byte{digest(), digest()},
		Handle:     digest(),
		Passkeys:   []*auth.Passkey{newPasskey(user)},
		Identities: []*auth.Identity{newIdentity(user)},
	}
}

func imports(t *testing.T, open Open) {
	s := open(t)
	holders := func(t *testing.T, keys *auth.ImportKeys) *auth.ImportHolders {
		t.Helper()
		found, err := s.Holders(t.Context(), keys)
		must(t, err)
		return found
	}

	t.Run("users come back as they were added, with what they have", func(t *testing.T) {
		ada, bob := newUser(), newUser()
		ada.Username = auth.Username{Name: "Ada." + ada.ID.String()[24:], Key: "ada." + ada.ID.String()[24:]}
		bob.PasswordHash = ""
		must(t, s.AddUsers(t.Context(), []*auth.User{ada, bob}, noon))
		in := newBelongings(ada.ID)
		must(t, s.AddBelongings(t.Context(), []*auth.Belongings{in}, noon))
		for _, u := range []*auth.User{ada, bob} {
			got, err := s.UserByEmail(t.Context(), u.Email.Canonical)
			must(t, err)
			same(t, u, got)
		}
		named, err := s.UserByUsername(t.Context(), ada.Username.Key)
		must(t, err)
		same(t, ada, named)
		external, err := s.ExternalIDOf(t.Context(), ada.ID)
		must(t, err)
		same(t, in.External, external)
		left, err := s.RecoveryCodesLeft(t.Context(), ada.ID)
		must(t, err)
		wantCount(t, 2, left)

		all, err := s.BelongingsOf(t.Context(), ada.ID, ada.ID)
		must(t, err)
		in.Codes = nil
		same(t, map[uuid.UUID]*auth.Belongings{ada.ID: in}, all)
		_, err = s.ExternalIDOf(t.Context(), bob.ID)
		want(t, auth.ErrNotFound, err)
		must(t, s.DeleteUser(t.Context(), ada.ID, newID()))
		_, err = s.ExternalIDOf(t.Context(), ada.ID)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("holders are who has a key, and who had it until lately", func(t *testing.T) {
		u, free := newUser(), newUser()
		u.Username = auth.Username{Name: u.ID.String()[24:], Key: u.ID.String()[24:]}
		must(t, s.AddUsers(t.Context(), []*auth.User{u}, noon))
		has := newBelongings(u.ID)
		must(t, s.AddBelongings(t.Context(), []*auth.Belongings{has}, noon))
		signUp := addSignUp(t, s, email())
		passkey, identity := has.Passkeys[0], has.Identities[0]
		key := auth.IdentityKey{Issuer: identity.Issuer, Subject: identity.Subject}
		got := holders(t, &auth.ImportKeys{
			IDs: []uuid.UUID{u.ID, free.ID}, Emails: []string{u.Email.Canonical, free.Email.Canonical, signUp.Email.Canonical},
			Usernames: []string{u.Username.Key, "free"}, ExternalIDs: []auth.ExternalKey{{Source: "django", ID: has.External.ID}, {Source: "django", ID: "free"}, {Source: "other", ID: has.External.ID}},
			Identities:  []auth.IdentityKey{key, {Issuer: "https://free.example", Subject: identity.Subject}},
			Credentials: [][]byte{passkey.CredentialID, digest()}, Handles: [][]byte{has.Handle, digest()},
		})
		same(t, &auth.ImportHolders{
			IDs: map[uuid.UUID]bool{u.ID: true}, Emails: map[string]uuid.UUID{u.Email.Canonical: u.ID},
			SignUps:    map[string][]uuid.UUID{signUp.Email.Canonical: {signUp.ID}},
			Remembered: map[string]bool{signUp.Email.Canonical: true},
			Usernames:  map[string]uuid.UUID{u.Username.Key: u.ID}, ExternalIDs: map[auth.ExternalKey]uuid.UUID{{Source: "django", ID: has.External.ID}: u.ID},
			Identities: map[auth.IdentityKey]uuid.UUID{key: u.ID}, Credentials: map[string]uuid.UUID{string(passkey.CredentialID): u.ID},
			Handles: map[string]uuid.UUID{string(has.Handle): u.ID},
		}, got)
	})

	t.Run("whoever takes a key between the look and the addition has the transaction run again", func(t *testing.T) {
		first := addUser(t, s)
		tries := 0
		must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
			tries++
			u := newUser()
			if tries == 1 { // as if it had not been there when the keys were looked for
				u.Email = first.Email
			}
			return tx.Imports().AddUsers(t.Context(), []*auth.User{u}, noon)
		}))
		wantCount(t, 2, tries)
	})

	t.Run("a username that a sign-up held too long is free", func(t *testing.T) {
		signUp := newSignUp(email())
		signUp.Username = auth.Username{Name: signUp.ID.String()[24:], Key: signUp.ID.String()[24:]}
		signUp.ExpiresAt = noon.Add(time.Hour)
		must(t, s.CreateSignUp(t.Context(), signUp))
		u := newUser()
		u.Username = signUp.Username
		must(t, s.AddUsers(t.Context(), []*auth.User{u}, noon.Add(time.Hour)))
		named, err := s.UserByUsername(t.Context(), u.Username.Key)
		must(t, err)
		same(t, u, named)
	})

	t.Run("what belongs to nobody is not added", func(t *testing.T) {
		in := newBelongings(newID())
		in.Handle = nil
		want(t, auth.ErrNotFound, s.AddBelongings(t.Context(), []*auth.Belongings{in}, noon))
	})

	t.Run("events are added as one by one", func(t *testing.T) {
		u := newID()
		event := &auth.AuditEvent{ID: newID(), At: noon, Act: "account_imported", Outcome: "ok", UserID: u, Actor: "operator", Reason: "moving"}
		must(t, s.AddAuditEvents(t.Context(), []*auth.AuditEvent{event}))
		got, err := s.AuditEvents(t.Context(), u, time.Time{}, uuid.Nil, 10)
		must(t, err)
		same(t, []*auth.AuditEvent{event}, got)
	})
}
