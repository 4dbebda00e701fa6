package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("own data", ownData)
	_ = newCalls(calls{
		"MetDevices":          func(ctx context.Context, s rows) error { _, err := s.MetDevices(ctx, newID()); return err },
		"EmailChangesOf":      func(ctx context.Context, s rows) error { _, err := s.EmailChangesOf(ctx, newID()); return err },
		"AcceptedInvitations": func(ctx context.Context, s rows) error { _, err := s.AcceptedInvitations(ctx, newID()); return err },
	})
)

func ownData(t *testing.T, open Open) {
	s := open(t)

	t.Run("a user is told of their own rows, the newest first, and of nobody else's", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		meet(t, s, u.ID, "phone", noon)
		meet(t, s, u.ID, "laptop", noon.Add(time.Hour))
		meet(t, s, other.ID, "tablet", noon)
		made := madeEmailChange(t, s, u, noon)
		waits := newEmailChange(u)
		waits.RequestedAt = noon.Add(time.Hour)
		must(t, s.StartEmailChange(t.Context(), waits))
		addEmailChange(t, s, other)
		accepted := addInvitation(t, s, uuid.Nil)
		must(t, s.AcceptInvitation(t.Context(), accepted.ID, u.ID, noon))
		accepted.TokenDigest, accepted.AcceptedAt, accepted.AcceptedBy = nil, noon, u.ID
		addInvitation(t, s, u.ID) // which the user has sent

		devices, err := s.MetDevices(t.Context(), u.ID)
		must(t, err)
		same(t, []*auth.MetDevice{{Device: "laptop", LastLoginAt: noon.Add(time.Hour)}, {Device: "phone", LastLoginAt: noon}}, devices)
		changes, err := s.EmailChangesOf(t.Context(), u.ID)
		must(t, err)
		same(t, []*auth.EmailChange{waits, made}, changes)
		invitations, err := s.AcceptedInvitations(t.Context(), u.ID)
		must(t, err)
		same(t, []*auth.Invitation{accepted}, invitations)
	})

	t.Run("who has nothing is told so", func(t *testing.T) {
		u := addUser(t, s).ID
		devices, err := s.MetDevices(t.Context(), u)
		must(t, err)
		changes, err := s.EmailChangesOf(t.Context(), u)
		must(t, err)
		invitations, err := s.AcceptedInvitations(t.Context(), u)
		must(t, err)
		wantCount(t, 0, len(devices)+len(changes)+len(invitations))
	})
}
