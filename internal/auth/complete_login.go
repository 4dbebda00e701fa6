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

var actLoginCompleted = newAct("login_completed", "A user proved a second factor, which completed signing in.",
	outcomeOK, InvalidCode, PasskeyInvalid, outcomeLimited)

// LimitSecondFactor is hardly more than whoever has the app needs: there are a million codes, and an account is
// guarded by them when its password is known already (NIST SP 800-63B-4 section 3.2.2).
var LimitSecondFactor = newLimit("second_factor", "Second factors that are tried, right or wrong; per account wrong codes of authenticator apps.",
	perAddress(20, time.Minute), perAccount(10, time.Hour))

// CompleteLoginInput is a second factor: exactly one of the three.
type CompleteLoginInput struct {
	TOTPCode     *secret.Text   // as it was typed; nil: left out
	RecoveryCode *secret.Text   // as it was typed; nil: left out
	Passkey      map[string]any // what the browser responded to the options of the challenge; nil: left out
	// TrustDevice asks for the next logins on this device to skip the second factor for 30 days.
	TrustDevice bool
	// Replaces and Device are as in SessionDelivery. How the session is delivered, the first step of the login has said.
	Replaces, Device secret.Text
}

// CompletedLogin is a session, and what else came of the login.
type CompletedLogin struct {
	*Grant
	// ReplacementRecoveryCode takes the place of the recovery code that was used up; empty: none was.
	ReplacementRecoveryCode secret.Text
	// TrustedDevice is what the client keeps to skip the second factor next time; nil: it did not ask for that, or
	// could not.
	TrustedDevice *TrustedDeviceToken
}

// CompleteLogin proves the second factor of a login that waits for it, and begins a session. Problems: REQUIRED;
// CODE_INVALID for everything that is wrong with a code, and PASSKEY_INVALID with a passkey. Errors: kind Unauthenticated for a session, and for a login
// that has expired or ended, or was tried five times; SecondFactorRequired for a login whose user has to set up a
// factor; BadInput for more than one factor; RateLimited for too many wrong codes of the account, which recovery
// codes and passkeys do not count for, or too many tries from one client address.
//
// A recovery code is used up, and another one takes its place. It does not make a device trusted: whoever uses one has
// lost the other factor, perhaps to a thief.
func (s *Service) CompleteLogin(ctx context.Context, bearer Bearer, in CompleteLoginInput) (*CompletedLogin, error) {
	pending := bearer.Pending
	switch {
	case pending == nil:
		return nil, errNoChallenge
	case pending.Challenge.Kind != ChallengeProve:
		return nil, errFactorRequired(pending.User)
	}
	factor, err := presentedFactor(in.TOTPCode, in.RecoveryCode, in.Passkey)
	if err != nil {
		return nil, fmt.Errorf("complete login: %w", err)
	}
	factor.ceremony = pending.Challenge.ceremony()
	attempt, err := s.permitFactor(ctx, pending.User, factor, actLoginCompleted)
	if err != nil {
		return nil, fmt.Errorf("complete login: %w", err)
	}
	defer attempt.End(ctx)
	delivery, err := s.prepare(ctx, SessionDelivery{Delivery: pending.Challenge.Delivery, Replaces: in.Replaces})
	if err != nil {
		return nil, fmt.Errorf("complete login: %w", err)
	}

	completed := &CompletedLogin{}
	err = s.tryFactor(ctx, "complete login", pending.User, factor, attempt, func(ctx context.Context, tx *tx) error {
		err := tx.TryLoginChallenge(ctx, pending.Challenge.Digest, challengeTries)
		if errors.Is(err, ErrNotFound) {
			return errChallengeEnded
		}
		return err
	})
	if err == nil {
		completed.Grant, err = s.admitToSession(ctx, "complete login", actLoginCompleted, func(context.Context) (*proof, error) {
			var proof *proof
			proof = s.proofOfLogin(pending, factor.method, func(ctx context.Context, tx *tx, user *User) error {
				if err := s.useFactorInLogin(ctx, tx, user, factor, completed); err != nil {
					return err
				}
				proof.deviceID, completed.TrustedDevice = uuid.Nil, nil
				if !in.TrustDevice || !s.config.TrustedDevices || factor.method == MethodRecoveryCode {
					return nil
				}
				var err error
				proof.deviceID, completed.TrustedDevice, err = s.trustDevice(ctx, tx, user, pending.Challenge.Delivery, in.Device)
				return err
			})
			proof.attempt = attempt
			return proof, nil
		}, delivery)
	}
	if errors.Is(err, errOvertaken) {
		return nil, errChallengeEnded
	}
	if err != nil {
		return nil, s.refuseFactor(ctx, err, attempt, actLoginCompleted, bearer)
	}
	return completed, nil
}

