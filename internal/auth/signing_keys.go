package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Times in the life of a signing key. It is published before it signs, long enough that everybody
// who keeps the published keys has asked again; and it stays published, and verifies, until the last
// token that it signed is dead. So no verifier ever sees a token of a key that it cannot know.
const (
	// KeysMaxAge is how long others may keep the published keys before they ask again.
	KeysMaxAge = 5 * time.Minute
	// keysReread is how long a replica trusts what it has read of the keys.
	keysReread = 30 * time.Second
	// keyAhead is how long a key is published before it signs: as long as a verifier, and a cache
	// between it and us, keep keys, one after the other, and then as long as one of them again.
	keyAhead = 3 * KeysMaxAge
	// keyGrace is how long a key verifies after it has stopped signing: as long as an access token
	// lives, and time for clocks that differ and for replicas that have not read of it yet.
	keyGrace = AccessTokenMaxLifetime + keysReread + clockLeeway
	// keyMaxAge is the age at which a key is replaced.
	keyMaxAge = 90 * 24 * time.Hour
	// keyReadEvery is how often a token of a key that is not known may cause the keys to be read.
	keyReadEvery = 5 * time.Second
)

// Acts of this feature, which name no account.
var (
	actKeyMade     = newAct("signing_key_made", "A key that signs access tokens was created.")
	actKeysRemoved = newAct("signing_keys_removed", "Signing keys were removed after all their tokens had expired.")
	actKeysVoided  = newAct("signing_keys_voided", "An operator voided all signing keys, and with them their tokens.")
)

// SealedKey is a signing key as it is stored: the private half only under the server's secret key.
type SealedKey struct {
	Number    int    // counts from 1; the highest that signs already is the one that signs
	ID        string // its kid
	Algorithm secret.Algorithm
	Sealed    []byte
	CreatedAt time.Time
	SignsFrom time.Time
}

// SigningKeyReader finds the keys that sign access tokens.
type SigningKeyReader interface {
	// SigningKeys returns all keys by number; none is no error.
	SigningKeys(ctx context.Context) ([]*SealedKey, error)
}

// SigningKeyStore remembers the keys that sign access tokens.
type SigningKeyStore interface {
	// AddSigningKey adds a key and reports whether it did: not if there is one of its number, which
	// somebody else has added meanwhile.
	AddSigningKey(ctx context.Context, k *SealedKey) (bool, error)
	// DeleteSigningKeys removes the keys with these numbers. That one is gone is no error.
	DeleteSigningKeys(ctx context.Context, numbers ...int) error
}

// keyring is the keys as they were last read.
type keyring struct {
	Key    secret.Key // under which they are sealed
	mu     sync.Mutex
	readAt time.Time // zero: never
	all    []ringKey // by number
	opened map[string]*secret.SigningKey
}

// ringKey is a key and when it does what. The key itself is missing if it could not be opened.
type ringKey struct {
	*SealedKey
	key   *secret.SigningKey
	until time.Time // verifies; zero: there is no end in sight
}

// errKeyUnreadable says what to do about a key that the secret key does not open.
func errKeyUnreadable(number int) error {
	return fmt.Errorf("signing key %d in the database was sealed under another secret key: start with the LATCHKEY_SECRET_KEY that it was made with. If that is lost, `latchkey keys rotate --compromised --secret-key-lost` makes a new one, which ends all access tokens", number)
}

// ring returns the keys, read not longer ago than within. Those who need them at the same time wait for
// one of them to read.
func (s *Service) ring(ctx context.Context, within time.Duration) ([]ringKey, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.keys.readAt); !s.keys.readAt.IsZero() && age >= 0 && age < within {
		return s.keys.all, nil
	}
	sealed, err := s.store.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	s.keys.all, s.keys.readAt = s.openKeys(sealed), now
	return s.keys.all, nil
}

// openKeys opens keys that were read, each once.
func (s *Service) openKeys(sealed []*SealedKey) []ringKey {
	opened := map[string]*secret.SigningKey{}
	all := make([]ringKey, len(sealed))
	for i, k := range sealed {
		all[i] = ringKey{SealedKey: k, key: s.keys.opened[k.ID]}
		if all[i].key == nil {
			// One that does not open is found missing when it is needed.
			all[i].key, _ = secret.OpenSigningKey(s.keys.Key, k.ID, k.Algorithm, k.Sealed)
		}
		if all[i].key != nil {
			opened[k.ID] = all[i].key
		}
		for j := range i {
			if end := k.SignsFrom.Add(keyGrace); all[j].until.IsZero() || end.Before(all[j].until) {
				all[j].until = end
			}
		}
	}
	s.keys.opened = opened
	return all
}

// verifying returns the keys of a ring whose tokens count at a time.
func verifying(ring []ringKey, now time.Time) []*secret.SigningKey {
	var keys []*secret.SigningKey
	for _, k := range ring {
		if k.key != nil && (k.until.IsZero() || now.Before(k.until)) {
			keys = append(keys, k.key)
		}
	}
	return keys
}

