package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
)

// TestAnEventThatIsCommittedLateIsNotMissed has a transaction write its event first and commit last: whoever has read the
// other event in between reads this one after it. SQLite has one writer, so there it cannot be.
func TestAnEventThatIsCommittedLateIsNotMissed(t *testing.T) {
	t.Parallel()
	db := opened(t, dbtest.Postgres(t))
	event := func() *auth.Event {
		return &auth.Event{ID: uuid.Must(uuid.NewV7()), Kind: "user.signed_in", At: time.Now(), UserID: uuid.New()}
	}
	read := func(after int64) []*auth.Event {
		t.Helper()
		if _, err := db.NumberEvents(t.Context(), 10); err != nil {
			t.Fatalf("number: %v", err)
		}
		read, err := db.EventsAfter(t.Context(), after, 10)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		return read
	}

	late, early := event(), event()
	err := db.InTx(t.Context(), func(tx auth.Tx) error {
		if err := tx.Events().AddEvent(t.Context(), late); err != nil {
			return err
		}
		if err := db.AddEvent(t.Context(), early); err != nil { // beside the transaction
			return err
		}
		if got := read(0); len(got) != 1 || got[0].ID != early.ID || got[0].Number != 1 {
			t.Errorf("got %v, want the event that is committed, with the number 1", got)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	if got := read(1); len(got) != 1 || got[0].ID != late.ID || got[0].Number != 2 {
		t.Errorf("got %v, want the event that was committed late, with the number 2", got)
	}
}
