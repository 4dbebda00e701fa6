package mail_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// pause returns what makes a letterbox slow, unless it is told to stop.
func pause(d time.Duration) func(context.Context, *mail.Message) error {
	return func(ctx context.Context, _ *mail.Message) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func failing(err error) func(context.Context, *mail.Message) error {
	return func(context.Context, *mail.Message) error { return err }
}

func TestOutboxRetries(t *testing.T) {
	t.Parallel()
	t.Run("a 4xx answer after about two seconds", func(t *testing.T) {
		server := smtptest.New(t)
		server.FailNext(1, 451)
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			_, stop := o.open(newSMTP(t, server.URL()), resets)
			o.pass(1900 * time.Millisecond)
			wantSMTP(t, server, 0)
			o.pass(2 * time.Second)
			wantSMTP(t, server, 1)
			stop()
			if got := o.store.reasons(); len(got) != 1 || got[0] != "RCPT TO: the mail server answered 451 4.1.1 (address)" {
				t.Errorf("the reasons are %q", got)
			}
		})
	})

	t.Run("longer and longer, up to a quarter of an hour", func(t *testing.T) {
		inOffice(t, func(o *office) {
			ids := make([]uuid.UUID, 40) // by the number of earlier attempts
			for attempts := range ids {
				ids[attempts] = newID()
				item := &auth.OutboxItem{
					ID: ids[attempts], Job: auth.JobPasswordReset, EmailKey: "ada@example.test",
					CreatedAt: time.Now(), DueAt: time.Now(), Attempts: attempts,
				}
				if err := o.store.AddToOutbox(o.t.Context(), item); err != nil {
					o.t.Fatal(err)
				}
			}
			_, stop := o.open(&letterbox{before: failing(errors.New("no answer"))}, resets)
			o.pass(0)
			stop()

			longest := 2 * time.Second
			for attempts, id := range ids {
				shortest := longest / 2
				if attempts == 0 {
					shortest = longest // the first is said to the second
				}
				if after := o.store.after[id]; after < shortest || after > longest {
					t.Errorf("after %d attempts it waits %s, want %s to %s", attempts+1, after, shortest, longest)
				}
				longest = min(2*longest, 15*time.Minute)
			}
			o.wantLog("level=ERROR", 0)
		})
	})

	t.Run("until it is two days old, and then gives up, telling nobody the address", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 48*time.Hour-time.Minute)
			answer := "no answer from ada@example.test\r\nabout https://acme.test/?token=" + token + " (" + token + ")"
			box := &letterbox{before: failing(errors.New(answer))}
			_, stop := o.open(box, resets)
			o.pass(10 * time.Minute)
			stop()

			tries := box.tries()
			if n, last := len(tries), tries[len(tries)-1].Sub(tries[0]); n < 5 || last < time.Minute || last > 3*time.Minute {
				t.Errorf("there were %d tries, the last after %s", n, last)
			}
			if _, _, _, retried, abandoned := o.store.counts(); retried != len(tries)-1 || abandoned != 1 {
				t.Errorf("%d retried, %d abandoned", retried, abandoned)
			}
			if got := o.store.reasons()[0]; got != "no answer from … about … (…" {
				t.Errorf("a reason is %q", got)
			}
			o.wantLog("level=ERROR", 1)
			o.wantLog("given up", 1)
		})
	})

	t.Run("everything when the mail server comes back", func(t *testing.T) {
		server, gone := smtptest.New(t), smtptest.New(t)
		if err := gone.Close(); err != nil {
			t.Fatal(err)
		}
		inOffice(t, func(o *office) {
			o.owe(8, 0)
			back := time.Now().Add(5 * time.Minute)
			_, stop := o.open(newSMTP(t, server.URL(), mail.WithDial(func(ctx context.Context, network, address string) (net.Conn, error) {
				if time.Now().Before(back) {
					return gone.Dial(ctx, network, address)
				}
				return server.Dial(ctx, network, address)
			})), resets)
			o.pass(4 * time.Minute)
			wantSMTP(t, server, 0)
			o.pass(10 * time.Minute)
			wantSMTP(t, server, 8)
			o.wantLog("given up", 0)
			stop()
		})
	})

	t.Run("a mail that could not be composed, however old", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 100*time.Hour)
			box, fine := &letterbox{}, time.Now().Add(5*time.Second)
			_, stop := o.open(box, composerFunc(func(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
				if time.Now().Before(fine) {
					return nil, errors.New("find user: connection refused")
				}
				return resets(ctx, item)
			}))
			o.pass(time.Minute)
			stop()
			box.wantEach(t, 1)
			if _, _, _, retried, abandoned := o.store.counts(); retried == 0 || abandoned != 0 {
				t.Errorf("%d retried, %d abandoned", retried, abandoned)
			}
		})
	})
}

