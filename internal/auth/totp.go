package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/qrcode"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Bounds of authenticator apps.
const (
	// totpTries is how many codes in a row can be wrong, in however many logins, until none works any more
	// (SP 800-63B-4 section 3.2.2). A recovery code begins the count anew, and so does another app.
	totpTries = 100
	// totpSetupLifetime is how long a secret waits to be confirmed.
	totpSetupLifetime = 10 * time.Minute
)

// What secrets are sealed for.
const (
	totpPurpose      = "totp secret"
	totpSetupPurpose = "totp setup"
)

// TOTP is the authenticator app of a user (RFC 6238).
type TOTP struct {
	UserID     uuid.UUID
	Sealed     []byte // its secret, under the secret key and bound to the user
	LastStep   int64  // of the code that was accepted last; only later ones are
	Tries      int    // since then
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never, but to set it up
}

// locked reports whether no code works any more.
func (t *TOTP) locked() bool { return t.Tries >= totpTries }

// totpReader finds authenticator apps.
type totpReader interface {
	// TOTPOf returns the authenticator app of a user.
	TOTPOf(ctx context.Context, userID uuid.UUID) (*TOTP, error)
}

// totpStore remembers authenticator apps.
type totpStore interface {
	totpReader

	// PutTOTP adds the authenticator app of a user, in place of the one before. ErrNotFound when there is no such
	// user.
	PutTOTP(ctx context.Context, totp *TOTP) error
	// TryTOTP counts a try and returns the authenticator app, that try included. ErrNotFound if there is none, or if
	// it was tried limit times already: however many try at once, limit of them get it.
	TryTOTP(ctx context.Context, userID uuid.UUID, limit int) (*TOTP, error)
	// UseTOTP accepts the code of a step, and begins the count of tries anew. ErrNotFound, and nothing is changed,
	// unless the step is later than the last one that was accepted: of any number who use it at once, one does.
	UseTOTP(ctx context.Context, userID uuid.UUID, step int64, at time.Time) error
	// ForgetTOTPTries begins the count of tries anew. If there is no authenticator app, that is no error.
	ForgetTOTPTries(ctx context.Context, userID uuid.UUID) error
	// DeleteTOTP removes the authenticator app; ErrNotFound if there is none.
	DeleteTOTP(ctx context.Context, userID uuid.UUID) error
}

// Notices of this feature: UserID.
var (
	jobTOTPAdded   = newJob("totp_added", notice(LetterTOTPAdded))
	jobTOTPRemoved = newJob("totp_removed", notice(LetterTOTPRemoved))
	jobTOTPLocked  = newJob("totp_locked", notice(LetterTOTPLocked))
)

// The letters that they become.
var (
	LetterTOTPAdded   = newLetter("totp_added", LetterSpec{order: 130})
	LetterTOTPRemoved = newLetter("totp_removed", LetterSpec{order: 140})
	LetterTOTPLocked  = newLetter("totp_locked", LetterSpec{order: 150}) // too many wrong codes in a row
)

// Acts of this feature.
var (
	actTOTPAdded   = newAct("totp_added", "A user set up an authenticator app, or replaced the one before.", outcomeOK, InvalidCode, outcomeLimited)
	actTOTPRemoved = newAct("totp_removed", "A signed-in user removed the authenticator app.")
	actTOTPLocked  = newAct("totp_locked", "Too many wrong codes of an authenticator app in a row: none works until a recovery code is used or the app is replaced.")
)

// TOTPSetup is a secret that waits to be confirmed. Nothing is kept of it.
type TOTPSetup struct {
	Setup  secret.Text // for ConfirmTOTP
	Secret secret.Text // in base32, to be typed into an app
	URI    secret.Text // the same for an app to open
	QRCode secret.Text // the same for an app to scan, as SVG
}

// sealedSetup is what a setup token holds.
type sealedSetup struct {
	Secret    string `json:"secret"`
	ExpiresAt int64  `json:"expires_at"` // seconds since 1970
}

// Problems of this feature.
var (
	errSetupInvalid = Problems{problem(InvalidToken, "setup", "This setup has expired, or was begun elsewhere. Begin again.")}
	errTOTPWrong    = totpWrong("code")
	errNoTOTP       = Problems{problem(NotFound, "", "This account has no authenticator app.")}
)

// totpWrong is the one answer to a code of an app that is wrong, old or used, in a field.
func totpWrong(field string) Problems {
	return Problems{problem(InvalidCode, field, "This code does not work: it is mistyped, was used already, or is too old. Wait for the next one. If that does not work either, check the clock of the device.")}
}

