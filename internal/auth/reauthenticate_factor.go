package auth

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// errHasSecondFactor keeps a password or a mailbox alone from being enough for whoever has a second factor.
var errHasSecondFactor = Problems{problem(Required, "totpCode",
	"This account has a second factor. Enter the code that the authenticator app shows, or a recovery code.")}

// errHasMoreThanMail is the same for whoever asks for a code by email.
var errHasMoreThanMail = Problems{problem(Required, "", "This account has a second factor: prove that instead of a code by email.")}

var errSeveralProofs = &Error{Kind: BadInput, Message: "Send one proof: `password`, or `requestId` and `code`, or `totpCode`, or `recoveryCode`."}

// proofOfFactor is proofOf for a second factor.
func (s *Service) proofOfFactor(caller *Caller, in ReauthenticateInput) (func(context.Context, *ratelimit.Attempt) (*proof, error), error) {
	factor, err := presentedFactor(in.TOTPCode, in.RecoveryCode)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, attempt *ratelimit.Attempt) (*proof, error) {
		guesses, err := s.permitFactor(ctx, caller.User, factor, actReauthenticated)
		if err != nil {
			return nil, err
		}
		defer guesses.End(ctx)
		if err := s.tryFactor(ctx, "reauthenticate", caller.User, factor, guesses, nil); err != nil {
			attempt.Fail()
			return nil, err
		}
		return &proof{
			methods: []Method{factor.method}, factors: 2, lock: lockUserOf(caller), attempt: attempt,
			recheck: func(ctx context.Context, tx *tx, user *User) error {
				if user.Disabled() {
					return errSessionEnded
				}
				err := s.useFactor(ctx, tx, user, factor, caller.Session.ID)
				if err != nil {
					attempt.Fail()
				}
				return err
			},
		}, nil
	}, nil
}
