package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Bounds of mailed codes (ASVS 6.5). A code is short, and what keeps it from being guessed is that
// it soon ends, in whichever way.
const (
	// codeLifetime is how long a mailed code works, from when its mail is composed.
	codeLifetime = 10 * time.Minute
	// codeTries is how often the code of one request can be tried, the right one included.
	codeTries = 5
	// wrongCodesLimit is how many wrong codes in a row, whatever requests they were of, end the
	// codes of an address until a password is proved or reset, or the count begins anew.
	wrongCodesLimit = 100
	// wrongCodesCount is how long after its first wrong code a count begins anew, whatever was
	// counted meanwhile: strangers could otherwise end the codes of an address for ever.
	wrongCodesCount = 24 * time.Hour
	// codeMailWithin is how late the email of a request may be. The user has given up by then.
	codeMailWithin = time.Hour
)

// OneTimeCode is a request for a code, and the code once it was mailed. It works only together with
// the id of the request, which only whoever asked has: who reads the mail but did not ask cannot
// use it, and a request of a stranger voids none of the owner's.
type OneTimeCode struct {
	RequestID uuid.UUID // random
	Purpose   Purpose
	EmailKey  string    // whom the request names, whether anybody has the address or not
	SessionID uuid.UUID // in which it works; uuid.Nil: there is none yet
	UserID    uuid.UUID // whom it was mailed to; uuid.Nil: no one, or a sign-up
	SignUpID  uuid.UUID // whom it was mailed to; uuid.Nil: no one, or a user
	Digest    []byte    // HMAC-SHA-256; nil: not mailed yet, or void
	Tries     int       // so far
	CreatedAt time.Time
	ExpiresAt time.Time // zero: not mailed yet
}

// codeReader finds out how many wrong codes were given.
type codeReader interface {
	// WrongCodes returns how many wrong codes were counted for an address, if that began later
	// than since.
	WrongCodes(ctx context.Context, key string, since time.Time) (int, error)
}

// codeStore remembers mailed codes by their digests, and how many wrong ones were given.
type codeStore interface {
	// CreateCode adds a request.
	CreateCode(ctx context.Context, c *OneTimeCode) error
	// TryCode counts a try and returns the request, that try included. ErrNotFound if there is
	// none of this id, purpose and session, or if it was tried limit times already: however many
	// try at once, limit of them get it.
	TryCode(ctx context.Context, purpose Purpose, requestID, sessionID uuid.UUID, limit int) (*OneTimeCode, error)
	// TakeCode removes the request if its code still has this digest, and returns ErrNotFound
	// otherwise: of two who take it at once, one gets that.
	TakeCode(ctx context.Context, requestID uuid.UUID, digest []byte) error
	// CountWrongCode adds one to the wrong codes of an address, known or not, and returns how
	// many there are now. A count that did not begin later than since begins anew.
	CountWrongCode(ctx context.Context, key string, at, since time.Time) (int, error)
	// ForgetWrongCodes begins the count anew. There being none is no error.
	ForgetWrongCodes(ctx context.Context, key string) error
}

// actCodeRequested names no account if the code is to log in with: whether the address has one is not looked up.
var actCodeRequested = newAct("code_requested", "A mailed code was requested, to sign in or to confirm an identity.",
	outcomeOK, outcomeLimited)

// errCodeInvalid is the one answer for a code that is wrong, used, expired, tried too often, of an
// unknown request, or of an address whose codes have ended: telling them apart would help to guess,
// and tell which addresses have accounts.
var errCodeInvalid = Problems{problem(InvalidCode, "code", "This code does not work: it is mistyped, was used already, is too old, or was not asked for here. Ask for a new one.")}

// What is removed of codes.
var (
	// ExpiredCodes are kept from when they were asked for, for longer than their mail may take and they work.
	ExpiredCodes = newExpired("codes", cleanupTask{order: 40, kept: 2 * time.Hour})
	// ExpiredWrongCodes are counts that began long ago, of addresses without a user. Those of a user's address stay.
	ExpiredWrongCodes = newExpired("counts of wrong codes", cleanupTask{order: 50, kept: 30 * 24 * time.Hour})
)

// askForCode remembers a request and enqueues the email that brings its code. It is the same work for
// everybody. It returns the id of the request.
func (s *Service) askForCode(ctx context.Context, verb string, code OneTimeCode, item OutboxItem) (uuid.UUID, error) {
	// Half of the right to use the code, and so all of it is random: a UUIDv7 tells the time.
	code.RequestID = uuid.New()
	item.RequestID = code.RequestID
	err := s.do(ctx, verb, func(tx *tx) error {
		code.CreatedAt = tx.at
		if err := tx.CreateCode(ctx, &code); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, item); err != nil {
			return err
		}
		return tx.audit(ctx, actCodeRequested, code.UserID, code.SessionID)
	})
	if err != nil {
		return uuid.Nil, err
	}
	return code.RequestID, nil
}

