package mail_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// post is an outbox at work: on a real store, with a real mail server.
type post struct {
	t     *testing.T
	store auth.Store
	clock *authtest.Clock
	smtp  *smtptest.Server
	log   *lockedLog
}

// lockedLog collects what is logged, and tells when something was.
type lockedLog struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p)
	close(l.changed)
	l.changed = make(chan struct{})
	return len(p), nil
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// waitFor returns when the log has the words.
func (l *lockedLog) waitFor(t *testing.T, words string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		l.mu.Lock()
		has, changed := strings.Contains(l.text.String(), words), l.changed
		l.mu.Unlock()
		if has {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("the log never says %q:\n%s", words, l)
		}
	}
}

// canary is in every token: it must not be in a log.
const canary = "canary"

// composer makes a letter of every item; what it is told to fail, it fails.
type composer struct {
	mu     sync.Mutex
	calls  int
	refuse func(call int, item *auth.OutboxItem) error
}

func (c *composer) Compose(_ context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if c.refuse != nil {
		if err := c.refuse(c.calls, item); err != nil {
			return nil, err
		}
	}
	return &auth.Letter{
		Kind: auth.LetterReset, To: auth.Email{Address: item.EmailKey}, ValidFor: time.Hour,
		Token: secret.Text(fmt.Sprintf("lk_rst_%s%d", canary, c.calls)),
	}, nil
}

func newPost(t *testing.T, options ...smtptest.Option) *post {
	t.Helper()
	p := &post{t: t, store: authtest.SQLite(t), clock: authtest.NewClock(), smtp: smtptest.New(t, options...), log: &lockedLog{changed: make(chan struct{})}}
	t.Cleanup(func() {
		if text := p.log.String(); strings.Contains(text, canary) || strings.Contains(text, "@example.com") {
			t.Error("a token or an address is in the log")
		}
	})
	return p
}

func (p *post) owe(names ...string) {
	p.t.Helper()
	for _, name := range names {
		now := p.clock.Now()
		item := &auth.OutboxItem{ID: uuid.Must(uuid.NewV7()), Errand: auth.ErrandPasswordReset, EmailKey: name + "@example.com", CreatedAt: now, DueAt: now}
		if err := p.store.AddToOutbox(p.t.Context(), item); err != nil {
			p.t.Fatal(err)
		}
	}
}

// run starts an outbox, and returns what stops it.
func (p *post) run(url string, c mail.Composer, options ...mail.SMTPOption) (outbox *mail.Outbox, stop func()) {
	p.t.Helper()
	sender, err := mail.NewSMTP(secret.Text(url), options...)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.runWith(sender, c)
}

func (p *post) runWith(sender mail.Sender, c mail.Composer) (outbox *mail.Outbox, stop func()) {
	p.t.Helper()
	logger := slog.New(slog.NewTextHandler(p.log, nil))
	outbox = mail.NewOutbox(p.store, newRenderer(p.t, settings), sender, logger, p.clock.Now)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- outbox.Run(ctx, c) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			p.t.Errorf("the outbox ended with %v", err)
		}
	})
	p.t.Cleanup(stop)
	return outbox, stop
}

// leasable returns how many items anybody could still send at the time of the clock.
func (p *post) leasable() int {
	p.t.Helper()
	now := p.clock.Now()
	items, err := p.store.LeaseOutbox(p.t.Context(), uuid.New(), now, now, 100)
	if err != nil {
		p.t.Fatal(err)
	}
	return len(items)
}

