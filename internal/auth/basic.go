package auth

import (
	"context"
	"errors"
	"fmt"
)

// actBasic is one request with a name and a password of its own. Its limits are those of a login, and so
// are refusals by them.
var actBasic = newAct("authenticated_by_basic", "A request proved who sent it with HTTP Basic authentication.",
	outcomeOK, InvalidCredentials, AccountDisabled, SecondFactorNeeded)

// errBasicInvalid is the one answer to a name and a password that are wrong.
var errBasicInvalid = &Error{Kind: Unauthenticated, Message: "No account can be entered with the name and the password of the Authorization header."}

// errBasicOneFactor is told only to whoever has the right password.
func errBasicOneFactor(user *User) error {
	return &Error{
		Kind: SecondFactorRequired, Enrolled: user.HasSecondFactor(),
		Message: "This account has or needs a second factor, which HTTP Basic cannot carry: log in, and send the token.",
	}
}

// AuthenticateBasic returns who has the name and the password, for the one request that brings them: no
// session begins, and none is needed. The limits, the work and what is written down are those of a
// login, and the caller is never fresh; a hash made with other parameters is left for the next one. Errors: kind Unauthenticated for
// everything that is wrong with the two, SecondFactorRequired after the right password of a user who has or needs a
// second factor, RateLimited.
func (s *Service) AuthenticateBasic(ctx context.Context, in LoginInput) (*Caller, error) {
	account, problems := s.identify(in)
	password, more := presentedPassword(in.Password, "password")
	if append(problems, more...).err() != nil {
		return nil, errBasicInvalid
	}
	var err error
	if account.email, err = s.held(ctx, account.email); err != nil {
		return nil, fmt.Errorf("authenticate by basic: %w", err)
	}
	ReportFrom(ctx).concerns(account.key())
	ctx, attempt, err := s.permitLogin(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("authenticate by basic: %w", err)
	}
	defer attempt.End(ctx)
	var (
		caller    *Caller
		oneFactor error
	)
	err = s.admit(ctx, "authenticate by basic", func(ctx context.Context) (*proof, error) {
		verified, _, err := s.verify(ctx, attempt, account, password, actBasic)
		if err != nil {
			return nil, err
		}
		return passwordProof(attempt, account, verified), nil
	}, admission{
		grant: func(ctx context.Context, tx *tx, user *User, proof *proof) error {
			caller = callerFor(user, proof.methods, tx.at)
			return tx.audit(ctx, actBasic, user.ID, noSession)
		},
		challenge: func(ctx context.Context, tx *tx, user *User, _ *proof) error {
			oneFactor = errBasicOneFactor(user)
			return tx.auditRefusal(ctx, actBasic, Problems{errSecondFactorNeeded}, user.ID, noSession)
		},
	})
	var refused Problems
	switch {
	case errors.Is(err, errOvertaken), errors.As(err, &refused):
		return nil, errBasicInvalid
	case err != nil:
		return nil, fmt.Errorf("authenticate by basic: %w", err)
	case oneFactor != nil:
		return nil, oneFactor
	}
	return caller, nil
}
