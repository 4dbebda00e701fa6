package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/keyring"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Times of the keys that depend on how long tokens live, and on replicas.
const (
	// keysReread is how long a replica trusts what it has read of the keys.
	keysReread = 30 * time.Second
	// keyGrace is how long a key verifies after it has stopped signing: as long as an access token
	// lives, and time for clocks that differ and for replicas that have not read of it yet.
	keyGrace = accessTokenMaxLifetime + keysReread + clockLeeway
	// keyReadEvery is how often a token of a key that is not known may cause the keys to be read.
	keyReadEvery = 5 * time.Second
)

// Acts of this feature, which name no account.
var (
	actKeyMade     = newAct("signing_key_made", "A key that signs access tokens was created.")
	actKeysRemoved = newAct("signing_keys_removed", "Signing keys were removed after all their tokens had expired.")
	actKeysVoided  = newAct("signing_keys_voided", "An operator voided all signing keys, and with them their tokens.")
)

// signingKeyReader finds the keys that sign access tokens.
type signingKeyReader interface {
	// SigningKeys returns all keys by number; none is no error.
	SigningKeys(ctx context.Context) ([]*keyring.SealedKey, error)
}

// signingKeyStore remembers the keys that sign access tokens.
type signingKeyStore interface {
	// AddSigningKey adds a key and reports whether it did: not if there is one of its number, which
	// another replica has added meanwhile.
	AddSigningKey(ctx context.Context, k *keyring.SealedKey) (bool, error)
	// DeleteSigningKeys removes the keys with these numbers. If one does not exist, that is no error.
	DeleteSigningKeys(ctx context.Context, numbers ...int) error
}

// keys are the signing keys as they were last read.
type keys struct {
	under  secret.Key // which they are sealed under
	mu     sync.Mutex
	readAt time.Time // zero: never
	ring   keyring.Ring
}

// errKeyUnreadable says what to do about a key that the secret key does not open.
func errKeyUnreadable(number int) error {
	return fmt.Errorf("signing key %d in the database was sealed under another secret key: start with the LATCHKEY_SECRET_KEY that it was made with. If that is lost, `latchkey keys rotate --compromised --secret-key-lost` makes a new one, which ends all access tokens", number)
}

// ring returns the keys, read not longer ago than within. Those who need them at the same time wait for
// one of them to read.
func (s *Service) ring(ctx context.Context, within time.Duration) (keyring.Ring, error) {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.keys.readAt); !s.keys.readAt.IsZero() && age >= 0 && age < within {
		return s.keys.ring, nil
	}
	sealed, err := s.store.SigningKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	s.keys.ring, s.keys.readAt = keyring.Open(s.keys.under, sealed, s.keys.ring, keyGrace), now
	return s.keys.ring, nil
}

// signing returns the key of a ring that signs at a time, and ErrNotFound if there are no keys.
func signing(ring keyring.Ring, now time.Time) (*secret.SigningKey, error) {
	signs, ok := ring.Signing(now)
	switch {
	case !ok:
		return nil, ErrNotFound
	case signs.Opened == nil:
		return nil, errKeyUnreadable(signs.Number)
	}
	return signs.Opened, nil
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
	if err := s.addKey(ctx, server, nil, s.config.JWTAlgorithm, s.now()); err != nil {
		return nil, err
	}
	if ring, err = s.ring(ctx, 0); err != nil {
		return nil, err
	}
	return signing(ring, s.now())
}

// addKey adds a key that comes after those of a ring and signs from a time on. That another replica has
// added one at the same moment is no error: there is one then.
func (s *Service) addKey(ctx context.Context, actor Actor, ring keyring.Ring, algorithm secret.Algorithm, signsFrom time.Time) error {
	key, err := ring.Next(s.keys.under, algorithm, s.now(), signsFrom)
	if err != nil {
		return err
	}
	return s.do(ctx, fmt.Sprintf("add signing key %d", key.Number), by(actor, func(tx *tx) error {
		added, err := tx.AddSigningKey(ctx, key)
		if err != nil || !added {
			return err
		}
		return tx.audit(ctx, actKeyMade, uuid.Nil, uuid.Nil)
	}))
}

// TendKeys sees to it that there is a key of the right algorithm to sign with, and that the next one is
// there in time; and removes those that are no use any more. Where access tokens are opaque it does so
// only while there are keys from when they were JWTs: sessions from then continue with them. It fails if
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
	if _, err := signing(ring, now); err != nil {
		return err
	}
	if ring.NeedsNext(s.config.JWTAlgorithm, now) {
		if err := s.addKey(ctx, server, ring, s.config.JWTAlgorithm, now.Add(keyring.Ahead)); err != nil {
			return err
		}
	}

	dead := ring.Retired(now)
	if len(dead) == 0 {
		return nil
	}
	return s.do(ctx, "remove dead signing keys", by(server, func(tx *tx) error {
		if err := tx.DeleteSigningKeys(ctx, dead...); err != nil {
			return err
		}
		return tx.audit(ctx, actKeysRemoved, uuid.Nil, uuid.Nil)
	}))
}

// PublicKeys returns the keys that verify access tokens as a JWK Set (RFC 7517), with those that will
// sign soon. ErrNotFound where access tokens are no JWTs and none are left from when they were.
func (s *Service) PublicKeys(ctx context.Context) ([]byte, error) {
	ring, err := s.ring(ctx, keysReread)
	if err != nil {
		return nil, err
	}
	keys := ring.Verifying(s.now())
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
