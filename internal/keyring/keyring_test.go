package keyring_test

import (
	"slices"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/keyring"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const grace = 16 * time.Minute

var start = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

var first, second = secret.NewKey(), secret.NewKey()

// add returns the ring with a key more.
func add(t *testing.T, ring keyring.Ring, algorithm secret.Algorithm, signsFrom time.Time) keyring.Ring {
	t.Helper()
	next, err := ring.Next(first, algorithm, start, signsFrom)
	if err != nil {
		t.Fatal(err)
	}
	var sealed []*keyring.SealedKey
	for _, k := range ring {
		sealed = append(sealed, k.SealedKey)
	}
	return keyring.Open(first, append(sealed, next), ring, grace)
}

func TestTheLifeOfAKey(t *testing.T) {
	t.Parallel()
	ring := add(t, add(t, nil, secret.EdDSA, start), secret.EdDSA, start.Add(keyring.Ahead))
	for _, c := range []struct {
		at        time.Duration
		signs     int // its number
		verifying int // how many
		states    []keyring.State
	}{
		{-time.Second, 1, 2, []keyring.State{keyring.Waits, keyring.Waits}}, // by a clock that is behind
		{0, 1, 2, []keyring.State{keyring.Signs, keyring.Waits}},
		{keyring.Ahead - 1, 1, 2, []keyring.State{keyring.Signs, keyring.Waits}},
		{keyring.Ahead, 2, 2, []keyring.State{keyring.Verifies, keyring.Signs}},
		{keyring.Ahead + grace - 1, 2, 2, []keyring.State{keyring.Verifies, keyring.Signs}},
		{keyring.Ahead + grace, 2, 1, []keyring.State{keyring.Dead, keyring.Signs}},
	} {
		now := start.Add(c.at)
		if signs, ok := ring.Signing(now); !ok || signs.Number != c.signs {
			t.Errorf("after %s: got key %d that signs, want %d", c.at, signs.Number, c.signs)
		}
		if got := len(ring.Verifying(now)); got != c.verifying {
			t.Errorf("after %s: got %d keys that verify, want %d", c.at, got, c.verifying)
		}
		var states []keyring.State
		for _, info := range ring.Infos(now) {
			states = append(states, info.State)
		}
		if !slices.Equal(states, c.states) {
			t.Errorf("after %s: got the states %q, want %q", c.at, states, c.states)
		}
		if got, want := len(ring.Retired(now)), 2-c.verifying; got != want {
			t.Errorf("after %s: got %d keys that can be deleted, want %d", c.at, got, want)
		}
	}
}

func TestWhenTheNextKeyIsNeeded(t *testing.T) {
	t.Parallel()
	const age = 90 * 24 * time.Hour
	one := add(t, nil, secret.EdDSA, start)
	two := add(t, one, secret.EdDSA, start.Add(age+keyring.Ahead))
	for _, c := range []struct {
		name      string
		ring      keyring.Ring
		algorithm secret.Algorithm
		at        time.Duration
		want      bool
	}{
		{"no keys", nil, secret.EdDSA, 0, false},
		{"a young key", one, secret.EdDSA, age - 1, false},
		{"an old key", one, secret.EdDSA, age, true},
		{"another algorithm", one, secret.ES256, 0, true},
		{"the next one waits", two, secret.EdDSA, age, false},
		{"another algorithm, and the next one waits", two, secret.ES256, age, false},
		{"the next one signs", two, secret.EdDSA, age + keyring.Ahead, false},
	} {
		if got := c.ring.NeedsNext(c.algorithm, start.Add(c.at)); got != c.want {
			t.Errorf("%s: got %t, want %t", c.name, got, c.want)
		}
	}
}

func TestAKeyOfAnotherSecretKeyStaysShut(t *testing.T) {
	t.Parallel()
	ring := add(t, nil, secret.EdDSA, start)
	other := keyring.Open(second, []*keyring.SealedKey{ring[0].SealedKey}, nil, grace)
	if signs, ok := other.Signing(start); !ok || signs.Opened != nil || !other.Infos(start)[0].Unopened || other.Verifying(start) != nil {
		t.Error("got a key that was opened under another secret key, want none")
	}
	again := keyring.Open(first, []*keyring.SealedKey{ring[0].SealedKey}, ring, grace)
	if again[0].Opened != ring[0].Opened {
		t.Error("got a key that was opened twice, want the one that was open")
	}
}