func TestOutboxGivesUp(t *testing.T) {
	t.Parallel()
	t.Run("at once on a 5xx answer, keeping its codes", func(t *testing.T) {
		server := smtptest.New(t)
		server.FailNext(1, 550)
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			_, stop := o.open(newSMTP(t, server.URL()), resets)
			o.pass(time.Minute)
			stop()
			wantSMTP(t, server, 0)
			if got := o.store.reasons(); len(got) != 1 || got[0] != "RCPT TO: the mail server answered 550 5.1.1 (address)" {
				t.Errorf("the reasons are %q", got)
			}
			o.wantLog("level=ERROR", 1)
			o.wantLog("errand=password_reset", 1)
			o.wantLog("item=0", 1)
		})
	})

	t.Run("on what nobody can render after two days, while others go out", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 49*time.Hour)
			o.owe(3, 0)
			box := &letterbox{}
			_, stop := o.open(box, composerFunc(func(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
				l, err := resets(ctx, item)
				if strings.HasPrefix(item.EmailKey, "user1@") {
					l.Kind = "poison"
				}
				return l, err
			}))
			o.pass(time.Second)
			stop()
			box.wantEach(t, 3)
			if _, _, finished, _, abandoned := o.store.counts(); finished != 3 || abandoned != 1 {
				t.Errorf("%d finished, %d abandoned", finished, abandoned)
			}
		})
	})

	t.Run("on no mail but the one that panics", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(6, 0)
			box := &letterbox{before: func(_ context.Context, m *mail.Message) error {
				if strings.HasPrefix(m.To, "user1@") {
					panic("cannot send " + m.Text.Reveal())
				}
				return nil
			}}
			_, stop := o.open(box, composerFunc(func(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
				if strings.HasPrefix(item.EmailKey, "user2@") {
					return nil, nil //nolint:nilnil // against the contract: rendering it panics
				}
				return resets(ctx, item)
			}))
			o.pass(time.Second)
			stop()
			box.wantEach(t, 4)
			o.wantLog("panic while it was being sent", 2)
			if _, _, finished, retried, _ := o.store.counts(); finished != 4 || retried != 2 {
				t.Errorf("%d finished, %d retried", finished, retried)
			}
		})
	})
}

func TestOutboxOutage(t *testing.T) {
	t.Parallel()
	t.Run("it waits for the store, says so once, and comes back", func(t *testing.T) {
		inOffice(t, func(o *office) {
			box := &letterbox{}
			o.owe(3, 0)
			o.store.setDown(true)
			_, stop := o.open(box, resets)
			o.pass(time.Hour)
			o.wantLog("level=ERROR", 1)
			if looks, _, _, _, _ := o.store.counts(); looks > 1000 {
				t.Errorf("it looked %d times in an hour", looks)
			}
			o.store.setDown(false)
			o.pass(7 * time.Second)
			box.wantEach(t, 3)
			o.wantLog("can be read again", 1)
			stop()
		})
	})

	t.Run("a mail that was sent is not sent again because the store was away for a moment", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			box := &letterbox{before: func(context.Context, *mail.Message) error {
				o.store.setDown(true)
				time.AfterFunc(3*time.Second, func() { o.store.setDown(false) })
				return nil
			}}
			_, stop := o.open(box, resets)
			o.pass(time.Minute)
			stop()
			box.wantEach(t, 1)
		})
	})
}

