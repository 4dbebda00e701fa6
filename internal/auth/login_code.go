package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// PurposeLogin is to log in with a mailed code.
var PurposeLogin = newPurpose("login", purposeSpec{lifetime: codeLifetime, act: actLoggedInByCode})

// jobLoginCode is to mail a code to log in with: EmailKey, RequestID.
var jobLoginCode = newJob("login_code", jobSpec{origin: fromAnyone, compose: (*Service).composeLoginCode})

// LetterLoginCode has a code to log in with.
var LetterLoginCode = newLetter("login_code", LetterSpec{order: 50, Code: PurposeLogin})

// LimitLoginWithCode bounds how many requests of others one client can guess the codes of.
var LimitLoginWithCode = newLimit("login_with_code", "Logins with a code, right or wrong.", perAddress(20, time.Minute))

// Acts of this feature.
var (
	actLoggedInByCode = newAct("logged_in_by_code", "A user signed in with a mailed code.", outcomeOK, InvalidCode, AccountDisabled, outcomeLimited)
	actCodesLocked    = newAct("codes_locked", "Too many wrong codes in a row: no code works for this address until a password is proved or a day has passed.")
)

// errLoginCodesOff is what both halves of the login by code answer where it is turned off.
var errLoginCodesOff = &Error{Kind: Forbidden, Message: "Login by mailed code is turned off here: see authConfig.loginCodes."}

// LoginWithCodeInput is a mailed code, and the request it was mailed for.
type LoginWithCodeInput struct {
	RequestID uuid.UUID
	Code      secret.Text // as it was typed
	SessionDelivery
}

// RequestLoginCode enqueues an email with a code to log in with, and returns the id of the request, with
// which alone the code works. Whether anybody has the address is found out when the mail is
// composed. Problems: REQUIRED and EMAIL_INVALID. Errors: kind Forbidden where login by code is off,
// RateLimited when it was asked for too often, be the address known or not.
func (s *Service) RequestLoginCode(ctx context.Context, address string) (uuid.UUID, error) {
	if !s.config.LoginCodes {
		return uuid.Nil, errLoginCodesOff
	}
	email, problems := checkEmail(address)
	if err := problems.err(); err != nil {
		return uuid.Nil, err
	}
	email, err := s.held(ctx, email)
	if err != nil {
		return uuid.Nil, fmt.Errorf("request login code: %w", err)
	}
	ReportFrom(ctx).concerns(email.Canonical)
	if err := s.limitCode(ctx, identifier{email: email}); err != nil {
		return uuid.Nil, fmt.Errorf("request login code: %w", err)
	}
	return s.askForCode(ctx, "request login code",
		OneTimeCode{Purpose: PurposeLogin, EmailKey: email.Canonical},
		OutboxItem{Job: jobLoginCode, EmailKey: email.Canonical})
}

// LoginWithCode uses up a mailed code and begins a session. Problems: REQUIRED; CODE_INVALID for
// everything that is wrong with a code, see errCodeInvalid; ACCOUNT_DISABLED after the right code.
// Errors: kind Forbidden where login by code is off, RateLimited for too many codes from one client
// address. A code works for 10 minutes, once, and each request has 5 tries; 100 wrong codes in a row end
// the codes of an address until its user logs in with the password or resets it, or a day has passed
// since the first of them.
//
// Who has the code reads the mail of the address, so its first use confirms the address. Whatever
// was claimed before that with a typed password may be a stranger's: no password, session
// or link of an unconfirmed account or of a sign-up survives, and a sign-up becomes an account
// without a password. Its owner can choose one in the session that begins here.
func (s *Service) LoginWithCode(ctx context.Context, in LoginWithCodeInput) (*Grant, error) {
	if !s.config.LoginCodes {
		return nil, errLoginCodesOff
	}
	if in.Code == "" {
		return nil, Problems{errCodeMissing}
	}
	if err := s.limit(ctx, LimitLoginWithCode, actLoggedInByCode, ""); err != nil {
		return nil, fmt.Errorf("log in with code: %w", err)
	}
	code, err := s.tryCode(ctx, PurposeLogin, in.RequestID, uuid.Nil, in.Code)
	if err != nil {
		return nil, fmt.Errorf("log in with code: %w", err)
	}
	delivery, err := s.prepare(ctx, in.SessionDelivery)
	if err != nil {
		return nil, fmt.Errorf("log in with code: %w", err)
	}
	grant, err := s.admitToSession(ctx, "log in with code", actLoggedInByCode, func(context.Context) (*proof, error) {
		return s.proofByCode(code), nil
	}, delivery)
	if errors.Is(err, ErrEmailTaken) {
		err = errCodeInvalid // another request made a user of this address at the same moment
	}
	var refusal Problems
	if errors.As(err, &refusal) { // a right code, and yet no session
		return nil, s.noteRefusedCode(ctx, code, refusal)
	}
	return grant, err
}