// useFactorInLogin uses up a factor, and replaces a recovery code: whoever has used one has lost the other factor.
func (s *Service) useFactorInLogin(ctx context.Context, tx *tx, user *User, factor *typedFactor, completed *CompletedLogin) error {
	if err := s.useFactor(ctx, tx, user, factor, noSession); err != nil || factor.method != MethodRecoveryCode {
		return err
	}
	codes, err := s.addRecoveryCodes(ctx, tx, user.ID, 1)
	if err != nil {
		return err
	}
	completed.ReplacementRecoveryCode = codes[0]
	return nil
}

// typedFactor is a second factor as it was typed, or a passkey as a browser responded with it.
type typedFactor struct {
	method Method
	typed  secret.Text
	step   int64 // of a code of an app that was right a moment ago

	credential map[string]any
	ceremony   *openCeremony  // to which credential responds; nil: to none that works here
	proved     *provedPasskey // a moment ago
}

// Problems of second factors.
var (
	errFactorMissing     = Problems{problem(Required, "totpCode", "Enter the code that the authenticator app shows, or a recovery code, or use a passkey.")}
	errRecoveryCodeWrong = Problems{problem(InvalidCode, "recoveryCode", "This recovery code does not work: it is mistyped, or was used already.")}
	errTOTPCodeWrong     = totpWrong("totpCode")
	errPasskeyWrong      = passkeyProblem("passkey")
	errSeveralFactors    = &Error{Kind: BadInput, Message: "Send one of `totpCode`, `recoveryCode` and `passkey`."}
)

// presentedFactor returns the factor that was sent.
func presentedFactor(totp, recovery *secret.Text, credential map[string]any) (*typedFactor, error) {
	switch {
	case totp != nil && recovery != nil, credential != nil && (totp != nil || recovery != nil):
		return nil, errSeveralFactors
	case credential != nil:
		return &typedFactor{method: MethodPasskey, credential: credential}, nil
	case totp != nil && *totp != "":
		return &typedFactor{method: MethodTOTP, typed: *totp}, nil
	case recovery != nil && *recovery != "":
		return &typedFactor{method: MethodRecoveryCode, typed: *recovery}, nil
	case recovery != nil:
		return nil, Problems{problem(Required, "recoveryCode", "Enter a recovery code.")}
	}
	return nil, errFactorMissing
}

// permitFactor counts a try of a second factor. Wrong codes of an app count for the account, and a full count lets
// recovery codes pass: those cannot be guessed, and their owner may have nothing else. What can only be a recovery code
// that was imported is shorter, and counts like a code of an app.
func (s *Service) permitFactor(ctx context.Context, user *User, factor *typedFactor, act Act) (*ratelimit.Attempt, error) {
	uses := []use{{limit: LimitSecondFactor, act: act, per: PerAddress}}
	if factor.canBeGuessed() {
		uses = append(uses, use{limit: LimitSecondFactor, act: act, per: PerAccount, account: limitedUser(user.ID), hold: true})
	}
	return s.permit(ctx, uses...)
}

// canBeGuessed reports whether a factor is short enough to be found by trying.
func (f *typedFactor) canBeGuessed() bool {
	if f.method != MethodRecoveryCode {
		return f.method == MethodTOTP
	}
	_, isOwn := secret.ReadRecoveryCode(f.typed)
	_, isForeign := secret.ReadForeignRecoveryCode(f.typed)
	return isForeign && !isOwn
}

