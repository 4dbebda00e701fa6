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
var PurposeReauthenticate = newPurpose("reauthenticate", purposeSpec{lifetime: codeLifetime, act: actReauthenticated})

// jobReauthenticationCode is to mail a code to a user who wants to prove who they are: UserID, RequestID.
var jobReauthenticationCode = newJob("reauthentication_code", jobSpec{origin: fromUser, compose: (*Service).composeReauthenticationCode})

// LetterReauthenticationCode has such a code.
var LetterReauthenticationCode = newLetter("reauthentication_code", LetterSpec{order: 60, Code: PurposeReauthenticate})

var actReauthenticated = newAct("reauthenticated", "A signed-in user proved the password, a mailed code, a passkey or another second factor again.",
	outcomeOK, IncorrectPassword, InvalidCode, PasskeyInvalid, outcomeLimited)

// Limits of proofs in a session.
var (
	// limitProof bounds what right ones write down.
	limitProof = newLimit("proof", "Passwords, codes and passkeys of a signed-in user, right or wrong, to confirm an identity or to change the password.",
		perAccount(20, time.Minute))
	// LimitReauthenticate is as slow as LimitLoginFailed: with a stolen session it is a way to guess.
	LimitReauthenticate = newLimit("reauthenticate", "Wrong passwords and wrong codes of a signed-in user.",
		perAddress(10, time.Minute), perAccount(5, 5*time.Minute))
)

// ReauthenticateInput is a credential of the caller: the password, or a mailed code with the id of
// the request it was mailed for, or a second factor, which is the only one for whoever has it.
type ReauthenticateInput struct {
	Password  *secret.Text // nil: left out
	RequestID *uuid.UUID   // nil: left out
	Code      *secret.Text // as it was typed; nil: left out

	TOTPCode     *secret.Text // as it was typed; nil: left out
	RecoveryCode *secret.Text // as it was typed; nil: left out

	Passkey      map[string]any // what the browser responded to BeginPasskeyReauthentication; nil: left out
	PasskeyState *secret.Text   // of that; nil: left out
}

// byFactor reports whether the credential is a second factor.
func (in ReauthenticateInput) byFactor() bool {
	return in.TOTPCode != nil || in.RecoveryCode != nil || in.Passkey != nil
}

// errHasPassword keeps a mailbox alone from being enough for who has more to show.
var errHasPassword = Problems{problem(Required, "", "This account has a password: prove that instead of a code.")}

// RequestReauthenticationCode enqueues an email with a code to the caller's own address, and returns the
// id of the request, with which and in this session alone the code works. It is for those without
// a password; with one it is a problem, REQUIRED. Errors: kind Unauthenticated if the account is
// gone, RateLimited when it was asked for too often.
func (s *Service) RequestReauthenticationCode(ctx context.Context, caller *Caller) (uuid.UUID, error) {
	user := caller.User
	if user.HasSecondFactor() {
		return uuid.Nil, errHasMoreThanMail
	}
	if user.HasPassword() {
		return uuid.Nil, errHasPassword
	}
	if err := s.limit(ctx, LimitRequestCode, actCodeRequested, limitedUser(user.ID)); err != nil {
		return uuid.Nil, fmt.Errorf("request reauthentication code: %w", err)
	}
	id, err := s.askForCode(ctx, "request reauthentication code",
		OneTimeCode{Purpose: PurposeReauthenticate, EmailKey: user.Email.Canonical, UserID: user.ID, SessionID: caller.Session.ID},
		OutboxItem{Job: jobReauthenticationCode, UserID: user.ID, Recipient: user.Email.Canonical})
	if errors.Is(err, ErrNotFound) {
		return uuid.Nil, errSessionEnded
	}
	return id, err
}

// Reauthenticate proves a credential of the caller anew, so that the session is fresh for another 10
// minutes. Nothing else about it changes. Problems: REQUIRED for what is left out,
// PASSWORD_INCORRECT, PASSWORD_TOO_LONG, CODE_INVALID for everything that is wrong with a code, and PASSKEY_INVALID with a passkey.
// An account with a second factor proves that: REQUIRED for anything else. Errors: kind BadInput for more than one proof, RateLimited when too many passwords are
// being checked or too many proofs were wrong, Unauthenticated if the session ended meanwhile.
func (s *Service) Reauthenticate(ctx context.Context, caller *Caller, in ReauthenticateInput) (*Session, error) {
	prove, err := s.proofOf(caller, in)
	if err != nil {
		return nil, fmt.Errorf("reauthenticate: %w", err)
	}
	uses := []use{{limit: limitProof, account: limitedUser(caller.User.ID)}}
	if in.Password != nil {
		uses = append(uses, use{limit: LimitLogin, act: actReauthenticated})
	}
	attempt, err := s.permit(ctx, append(uses,
		use{limit: LimitReauthenticate, act: actReauthenticated, account: limitedUser(caller.User.ID), hold: true})...)
	if err != nil {
		return nil, fmt.Errorf("reauthenticate: %w", err)
	}
	defer attempt.End(ctx)

	var session *Session
	err = s.admit(ctx, "reauthenticate", func(ctx context.Context) (*proof, error) { return prove(ctx, attempt) },
		admission{grant: func(ctx context.Context, tx *tx, user *User, proof *proof) (err error) {
			if proof.factors > 1 {
				session, err = proveFactor(ctx, tx, caller.Session.ID, proof.methods[0])
			} else {
				session, err = proveSession(ctx, tx, caller.Session.ID, proof.methods)
			}
			if err != nil {
				return err
			}
			return tx.audit(ctx, actReauthenticated, user.ID, session.ID)
		}})
	if errors.Is(err, errOvertaken) {
		err = errOtherPassword
	}
	if err := s.markIfCloned(ctx, err); err != nil {
		return nil, fmt.Errorf("reauthenticate: %w", err)
	}
	var problems Problems
	if errors.As(err, &problems) && (problems[0].Code == IncorrectPassword || problems[0].Code == PasskeyInvalid || problems[0].Code == InvalidCode && in.byFactor()) {
		if err := s.noteRefusal(ctx, "reauthenticate", actReauthenticated, problems, caller); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("reauthenticate: %w", err)
	}
	return session, nil
}