// noteRefusedCode writes down that a code which was right did not begin a session, and returns why.
func (s *Service) noteRefusedCode(ctx context.Context, code *OneTimeCode, why Problems) error {
	err := s.do(ctx, "log in with code: note the refusal", func(tx *tx) error {
		return tx.auditRefusal(ctx, actLoggedInByCode, why, code.UserID, noSession)
	})
	if err != nil {
		return err
	}
	return why
}

// proofByCode is the proof of a code to log in with, which was right a moment ago. It locks the sign-ups
// of the address as well as the user, and makes a user of a sign-up.
func (s *Service) proofByCode(code *OneTimeCode) *proof {
	return &proof{
		methods: []Method{MethodMailedCode}, factors: 1,
		lock: func(ctx context.Context, tx *tx) (*User, error) {
			claim, err := claimants(ctx, tx, code.EmailKey)
			if err != nil {
				return nil, err
			}
			if err := claim.accepts(code); err != nil {
				return nil, err
			}
			if err := useCode(ctx, tx, code); err != nil {
				return nil, err
			}
			return s.welcome(ctx, tx, claim)
		},
		recheck:  func(context.Context, *tx, *User) error { return nil }, // lock has looked
		forgives: func(*User) []string { return []string{code.EmailKey} },
	}
}

var errCodeMissing = problem(Required, "code", "Enter the code of the mail.")

// accepts returns nil if the code was mailed to the user of the claim or, while there is none, to
// one of its sign-ups.
func (c *claim) accepts(code *OneTimeCode) error {
	switch {
	case c.user == nil && !c.includes(code.SignUpID), c.user != nil && c.user.ID != code.UserID:
		return errCodeInvalid
	case c.user != nil && c.user.Disabled():
		return errAccountDisabled
	}
	return nil
}

// welcome returns the user of a claim whose owner has just shown to read its mail. If the owner had not
// shown that before, nothing survives that a stranger may have planted.
func (s *Service) welcome(ctx context.Context, tx *tx, claim *claim) (*User, error) {
	if claim.user != nil && claim.user.EmailVerified() {
		return claim.user, nil
	}
	claim.disown()
	user, err := s.confirmAddress(ctx, tx, claim, "")
	if err != nil {
		return nil, err
	}
	return user, revokeAll(ctx, tx, user.ID)
}

// composeLoginCode mails a code to the owner of the address, even if there is only a sign-up.
func (s *Service) composeLoginCode(ctx context.Context, item *OutboxItem) (*Letter, error) {
	if !s.config.LoginCodes {
		return nil, ErrNotFound
	}
	code := OneTimeCode{Purpose: PurposeLogin, EmailKey: item.EmailKey}
	if err := s.mayMintCode(ctx, item, code); err != nil {
		return nil, err
	}
	holder, err := s.holderOf(ctx, item.EmailKey)
	if err != nil {
		return nil, err
	}
	letter := &Letter{Kind: LetterLoginCode}
	switch {
	case holder.user != nil && holder.user.Disabled():
		return nil, ErrNotFound
	case holder.user != nil:
		code.UserID, letter.To, letter.Name = holder.user.ID, holder.user.Email, greeted(holder.user)
	case holder.left != nil || holder.signUp == nil:
		return nil, ErrNotFound
	default:
		code.SignUpID, code.ExpiresAt, letter.To = holder.signUp.ID, holder.signUp.ExpiresAt, holder.signUp.Email
	}
	return s.mintCode(letter, item, code), nil
}