// signing returns the key of a ring that signs at a time, and ErrNotFound if there are no keys. Where
// none signs yet, it is the first: it was made to sign at once, by a clock that is ahead of ours.
func signing(ring []ringKey, now time.Time) (*secret.SigningKey, error) {
	if len(ring) == 0 {
		return nil, ErrNotFound
	}
	signs := ring[0]
	for _, k := range ring {
		if !now.Before(k.SignsFrom) {
			signs = k
		}
	}
	if signs.key == nil {
		return nil, errKeyUnreadable(signs.Number)
	}
	return signs.key, nil
}

// signer returns the key that signs now, and makes the first one if there is none.
func (s *Service) signer(ctx context.Context) (*secret.SigningKey, error) {
	ring, err := s.ring(ctx, keysReread)
	if err != nil {
		return nil, err
	}
	key, err := signing(ring, s.now())
	if !errors.Is(err, ErrNotFound) {
		return key, err
	}
	if err := s.addKey(ctx, nil, s.config.JWTAlgorithm, s.now()); err != nil {
		return nil, err
	}
	if ring, err = s.ring(ctx, 0); err != nil {
		return nil, err
	}
	return signing(ring, s.now())
}

// newKey makes a key that comes after those of a ring and signs from a time on.
func (s *Service) newKey(ring []ringKey, algorithm secret.Algorithm, signsFrom time.Time) (*SealedKey, error) {
	number := 1
	if len(ring) > 0 {
		number = ring[len(ring)-1].Number + 1
	}
	key, err := secret.NewSigningKey(algorithm)
	if err != nil {
		return nil, err
	}
	sealed, err := key.Seal(s.keys.Key)
	if err != nil {
		return nil, err
	}
	return &SealedKey{Number: number, ID: key.ID, Algorithm: algorithm, Sealed: sealed, CreatedAt: s.now(), SignsFrom: signsFrom}, nil
}

// addKey adds a key that comes after those of a ring and signs from a time on. That somebody else has
// added one at the same moment is no error: there is one then.
func (s *Service) addKey(ctx context.Context, ring []ringKey, algorithm secret.Algorithm, signsFrom time.Time) error {
	key, err := s.newKey(ring, algorithm, signsFrom)
	if err != nil {
		return err
	}
	return s.do(ctx, fmt.Sprintf("add signing key %d", key.Number), func(tx *tx) error {
		added, err := tx.AddSigningKey(ctx, key)
		if err != nil || !added {
			return err
		}
		return tx.audit(ctx, actKeyMade, uuid.Nil, uuid.Nil)
	})
}

// TendKeys sees to it that there is a key of the right algorithm to sign with, and that the next one is
// there in time; and removes those that are no use any more. Where access tokens are opaque it does so
// only while there are keys from when they were JWTs: sessions from then go on with them. It fails if
// the key that signs cannot be opened.
func (s *Service) TendKeys(ctx context.Context) error {
	if err := s.tendKeys(ctx); err != nil {
		return fmt.Errorf("tend signing keys: %w", err)
	}
	return nil
}

func (s *Service) tendKeys(ctx context.Context) error {
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return err
	}
	if len(ring) == 0 {
		if s.config.AccessToken == AccessTokenJWT {
			_, err = s.signer(ctx)
		}
		return err
	}
	now := s.now()
	current, err := signing(ring, now)
	if err != nil {
		return err
	}
	newest := ring[len(ring)-1]
	waits := now.Before(newest.SignsFrom)
	if !waits && (current.Algorithm != s.config.JWTAlgorithm || now.Sub(newest.SignsFrom) >= keyMaxAge) {
		if err := s.addKey(ctx, ring, s.config.JWTAlgorithm, now.Add(keyAhead)); err != nil {
			return err
		}
	}

	var dead []int
	for _, k := range ring {
		if !k.until.IsZero() && !now.Before(k.until) {
			dead = append(dead, k.Number)
		}
	}
	if len(dead) == 0 {
		return nil
	}
	return s.do(ctx, "remove dead signing keys", func(tx *tx) error {
		if err := tx.DeleteSigningKeys(ctx, dead...); err != nil {
			return err
		}
		return tx.audit(ctx, actKeysRemoved, uuid.Nil, uuid.Nil)
	})
}

// PublicKeys returns the keys that verify access tokens as a JWK Set (RFC 7517), with those that will
// sign soon. ErrNotFound where access tokens are no JWTs and none are left from when they were.
func (s *Service) PublicKeys(ctx context.Context) ([]byte, error) {
	ring, err := s.ring(ctx, keysReread)
	if err != nil {
		return nil, err
	}
	keys := verifying(ring, s.now())
	if len(keys) == 0 {
		if s.config.AccessToken != AccessTokenJWT {
			return nil, ErrNotFound
		}
		key, err := s.signer(ctx)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return secret.PublicKeys(keys...)
}
