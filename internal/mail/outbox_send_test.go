package mail_test

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

func TestOutboxSends(t *testing.T) {
	t.Parallel()
	t.Run("at once when woken", func(t *testing.T) {
		server := smtptest.New(t)
		inOffice(t, func(o *office) {
			box, stop := o.open(newSMTP(t, server.URL()), resets)
			o.pass(0) // it has looked and found nothing
			o.owe(1, 0)
			box.Wake()
			o.pass(0)
			wantSMTP(t, server, 1)
			stop()
			if _, _, finished, _, _ := o.store.counts(); finished != 1 {
				t.Errorf("%d items finished", finished)
			}
		})
	})

	t.Run("within about a second when nobody wakes it", func(t *testing.T) {
		server := smtptest.New(t)
		inOffice(t, func(o *office) {
			_, stop := o.open(newSMTP(t, server.URL()), resets)
			o.pass(0)
			o.owe(1, 0)
			o.pass(1300 * time.Millisecond)
			wantSMTP(t, server, 1)
			stop()
		})
	})

	t.Run("many, without waiting in between", func(t *testing.T) {
		server := smtptest.New(t)
		inOffice(t, func(o *office) {
			o.owe(25, 0)
			_, stop := o.open(newSMTP(t, server.URL()), resets)
			o.pass(0)
			wantSMTP(t, server, 25)
			stop()
		})
	})

	t.Run("several at once, so that a slow one holds nobody up", func(t *testing.T) {
		inOffice(t, func(o *office) {
			box := &letterbox{before: pause(20 * time.Second)}
			o.owe(4, 0)
			_, stop := o.open(box, resets)
			o.pass(21 * time.Second)
			box.wantEach(t, 4)
			stop()
		})
	})

	t.Run("each mail once when two share the queue", func(t *testing.T) {
		server := smtptest.New(t)
		inOffice(t, func(o *office) {
			o.owe(30, 0)
			_, stop1 := o.open(newSMTP(t, server.URL()), resets)
			_, stop2 := o.open(newSMTP(t, server.URL()), resets)
			o.pass(5 * time.Second)
			wantSMTP(t, server, 30)
			stop1()
			stop2()
		})
	})

	t.Run("nothing for an item that nobody is to get a mail of", func(t *testing.T) {
		inOffice(t, func(o *office) {
			box := &letterbox{}
			o.owe(2, 0)
			_, stop := o.open(box, composerFunc(func(context.Context, *auth.OutboxItem) (*auth.Letter, error) {
				return nil, auth.ErrNoLetter
			}))
			o.pass(time.Minute)
			stop()
			box.wantEach(t, 0)
			if _, _, finished, retried, _ := o.store.counts(); finished != 2 || retried != 0 {
				t.Errorf("%d finished, %d retried", finished, retried)
			}
			if log := o.log.String(); log != "" {
				t.Errorf("the log says %s", log)
			}
		})
	})

	t.Run("nothing more often than it has to look", func(t *testing.T) {
		inOffice(t, func(o *office) {
			_, stop := o.open(&letterbox{}, resets)
			o.pass(time.Minute)
			stop()
			if looks, _, _, _, _ := o.store.counts(); looks < 45 || looks > 85 {
				t.Errorf("it looked %d times in a minute", looks)
			}
		})
	})
}

func TestOutboxLeases(t *testing.T) {
	t.Parallel()
	t.Run("what a dead worker left is sent when its lease ends, and not before", func(t *testing.T) {
		server := smtptest.New(t)
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			dead := newID()
			if _, err := o.store.LeaseOutbox(o.t.Context(), dead, time.Now(), time.Now().Add(10*time.Second), 1); err != nil {
				t.Fatal(err)
			}
			_, stop := o.open(newSMTP(t, server.URL()), resets)
			o.pass(9 * time.Second)
			wantSMTP(t, server, 0)
			o.pass(3 * time.Second)
			wantSMTP(t, server, 1)
			stop()
		})
	})

	t.Run("a mail that takes long stays with its worker", func(t *testing.T) {
		inOffice(t, func(o *office) {
			box := &letterbox{before: pause(time.Minute)}
			o.owe(1, 0)
			_, stop1 := o.open(box, resets)
			_, stop2 := o.open(box, resets)
			o.pass(2 * time.Minute)
			box.wantEach(t, 1)
			if tries := len(box.tries()); tries != 1 {
				t.Errorf("it was tried %d times", tries)
			}
			stop1()
			stop2()
		})
	})

	t.Run("who loses the lease stops sending", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			slow := &letterbox{before: pause(time.Hour)}
			// By this clock, which is slow, each lease ends before it begins.
			_, stop1 := o.openAt(slow, resets, func() time.Time { return time.Now().Add(-time.Minute) })
			o.pass(time.Second)
			if tries := len(slow.tries()); tries != 0 {
				t.Errorf("an item was sent %d times before it was due", tries)
			}
			o.pass(time.Minute + time.Second)
			quick := &letterbox{}
			_, stop2 := o.open(quick, resets)
			o.pass(5 * time.Second)
			quick.wantEach(t, 1)
			slow.wantEach(t, 0)
			o.wantLog("another worker has taken it over", 1)
			stop1()
			stop2()
		})
	})

	t.Run("who cannot renew the lease stops sending when it ends", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			slow := &letterbox{before: pause(time.Hour)}
			_, stop1 := o.open(slow, resets)
			o.pass(time.Second)
			o.store.setDown(true)
			o.pass(15 * time.Second)
			o.wantLog("another worker has taken it over", 1)
			slow.wantEach(t, 0)
			stop1()

			o.store.setDown(false)
			quick := &letterbox{}
			_, stop2 := o.open(quick, resets)
			o.pass(0)
			quick.wantEach(t, 1)
			stop2()
		})
	})
}