// proveSession writes down that a credential was proved in a session, and returns the session as it is
// then.
func proveSession(ctx context.Context, tx *tx, id uuid.UUID, methods []Method) (*Session, error) {
	session, _, err := tx.SessionByID(ctx, id)
	if err == nil {
		session.Methods = withMethods(session.Methods, methods...)
		err = tx.ProveSession(ctx, id, tx.at, session.Methods)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, errSessionEnded
	}
	if err != nil {
		return nil, err
	}
	if session.AuthenticatedAt.Before(tx.at) {
		session.AuthenticatedAt = tx.at
	}
	return session, nil
}

// errOtherPassword is the answer to a wrong password.
var errOtherPassword = Problems{problem(IncorrectPassword, "password", "This is not the password of this account.")}

// proofOf checks the input, and returns how to prove the credential in it.
func (s *Service) proofOf(caller *Caller, in ReauthenticateInput) (func(context.Context, *ratelimit.Attempt) (*proof, error), error) {
	byCode := in.RequestID != nil || in.Code != nil
	switch {
	case in.byFactor() && (in.Password != nil || byCode):
		return nil, errSeveralProofs
	case in.byFactor():
		return s.proofOfFactor(caller, in)
	case in.Password != nil && byCode:
		return nil, &Error{Kind: BadInput, Message: "Send either `password`, or `requestId` and `code`."}
	case caller.User.HasSecondFactor():
		return nil, errHasSecondFactor
	case byCode:
		return s.proofOfCode(caller, in)
	case in.Password == nil:
		return nil, Problems{problem(Required, "password", "Enter the password, or ask for a code if there is none.")}
	}
	password, problems := presentedPassword(*in.Password, "password")
	if err := problems.err(); err != nil {
		return nil, err
	}
	return func(ctx context.Context, attempt *ratelimit.Attempt) (*proof, error) {
		verified, err := s.store.UserByID(ctx, caller.User.ID)
		if errors.Is(err, ErrNotFound) {
			return nil, errSessionEnded
		}
		if err != nil {
			return nil, fmt.Errorf("find user: %w", err)
		}
		switch match, err := s.verifyOwn(ctx, attempt, verified, password); {
		case err != nil:
			return nil, err
		case !match:
			return nil, errOtherPassword
		}
		return &proof{
			methods: []Method{MethodPassword}, factors: 1, lock: lockUserOf(caller), attempt: attempt,
			recheck: func(_ context.Context, _ *tx, user *User) error {
				if user.Disabled() {
					return errSessionEnded
				}
				return samePassword(verified, user)
			},
		}, nil
	}, nil
}

// proofOfCode is proofOf for a mailed code.
func (s *Service) proofOfCode(caller *Caller, in ReauthenticateInput) (func(context.Context, *ratelimit.Attempt) (*proof, error), error) {
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
	return func(ctx context.Context, attempt *ratelimit.Attempt) (*proof, error) {
		code, err := s.tryCode(ctx, PurposeReauthenticate, *in.RequestID, caller.Session.ID, *in.Code)
		if _, isWrong := errors.AsType[Problems](err); isWrong {
			attempt.Fail()
			if err := attempt.Finish(ctx); err != nil {
				return nil, err
			}
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		return &proof{
			methods: []Method{MethodMailedCode}, factors: 1, lock: lockUserOf(caller), attempt: attempt,
			recheck: func(ctx context.Context, tx *tx, user *User) error {
				switch {
				case user.Disabled():
					return errSessionEnded
				case user.ID != code.UserID || user.Email.Canonical != code.EmailKey || user.HasPassword():
					return errCodeInvalid
				}
				return useCode(ctx, tx, code)
			},
			forgives: func(*User) []string { return []string{code.countedUnder()} },
		}, nil
	}, nil
}

// composeReauthenticationCode mails a code to a user who has nothing else to prove.
func (s *Service) composeReauthenticationCode(ctx context.Context, item *OutboxItem) (*Letter, error) {
	user, err := s.store.UserByID(ctx, item.UserID)
	if err != nil {
		return nil, err
	}
	if user.Disabled() || user.HasPassword() || user.HasSecondFactor() {
		return nil, ErrNotFound
	}
	code := OneTimeCode{Purpose: PurposeReauthenticate, UserID: user.ID, EmailKey: user.Email.Canonical}
	if err := s.mayMintCode(ctx, item, code); err != nil {
		return nil, err
	}
	return s.mintCode(&Letter{Kind: LetterReauthenticationCode, To: user.Email, Name: greeted(user)}, item, code), nil
}
