package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("order of mail", mailOrder)
	_ = newPart("mail queue", mailQueue)
	_ = newCalls(calls{
		"Bypass": func(ctx context.Context, s rows) error { return s.Bypass(ctx, newID(), newID()) },
		"HasNewer": func(ctx context.Context, s rows) error {
			item := mail()
			item.Recipient = item.EmailKey
			_, err := s.HasNewer(ctx, item)
			return err
		},
		"QueuedMail": func(ctx context.Context, s rows) error { _, err := s.QueuedMail(ctx, uuid.Nil, 1); return err },
		"RetryNow":   func(ctx context.Context, s rows) error { _, err := s.RetryNow(ctx, uuid.Nil, noon); return err },
		"DropMail":   func(ctx context.Context, s rows) error { _, err := s.DropMail(ctx, uuid.Nil); return err },
	})
)

// addMailTo adds an item for a recipient.
func addMailTo(t *testing.T, s rows, recipient string, due time.Time) *auth.OutboxItem {
	t.Helper()
	item := mail()
	item.Recipient, item.DueAt = recipient, due
	must(t, s.AddToOutbox(t.Context(), item))
	return item
}

// hasNewer fails the test unless the answer is the one wanted.
func hasNewer(t *testing.T, s auth.Store, item *auth.OutboxItem, wanted bool) {
	t.Helper()
	again, err := s.HasNewer(t.Context(), item)
	must(t, err)
	if again != wanted {
		t.Errorf("it is owed again: %v, want %v", again, wanted)
	}
}

