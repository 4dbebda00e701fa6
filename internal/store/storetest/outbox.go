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
	_ = newPart("outbox", outbox)
	_ = newCalls(calls{
		"AddToOutbox": func(ctx context.Context, s rows) error { return s.AddToOutbox(ctx, mail()) },
		"LeaseOutbox": func(ctx context.Context, s rows) error {
			_, err := s.LeaseOutbox(ctx, newID(), noon, noon, 1)
			return err
		},
		"RenewLease":    func(ctx context.Context, s rows) error { return s.RenewLease(ctx, newID(), newID(), noon) },
		"FinishOutbox":  func(ctx context.Context, s rows) error { return s.FinishOutbox(ctx, newID(), newID()) },
		"RetryOutbox":   func(ctx context.Context, s rows) error { return s.RetryOutbox(ctx, newID(), newID(), noon, "") },
		"AbandonOutbox": func(ctx context.Context, s rows) error { return s.AbandonOutbox(ctx, newID(), newID(), noon, "") },
	})
)

// mail is the job of the tests, to be done at noon.
func mail() *auth.OutboxItem {
	return &auth.OutboxItem{
		ID: newID(), Job: auth.JobPasswordReset, EmailKey: "ada@example.org", CreatedAt: noon.Add(-time.Second), DueAt: noon,
	}
}

func addMail(t *testing.T, s auth.Store, due time.Time) *auth.OutboxItem {
	t.Helper()
	item := mail()
	item.DueAt = due
	must(t, s.AddToOutbox(t.Context(), item))
	return item
}

// leaseAt leases to holder for ten seconds.
func leaseAt(t *testing.T, s rows, holder uuid.UUID, now time.Time, limit int) []*auth.OutboxItem {
	t.Helper()
	items, err := s.LeaseOutbox(t.Context(), holder, now, now.Add(10*time.Second), limit)
	must(t, err)
	return items
}

// wantItems fails the test unless the items are these, in this order.
func wantItems(t *testing.T, got []*auth.OutboxItem, wanted ...*auth.OutboxItem) {
	t.Helper()
	if diff := cmp.Diff(ids(wanted, itemID), ids(got, itemID)); diff != "" {
		t.Fatalf("other items were leased (-want +got):\n%s", diff)
	}
}

