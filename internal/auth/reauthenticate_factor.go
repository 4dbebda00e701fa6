package auth

import (
	"context"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// errHasSecondFactor keeps a password or a mailbox alone from being enough for whoever has a second factor.
var errHasSecondFactor = Problems{problem(Required, "totpCode",
	"This account has a second factor. Enter the code that the authenticator app shows, or a recovery code, or use a passkey.")}

// errHasMoreThanMail is the same for whoever asks for a code by email.
var errHasMoreThanMail = Problems{problem(Required, "", "This account has a second factor: prove that instead of a code by email.")}

var errSeveralProofs = &Error{Kind: BadInput, Message: "Send one proof: `password`, or `requestId` and `code`, or `totpCode`, or `recoveryCode`, or `passkey` and `passkeyState`."}

// proofOfFactor is proofOf for a second factor.
func (s *Service) proofOfFactor(caller *Caller, in ReauthenticateInput) (func(context.Context, *ratelimit.Attempt) (*proof, error), error) {
	factor, err := presentedFactor(in.TOTPCode, in.RecoveryCode, in.Passkey)
	if err != nil {
		return nil, err
	}
	if factor.method == MethodPasskey && in.PasskeyState != nil {
		if opened, ok := s.openCeremony(ceremonyReauthenticate, setupBinding(Bearer{Caller: caller}), *in.PasskeyState); ok {
			factor.ceremony = opened
		}
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

// BeginPasskeyReauthentication begins a proof of a passkey of the caller, for Reauthenticate. Nothing is kept of it; it
// works for 5 minutes, in this session alone. Problems: NOT_FOUND if the caller has no passkey that works. Errors: kind
// Forbidden where passkeys are off, RateLimited.
func (s *Service) BeginPasskeyReauthentication(ctx context.Context, caller *Caller) (*Ceremony, error) {
	if !s.config.Passkeys() {
		return nil, errPasskeysOff
	}
	if err := s.limit(ctx, limitProof, "", limitedUser(caller.User.ID)); err != nil {
		return nil, fmt.Errorf("begin passkey reauthentication: %w", err)
	}
	begun, err := s.beginProof(ctx, s.store, caller.User)
	if err != nil {
		return nil, fmt.Errorf("begin passkey reauthentication: %w", err)
	}
	if begun == nil {
		return nil, errNoPasskey
	}
	ceremony, err := s.beginCeremony(ceremonyReauthenticate, setupBinding(Bearer{Caller: caller}), sealedCeremony{}, begun)
	if err != nil {
		return nil, fmt.Errorf("begin passkey reauthentication: %w", err)
	}
	return ceremony, nil
}
