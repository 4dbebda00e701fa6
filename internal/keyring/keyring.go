// Package keyring decides what each key that signs access tokens does at a time: which one signs, which
// ones verify, when the next one is needed, and when one can be deleted. It knows no store and no clock:
// the caller reads the keys and passes the time.
//
// A key is published before it signs, long enough that everyone who caches the published keys has
// read them again. It stays published, and verifies, until the last token that it signed has expired.
// So no verifier ever sees a token of a key that it cannot know.
package keyring

import (
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Times in the life of a key.
const (
	// CachedFor is how long others may cache the published keys before they read them again.
	CachedFor = 5 * time.Minute
	// Ahead is how long a key is published before it signs: as long as a verifier, and a cache between
	// it and us, keep keys, one after the other, and then as long as one of them again.
	Ahead = 3 * CachedFor
	// replacedAfter is the time for which a key signs before the next one takes its place.
	replacedAfter = 90 * 24 * time.Hour
)

// SealedKey is a key as it is stored: the private half only under the server's secret key.
type SealedKey struct {
	Number    int    // counts from 1; the highest that signs already is the one that signs
	ID        string // its kid
	Algorithm secret.Algorithm
	Sealed    []byte
	CreatedAt time.Time
	SignsFrom time.Time
}

// Key is a key of a Ring.
type Key struct {
	*SealedKey
	Opened *secret.SigningKey // nil: it was sealed under another secret key
	Until  time.Time          // until when it verifies; zero: no later key ends that yet
}

// Ring is all keys, by number. It is never changed once it was opened.
type Ring []Key

// Open returns the keys as a ring. Those that the ring before has open are not opened again. A key
// verifies for the time of grace after a later one signs.
func Open(under secret.Key, sealed []*SealedKey, before Ring, grace time.Duration) Ring {
	ring := make(Ring, len(sealed))
	for i, k := range sealed {
		ring[i] = Key{SealedKey: k}
		if known := slices.IndexFunc(before, func(b Key) bool { return b.ID == k.ID }); known >= 0 {
			ring[i].Opened = before[known].Opened
		}
		if ring[i].Opened == nil {
			// One that does not open is found missing when it is needed.
			ring[i].Opened, _ = secret.OpenSigningKey(under, k.ID, k.Algorithm, k.Sealed)
		}
		for j := range i {
			if end := k.SignsFrom.Add(grace); ring[j].Until.IsZero() || end.Before(ring[j].Until) {
				ring[j].Until = end
			}
		}
	}
	return ring
}

// retired reports whether the key verifies nothing any more.
func (k Key) retired(now time.Time) bool { return !k.Until.IsZero() && !now.Before(k.Until) }

// Waits reports whether the key is published and does not sign yet.
func (k Key) Waits(now time.Time) bool { return now.Before(k.SignsFrom) }

// Verifying returns the keys whose tokens count.
func (r Ring) Verifying(now time.Time) []*secret.SigningKey {
	var keys []*secret.SigningKey
	for _, k := range r {
		if k.Opened != nil && !k.retired(now) {
			keys = append(keys, k.Opened)
		}
	}
	return keys
}

// Signing returns the key that signs, and false if there are no keys. If none signs yet, it is the first:
// it was made to sign at once, by a clock that is ahead of ours.
func (r Ring) Signing(now time.Time) (Key, bool) {
	if len(r) == 0 {
		return Key{}, false
	}
	signs := r[0]
	for _, k := range r {
		if !k.Waits(now) {
			signs = k
		}
	}
	return signs, true
}

// NeedsNext reports whether the next key has to be made, for one that signs by another algorithm or is
// old, and does not wait already. A ring without keys needs none: the first is made when it has to sign.
func (r Ring) NeedsNext(algorithm secret.Algorithm, now time.Time) bool {
	signs, ok := r.Signing(now)
	if !ok {
		return false
	}
	newest := r[len(r)-1]
	return !newest.Waits(now) && (signs.Algorithm != algorithm || now.Sub(newest.SignsFrom) >= replacedAfter)
}

// Retired returns the numbers of the keys whose tokens have all expired.
func (r Ring) Retired(now time.Time) []int {
	var numbers []int
	for _, k := range r {
		if k.retired(now) {
			numbers = append(numbers, k.Number)
		}
	}
	return numbers
}

// Next makes a key that comes after those of the ring and signs from a time on, sealed under the secret key.
func (r Ring) Next(under secret.Key, algorithm secret.Algorithm, now, signsFrom time.Time) (*SealedKey, error) {
	number := 1
	if len(r) > 0 {
		number = r[len(r)-1].Number + 1
	}
	key, err := secret.NewSigningKey(algorithm)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Seal(under)
	if err != nil {
		return nil, err
	}
	return &SealedKey{Number: number, ID: key.ID, Algorithm: algorithm, Sealed: sealed, CreatedAt: now, SignsFrom: signsFrom}, nil
}
