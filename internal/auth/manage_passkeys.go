package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// RenamePasskey gives a passkey of the caller another name. Problems: REQUIRED and NAME_INVALID; NOT_FOUND if the
// caller has no such passkey. Errors: kind Unauthenticated if the session ended meanwhile, RateLimited.
func (s *Service) RenamePasskey(ctx context.Context, caller *Caller, id uuid.UUID, name string) (*Passkey, error) {
	name, problems := checkPasskeyName(name)
	if err := problems.err(); err != nil {
		return nil, err
	}
	if err := s.limit(ctx, limitManageFactors, "", limitedSession(caller.Session.ID)); err != nil {
		return nil, fmt.Errorf("rename passkey: %w", err)
	}
	var renamed *Passkey
	err := s.do(ctx, "rename passkey", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		passkeys, err := tx.Passkeys().PasskeysOf(ctx, user.ID)
		if err != nil {
			return err
		}
		if renamed = passkeyWith(passkeys, id); renamed == nil {
			return errNoPasskey
		}
		renamed.Name = name
		if err := tx.Passkeys().UpdatePasskey(ctx, renamed); err != nil {
			return err
		}
		return tx.audit(ctx, actPasskeyRenamed, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return renamed, nil
}

// RemovePasskey removes a passkey of the caller, and with the last second factor that works the recovery codes. All
// logins that wait end, no device is trusted any more, and a notice is enqueued. One that does not work can always be
// removed. Problems: NOT_FOUND if the caller has no such passkey, LAST_CREDENTIAL if it is the only way to sign in,
// SECOND_FACTOR_NEEDED if it is the last factor that works of an account that must have one. Errors: kind Unauthenticated if the session ended meanwhile, RateLimited.
func (s *Service) RemovePasskey(ctx context.Context, caller *Caller, id uuid.UUID) error {
	if err := s.limit(ctx, limitManageFactors, "", limitedSession(caller.Session.ID)); err != nil {
		return fmt.Errorf("remove passkey: %w", err)
	}
	return s.do(ctx, "remove passkey", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		passkeys, err := tx.Passkeys().PasskeysOf(ctx, user.ID)
		if err != nil {
			return err
		}
		removed := passkeyWith(passkeys, id)
		if removed == nil {
			return errNoPasskey
		}
		if err := tx.Passkeys().DeletePasskey(ctx, user.ID, id); err != nil {
			return err
		}
		hasAnother, err := s.hasAnotherWayIn(ctx, tx, user)
		if err != nil {
			return err
		}
		if s.isWayIn(removed) && !hasAnother {
			return errLastCredential
		}
		if err := s.loseFactor(ctx, tx, user, s.works(removed), caller.Session.ID); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, OutboxItem{Job: jobPasskeyRemoved, UserID: user.ID, Recipient: user.Email.Canonical}); err != nil {
			return err
		}
		return tx.audit(ctx, actPasskeyRemoved, user.ID, caller.Session.ID)
	})
}

// passkeyWith returns the passkey with an id; nil: there is none.
func passkeyWith(passkeys []*Passkey, id uuid.UUID) *Passkey {
	for _, p := range passkeys {
		if p.ID == id {
			return p
		}
	}
	return nil
}

// dropPasskeys removes the passkeys of a locked user that were added at a time or later, and returns how many.
func dropPasskeys(ctx context.Context, tx *tx, userID uuid.UUID, since time.Time) (int, error) {
	passkeys, err := tx.Passkeys().PasskeysOf(ctx, userID)
	if err != nil {
		return 0, err
	}
	dropped := 0
	for _, p := range passkeys {
		if p.CreatedAt.Before(since) {
			continue
		}
		if err := tx.Passkeys().DeletePasskey(ctx, userID, p.ID); err != nil {
			return dropped, err
		}
		dropped++
	}
	return dropped, nil
}
