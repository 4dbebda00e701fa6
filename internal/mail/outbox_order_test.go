package mail_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

// oweTo adds an item that is due; its job names it.
func (o *office) oweTo(recipient, job string) uuid.UUID {
	o.t.Helper()
	return o.oweOld(recipient, job, 0)
}

func (o *office) oweOld(recipient, job string, age time.Duration) uuid.UUID {
	o.t.Helper()
	item := &auth.OutboxItem{
		ID: newID(), Job: auth.Job(job), EmailKey: recipient, Recipient: recipient, CreatedAt: time.Now().Add(-age), DueAt: time.Now(),
	}
	if err := o.store.AddToOutbox(o.t.Context(), item); err != nil {
		o.t.Fatal(err)
	}
	return item.ID
}

// clerk composes a reset letter for each item, greets by its job, and is a sender that notes it.
type clerk struct {
	compose func(job string) error // nil: nothing fails
	send    func(job string) error

	mutex   sync.Mutex
	sent    []string
	sending int
	most    int // sent at once
}

func (c *clerk) Compose(_ context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
	if c.compose != nil {
		if err := c.compose(string(item.Job)); err != nil {
			return nil, err
		}
	}
	l := letter(auth.LetterReset)
	l.To = address.Email{Address: item.EmailKey, Canonical: item.EmailKey}
	l.Name = string(item.Job)
	return l, nil
}

func (c *clerk) Send(ctx context.Context, m *mail.Message) error {
	c.mutex.Lock()
	c.sending++
	c.most = max(c.most, c.sending)
	c.mutex.Unlock()
	err := pause(10*time.Millisecond)(ctx, m)

	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sending--
	job := greetingOf(m)
	if err == nil && c.send != nil {
		err = c.send(job)
	}
	if err == nil {
		c.sent = append(c.sent, job)
	}
	return err
}

// greetingOf returns the name in the first line of a mail.
func greetingOf(m *mail.Message) string {
	line, _, _ := strings.Cut(m.Text.Reveal(), "\n")
	return strings.TrimSuffix(strings.TrimPrefix(line, "Hello "), ",")
}

// wantSent fails the test unless these left, in this order.
func (c *clerk) wantSent(t *testing.T, wanted ...string) {
	t.Helper()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !slices.Equal(c.sent, wanted) {
		t.Errorf("what left is %v, want %v", c.sent, wanted)
	}
}

