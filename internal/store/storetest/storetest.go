// Package storetest is the contract of auth.Store as tests, which every backend passes. Only tests
// import it.
package storetest

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Open returns a new and empty store, which is closed when the test ends.
type Open func(t *testing.T) auth.Store

// A part is what the suite says of one feature.
type part struct {
	name string
	run  func(t *testing.T, open Open)
}

// newPart adds a part to the suite and returns its name. The file of the feature that the part is about calls it.
func newPart(name string, run func(t *testing.T, open Open)) string {
	suite = append(suite, part{name, run})
	return name
}

// suite is all parts. newPart fills it.
var suite []part

// Run runs the suite on the stores that open returns, or only the parts of it that are named.
func Run(t *testing.T, open func(t *testing.T) auth.Store, parts ...string) {
	for _, name := range parts {
		if !slices.ContainsFunc(suite, func(p part) bool { return p.name == name }) {
			t.Errorf("got no part of the suite with the name %q, want one", name)
		}
	}
	for _, part := range suite {
		if len(parts) == 0 || slices.Contains(parts, part.name) {
			t.Run(part.name, func(t *testing.T) { part.run(t, open) })
		}
	}
}

// noon is the time at which most of the tests play: of another zone than UTC, and finer than a
// microsecond.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 123456789, time.FixedZone("somewhere", -(3*60+30)*60))

// utc is what becomes of a time in a store.
func utc(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// newID returns an id that sorts after those before it.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// email returns an address that no other has.
func email() address.Email {
	name := uuid.NewString()
	return address.Email{Address: "Ada-" + name + "@Example.org", Canonical: "ada-" + name + "@example.org"}
}

// digest returns 32 bytes that no other has.
func digest() []byte {
	a, b := uuid.New(), uuid.New()
	return append(a[:], b[:]...)
}

func newUser() *auth.User {
	return &auth.User{
		ID:           newID(),
		Email:        email(),
		Name:         "Ada",
		Profile:      `{"plan":"free"}`,
		Role:         auth.RoleUser,
		PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
		VerifiedAt:   noon.Add(time.Minute),
		CreatedAt:    noon,
		UpdatedAt:    noon.Add(time.Hour),
	}
}

func newSignUp(address address.Email) *auth.SignUp {
	return &auth.SignUp{
		ID:           newID(),
		Email:        address,
		Name:         "Ada",
		Profile:      `{"plan":"free"}`,
		PasswordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
		CreatedAt:    noon,
		ExpiresAt:    noon.Add(24 * time.Hour),
	}
}

func newSession(user uuid.UUID) *auth.Session {
	return &auth.Session{
		ID:              newID(),
		UserID:          user,
		TokenDigest:     digest(),
		Generation:      1,
		Methods:         []auth.Method{auth.MethodPassword},
		CreatedAt:       noon,
		LastSeenAt:      noon.Add(time.Second),
		AuthenticatedAt: noon.Add(2 * time.Second),
		EndsAt:          noon.Add(90 * 24 * time.Hour),
		IPAddress:       "2001:db8::1",
		UserAgent:       "Mozilla/5.0 (X11; Linux x86_64)",
	}
}

func newToken(user, signUp uuid.UUID) *auth.OneTimeToken {
	return &auth.OneTimeToken{
		Digest:    digest(),
		Purpose:   auth.PurposeReset,
		UserID:    user,
		SignUpID:  signUp,
		EmailKey:  "ada@example.org",
		CreatedAt: noon,
		ExpiresAt: noon.Add(time.Hour),
	}
}

// addUser adds a user and returns it as it was given.
func addUser(t *testing.T, s auth.Store) *auth.User {
	t.Helper()
	u := newUser()
	must(t, s.CreateUser(t.Context(), u))
	return u
}

func addSignUp(t *testing.T, s auth.Store, address address.Email) *auth.SignUp {
	t.Helper()
	signUp := newSignUp(address)
	must(t, s.CreateSignUp(t.Context(), signUp))
	return signUp
}

func addSession(t *testing.T, s auth.Store, user uuid.UUID) *auth.Session {
	t.Helper()
	session := newSession(user)
	must(t, s.CreateSession(t.Context(), session))
	return session
}

func addToken(t *testing.T, s auth.Store, user, signUp uuid.UUID) *auth.OneTimeToken {
	t.Helper()
	token := newToken(user, signUp)
	must(t, s.CreateToken(t.Context(), token))
	return token
}

// must ends the test unless err is nil.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// want fails the test unless err is the one wanted.
func want(t *testing.T, wanted, err error) {
	t.Helper()
	if !errors.Is(err, wanted) {
		t.Errorf("got error %v, want %v", err, wanted)
	}
}

// same fails the test unless what came out of the store is what went in. Times must be equal to the
// last digit, and in UTC. It does not print hashes.
func same[T any](t *testing.T, in, out T) {
	t.Helper()
	equal := cmp.Comparer(func(a, b time.Time) bool { return utc(a).Equal(utc(b)) })
	if diff := cmp.Diff(in, out, equal); diff != "" {
		t.Errorf("what came out is not what went in (-in +out):\n%s", diff)
	}
	for _, at := range timesOf(out) {
		if at.Location() != time.UTC || !at.Equal(at.Truncate(time.Microsecond)) {
			t.Errorf("%v is not in UTC, to the microsecond", at)
		}
	}
}

// timesOf returns the times in the fields of what a store returns, a pointer to a struct; of anything else there are none.
func timesOf(v any) []time.Time {
	pointer := reflect.ValueOf(v)
	if pointer.Kind() != reflect.Pointer || pointer.Elem().Kind() != reflect.Struct {
		return nil
	}
	var times []time.Time
	for _, field := range reflect.VisibleFields(pointer.Elem().Type()) {
		if field.Type == reflect.TypeFor[time.Time]() {
			times = append(times, pointer.Elem().FieldByIndex(field.Index).Interface().(time.Time))
		}
	}
	return times
}

// ids returns the ids of a list, in order.
func ids[T any](list []*T, id func(*T) uuid.UUID) []uuid.UUID {
	all := make([]uuid.UUID, len(list))
	for i, item := range list {
		all[i] = id(item)
	}
	return all
}

func userID(u *auth.User) uuid.UUID       { return u.ID }
func signUpID(s *auth.SignUp) uuid.UUID   { return s.ID }
func sessionID(s *auth.Session) uuid.UUID { return s.ID }
func itemID(i *auth.OutboxItem) uuid.UUID { return i.ID }

// refused fails the test unless err is one that is neither about absence nor about an email or a name that is taken.
func refused(t *testing.T, err error) {
	t.Helper()
	if err == nil || errors.Is(err, auth.ErrNotFound) || errors.Is(err, auth.ErrEmailTaken) || errors.Is(err, auth.ErrUsernameTaken) || errors.Is(err, auth.ErrAPIClientTaken) {
		t.Errorf("got error %v, want a refusal", err)
	}
}
