// Package authtest is for tests only: a Service on a real store with a clock that is advanced, and
// an outbox that is read. Nothing in it is a mock, and nothing sleeps.
package authtest

import (
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
)

// Clock tells the time that it was last set to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock that stands still at some moment.
func NewClock() *Clock {
	return &Clock{now: time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)}
}

// Now returns the time of the clock, in a zone that is not UTC: what takes it has to see to that.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.In(time.FixedZone("test", 5*60*60+45*60))
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// CheapParams make a hash that takes next to no time.
var CheapParams = secret.Params{MemoryKiB: 64, Passes: 1, Parallelism: 1}

// World is a Service and what it stands on.
type World struct {
	*auth.Service
	Store  auth.Store
	Clock  *Clock
	Hasher *secret.Hasher
	Key    secret.Key
	wakes  int
	mu     sync.Mutex
}

// SQLite opens a migrated SQLite database in a temporary folder.
func SQLite(t testing.TB) *store.DB {
	t.Helper()
	return open(t, dbtest.SQLite(t))
}

// Postgres opens a migrated PostgreSQL database. Without a server the test is skipped, or fails when
// LATCHKEY_TEST_POSTGRES=required.
func Postgres(t testing.TB) *store.DB {
	t.Helper()
	return open(t, dbtest.Postgres(t))
}

// Open opens the database at the URL, migrates it and closes it when the test ends.
func Open(t testing.TB, url string) *store.DB {
	t.Helper()
	db := open(t, url)
	if _, err := db.Migrate(t.Context(), nil); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}

func open(t testing.TB, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	db.EnableSessionCache(1<<20, slog.New(slog.DiscardHandler)) // as a server does
	return db
}

// New returns a world on a store. A busy machine makes its passwords wait instead of refusing them.
func New(t testing.TB, store auth.Store, config auth.Config) *World {
	t.Helper()
	return NewWithHasher(t, store, config, CheapParams, secret.WithLimits(2, 1000, time.Minute))
}

// NewWithHasher returns a world whose password hashes cost what params say, a bounded number at once.
func NewWithHasher(t testing.TB, store auth.Store, config auth.Config, params secret.Params, options ...secret.Option) *World {
	t.Helper()
	hasher, err := secret.NewHasher(params, options...)
	if err != nil {
		t.Fatalf("make hasher: %v", err)
	}
	if config.Observer == nil {
		config.Observer = tableOfActs{t}
	}
	w := &World{Store: store, Clock: NewClock(), Hasher: hasher, Key: secret.NewKey()}
	w.Service = auth.New(config, w.Key, store, hasher, w, w.Clock.Now)
	return w
}

// Mandatory is the configuration that a deployment has unless it says otherwise.
var Mandatory = auth.Config{Registration: auth.RegistrationOpen, EmailVerification: auth.VerificationMandatory, TrustedDevices: true}

// Wake implements auth.Mailer.
func (w *World) Wake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wakes++
}

// Wakes returns how often the mailer was told of mail.
func (w *World) Wakes() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wakes
}

// Letters takes everything that is due out of the outbox and returns the letters that come of it.
func (w *World) Letters(t testing.TB) []*auth.Letter {
	t.Helper()
	ctx, holder, now := t.Context(), uuid.New(), w.Clock.Now()
	var letters []*auth.Letter
	for {
		items, err := w.Store.LeaseOutbox(ctx, holder, now, now.Add(time.Minute), 100)
		if err != nil {
			t.Fatalf("lease outbox: %v", err)
		}
		if len(items) == 0 {
			return letters
		}
		for _, item := range items {
			letter, err := w.Compose(ctx, item)
			switch {
			case errors.Is(err, auth.ErrNoLetter):
			case err != nil:
				t.Fatalf("compose %s: %v", item.Job, err)
			default:
				letters = append(letters, letter)
			}
			if err := w.Store.FinishOutbox(ctx, item.ID, holder); err != nil {
				t.Fatalf("finish %s: %v", item.Job, err)
			}
		}
	}
}

// Letter returns the one letter that is due, which has to be of the kind.
func (w *World) Letter(t testing.TB, kind auth.LetterKind) *auth.Letter {
	t.Helper()
	letters := w.Letters(t)
	if len(letters) != 1 {
		t.Fatalf("%d letters are due, want one of kind %s", len(letters), kind)
	}
	if letters[0].Kind != kind {
		t.Fatalf("the letter is of kind %s, want %s", letters[0].Kind, kind)
	}
	return letters[0]
}

// NoLetter fails the test if a letter is due.
func (w *World) NoLetter(t testing.TB) {
	t.Helper()
	for _, letter := range w.Letters(t) {
		t.Errorf("a letter of kind %s is due, want none", letter.Kind)
	}
}

// Join signs a user up and confirms the address.
func (w *World) Join(t testing.TB, email string, password secret.Text) *auth.User {
	t.Helper()
	if _, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: password}); err != nil {
		t.Fatalf("register: %v", err)
	}
	user, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
	if err != nil {
		t.Fatalf("confirm: %v", err)
	}
	return user
}

// LogIn begins a session and returns it as a caller, with its token.
func (w *World) LogIn(t testing.TB, email string, password secret.Text) (*auth.Caller, secret.Text) {
	t.Helper()
	grant, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: password})
	if err != nil {
		t.Fatalf("log in: %v", err)
	}
	return &auth.Caller{User: grant.User, Session: grant.Session}, grant.Tokens.AccessToken
}

// Codes returns the codes of the problems in err; one that has none fails the test.
func Codes(t testing.TB, err error) []auth.ProblemCode {
	t.Helper()
	var problems auth.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the error is %v, want problems", err)
	}
	codes := make([]auth.ProblemCode, len(problems))
	for i, problem := range problems {
		codes[i] = problem.Code
		checkArgs(t, problem)
	}
	return codes
}
