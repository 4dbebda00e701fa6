package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("outbox depth", outboxDepth)
	_ = newCalls(calls{
		"OutboxDepth": func(ctx context.Context, s rows) error { _, err := s.OutboxDepth(ctx, noon); return err },
	})
)

func outboxDepth(t *testing.T, open Open) {
	holder := newID()

	t.Run("an empty outbox has no depth", func(t *testing.T) {
		wantDepth(t, open(t), noon, auth.OutboxDepth{})
	})

	t.Run("items are counted by what becomes of them next", func(t *testing.T) {
		s := open(t)
		addMail(t, s, noon)
		addMail(t, s, noon.Add(-time.Hour))
		addMail(t, s, noon.Add(time.Microsecond))
		lost := addMail(t, s, noon.Add(-2*time.Hour))
		wantItems(t, leaseAt(t, s, holder, noon, 1), lost)
		must(t, s.AbandonOutbox(t.Context(), lost.ID, holder, noon, "550 no such user"))
		oldest := utc(noon.Add(-time.Second)) // as all of them were owed
		wantDepth(t, s, noon, auth.OutboxDepth{Due: 2, Waiting: 1, Abandoned: 1, Oldest: oldest})
		wantDepth(t, s, noon.Add(time.Second), auth.OutboxDepth{Due: 3, Abandoned: 1, Oldest: oldest})
	})

	t.Run("an item that is being sent is due still", func(t *testing.T) {
		s := open(t)
		item := addMail(t, s, noon)
		leaseAt(t, s, holder, noon, 1)
		wantDepth(t, s, noon, auth.OutboxDepth{Due: 1, Oldest: utc(item.CreatedAt)})
		must(t, s.FinishOutbox(t.Context(), item.ID, holder))
		wantDepth(t, s, noon, auth.OutboxDepth{})
	})

	t.Run("the oldest is the one owed first, and none that was abandoned", func(t *testing.T) {
		s := open(t)
		old, young := mail(), mail()
		old.CreatedAt, old.DueAt = noon.Add(-48*time.Hour), noon.Add(-time.Hour)
		must(t, s.AddToOutbox(t.Context(), young))
		must(t, s.AddToOutbox(t.Context(), old))
		wantDepth(t, s, noon, auth.OutboxDepth{Due: 2, Oldest: utc(old.CreatedAt)})
		wantItems(t, leaseAt(t, s, holder, noon, 1), old)
		must(t, s.AbandonOutbox(t.Context(), old.ID, holder, noon, "550 no such user"))
		wantDepth(t, s, noon, auth.OutboxDepth{Due: 1, Abandoned: 1, Oldest: utc(young.CreatedAt)})
	})
}

func wantDepth(t *testing.T, s auth.Store, now time.Time, want auth.OutboxDepth) {
	t.Helper()
	got, err := s.OutboxDepth(t.Context(), now)
	must(t, err)
	if got != want {
		t.Errorf("the depth is %+v, want %+v", got, want)
	}
}