func TestOutboxStops(t *testing.T) {
	t.Parallel()
	t.Run("after the mails that are being sent, starting no other", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(10, 0)
			box := &letterbox{before: pause(8 * time.Second)}
			_, stop := o.open(box, resets)
			o.pass(time.Second)
			began := time.Now()
			stop()
			box.wantEach(t, 4)
			if took := time.Since(began); took != 7*time.Second {
				t.Errorf("it took %s", took)
			}
			if _, _, finished, _, _ := o.store.counts(); finished != 4 {
				t.Errorf("%d items finished", finished)
			}
		})
	})

	t.Run("and not much later than ten seconds, handing back what was not sent", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			box := &letterbox{before: pause(time.Hour)}
			_, stop := o.open(box, resets)
			o.pass(time.Second)
			began := time.Now()
			stop()
			if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
				t.Errorf("it took %s", took)
			}

			next := &letterbox{}
			_, stop = o.open(next, resets)
			o.pass(0)
			next.wantEach(t, 1)
			stop()
		})
	})

	t.Run("even if a sender does not, or the store is away", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			box := &letterbox{before: func(context.Context, *mail.Message) error {
				time.Sleep(time.Minute) //nolint:forbidigo // in the time of the bubble
				return nil
			}}
			_, stop := o.open(box, resets)
			o.pass(time.Second)
			o.store.setDown(true)
			began := time.Now()
			stop()
			if took := time.Since(began); took > 14*time.Second {
				t.Errorf("it took %s", took)
			}
			o.wantLog("did not stop when it was told to", 1)
			o.store.setDown(false)
			o.pass(2 * time.Minute) // for the sender to end inside of the bubble
		})
	})

	t.Run("with a mail in flight to a real server", func(t *testing.T) {
		server := smtptest.New(t)
		hang := server.Hang()
		inOffice(t, func(o *office) {
			o.owe(1, 0)
			_, stop := o.open(newSMTP(t, server.URL()), resets)
			<-hang.Reached
			stopped := make(chan struct{})
			go func() { stop(); close(stopped) }()
			hang.Release()
			<-stopped
			wantSMTP(t, server, 1)
			if _, _, finished, _, _ := o.store.counts(); finished != 1 {
				t.Errorf("%d items finished", finished)
			}
		})
	})
}

// TestOutboxBounds looks at each bound and at one step before it.
func TestOutboxBounds(t *testing.T) {
	for name, c := range map[string]struct {
		age                time.Duration
		retried, abandoned int
	}{
		"an email of two days is given up":                {48 * time.Hour, 0, 1},
		"one that is a moment younger is tried once more": {48*time.Hour - time.Microsecond, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, func(o *office) {
				o.owe(1, c.age)
				_, stop := o.open(&letterbox{before: failing(errors.New("no answer"))}, resets)
				o.pass(0) // one attempt, which takes no time
				stop()
				if _, _, _, retried, abandoned := o.store.counts(); retried != c.retried || abandoned != c.abandoned {
					t.Errorf("got %d retried and %d abandoned, want %d and %d", retried, abandoned, c.retried, c.abandoned)
				}
			})
		})
	}

	for name, c := range map[string]struct {
		before int // attempts
		sent   []string
	}{
		"one that was refused for the fourth time holds up the next": {3, nil},
		"for the fifth time it is bypassed":                          {4, []string{"fine"}},
	} {
		t.Run(name, func(t *testing.T) {
			inOffice(t, func(o *office) {
				item := &auth.OutboxItem{
					ID: newID(), Job: "refused", EmailKey: "ada@example.test", Recipient: "ada@example.test",
					CreatedAt: time.Now(), DueAt: time.Now(), Attempts: c.before,
				}
				if err := o.store.AddToOutbox(o.t.Context(), item); err != nil {
					o.t.Fatal(err)
				}
				o.oweTo("ada@example.test", "fine")
				cl := &clerk{send: func(job string) error {
					if job == "refused" {
						return &mail.RefusedError{Reason: "451"}
					}
					return nil
				}}
				_, stop := o.open(cl, cl)
				o.pass(100 * time.Millisecond)
				cl.wantSent(t, c.sent...)
				stop()
			})
		})
	}
}