func TestOutbox(t *testing.T) {
	t.Run("what is owed is sent, and no longer owed", func(t *testing.T) {
		p := newPost(t)
		p.owe("ada", "bob", "eve", "dan", "fay", "gus")
		_, stop := p.run(p.smtp.URL(), &composer{})
		p.smtp.WaitFor(t, 6)
		stop()
		if n := p.leasable(); n != 0 {
			t.Errorf("%d are still owed", n)
		}
		if n := len(p.smtp.Messages()); n != 6 {
			t.Errorf("%d were sent, want 6", n)
		}
	})

	t.Run("being woken is enough", func(t *testing.T) {
		p := newPost(t)
		outbox, _ := p.run(p.smtp.URL(), &composer{})
		p.owe("ada")
		outbox.Wake()
		outbox.Wake()
		p.smtp.WaitFor(t, 1)
	})

	t.Run("an item that nobody is to get a mail of is done with", func(t *testing.T) {
		p := newPost(t)
		p.owe("nobody", "ada")
		_, stop := p.run(p.smtp.URL(), &composer{refuse: func(_ int, item *auth.OutboxItem) error {
			if strings.HasPrefix(item.EmailKey, "nobody") {
				return auth.ErrNoLetter
			}
			return nil
		}})
		p.smtp.WaitFor(t, 1)
		stop()
		if n := p.leasable(); n != 0 {
			t.Errorf("%d are still owed", n)
		}
	})

	t.Run("a temporary refusal is tried again after 2 s, with another token", func(t *testing.T) {
		p := newPost(t)
		p.smtp.FailNext(1, 451)
		p.owe("ada")
		_, stop := p.run(p.smtp.URL(), &composer{})
		p.log.waitFor(t, "to be tried again")
		stop()
		p.clock.Advance(2*time.Second - time.Microsecond)
		if n := p.leasable(); n != 0 {
			t.Error("it is due too early")
		}
		p.clock.Advance(time.Microsecond)
		p.run(p.smtp.URL(), &composer{calls: 1})
		if got := p.smtp.WaitFor(t, 1).Token(); !strings.HasSuffix(got, "2") {
			t.Error("the token is that of the first attempt")
		}
		if text := p.log.String(); !strings.Contains(text, "451") {
			t.Errorf("the reason is not told: %s", text)
		}
	})

	t.Run("a refusal for good is given up, visibly, and holds nobody up", func(t *testing.T) {
		p := newPost(t)
		p.smtp.FailNextContent(1, 554)
		p.owe("ada")
		outbox, stop := p.run(p.smtp.URL(), &composer{})
		p.log.waitFor(t, "given up")
		p.owe("bob")
		outbox.Wake()
		p.smtp.WaitFor(t, 1)
		stop()
		p.clock.Advance(100 * 24 * time.Hour)
		if n := p.leasable(); n != 0 {
			t.Errorf("%d are still owed", n)
		}
	})

	t.Run("what cannot be sent for 48 hours is given up", func(t *testing.T) {
		p := newPost(t)
		p.owe("ada")
		p.clock.Advance(48 * time.Hour)
		p.smtp.FailNext(1, 451)
		p.run(p.smtp.URL(), &composer{})
		p.log.waitFor(t, "given up")
	})

	t.Run("what cannot be composed is never given up", func(t *testing.T) {
		p := newPost(t)
		p.owe("ada")
		p.clock.Advance(100 * time.Hour)
		_, stop := p.run(p.smtp.URL(), &composer{refuse: func(int, *auth.OutboxItem) error { return errors.New("the database is away") }})
		p.log.waitFor(t, "to be tried again")
		stop()
		p.clock.Advance(time.Hour)
		p.run(p.smtp.URL(), &composer{})
		p.smtp.WaitFor(t, 1)
	})

	t.Run("a mail that breaks the program stops only itself", func(t *testing.T) {
		p := newPost(t)
		p.owe("poison", "ada", "bob")
		p.run(p.smtp.URL(), &composer{refuse: func(_ int, item *auth.OutboxItem) error {
			if strings.HasPrefix(item.EmailKey, "poison") {
				panic("poison of " + canary)
			}
			return nil
		}})
		p.smtp.WaitFor(t, 2)
		p.log.waitFor(t, "panic")
	})

	t.Run("a server that is down and comes back gets everything", func(t *testing.T) {
		p := newPost(t)
		url, addr := p.smtp.URL(), p.smtp.Addr()
		if err := p.smtp.Close(); err != nil {
			t.Fatal(err)
		}
		p.owe("ada", "bob", "eve")
		outbox, _ := p.run(url, &composer{})
		p.log.waitFor(t, "to be tried again")
		p.smtp = smtptest.New(t, smtptest.WithAddr(addr))
		p.clock.Advance(3 * time.Second)
		outbox.Wake()
		p.smtp.WaitFor(t, 3)
	})

	t.Run("two at one queue send each mail once", func(t *testing.T) {
		p := newPost(t)
		p.run(p.smtp.URL(), &composer{})
		p.run(p.smtp.URL(), &composer{})
		for i := range 40 {
			p.owe(fmt.Sprintf("user%d", i))
		}
		p.smtp.WaitFor(t, 40)
		seen := map[string]bool{}
		for _, m := range p.smtp.Messages() {
			if seen[m.To] {
				t.Error("somebody got two")
			}
			seen[m.To] = true
		}
	})

	t.Run("what a dead worker held is sent by another when the lease is over", func(t *testing.T) {
		p := newPost(t)
		p.owe("ada")
		now := p.clock.Now()
		if items, err := p.store.LeaseOutbox(t.Context(), uuid.New(), now, now.Add(10*time.Second), 1); err != nil || len(items) != 1 {
			t.Fatalf("lease: %d, %v", len(items), err)
		}
		outbox, _ := p.run(p.smtp.URL(), &composer{})
		outbox.Wake()
		p.owe("bob")
		outbox.Wake()
		p.smtp.WaitFor(t, 1)
		if n := len(p.smtp.Messages()); n != 1 {
			t.Errorf("%d were sent while the lease held", n)
		}
		p.clock.Advance(10 * time.Second)
		outbox.Wake()
		p.smtp.WaitFor(t, 2)
	})

	t.Run("stopping waits for the mail that is being sent", func(t *testing.T) {
		p := newPost(t)
		hang := p.smtp.Hang()
		p.owe("ada")
		_, stop := p.run(p.smtp.URL(), &composer{})
		<-hang.Reached
		stopped := make(chan struct{})
		go func() { stop(); close(stopped) }()
		hang.Release()
		<-stopped
		if n := len(p.smtp.Messages()); n != 1 {
			t.Errorf("%d were sent", n)
		}
		if n := p.leasable(); n != 0 {
			t.Errorf("%d are still owed", n)
		}
	})

	t.Run("a store that is away is waited for, and told of once", func(t *testing.T) {
		p := newPost(t)
		flaky := &flakyOutbox{OutboxStore: p.store}
		flaky.down.Store(3)
		p.owe("ada")
		sender, err := mail.NewSMTP(secret.Text(p.smtp.URL()))
		if err != nil {
			t.Fatal(err)
		}
		outbox := mail.NewOutbox(flaky, newRenderer(t, settings), sender, slog.New(slog.NewTextHandler(p.log, nil)), p.clock.Now)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- outbox.Run(ctx, &composer{}) }()
		outbox.Wake()
		p.smtp.WaitFor(t, 1)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if n := strings.Count(p.log.String(), "cannot be read"); n != 1 {
			t.Errorf("it is told %d times", n)
		}
	})
}