// mailOrder is about items of one recipient.
func mailOrder(t *testing.T, open Open) {
	holder := newID()

	t.Run("one after the other, whichever was due first, and nobody else waits", func(t *testing.T) {
		s := open(t)
		first := addMailTo(t, s, "ada", noon)
		second := addMailTo(t, s, "ada", noon.Add(-time.Hour))
		third := addMailTo(t, s, "ada", noon.Add(-time.Minute))
		other, none := addMailTo(t, s, "eve", noon), addMailTo(t, s, "", noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), first, other, none)
		wantItems(t, leaseAt(t, s, holder, noon, 10))
		must(t, s.FinishOutbox(t.Context(), first.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon, 10), second)
		must(t, s.AbandonOutbox(t.Context(), second.ID, holder, noon, "550"))
		wantItems(t, leaseAt(t, s, holder, noon, 10), third)
	})

	t.Run("an item that is to be tried again is waited for", func(t *testing.T) {
		s := open(t)
		first, second := addMailTo(t, s, "ada", noon), addMailTo(t, s, "ada", noon)
		leaseAt(t, s, holder, noon, 10)
		must(t, s.RetryOutbox(t.Context(), first.ID, holder, noon.Add(time.Minute), "451"))
		wantItems(t, leaseAt(t, s, holder, noon.Add(time.Minute-time.Microsecond), 10))
		wantItems(t, leaseAt(t, s, holder, noon.Add(time.Minute), 10), first)
		must(t, s.FinishOutbox(t.Context(), first.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon.Add(time.Minute), 10), second)
	})

	t.Run("an item that is aside is not waited for, and waits for none", func(t *testing.T) {
		s := open(t)
		first, second := addMailTo(t, s, "ada", noon), addMailTo(t, s, "ada", noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), first)
		want(t, auth.ErrNotFound, s.Bypass(t.Context(), first.ID, newID()))
		want(t, auth.ErrNotFound, s.Bypass(t.Context(), second.ID, holder))
		must(t, s.Bypass(t.Context(), first.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon, 10), second)
		must(t, s.Bypass(t.Context(), second.ID, holder))
		for _, item := range []*auth.OutboxItem{first, second} {
			must(t, s.RetryOutbox(t.Context(), item.ID, holder, noon, "panic"))
		}
		wantItems(t, leaseAt(t, s, holder, noon, 10), first, second)
	})

	t.Run("low-priority items have a line of their own, in which no other waits", func(t *testing.T) {
		s := open(t)
		lowPriority := func() *auth.OutboxItem {
			item := mail()
			item.Recipient, item.LowPriority = "ada", true
			must(t, s.AddToOutbox(t.Context(), item))
			return item
		}
		first, second := lowPriority(), lowPriority()
		reset := addMailTo(t, s, "ada", noon)
		notice := addMailTo(t, s, "ada", noon)
		got := leaseAt(t, s, holder, noon, 10)
		wantItems(t, got, first, reset)
		if !got[0].LowPriority || got[1].LowPriority {
			t.Error("got another priority, want it as stored")
		}
		must(t, s.FinishOutbox(t.Context(), reset.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon, 10), notice)
		must(t, s.FinishOutbox(t.Context(), first.ID, holder))
		wantItems(t, leaseAt(t, s, holder, noon, 10), second)
	})

	t.Run("however many wait behind one, a look passes over them once and finds what can go", func(t *testing.T) {
		s := open(t)
		first := addMailTo(t, s, "ada", noon.Add(-time.Hour))
		wantItems(t, leaseAt(t, s, holder, noon.Add(-time.Hour), 10), first)
		must(t, s.RetryOutbox(t.Context(), first.ID, holder, noon.Add(15*time.Minute), "451"))
		var behind []*auth.OutboxItem
		must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
			for range 1200 {
				behind = append(behind, addMailTo(t, inside(t, tx), "ada", noon.Add(-time.Minute)))
			}
			return nil
		}))
		other := addMailTo(t, s, "eve", noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), other)
		must(t, s.FinishOutbox(t.Context(), other.ID, holder))
		depth, err := s.OutboxDepth(t.Context(), noon)
		must(t, err)
		if depth.Due != 0 || depth.Waiting != 1201 {
			t.Errorf("the next look finds %d, and %d wait", depth.Due, depth.Waiting)
		}

		later := noon.Add(15 * time.Minute)
		wantItems(t, leaseAt(t, s, holder, later, 10), first)
		must(t, s.FinishOutbox(t.Context(), first.ID, holder))
		wantItems(t, leaseAt(t, s, holder, later, 10), behind[0])
		must(t, s.AbandonOutbox(t.Context(), behind[0].ID, holder, later, "550"))
		wantItems(t, leaseAt(t, s, holder, later, 10), behind[1])
		must(t, s.Bypass(t.Context(), behind[1].ID, holder))
		wantItems(t, leaseAt(t, s, holder, later, 10), behind[2])

		_, err = s.DropMail(t.Context(), behind[2].ID) // which makes nobody due
		must(t, err)
		wantItems(t, leaseAt(t, s, holder, later.Add(time.Minute), 10), behind[1], behind[3])
	})

	t.Run("many who lease at once get no two items of one recipient", func(t *testing.T) {
		s := open(t)
		for range 10 {
			addMailTo(t, s, "ada", noon)
		}
		leased, errs := atOnce(5, func(int) ([]*auth.OutboxItem, error) {
			return s.LeaseOutbox(t.Context(), newID(), noon, noon.Add(time.Minute), 3)
		})
		total := 0
		for i, items := range leased {
			must(t, errs[i])
			total += len(items)
		}
		if total != 1 {
			t.Errorf("%d items were leased, want 1", total)
		}
	})

	t.Run("only a newer item of the same kind, recipient and client is the same one owed again", func(t *testing.T) {
		s := open(t)
		item := addMailTo(t, s, "ada", noon)
		other := mail()
		other.Recipient, other.Job = "ada", auth.JobConfirmation
		must(t, s.AddToOutbox(t.Context(), other))
		addMailTo(t, s, "eve", noon)
		strangers := mail()
		strangers.Recipient, strangers.IPAddress = "ada", "2001:db8::bad"
		must(t, s.AddToOutbox(t.Context(), strangers))
		nobodys, _ := addMailTo(t, s, "", noon), addMailTo(t, s, "", noon)
		hasNewer(t, s, item, false)
		hasNewer(t, s, nobodys, false)

		newer := addMailTo(t, s, "ada", noon)
		hasNewer(t, s, item, true)
		hasNewer(t, s, newer, false)

		for _, done := range []*auth.OutboxItem{item, other, strangers} { // until it is the newer one's turn
			leaseAt(t, s, holder, noon, 10)
			must(t, s.FinishOutbox(t.Context(), done.ID, holder))
		}
		leaseAt(t, s, holder, noon, 10)
		hasNewer(t, s, item, true)
		must(t, s.AbandonOutbox(t.Context(), newer.ID, holder, noon, "550"))
		hasNewer(t, s, item, false)
	})
}

