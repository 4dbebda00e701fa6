package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// PurposeReauthenticate is to prove again who a caller is, with a mailed code.
var PurposeReauthenticate = newPurpose("reauthenticate", purposeSpec{lifetime: CodeLifetime, act: actReauthenticated})

// JobReauthenticationCode is to mail a code to a user who wants to prove who they are: UserID, RequestID.
var JobReauthenticationCode = newJob("reauthentication_code", jobSpec{compose: (*Service).composeReauthenticationCode})

// LetterReauthenticationCode has such a code.
var LetterReauthenticationCode = newLetter("reauthentication_code", LetterSpec{order: 60, Code: PurposeReauthenticate})

var actReauthenticated = newAct("reauthenticated", "A signed-in user proved the password or a mailed code again.",
	outcomeOK, IncorrectPassword, InvalidCode, outcomeLimited)

// ReauthenticateInput is a credential of the caller: the password, or a mailed code with the id of
// the request it was mailed for.
type ReauthenticateInput struct {
	Password  *secret.Text // nil: left out
	RequestID *uuid.UUID   // nil: left out
	Code      *secret.Text // as it was typed; nil: left out
}

// errHasPassword keeps a mailbox alone from being enough for who has more to show.
var errHasPassword = Problems{problem(Required, "", "This account has a password: prove that instead of a code.")}

// RequestReauthenticationCode owes a mail with a code to the caller's own address, and returns the
// id of the request, with which and in this session alone the code works. It is for those without
// a password; with one it is a problem, REQUIRED. Errors: kind Unauthenticated if the account is
// gone, RateLimited when it was asked for too often.
func (s *Service) RequestReauthenticationCode(ctx context.Context, caller *Caller) (uuid.UUID, error) {
	user := caller.User
	if user.HasPassword() {
		return uuid.Nil, errHasPassword
	}
	if err := s.limit(ctx, LimitRequestCode, actCodeRequested, limitedUser(user.ID)); err != nil {
		return uuid.Nil, fmt.Errorf("request reauthentication code: %w", err)
	}
	id, err := s.askForCode(ctx, "request reauthentication code",
		OneTimeCode{Purpose: PurposeReauthenticate, EmailKey: user.Email.Canonical, UserID: user.ID, SessionID: caller.Session.ID},
		OutboxItem{Job: JobReauthenticationCode, UserID: user.ID, Recipient: user.Email.Canonical})
	if errors.Is(err, ErrNotFound) {
		return uuid.Nil, errSessionEnded
	}
	return id, err
}

// Reauthenticate proves a credential of the caller anew, so that the session is fresh for another 10
// minutes. Nothing else about it changes. Problems: REQUIRED for what is left out,
// PASSWORD_INCORRECT, PASSWORD_TOO_LONG, and CODE_INVALID for everything that is wrong with a code.
// Errors: kind BadInput for both a password and a code, RateLimited when too many passwords are
// being checked or too many proofs were wrong, Unauthenticated if the session ended meanwhile.
func (s *Service) Reauthenticate(ctx context.Context, caller *Caller, in ReauthenticateInput) (*Session, error) {
	session, err := s.reauthenticate(ctx, caller, in)
	if errors.Is(err, errOvertaken) {
		session, err = s.reauthenticate(ctx, caller, in)
	}
	if errors.Is(err, errOvertaken) {
		err = errOtherPassword
	}
	var problems Problems
	if errors.As(err, &problems) && problems[0].Code == IncorrectPassword {
		if err := s.noteRefusal(ctx, "reauthenticate", actReauthenticated, problems, caller); err != nil {
			return nil, err
		}
	}
	return session, err
}

// errOtherPassword is the answer to a wrong password.
var errOtherPassword = Problems{problem(IncorrectPassword, "password", "This is not the password of this account.")}

