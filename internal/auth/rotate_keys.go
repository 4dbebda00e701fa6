package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// KeyState is what a signing key does at the moment.
type KeyState string

// The states, in the order of a key's life.
const (
	KeyWaits    KeyState = "published, signs later"
	KeySigns    KeyState = "signs"
	KeyVerifies KeyState = "verifies what it signed"
	KeyDead     KeyState = "dead, will be removed"
)

// KeyInfo is what operators see of a signing key.
type KeyInfo struct {
	*SealedKey
	State    KeyState
	Until    time.Time // until when it verifies; zero: there is no end in sight
	Unopened bool      // it was sealed under another secret key
}

// Keys returns all signing keys, the oldest first.
func (s *Service) Keys(ctx context.Context) ([]KeyInfo, error) {
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return nil, err
	}
	now := s.now()
	infos := make([]KeyInfo, len(ring))
	for i, k := range ring {
		infos[i] = KeyInfo{SealedKey: k.SealedKey, State: KeyVerifies, Until: k.until, Unopened: k.key == nil}
		switch {
		case now.Before(k.SignsFrom):
			infos[i].State = KeyWaits
		case !k.until.IsZero() && !now.Before(k.until):
			infos[i].State = KeyDead
		case i == len(ring)-1 || now.Before(ring[i+1].SignsFrom):
			infos[i].State = KeySigns
		}
	}
	return infos, nil
}

// errKeyWaits keeps an operator from making key after key.
var errKeyWaits = errors.New("the next signing key is there already, and signs soon: see `latchkey keys list`")

// RotateKeys makes the next signing key and returns from when it signs: it is published now and signs in
// 10 minutes, when every verifier has read it; the one before verifies until its tokens are dead. The
// first one signs at once. It fails where the next one waits
// already, and where access tokens are no JWTs.
func (s *Service) RotateKeys(ctx context.Context) (signsFrom time.Time, err error) {
	if s.config.AccessToken != AccessTokenJWT {
		return time.Time{}, errNoJWTs
	}
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return time.Time{}, err
	}
	now := s.now()
	signsFrom = now.Add(keyAhead)
	if len(ring) == 0 {
		signsFrom = now
	} else if now.Before(ring[len(ring)-1].SignsFrom) {
		return time.Time{}, errKeyWaits
	}
	return signsFrom, s.addKey(ctx, ring, signsFrom)
}

var errNoJWTs = errors.New("access tokens are opaque here and nothing is signed: signing keys are for LATCHKEY_ACCESS_TOKEN=jwt")

// VoidKeys removes all signing keys and makes a new one that signs at once, for when one may have
// leaked. All access tokens end, here within half a minute, on every replica, and elsewhere when the keys are read again; their
// clients get new ones by their refresh tokens. Verifiers that read keys anew only by the clock refuse those
// for up to KeysMaxAge.
func (s *Service) VoidKeys(ctx context.Context) error {
	if s.config.AccessToken != AccessTokenJWT {
		return errNoJWTs
	}
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return err
	}
	numbers := make([]int, len(ring))
	for i, k := range ring {
		numbers[i] = k.Number
	}
	if err := s.addKey(ctx, ring, s.now()); err != nil {
		return err
	}
	err = s.store.InTx(ctx, func(tx Store) error {
		if err := tx.DeleteSigningKeys(ctx, numbers...); err != nil {
			return err
		}
		return s.audit(ctx, tx, actKeysVoided, uuid.Nil, uuid.Nil)
	})
	if err != nil {
		return fmt.Errorf("remove signing keys: %w", err)
	}
	_, err = s.ring(ctx, 0)
	return err
}