// BeginTOTP makes a secret for an authenticator app, for whoever has a fresh session, or a login that waits for its
// user to set up a second factor. Nothing is kept until ConfirmTOTP; an app that is there already stays in force. The
// setup works for 10 minutes, in this session or login alone. Errors: kind SecondFactorRequired for a login that
// waits for a factor to be proved, RateLimited.
func (s *Service) BeginTOTP(ctx context.Context, bearer Bearer) (*TOTPSetup, error) {
	if err := bearer.mayEnroll(); err != nil {
		return nil, err
	}
	if err := s.limit(ctx, limitManageFactors, "", bearer.binding()); err != nil {
		return nil, fmt.Errorf("begin TOTP: %w", err)
	}
	user, made := bearer.user(), secret.NewTOTPSecret()
	uri := secret.TOTPURI(made, s.config.serviceName(), user.Email.Address)
	drawn, err := qrcode.SVG(uri.Reveal())
	if err != nil {
		return nil, fmt.Errorf("begin TOTP: %w", err)
	}
	plain, err := json.Marshal(sealedSetup{Secret: made.Reveal(), ExpiresAt: s.now().Add(totpSetupLifetime).Unix()})
	if err != nil {
		return nil, fmt.Errorf("begin TOTP: %w", err)
	}
	sealed := s.keys.under.Seal(totpSetupPurpose, plain, setupBinding(bearer))
	return &TOTPSetup{
		Setup: secret.Text(base64.RawURLEncoding.EncodeToString(sealed)), Secret: made, URI: uri, QRCode: secret.Text(drawn),
	}, nil
}

// setupBinding is where a setup works alone.
func setupBinding(bearer Bearer) string { return bearer.user().ID.String() + " " + bearer.binding() }

// mayEnroll returns an error for a login that waits for something else than a new factor.
func (b Bearer) mayEnroll() error {
	if b.Pending != nil && b.Pending.Challenge.Kind != ChallengeEnroll {
		return errFactorRequired(b.Pending.User)
	}
	return nil
}

// openSetup returns the secret of a setup token.
func (s *Service) openSetup(bearer Bearer, token secret.Text) (secret.Text, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(token.Reveal())
	if err != nil {
		return "", errSetupInvalid
	}
	plain, err := s.keys.under.Open(totpSetupPurpose, sealed, setupBinding(bearer))
	if err != nil {
		return "", errSetupInvalid
	}
	var setup sealedSetup
	if err := json.Unmarshal(plain, &setup); err != nil || s.now().Unix() >= setup.ExpiresAt {
		return "", errSetupInvalid
	}
	return secret.Text(setup.Secret), nil
}

// openTOTP returns the secret of an authenticator app.
func (s *Service) openTOTP(totp *TOTP) (secret.Text, error) {
	plain, err := s.keys.under.Open(totpPurpose, totp.Sealed, totp.UserID.String())
	if err != nil {
		return "", fmt.Errorf("open the secret of an authenticator app: %w: LATCHKEY_SECRET_KEY is another one than when it was set up", err)
	}
	return secret.Text(plain), nil
}

// tryTOTP compares a code with those of the user's app, and returns the step of the right one; false for everything
// that is wrong with a code. Every try is counted before the comparison, and stays counted until a code is used, so
// that many at once get no more tries than one after the other. The transaction has to be committed either way.
func (s *Service) tryTOTP(ctx context.Context, tx *tx, user *User, typed secret.Text) (step int64, ok bool, err error) {
	totp, err := tx.TryTOTP(ctx, user.ID, totpTries)
	if errors.Is(err, ErrNotFound) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	opened, err := s.openTOTP(totp)
	if err != nil {
		return 0, false, err
	}
	if step, ok = secret.MatchTOTP(opened, typed, tx.at); ok && step > totp.LastStep {
		return step, true, nil
	}
	if !totp.locked() {
		return 0, false, nil
	}
	if err := tx.audit(ctx, actTOTPLocked, user.ID, noSession); err != nil {
		return 0, false, err
	}
	return 0, false, tx.enqueue(ctx, OutboxItem{Job: jobTOTPLocked, UserID: user.ID, Recipient: user.Email.Canonical})
}

// RemoveTOTP removes the authenticator app of the caller, and with the last second factor that works the recovery codes. All
// logins that wait end, no device is trusted any more, and a notice is enqueued. Problems: NOT_FOUND if there is none,
// SECOND_FACTOR_NEEDED if it is the last factor that works of an account that must have one. Errors: kind Unauthenticated if the
// session ended meanwhile, RateLimited.
func (s *Service) RemoveTOTP(ctx context.Context, caller *Caller) error {
	if err := s.limit(ctx, limitManageFactors, "", limitedSession(caller.Session.ID)); err != nil {
		return fmt.Errorf("remove TOTP: %w", err)
	}
	return s.do(ctx, "remove TOTP", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		totp, err := totpOrNone(ctx, tx, user.ID)
		if err != nil {
			return err
		}
		if totp == nil {
			return errNoTOTP
		}
		if err := tx.DeleteTOTP(ctx, user.ID); err != nil {
			return err
		}
		if err := s.loseFactor(ctx, tx, user, !totp.locked(), caller.Session.ID); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, OutboxItem{Job: jobTOTPRemoved, UserID: user.ID, Recipient: user.Email.Canonical}); err != nil {
			return err
		}
		return tx.audit(ctx, actTOTPRemoved, user.ID, caller.Session.ID)
	})
}
