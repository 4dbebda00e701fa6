package mail_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/mail"
)

// nowhere is a sender that says yes.
var nowhere = senderFunc(func(context.Context, *mail.Message) error { return nil })

func TestInbox(t *testing.T) {
	t.Parallel()
	message := func(i int) *mail.Message { return &mail.Message{ID: fmt.Sprintf("%03d@acme.test", i)} }
	fill := func(t *testing.T, inbox *mail.Inbox, mails int) {
		t.Helper()
		for i := range mails {
			if err := inbox.Send(t.Context(), message(i)); err != nil {
				t.Fatal(err)
			}
		}
	}

	t.Run("keeps what was sent, the newest first", func(t *testing.T) {
		sent := 0
		inbox := mail.NewInbox(senderFunc(func(context.Context, *mail.Message) error { sent++; return nil }))
		fill(t, inbox, 3)
		got := inbox.Messages()
		if sent != 3 || len(got) != 3 || got[0].ID != message(2).ID || got[2].ID != message(0).ID {
			t.Errorf("%d were sent, and the inbox has %v", sent, got)
		}
	})

	t.Run("keeps nothing that was not sent", func(t *testing.T) {
		failure := errors.New("no")
		inbox := mail.NewInbox(senderFunc(func(context.Context, *mail.Message) error { return failure }))
		if err := inbox.Send(t.Context(), message(0)); !errors.Is(err, failure) || len(inbox.Messages()) != 0 {
			t.Errorf("error %v, and the inbox has %v", err, inbox.Messages())
		}
	})

	t.Run("keeps the last 200", func(t *testing.T) {
		inbox := mail.NewInbox(nowhere)
		fill(t, inbox, 205)
		got := inbox.Messages()
		if len(got) != 200 || got[0].ID != message(204).ID || got[199].ID != message(5).ID {
			t.Errorf("it has %d, from %v to %v", len(got), got[0], got[len(got)-1])
		}
	})

	t.Run("is not changed with what was sent", func(t *testing.T) {
		inbox, m := mail.NewInbox(nowhere), message(0)
		if err := inbox.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		m.Subject = "something else"
		if got := inbox.Messages()[0].Subject; got != "" {
			t.Errorf("it has %q", got)
		}
	})

	t.Run("tells of each arrival whoever waits", func(t *testing.T) {
		inbox := mail.NewInbox(nowhere)
		first := inbox.Arrived()
		select {
		case <-first:
			t.Fatal("nothing has arrived yet")
		default:
		}
		fill(t, inbox, 1)
		<-first
		select {
		case <-inbox.Arrived():
			t.Fatal("nothing more has arrived")
		default:
		}
	})

	t.Run("can be filled and read at once", func(t *testing.T) {
		inbox := mail.NewInbox(nowhere)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { fill(t, inbox, 100) })
			all.Go(func() {
				for range 100 {
					_ = inbox.Arrived()
					_ = inbox.Messages()
				}
			})
		}
		all.Wait()
		if n := len(inbox.Messages()); n != 200 {
			t.Errorf("it has %d", n)
		}
	})
}