// mailQueue is the outbox as operators have it.
func mailQueue(t *testing.T, open Open) {
	holder := newID()
	list := func(t *testing.T, s auth.Store) []*auth.QueuedMail {
		t.Helper()
		all, err := s.QueuedMail(t.Context(), uuid.Nil, 100)
		must(t, err)
		return all
	}

	t.Run("everything is listed, in order and in pages", func(t *testing.T) {
		s := open(t)
		waiting := addMailTo(t, s, "ada", noon)
		givenUp := addMailTo(t, s, "eve", noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), waiting, givenUp)
		must(t, s.AbandonOutbox(t.Context(), givenUp.ID, holder, noon, "550 5.1.1 (address)"))

		got := list(t, s)
		if len(got) != 2 {
			t.Fatalf("%d items are listed", len(got))
		}
		waiting.Attempts, givenUp.Attempts = 1, 1
		same(t, &auth.QueuedMail{OutboxItem: *waiting, LeasedUntil: noon.Add(10 * time.Second)}, got[0])
		same(t, &auth.QueuedMail{OutboxItem: *givenUp, AbandonedAt: noon, Reason: "550 5.1.1 (address)"}, got[1])

		page, err := s.QueuedMail(t.Context(), waiting.ID, 1)
		must(t, err)
		same(t, got[1:], page)
		none, err := s.QueuedMail(t.Context(), uuid.Nil, 0)
		must(t, err)
		if len(none) != 0 {
			t.Errorf("%d items are listed with a limit of none", len(none))
		}
	})

	t.Run("a retried item is due and untried, and what is held is left alone", func(t *testing.T) {
		s := open(t)
		givenUp, later, held := addMail(t, s, noon), addMail(t, s, noon), addMail(t, s, noon)
		wantItems(t, leaseAt(t, s, holder, noon, 10), givenUp, later, held)
		must(t, s.AbandonOutbox(t.Context(), givenUp.ID, holder, noon, "550"))
		must(t, s.RetryOutbox(t.Context(), later.ID, holder, noon.Add(time.Hour), "451"))
		hurry := func(id uuid.UUID, at time.Time, wanted int) {
			t.Helper()
			n, err := s.RetryNow(t.Context(), id, at)
			must(t, err)
			wantCount(t, wanted, n)
		}
		now := noon.Add(time.Second)
		hurry(newID(), now, 0)
		hurry(held.ID, now, 0)
		hurry(givenUp.ID, now, 1)
		got := leaseAt(t, s, holder, now, 10)
		wantItems(t, got, givenUp)
		givenUp.Attempts, givenUp.DueAt = 1, now
		same(t, givenUp, got[0])
		hurry(uuid.Nil, now, 1)
		wantItems(t, leaseAt(t, s, holder, now, 10), later)
		hurry(uuid.Nil, noon.Add(time.Hour), 3) // of dead workers
		for _, item := range list(t, s) {
			if item.Attempts != 0 || item.Reason != "" || !item.LeasedUntil.IsZero() || !item.AbandonedAt.IsZero() {
				t.Errorf("%+v is not as new", item)
			}
		}
	})

	t.Run("a dropped item is gone, and who held it has lost it", func(t *testing.T) {
		s := open(t)
		item, other := addMail(t, s, noon), addMail(t, s, noon)
		leaseAt(t, s, holder, noon, 10)
		ofUser := item.UserID
		drop := func(id uuid.UUID, wanted int) {
			t.Helper()
			users, err := s.DropMail(t.Context(), id)
			must(t, err)
			wantCount(t, wanted, len(users))
			for _, user := range users {
				if user != ofUser {
					t.Errorf("got a dropped item of the user %v, want %v", user, ofUser)
				}
			}
		}
		drop(newID(), 0)
		drop(item.ID, 1)
		want(t, auth.ErrNotFound, s.FinishOutbox(t.Context(), item.ID, holder))
		if left := list(t, s); len(left) != 1 || left[0].ID != other.ID {
			t.Errorf("%d items are left", len(left))
		}
		notice := mail()
		notice.UserID = newID()
		must(t, s.AddToOutbox(t.Context(), notice))
		drop(other.ID, 1)
		ofUser = notice.UserID
		drop(uuid.Nil, 1)
		if left := list(t, s); len(left) != 0 {
			t.Errorf("%d items are left", len(left))
		}
	})
}
