package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// office is an outbox with everything around it, in a bubble of testing/synctest: its clock moves
// on only while nothing else does, and a sleep is over at once.
type office struct {
	t     *testing.T
	store *watched
	queue auth.MailQueueStore
	log   *lockedBuffer
	added int
}

// inOffice runs a test in a bubble, with an empty SQLite database, and then looks whether a secret
// got into the log.
func inOffice(t *testing.T, test func(*office)) {
	synctest.Test(t, func(t *testing.T) {
		db, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "outbox.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		if _, err := db.Migrate(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		o := &office{t: t, store: &watched{OutboxStore: db, EmailStore: db}, queue: db, log: &lockedBuffer{}}
		test(o)

		for _, bad := range []string{"lk_rst_", "@example.test", "https:"} {
			if strings.Contains(o.log.String(), bad) || strings.Contains(strings.Join(o.store.reasons(), "\n"), bad) {
				t.Errorf("%q is in the log or in a reason", bad)
			}
		}
	})
}

// owe adds n items that are due, created as long ago as given.
func (o *office) owe(n int, ago time.Duration) {
	o.t.Helper()
	for range n {
		o.added++
		item := &auth.OutboxItem{
			ID:        uuid.Must(uuid.NewV7()),
			Job:       auth.JobPasswordReset,
			EmailKey:  fmt.Sprintf("user%d@example.test", o.added),
			CreatedAt: time.Now().Add(-ago),
			DueAt:     time.Now(),
		}
		if err := o.store.AddToOutbox(o.t.Context(), item); err != nil {
			o.t.Fatal(err)
		}
	}
}

// open starts an outbox; the function returned stops it and waits until it has.
func (o *office) open(sender mail.Sender, composer mail.Composer) (box *mail.Outbox, stop func()) {
	o.t.Helper()
	return o.openAt(sender, composer, time.Now)
}

func (o *office) openAt(sender mail.Sender, composer mail.Composer, now func() time.Time) (box *mail.Outbox, stop func()) {
	o.t.Helper()
	box = mail.NewOutbox(o.store, newRenderer(o.t, settings), sender, slog.New(slog.NewTextHandler(o.log, nil)), now)
	ctx, cancel := context.WithCancel(o.t.Context())
	done := make(chan error)
	go func() { done <- box.Run(ctx, composer) }()
	return box, func() {
		o.t.Helper()
		cancel()
		if err := <-done; err != nil {
			o.t.Errorf("Run returned %v", err)
		}
	}
}

// pass lets time pass, and then lets everybody finish what they are doing.
func (o *office) pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in the time of the bubble
	synctest.Wait()
}

// wantLog checks how many lines of the log have a text.
func (o *office) wantLog(text string, want int) {
	o.t.Helper()
	if got := strings.Count(o.log.String(), text); got != want {
		o.t.Errorf("the log says %q %d times, want %d", text, got, want)
	}
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mutex sync.Mutex
	b     bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.b.String()
}

// watched is a store that tells what it was asked, and that can be out of reach.
type watched struct {
	auth.OutboxStore
	auth.EmailStore
	mutex     sync.Mutex
	down      bool
	looks     int
	renewed   int
	finished  int
	retried   []string
	after     map[uuid.UUID]time.Duration // how long until the next try
	abandoned []string
}

var errDown = errors.New("connection refused")

func (w *watched) note(change func()) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	change()
	if w.down {
		return errDown
	}
	return nil
}

func (w *watched) setDown(down bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.down = down
}

func (w *watched) counts() (looks, renewed, finished, retried, abandoned int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.looks, w.renewed, w.finished, len(w.retried), len(w.abandoned)
}

func (w *watched) reasons() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return append(append([]string{}, w.retried...), w.abandoned...)
}

func (w *watched) LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	if err := w.note(func() { w.looks++ }); err != nil {
		return nil, err
	}
	return w.OutboxStore.LeaseOutbox(ctx, holder, now, until, limit)
}

func (w *watched) RenewLease(ctx context.Context, id, holder uuid.UUID, until time.Time) error {
	if err := w.note(func() { w.renewed++ }); err != nil {
		return err
	}
	return w.OutboxStore.RenewLease(ctx, id, holder, until)
}

func (w *watched) FinishOutbox(ctx context.Context, id, holder uuid.UUID) error {
	if err := w.note(func() { w.finished++ }); err != nil {
		return err
	}
	return w.OutboxStore.FinishOutbox(ctx, id, holder)
}

func (w *watched) RetryOutbox(ctx context.Context, id, holder uuid.UUID, due time.Time, reason string) error {
	err := w.note(func() {
		w.retried = append(w.retried, reason)
		if w.after == nil {
			w.after = make(map[uuid.UUID]time.Duration)
		}
		w.after[id] = time.Until(due)
	})
	if err != nil {
		return err
	}
	return w.OutboxStore.RetryOutbox(ctx, id, holder, due, reason)
}

func (w *watched) AbandonOutbox(ctx context.Context, id, holder uuid.UUID, at time.Time, reason string) error {
	if err := w.note(func() { w.abandoned = append(w.abandoned, reason) }); err != nil {
		return err
	}
	return w.OutboxStore.AbandonOutbox(ctx, id, holder, at, reason)
}

// composerFunc is a composer that is a function.
type composerFunc func(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error)

func (f composerFunc) Compose(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
	return f(ctx, item)
}

// resets composes a reset letter for the address of the item.
var resets = composerFunc(func(_ context.Context, item *auth.OutboxItem) (*auth.Letter, error) {
	l := letter(auth.LetterReset)
	l.To = address.Email{Address: item.EmailKey, Canonical: item.EmailKey}
	return l, nil
})

// letterbox is a sender that keeps what it is given, after doing as it is told.
type letterbox struct {
	before func(ctx context.Context, m *mail.Message) error // nil: nothing

	mutex sync.Mutex
	times []time.Time
	got   map[string]int // by addressee
}

func (l *letterbox) Send(ctx context.Context, m *mail.Message) error {
	l.mutex.Lock()
	l.times = append(l.times, time.Now())
	l.mutex.Unlock()
	if l.before != nil {
		if err := l.before(ctx, m); err != nil {
			return err
		}
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.got == nil {
		l.got = make(map[string]int)
	}
	l.got[m.To]++
	return nil
}

func (l *letterbox) tries() []time.Time {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return append([]time.Time{}, l.times...)
}

// wantEach checks that n addressees got one mail each.
func (l *letterbox) wantEach(t *testing.T, n int) {
	t.Helper()
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if len(l.got) != n {
		t.Errorf("%d got mail, want %d", len(l.got), n)
	}
	for _, count := range l.got {
		if count != 1 {
			t.Errorf("somebody got %d mails", count)
		}
	}
}

// wantSMTP checks that a server got n mails, each for somebody else, with its token.
func wantSMTP(t *testing.T, server *smtptest.Server, n int) {
	t.Helper()
	to := make(map[string]bool)
	for _, m := range server.Messages() {
		to[m.To] = true
		if m.Token() != token {
			t.Error("a mail came without its token")
		}
	}
	if len(to) != n || len(server.Messages()) != n {
		t.Errorf("%d mails to %d addresses, want %d", len(server.Messages()), len(to), n)
	}
}
