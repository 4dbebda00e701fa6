package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// actBasic is one request with a name and a password of its own. Its limits are those of a login, and so
// are refusals by them.
var actBasic = newAct("authenticated_by_basic", "A request proved who sent it with HTTP Basic authentication.",
	outcomeOK, InvalidCredentials, AccountDisabled)

// errBasicInvalid is the one answer to a name and a password that let nobody in.
var errBasicInvalid = &Error{Kind: Unauthenticated, Message: "No account can be entered with the name and the password of the Authorization header."}

// AuthenticateBasic returns who has the name and the password, for the one request that brings them: no
// session begins, and none is needed. The limits, the work and what is written down are those of a
// login; a hash made with lower parameters is left for the next one. Errors: kind Unauthenticated for
// everything that is wrong with the two, RateLimited.
func (s *Service) AuthenticateBasic(ctx context.Context, in LoginInput) (*Caller, error) {
	account, problems := s.identify(in)
	password, more := presentedPassword(in.Password, "password")
	if append(problems, more...).err() != nil {
		return nil, errBasicInvalid
	}
	ReportFrom(ctx).concerns(account.key())
	attempt, err := s.permitLogin(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("authenticate by basic: %w", err)
	}
	defer attempt.End(ctx)
	user, _, err := s.verify(ctx, attempt, account, password, actBasic)
	var refused Problems
	if errors.As(err, &refused) {
		return nil, errBasicInvalid
	}
	if err != nil {
		return nil, fmt.Errorf("authenticate by basic: %w", err)
	}
	err = s.do(ctx, "authenticate by basic", func(tx *tx) error {
		if err := attempt.Settle(ctx, tx, tx.at); err != nil {
			return err
		}
		return tx.audit(ctx, actBasic, user.ID, uuid.Nil)
	})
	if err != nil {
		return nil, err
	}
	attempt.Done()
	now := s.now()
	return &Caller{User: user, Session: &Session{UserID: user.ID, CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now, EndsAt: now}}, nil
}