func outbox(t *testing.T, open Open) {
	holder, other := newID(), newID()

	t.Run("an item comes back as it was added, with the attempt counted", func(t *testing.T) {
		s := open(t)
		first, second := mail(), mail()
		second.EmailKey, second.UserID, second.SignUpID, second.RequestID = "", newID(), newID(), uuid.New()
		second.IPAddress, second.Device = "2001:db8::1", "Firefox on Android"
		second.ChangeID, second.Address = newID(), "Ada@Example.org"
		second.RedirectURL = "https://app.example/a?x=%C3%A9"
		second.Password = auth.PasswordWrong
		must(t, s.AddToOutbox(t.Context(), first))
		must(t, s.AddToOutbox(t.Context(), second))
		got := leaseAt(t, s, holder, noon, 10)
		wantItems(t, got, first, second)
		first.Attempts, second.Attempts = 1, 1
		same(t, first, got[0])
		same(t, second, got[1])
	})

	t.Run("what is due is leased, the longest due first, and no more than the limit", func(t *testing.T) {
		s := open(t)
		wantItems(t, leaseAt(t, s, holder, noon, 10))
		late := addMail(t, s, noon.Add(2*time.Microsecond))
		early := addMail(t, s, noon.Add(-time.Hour))
		// Digits that end in zeros have a shorter text, and the order must not go by it.
		middle := addMail(t, s, noon.Truncate(time.Second))
		sooner := addMail(t, s, noon.Truncate(time.Millisecond))
		wantItems(t, leaseAt(t, s, holder, noon, 0))
		wantItems(t, leaseAt(t, s, holder, noon, 2), early, middle)
		wantItems(t, leaseAt(t, s, holder, noon, 2), sooner)
		wantItems(t, leaseAt(t, s, holder, noon.Add(time.Microsecond), 2))
		wantItems(t, leaseAt(t, s, holder, noon.Add(2*time.Microsecond), 2), late)
	})

	t.Run("a leased item is nobody else's until the lease ends, and then the former holder has lost it", func(t *testing.T) {
		s := open(t)
		item := addMail(t, s, noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), item)
		wantItems(t, leaseAt(t, s, other, noon.Add(10*time.Second-time.Microsecond), 10))

		got := leaseAt(t, s, other, noon.Add(10*time.Second), 10)
		wantItems(t, got, item)
		if got[0].Attempts != 2 {
			t.Errorf("%d attempts were counted, want 2", got[0].Attempts)
		}

		want(t, auth.ErrNotFound, s.RenewLease(t.Context(), item.ID, holder, noon.Add(time.Hour)))
		want(t, auth.ErrNotFound, s.RetryOutbox(t.Context(), item.ID, holder, noon, "no"))
		want(t, auth.ErrNotFound, s.AbandonOutbox(t.Context(), item.ID, holder, noon, "no"))
		want(t, auth.ErrNotFound, s.FinishOutbox(t.Context(), item.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon.Add(20*time.Second-time.Microsecond), 10))
		must(t, s.FinishOutbox(t.Context(), item.ID, other))
	})

	t.Run("an expired lease that nobody else took is still the holder's", func(t *testing.T) {
		s := open(t)
		item := addMail(t, s, noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), item)
		must(t, s.RenewLease(t.Context(), item.ID, holder, noon.Add(time.Hour)))
		wantItems(t, leaseAt(t, s, other, noon.Add(time.Hour-time.Microsecond), 10))
		wantItems(t, leaseAt(t, s, other, noon.Add(time.Hour), 10), item)
	})

	t.Run("a finished item is gone", func(t *testing.T) {
		s := open(t)
		item, stays := addMail(t, s, noon), addMail(t, s, noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), item, stays)
		must(t, s.FinishOutbox(t.Context(), item.ID, holder))
		want(t, auth.ErrNotFound, s.FinishOutbox(t.Context(), item.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon.Add(time.Hour), 10), stays)
	})

	t.Run("an item given back is free at once and due when it was said", func(t *testing.T) {
		s := open(t)
		item := addMail(t, s, noon)
		leaseAt(t, s, holder, noon, 10)
		must(t, s.RetryOutbox(t.Context(), item.ID, holder, noon.Add(2*time.Second), "451 try again"))
		want(t, auth.ErrNotFound, s.RetryOutbox(t.Context(), item.ID, holder, noon, "again"))
		wantItems(t, leaseAt(t, s, other, noon.Add(2*time.Second-time.Microsecond), 10))
		got := leaseAt(t, s, other, noon.Add(2*time.Second), 10)
		wantItems(t, got, item)
		item.Attempts, item.DueAt = 2, noon.Add(2*time.Second)
		same(t, item, got[0])
	})

	t.Run("an abandoned item is never leased again", func(t *testing.T) {
		s := open(t)
		item := addMail(t, s, noon)
		leaseAt(t, s, holder, noon, 10)
		must(t, s.AbandonOutbox(t.Context(), item.ID, holder, noon, "550 no such user"))
		wantItems(t, leaseAt(t, s, other, noon.AddDate(10, 0, 0), 10))
		want(t, auth.ErrNotFound, s.RenewLease(t.Context(), item.ID, holder, noon.Add(time.Hour)))
		want(t, auth.ErrNotFound, s.FinishOutbox(t.Context(), item.ID, holder))
	})

	t.Run("nobody can finish what was never leased", func(t *testing.T) {
		s := open(t)
		item := addMail(t, s, noon)
		for _, holder := range []uuid.UUID{holder, uuid.Nil} {
			want(t, auth.ErrNotFound, s.FinishOutbox(t.Context(), item.ID, holder))
			want(t, auth.ErrNotFound, s.RenewLease(t.Context(), item.ID, holder, noon))
		}
		wantItems(t, leaseAt(t, s, holder, noon, 10), item)
	})

	t.Run("an item outlives whom it is about", func(t *testing.T) {
		s := open(t)
		item, signUp := mail(), addSignUp(t, s, email())
		item.SignUpID = signUp.ID
		must(t, s.AddToOutbox(t.Context(), item))
		_, err := s.TakeSignUps(t.Context(), signUp.Email.Canonical)
		must(t, err)
		wantItems(t, leaseAt(t, s, holder, noon, 10), item)
	})
}
