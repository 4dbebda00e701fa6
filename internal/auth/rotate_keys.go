package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/keyring"
)

// Keys returns what each signing key does, the oldest first.
func (s *Service) Keys(ctx context.Context) ([]keyring.Info, error) {
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return nil, err
	}
	return ring.Infos(s.now()), nil
}

// errKeyWaits keeps an operator from making key after key.
var errKeyWaits = errors.New("the next signing key is there already, and signs soon: see `latchkey keys list`")

// RotateKeys makes the next signing key, of the algorithm of the last, and returns from when it signs: it
// is published now and signs in 15 minutes, when every verifier has read it; the one before verifies
// until its tokens are dead. The first one signs at once. It fails where the next one waits already,
// where access tokens are no JWTs and there are no keys, and if the last key cannot be opened: the new
// one would be sealed under another secret key than the servers have.
func (s *Service) RotateKeys(ctx context.Context, actor Actor) (signsFrom time.Time, err error) {
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return time.Time{}, err
	}
	now := s.now()
	if len(ring) == 0 {
		if s.config.AccessToken != AccessTokenJWT {
			return time.Time{}, errNoKeys
		}
		return now, s.addKey(ctx, actor, ring, s.config.JWTAlgorithm, now)
	}
	last := ring[len(ring)-1]
	switch {
	case last.Opened == nil:
		return time.Time{}, errKeyUnreadable(last.Number)
	case last.Waits(now):
		return time.Time{}, errKeyWaits
	}
	signsFrom = now.Add(keyring.Ahead)
	return signsFrom, s.addKey(ctx, actor, ring, last.Algorithm, signsFrom)
}

var errNoKeys = errors.New("access tokens are opaque here and there are no signing keys: they are for LATCHKEY_ACCESS_TOKEN=jwt")

// errKeyOvertaken is returned when another replica or operator makes keys at the same moment.
var errKeyOvertaken = errors.New("somebody else makes a signing key at this moment: see `latchkey keys list`, and try again")

// VoidKeys removes all signing keys and makes a new one that signs at once, for when one may have
// leaked. All access tokens end, here within half a minute on every replica, and elsewhere when the keys
// are read again; their clients get new ones by their refresh tokens. Verifiers that read keys anew only
// by the clock refuse those for up to keyring.CachedFor.
//
// Keys that cannot be opened are voided only if the secret key that they were sealed under is lost:
// otherwise it is this one that is wrong, and the servers could not open the new key.
func (s *Service) VoidKeys(ctx context.Context, actor Actor, secretKeyLost bool) error {
	ring, err := s.ring(ctx, 0)
	if err != nil {
		return err
	}
	algorithm, numbers := s.config.JWTAlgorithm, make([]int, len(ring))
	for i, k := range ring {
		if k.Opened == nil && !secretKeyLost {
			return errKeyUnreadable(k.Number)
		}
		algorithm, numbers[i] = k.Algorithm, k.Number
	}
	if len(ring) == 0 && s.config.AccessToken != AccessTokenJWT {
		return errNoKeys
	}
	key, err := ring.Next(s.keys.under, algorithm, s.now(), s.now())
	if err != nil {
		return err
	}
	err = s.do(ctx, "remove signing keys", by(actor, func(tx *tx) error {
		switch added, err := tx.AddSigningKey(ctx, key); {
		case err != nil:
			return err
		case !added:
			return errKeyOvertaken
		}
		if err := tx.DeleteSigningKeys(ctx, numbers...); err != nil {
			return err
		}
		return tx.audit(ctx, actKeysVoided, uuid.Nil, uuid.Nil)
	}))
	if err != nil {
		return err
	}
	_, err = s.ring(ctx, 0)
	return err
}