// reauthenticate is Reauthenticate, and returns errOvertaken as well.
func (s *Service) reauthenticate(ctx context.Context, caller *Caller, in ReauthenticateInput) (*Session, error) {
	byCode := in.RequestID != nil || in.Code != nil
	var prove func(tx *tx, user *User) error
	var err error
	switch {
	case in.Password != nil && byCode:
		return nil, &Error{Kind: BadInput, Message: "Send either `password`, or `requestId` and `code`."}
	case byCode:
		prove, err = s.proveCode(ctx, caller, in)
	default:
		prove, err = s.provePassword(ctx, caller, in.Password)
	}
	if err != nil {
		return nil, fmt.Errorf("reauthenticate: %w", err)
	}

	var now time.Time
	err = s.do(ctx, "reauthenticate", func(tx *tx) error {
		now = tx.at
		user, err := tx.LockUser(ctx, caller.User.ID)
		if errors.Is(err, ErrNotFound) || err == nil && user.Disabled() {
			return errSessionEnded
		}
		if err != nil {
			return err
		}
		if err := prove(tx, user); err != nil {
			return err
		}
		err = tx.ProveSession(ctx, caller.Session.ID, now)
		if errors.Is(err, ErrNotFound) {
			return errSessionEnded
		}
		if err != nil {
			return err
		}
		return tx.audit(ctx, actReauthenticated, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	session := *caller.Session
	if session.AuthenticatedAt.Before(now) {
		session.AuthenticatedAt = now
	}
	return &session, nil
}

// permitProof counts a proof of the caller, unless it is right.
func (s *Service) permitProof(ctx context.Context, caller *Caller) (*ratelimit.Attempt, error) {
	return s.permit(ctx, use{limit: LimitReauthenticate, act: actReauthenticated, account: limitedUser(caller.User.ID), hold: true})
}

// provePassword verifies a password, and returns what is left to check under the lock of the user:
// that it still is the password.
func (s *Service) provePassword(ctx context.Context, caller *Caller, given *secret.Text) (func(tx *tx, user *User) error, error) {
	if given == nil {
		return nil, Problems{problem(Required, "password", "Enter the password, or ask for a code if there is none.")}
	}
	password, problems := presentedPassword(*given, "password")
	if err := problems.err(); err != nil {
		return nil, err
	}
	user, err := s.store.UserByID(ctx, caller.User.ID)
	if errors.Is(err, ErrNotFound) {
		return nil, errSessionEnded
	}
	if err != nil {
		return nil, fmt.Errorf("find user: %w", err)
	}
	attempt, err := s.permitProof(ctx, caller)
	if err != nil {
		return nil, err
	}
	defer attempt.End(ctx)
	verified := user.PasswordHash
	match, _, err := s.hasher.Verify(ctx, verified, password)
	if err != nil {
		failOn(attempt, err)
		return nil, busy(err, "verify password")
	}
	if !match {
		attempt.Fail()
	}
	if err := attempt.Finish(ctx); err != nil {
		return nil, err
	}
	if !match {
		return nil, errOtherPassword
	}
	return func(_ *tx, user *User) error {
		if user.PasswordHash != verified {
			return errOvertaken
		}
		return nil
	}, nil
}

// proveCode compares a code, and returns what is left to do under the lock of the user: to use it.
func (s *Service) proveCode(ctx context.Context, caller *Caller, in ReauthenticateInput) (func(tx *tx, user *User) error, error) {
	var problems Problems
	if in.RequestID == nil {
		problems = append(problems, problem(Required, "requestId", "Send the id of the request that the code was mailed for."))
	}
	if in.Code == nil || *in.Code == "" {
		problems = append(problems, errCodeMissing)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	attempt, err := s.permitProof(ctx, caller)
	if err != nil {
		return nil, err
	}
	defer attempt.End(ctx)
	code, err := s.tryCode(ctx, PurposeReauthenticate, *in.RequestID, caller.Session.ID, *in.Code)
	_, isWrong := errors.AsType[Problems](err)
	if err != nil && !isWrong {
		return nil, err
	}
	if isWrong {
		attempt.Fail()
	}
	if err := attempt.Finish(ctx); err != nil {
		return nil, err
	}
	if isWrong {
		return nil, err
	}
	return func(tx *tx, user *User) error {
		if user.ID != code.UserID || user.Email.Canonical != code.EmailKey || user.HasPassword() {
			return errCodeInvalid
		}
		if err := useCode(ctx, tx, code); err != nil {
			return err
		}
		return tx.ForgetWrongCodes(ctx, code.countedUnder())
	}, nil
}

// composeReauthenticationCode mails a code to a user who has nothing else to prove.
func (s *Service) composeReauthenticationCode(ctx context.Context, item *OutboxItem) (*Letter, error) {
	user, err := s.store.UserByID(ctx, item.UserID)
	if err != nil {
		return nil, err
	}
	if user.Disabled() || user.HasPassword() {
		return nil, ErrNotFound
	}
	letter := &Letter{Kind: LetterReauthenticationCode, To: user.Email, Name: greeted(user)}
	return s.mintCode(ctx, letter, item, OneTimeCode{
		Purpose: PurposeReauthenticate, UserID: user.ID, EmailKey: user.Email.Canonical,
	})
}
