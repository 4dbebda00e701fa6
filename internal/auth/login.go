package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// LoginInput is who logs in, by exactly one of address and username, and the proof.
type LoginInput struct {
	Email    string // empty: none given
	Username string // empty: none given
	Password secret.Text
	Handover
}

// errInvalidCredentials is the one answer for an unknown account, a wrong password and a sign-up
// that is not confirmed: anything else would tell who has an account.
var errInvalidCredentials = Problems{problem(InvalidCredentials, "",
	"No account can be entered with this email address or username and this password. If you have signed up and not confirmed your address yet, open the link in the mail: we have just sent it again.")}

// errAccountDisabled is told only to who has shown to be the user.
var errAccountDisabled = Problems{problem(AccountDisabled, "", "This account is disabled. Ask whoever runs this service.")}

// Login verifies a password and begins a session. Problems: INVALID_CREDENTIALS, after the same work
// for known and unknown accounts; ACCOUNT_DISABLED after the right password; EMAIL_INVALID,
// USERNAME_INVALID, REQUIRED and PASSWORD_TOO_LONG for what no account could have. An Error of kind
// RateLimited when too many passwords are being checked, or too many were wrong. A hash made with
// lower parameters than are in force now is replaced.
func (s *Service) Login(ctx context.Context, in LoginInput) (*Grant, error) {
	account, problems := s.identify(in)
	password, more := presentedPassword(in.Password, "password")
	if err := append(problems, more...).err(); err != nil {
		return nil, err
	}
	ReportFrom(ctx).concerns(account.key())

	attempt, err := s.permitLogin(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	defer attempt.End(ctx)
	handed, err := s.prepare(ctx, in.Handover)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	grant, err := s.enter(ctx, attempt, account, password, handed)
	if errors.Is(err, errOvertaken) {
		grant, err = s.enter(ctx, attempt, account, password, handed)
	}
	if errors.Is(err, errOvertaken) {
		return nil, s.refuse(ctx, attempt, account, actLoggedIn, uuid.Nil, errInvalidCredentials)
	}
	return grant, err
}

// permitLogin counts a login before its password is hashed.
func (s *Service) permitLogin(ctx context.Context, account handle) (*ratelimit.Attempt, error) {
	if err := s.hasher.Room(ctx); err != nil {
		return nil, busy(err, "look for a turn to hash")
	}
	counted, err := s.limitedFrom(ctx, LimitLoginFailed, account)
	if err != nil {
		return nil, err
	}
	return s.permit(ctx,
		use{limit: LimitLogin, act: actLoggedIn},
		use{limit: LimitLoginFailed, act: actLoggedIn, account: counted, hold: true})
}

// errOvertaken is returned when the account changed while the password was being verified, so that it
// has to be verified again: it was disabled, say, or has another password, or a new hash of the same
// one, which another login made at this moment.
var errOvertaken = errors.New("the account was changed meanwhile")

// enter verifies a password in NFC and begins a session. Problems and errors are those of Login, and
// errOvertaken.
func (s *Service) enter(ctx context.Context, attempt *ratelimit.Attempt, account handle, password secret.Text, handed *handover) (*Grant, error) {
	user, outdated, err := s.verify(ctx, attempt, account, password, actLoggedIn)
	if err != nil {
		return nil, err
	}
	var rehashed secret.Text
	if outdated {
		if rehashed, err = s.hasher.Hash(ctx, password); err != nil {
			return nil, busy(err, "log in: rehash password")
		}
	}
	return s.logIn(ctx, attempt, user, rehashed, account, handed)
}

// verify returns the user of the handle if the password in NFC is right and the user may come in, and
// whether its hash is outdated. Problems and errors are those of Login; a refusal is written down as
// one of the act.
func (s *Service) verify(ctx context.Context, attempt *ratelimit.Attempt, account handle, password secret.Text, act Act) (verified *User, outdated bool, err error) {
	user, err := account.find(ctx, s.store)
	if errors.Is(err, ErrNotFound) {
		user = &User{} // without a password: nobody can log in to it
	} else if err != nil {
		return nil, false, fmt.Errorf("log in: find user: %w", err)
	}

	match, old, err := s.hasher.Verify(ctx, user.PasswordHash, password)
	if err != nil {
		failOn(attempt, err)
		return nil, false, busy(err, "log in: verify password")
	}
	if !match || !s.mayLogIn(user) {
		attempt.Fail()
		return nil, false, s.refuse(ctx, attempt, account, act, user.ID, errInvalidCredentials)
	}
	if user.Disabled() {
		return nil, false, s.refuse(ctx, attempt, account, act, user.ID, errAccountDisabled)
	}
	return user, old, nil
}

// mayLogIn reports whether the user could log in with the right password.
func (s *Service) mayLogIn(u *User) bool {
	return u.EmailVerified() || s.config.EmailVerification != VerificationMandatory
}

// refuse is the end of every login that fails: it returns why. It writes that down, of the account
// if there is one, and while confirmation is mandatory it owes the confirmation mail, which leaves
// only if a sign-up waits for it; that is decided when it is composed, so that the work here is the
// same for all.
func (s *Service) refuse(ctx context.Context, attempt *ratelimit.Attempt, account handle, act Act, userID uuid.UUID, why Problems) error {
	mandatory := s.config.EmailVerification == VerificationMandatory
	err := s.do(ctx, "log in: note the refusal", func(tx *tx) error {
		if mandatory {
			if err := tx.enqueue(ctx, OutboxItem{Job: account.job(), EmailKey: account.key()}); err != nil {
				return err
			}
		}
		if err := attempt.Settle(ctx, tx, tx.at); err != nil {
			return err
		}
		return tx.auditRefusal(ctx, act, why, userID, uuid.Nil)
	})
	if err != nil {
		return err
	}
	attempt.Done()
	return why
}

// logIn begins a session for a user whose password was right a moment ago, if it still is.
func (s *Service) logIn(ctx context.Context, attempt *ratelimit.Attempt, verified *User, rehashed secret.Text, account handle, handed *handover) (*Grant, error) {
	var grant *Grant
	err := s.do(ctx, "log in", func(tx *tx) error {
		user, err := tx.LockUser(ctx, verified.ID)
		if errors.Is(err, ErrNotFound) {
			return errOvertaken
		}
		if err != nil {
			return err
		}
		if !account.isOf(user) || user.Disabled() || user.PasswordHash != verified.PasswordHash {
			return errOvertaken
		}

		if rehashed != "" {
			if err := tx.SetPassword(ctx, user.ID, rehashed, tx.at); err != nil {
				return err
			}
			user.PasswordHash = rehashed
		}
		user.LastLoginAt = tx.at
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		if err := forgetWrongCodes(ctx, tx, user); err != nil {
			return err
		}
		if grant, err = s.begin(ctx, tx, user, actLoggedIn, handed); err != nil {
			return err
		}
		return attempt.Settle(ctx, tx, tx.at)
	})
	if err != nil {
		return nil, err
	}
	attempt.Done()
	return grant, nil
}

// begin is the end of every way of logging in: it starts a session for the user, from the client of
// the request, ends those that are over the limit, and owes a notice if the client is a new one. The
// caller holds the lock of the user, or has just created it.
func (s *Service) begin(ctx context.Context, tx *tx, user *User, act Act, handed *handover) (*Grant, error) {
	session := &Session{
		ID:              newID(),
		UserID:          user.ID,
		TokenDigest:     secret.Digest(handed.token),
		Generation:      1,
		CreatedAt:       tx.at,
		LastSeenAt:      tx.at,
		AuthenticatedAt: tx.at,
		EndsAt:          tx.at.Add(sessionAbsolute),
		IPAddress:       tx.request.address(),
		UserAgent:       tx.request.UserAgent,
	}
	if err := s.makeRoom(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if err := tx.CreateSession(ctx, session); err != nil {
		return nil, err
	}
	if err := handed.store(ctx, tx, session); err != nil {
		return nil, err
	}
	if err := meetDevice(ctx, tx, user, session); err != nil {
		return nil, err
	}
	if err := s.rememberDevice(ctx, tx, user); err != nil {
		return nil, err
	}
	if err := tx.audit(ctx, act, user.ID, session.ID); err != nil {
		return nil, err
	}
	tokens, err := handed.tokens(s, user, session, tx.at)
	if err != nil {
		return nil, err
	}
	return &Grant{User: user, Session: session, Tokens: tokens}, nil
}
