package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// recoveryCodesMade is how many codes a user has at first.
const recoveryCodesMade = 10

// recoveryCodeReader counts recovery codes.
type recoveryCodeReader interface {
	// RecoveryCodesLeft returns how many codes a user has.
	RecoveryCodesLeft(ctx context.Context, userID uuid.UUID) (int, error)
}

// recoveryCodeStore remembers recovery codes by their digests.
type recoveryCodeStore interface {
	recoveryCodeReader

	// AddRecoveryCodes adds codes of a user. ErrNotFound when there is no such user.
	AddRecoveryCodes(ctx context.Context, userID uuid.UUID, digests [][]byte, at time.Time) error
	// TakeRecoveryCode removes a code: of two who take it at once, one gets ErrNotFound.
	TakeRecoveryCode(ctx context.Context, userID uuid.UUID, digest []byte) error
	// DeleteRecoveryCodes removes the codes that were added at a time or later. If there are none, that is no error.
	DeleteRecoveryCodes(ctx context.Context, userID uuid.UUID, since time.Time) error
}

// Notices of this feature: UserID.
var (
	jobRecoveryCodesCreated = newJob("recovery_codes_created", notice(LetterRecoveryCodesCreated))
	jobRecoveryCodeUsed     = newJob("recovery_code_used", notice(LetterRecoveryCodeUsed))
)

// The letters that they become.
var (
	LetterRecoveryCodesCreated = newLetter("recovery_codes_created", LetterSpec{order: 160})
	LetterRecoveryCodeUsed     = newLetter("recovery_code_used", LetterSpec{order: 170})
)

// Acts of this feature. Refusals are those of the act that the code was to prove.
var (
	actRecoveryCodesCreated = newAct("recovery_codes_created", "A signed-in user made new recovery codes, which ended those before.")
	actRecoveryCodeUsed     = newAct("recovery_code_used", "A recovery code stood in for a second factor.")
)

// errNoFactorToRecover keeps recovery codes from being a factor by themselves.
var errNoFactorToRecover = Problems{problem(SecondFactorNeeded, "", "Set up an authenticator app or add a passkey first. Recovery codes stand in for it.")}

// CreateRecoveryCodes makes ten recovery codes for the caller, and ends those before. They are told this once. A
// notice is enqueued. Problems: SECOND_FACTOR_NEEDED if there is no second factor that they could stand in for. Errors:
// kind Unauthenticated if the session ended meanwhile, RateLimited.
func (s *Service) CreateRecoveryCodes(ctx context.Context, caller *Caller) ([]secret.Text, error) {
	if err := s.limit(ctx, limitManageFactors, "", limitedSession(caller.Session.ID)); err != nil {
		return nil, fmt.Errorf("create recovery codes: %w", err)
	}
	var codes []secret.Text
	err := s.do(ctx, "create recovery codes", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		if !user.HasSecondFactor() {
			return errNoFactorToRecover
		}
		if codes, err = s.replaceRecoveryCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		if err := distrust(ctx, tx, user.ID, caller.Session.ID); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, OutboxItem{Job: jobRecoveryCodesCreated, UserID: user.ID, Recipient: user.Email.Canonical}); err != nil {
			return err
		}
		return tx.audit(ctx, actRecoveryCodesCreated, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

// replaceRecoveryCodes makes new codes of a locked user in place of those before.
func (s *Service) replaceRecoveryCodes(ctx context.Context, tx *tx, userID uuid.UUID) ([]secret.Text, error) {
	if err := tx.DeleteRecoveryCodes(ctx, userID, time.Time{}); err != nil {
		return nil, err
	}
	return s.addRecoveryCodes(ctx, tx, userID, recoveryCodesMade)
}

// recoveryCodesIfNone makes codes for a locked user who has none, and otherwise returns none.
func (s *Service) recoveryCodesIfNone(ctx context.Context, tx *tx, userID uuid.UUID) ([]secret.Text, error) {
	left, err := tx.RecoveryCodesLeft(ctx, userID)
	if err != nil || left > 0 {
		return nil, err
	}
	return s.replaceRecoveryCodes(ctx, tx, userID)
}

func (s *Service) addRecoveryCodes(ctx context.Context, tx *tx, userID uuid.UUID, count int) ([]secret.Text, error) {
	codes, digests := make([]secret.Text, count), make([][]byte, count)
	for i := range codes {
		codes[i] = secret.NewRecoveryCode()
		digests[i] = s.recoveryDigest(userID, codes[i])
	}
	return codes, tx.AddRecoveryCodes(ctx, userID, digests, tx.at)
}

// recoveryDigest is what is kept of a code. It is one of this user alone.
func (s *Service) recoveryDigest(userID uuid.UUID, code secret.Text) []byte {
	return s.recovery.Digest(code, userID.String())
}

// useRecoveryCode uses up a code of a locked user, if it is one. Codes of the authenticator app work again after it, no
// device is trusted any more, because one may be lost with the app, and a notice is enqueued.
func (s *Service) useRecoveryCode(ctx context.Context, tx *tx, user *User, typed secret.Text, sessionID uuid.UUID) error {
	code, ok := readAnyRecoveryCode(typed)
	if !ok {
		return errRecoveryCodeWrong
	}
	err := tx.TakeRecoveryCode(ctx, user.ID, s.recoveryDigest(user.ID, code))
	if errors.Is(err, ErrNotFound) {
		return errRecoveryCodeWrong
	}
	if err != nil {
		return err
	}
	if err := tx.ForgetTOTPTries(ctx, user.ID); err != nil {
		return err
	}
	if err := endTrust(ctx, tx, user.ID, sessionID); err != nil {
		return err
	}
	if err := tx.audit(ctx, actRecoveryCodeUsed, user.ID, sessionID); err != nil {
		return err
	}
	return tx.enqueue(ctx, OutboxItem{Job: jobRecoveryCodeUsed, UserID: user.ID, Recipient: user.Email.Canonical})
}

// readAnyRecoveryCode returns a recovery code of this or of another system as it is kept.
func readAnyRecoveryCode(typed secret.Text) (secret.Text, bool) {
	if code, ok := secret.ReadRecoveryCode(typed); ok {
		return code, true
	}
	return secret.ReadForeignRecoveryCode(typed)
}