// tryFactor counts a try, by count as well if that is not nil, and looks whether a code of an app is right. What is
// counted stays so. Whether a recovery code is right is found out when it is used.
func (s *Service) tryFactor(ctx context.Context, verb string, user *User, factor *typedFactor, attempt *ratelimit.Attempt, count func(ctx context.Context, tx *tx) error) error {
	isRight := true
	err := s.do(ctx, verb+": try a second factor", func(tx *tx) error {
		if count != nil {
			if err := count(ctx, tx); err != nil {
				return err
			}
		}
		if factor.method != MethodTOTP {
			return nil
		}
		var err error
		factor.step, isRight, err = s.tryTOTP(ctx, tx, user, factor.typed)
		return err
	})
	if err != nil {
		return err
	}
	if !isRight {
		attempt.Fail()
		return errTOTPCodeWrong
	}
	if factor.method == MethodPasskey {
		return s.tryPasskey(ctx, user, factor)
	}
	return nil
}

// tryPasskey verifies the use of a passkey of a user.
func (s *Service) tryPasskey(ctx context.Context, user *User, factor *typedFactor) (err error) {
	if factor.ceremony == nil || !s.config.Passkeys() {
		return errPasskeyWrong
	}
	factor.proved, err = s.provePasskey(ctx, factor.ceremony, factor.credential, user.ID, errPasskeyWrong)
	return err
}

// useFactor uses up a factor of a locked user: each works once.
func (s *Service) useFactor(ctx context.Context, tx *tx, user *User, factor *typedFactor, sessionID uuid.UUID) error {
	if factor.method == MethodRecoveryCode {
		return s.useRecoveryCode(ctx, tx, user, factor.typed, sessionID)
	}
	if factor.method == MethodPasskey {
		return factor.proved.use(ctx, s, tx, user, sessionID)
	}
	err := tx.UseTOTP(ctx, user.ID, factor.step, tx.at)
	if errors.Is(err, ErrNotFound) {
		return errTOTPCodeWrong
	}
	return err
}

// refuseFactor returns err, and if that is about a wrong code or passkey counts it and writes it down.
func (s *Service) refuseFactor(ctx context.Context, err error, attempt *ratelimit.Attempt, act Act, bearer Bearer) error {
	problems, isWrong := errors.AsType[Problems](err)
	if !isWrong || problems[0].Code != InvalidCode && problems[0].Code != PasskeyInvalid {
		return err
	}
	if err := s.markIfCloned(ctx, err); err != nil {
		return err
	}
	attempt.Fail()
	if err := attempt.Finish(ctx); err != nil {
		return err
	}
	return s.noteFactorRefusal(ctx, act, problems, bearer)
}

// noteFactorRefusal writes down that a second factor was refused, and returns why.
func (s *Service) noteFactorRefusal(ctx context.Context, act Act, why Problems, bearer Bearer) error {
	sessionID := noSession
	if bearer.Caller != nil {
		sessionID = bearer.Caller.Session.ID
	}
	err := s.do(ctx, "note the refusal of a second factor", func(tx *tx) error {
		return tx.auditRefusal(ctx, act, why, bearer.user().ID, sessionID)
	})
	if err != nil {
		return err
	}
	return why
}

// proveFactor writes down that a second factor was proved in a session, and returns the session as it is then.
func proveFactor(ctx context.Context, tx *tx, id uuid.UUID, method Method) (*Session, error) {
	session, _, err := tx.SessionByID(ctx, id)
	if err == nil {
		session.Methods = withMethods(session.Methods, method)
		err = tx.ProveSecondFactor(ctx, id, tx.at, session.Methods)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, errSessionEnded
	}
	if err != nil {
		return nil, err
	}
	session.Factors = 2
	if session.AuthenticatedAt.Before(tx.at) {
		session.AuthenticatedAt = tx.at
	}
	if session.SecondFactorAt.Before(tx.at) {
		session.SecondFactorAt = tx.at
	}
	return session, nil
}