// mayMintCode returns ErrNotFound if the email of a code is too late, or the codes that are counted with it
// have ended.
func (s *Service) mayMintCode(ctx context.Context, item *OutboxItem, code OneTimeCode) error {
	now := s.now()
	if !now.Before(item.CreatedAt.Add(codeMailWithin)) {
		return ErrNotFound
	}
	wrong, err := s.store.WrongCodes(ctx, code.countedUnder(), now.Add(-wrongCodesCount))
	if err == nil && wrong >= wrongCodesLimit {
		return ErrNotFound
	}
	return err
}

// mintCode makes the code of a letter, whose digest is kept when the letter leaves; then it is ErrNotFound if
// the code was used. It works for codeLifetime, or until the time at which the code given ends, if that is
// sooner.
func (s *Service) mintCode(letter *Letter, item *OutboxItem, code OneTimeCode) *Letter {
	now := s.now()
	letter.Code, letter.At = secret.NewCode(), now
	if end := now.Add(codeLifetime); code.ExpiresAt.IsZero() || end.Before(code.ExpiresAt) {
		code.ExpiresAt = end
	}
	letter.ValidFor = code.ExpiresAt.Sub(now)
	code.RequestID = item.RequestID
	code.Digest = s.codes.Digest(letter.Code, code.binding()...)
	letter.mint = func(ctx context.Context) error { return s.store.MintCode(ctx, &code) }
	return letter
}

// countedUnder is the key under which wrong codes are counted: the address for those to log in with,
// which anybody may ask for; for those to step up with the user, so that no stranger can end them.
func (c *OneTimeCode) countedUnder() string {
	if c.Purpose == PurposeReauthenticate {
		return stepUpKey(c.UserID)
	}
	return c.EmailKey
}

// forgetWrongCodes begins both counts of a user anew.
func forgetWrongCodes(ctx context.Context, tx *tx, user *User) error {
	for _, key := range wrongCodesOf(user) {
		if err := tx.ForgetWrongCodes(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// wrongCodesOf returns the keys of both counts of a user.
func wrongCodesOf(user *User) []string { return []string{user.Email.Canonical, stepUpKey(user.ID)} }

// stepUpKey has no @, so it is never an address.
func stepUpKey(userID uuid.UUID) string { return "user " + userID.String() }

// binding is what a code works with alone.
func (c *OneTimeCode) binding() []string {
	return []string{string(c.Purpose), c.RequestID.String(), c.UserID.String(), c.SignUpID.String(), c.EmailKey}
}

// tryCode compares a code with that of a request, and returns the request if it is the right one and
// works now, errCodeInvalid otherwise. Every try is counted before the comparison, and stays
// counted when that fails, so that many at once get no more tries than one after the other. It is
// the same work whether anybody has the address or not.
func (s *Service) tryCode(ctx context.Context, purpose Purpose, requestID, sessionID uuid.UUID, typed secret.Text) (*OneTimeCode, error) {
	code, ok := secret.ReadCode(typed)
	if !ok {
		return nil, errCodeInvalid // no code ever had this form
	}

	refused := purposes[purpose].act
	noted := s.mayNoteUnknown(ctx, refused, loginsOfUnknown)
	var found *OneTimeCode
	err := s.do(ctx, "try code", func(tx *tx) error {
		found = nil
		request, err := tx.TryCode(ctx, purpose, requestID, sessionID, codeTries)
		if errors.Is(err, ErrNotFound) {
			if !noted { // anyone can make requests up
				return nil
			}
			return tx.auditRefusal(ctx, refused, errCodeInvalid, uuid.Nil, sessionID)
		}
		if err != nil {
			return err
		}
		tries, err := tx.CountWrongCode(ctx, request.countedUnder(), tx.at, tx.at.Add(-wrongCodesCount))
		if err != nil {
			return err
		}

		isRight := s.codes.Match(request.Digest, code, request.binding()...)
		if isRight && tx.at.Before(request.ExpiresAt) && tries <= wrongCodesLimit {
			found = request
			return nil
		}
		if tries == wrongCodesLimit {
			if err := tx.audit(ctx, actCodesLocked, request.UserID, sessionID); err != nil {
				return err
			}
		}
		return tx.auditRefusal(ctx, refused, errCodeInvalid, request.UserID, sessionID)
	})
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, errCodeInvalid
	}
	return found, nil
}

// useCode uses up a code that was right a moment ago, if it still is. What forgets the wrong ones
// before it comes last in its transaction: locks are always taken in the order sign-ups, user,
// codes, counts.
func useCode(ctx context.Context, tx *tx, code *OneTimeCode) error {
	err := tx.TakeCode(ctx, code.RequestID, code.Digest)
	if errors.Is(err, ErrNotFound) {
		return errCodeInvalid
	}
	return err
}