func TestOutboxKeepsOrder(t *testing.T) {
	t.Parallel()
	t.Run("of many mails to one address, at once and without pauses", func(t *testing.T) {
		inOffice(t, func(o *office) {
			names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
			for _, name := range names {
				o.oweTo("ada@example.test", name)
			}
			c := &clerk{}
			_, stop1 := o.open(c, c)
			_, stop2 := o.open(c, c)
			o.pass(3 * time.Second) // two replicas, each of which may wait for its next look
			c.wantSent(t, names...)
			if c.most != 1 {
				t.Errorf("%d were sent at once", c.most)
			}
			stop1()
			stop2()
		})
	})

	t.Run("on one replica without waiting for the next look", func(t *testing.T) {
		inOffice(t, func(o *office) {
			for _, name := range []string{"a", "b", "c"} {
				o.oweTo("ada@example.test", name)
			}
			c := &clerk{}
			_, stop := o.open(c, c)
			o.pass(100 * time.Millisecond)
			c.wantSent(t, "a", "b", "c")
			stop()
		})
	})

	t.Run("while the mail server is away for an hour", func(t *testing.T) {
		inOffice(t, func(o *office) {
			back := time.Now().Add(time.Hour)
			c := &clerk{send: func(string) error {
				if time.Now().Before(back) {
					return errors.New("no answer")
				}
				return nil
			}}
			_, stop := o.open(c, c)
			names := []string{"a", "b", "c", "d"}
			for _, name := range names {
				o.oweTo("ada@example.test", name)
				o.oweTo(name+"@example.test", "to "+name)
				o.pass(15 * time.Minute)
			}
			o.pass(16 * time.Minute)
			var adas []string
			for _, sent := range c.sent {
				if len(sent) == 1 {
					adas = append(adas, sent)
				}
			}
			if !slices.Equal(adas, names) || len(c.sent) != 8 {
				t.Errorf("what left is %v", c.sent)
			}
			stop()
		})
	})

	t.Run("but a reset passes sign-ups by strangers, however many", func(t *testing.T) {
		inOffice(t, func(o *office) {
			for range 100 {
				item := &auth.OutboxItem{
					ID: newID(), Job: "sign-up", EmailKey: "ada@example.test", Recipient: "ada@example.test", LowPriority: true,
					CreatedAt: time.Now(), DueAt: time.Now(),
				}
				if err := o.store.AddToOutbox(o.t.Context(), item); err != nil {
					o.t.Fatal(err)
				}
			}
			o.oweTo("ada@example.test", "reset")
			c := &clerk{}
			_, stop := o.open(c, c)
			o.pass(100 * time.Millisecond)
			stop() // and now nobody else writes
			if at := slices.Index(c.sent, "reset"); at < 0 || at > 1 {
				t.Errorf("the reset left as number %d of %d", at+1, len(c.sent))
			}
		})
	})

	t.Run("but no mail waits for one that cannot be made", func(t *testing.T) {
		for name, fails := range map[string]func(job string) error{
			"its composer panics": func(string) error { panic("poison") },
			"nobody knows it":     func(string) error { return errors.New("unknown job") },
		} {
			t.Run(name, func(t *testing.T) {
				inOffice(t, func(o *office) {
					o.oweTo("ada@example.test", "poison")
					o.oweTo("ada@example.test", "fine")
					c := &clerk{compose: func(job string) error {
						if job == "poison" {
							return fails(job)
						}
						return nil
					}}
					_, stop := o.open(c, c)
					o.pass(time.Minute)
					c.wantSent(t, "fine")
					stop()
				})
			})
		}
	})

	t.Run("nor for one that the server goes on refusing for now", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.oweTo("ada@example.test", "poison")
			o.oweTo("ada@example.test", "fine")
			c := &clerk{send: func(job string) error {
				if job == "poison" {
					return &mail.RefusedError{Reason: "the content: the mail server answered 451 4.7.1"}
				}
				return nil
			}}
			_, stop := o.open(c, c)
			o.pass(6 * time.Second)
			c.wantSent(t) // it may get better
			o.pass(time.Minute)
			c.wantSent(t, "fine")
			stop()
		})
	})

	t.Run("and one that is refused for good lets the next go at once", func(t *testing.T) {
		inOffice(t, func(o *office) {
			o.oweTo("ada@example.test", "refused")
			o.oweTo("ada@example.test", "fine")
			c := &clerk{send: func(job string) error {
				if job == "refused" {
					return &mail.PermanentError{Reason: "550"}
				}
				return nil
			}}
			_, stop := o.open(c, c)
			o.pass(100 * time.Millisecond)
			c.wantSent(t, "fine")
			stop()
		})
	})

	t.Run("and a mail of yesterday that was given up is tried once when somebody retries it", func(t *testing.T) {
		inOffice(t, func(o *office) {
			id := o.oweOld("ada@example.test", "late", 72*time.Hour)
			working := false
			c := &clerk{send: func(string) error {
				if !working {
					return &mail.PermanentError{Reason: "550"}
				}
				return nil
			}}
			box, stop := o.open(c, c)
			o.pass(time.Second)
			c.wantSent(t)
			working = true
			if n, err := o.queue.RetryNow(o.t.Context(), id, time.Now()); n != 1 || err != nil {
				t.Fatalf("%d were retried (%v)", n, err)
			}
			box.Wake()
			o.pass(time.Second)
			c.wantSent(t, "late")
			stop()
		})
	})
}
