package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// ConfirmTOTPInput is a setup, and a code of the app that has its secret.
type ConfirmTOTPInput struct {
	Setup secret.Text
	Code  secret.Text // as it was typed
	SessionDelivery
}

// TOTPConfirmation is what came of setting up an authenticator app.
type TOTPConfirmation struct {
	RecoveryCodes []secret.Text // told this once; none: those from before are still good
	Grant         *Grant        // of the login that is complete by it; nil: it was set up in a session
}

// ConfirmTOTP sets up the authenticator app of a setup, in place of the one before, once a code shows that it has the
// secret. That code is used up. With the first second factor all other sessions end; whoever has no recovery codes
// gets ten. In a login that waits for it, this completes the login. A notice is enqueued.
//
// Problems: REQUIRED; TOKEN_INVALID for a setup that has expired, was used, or was begun elsewhere; CODE_INVALID.
// Errors: kind Unauthenticated if the session or the login ended meanwhile, SecondFactorRequired as in BeginTOTP,
// RateLimited for too many.
func (s *Service) ConfirmTOTP(ctx context.Context, bearer Bearer, in ConfirmTOTPInput) (*TOTPConfirmation, error) {
	if err := bearer.mayEnroll(); err != nil {
		return nil, err
	}
	if in.Code == "" {
		return nil, Problems{problem(Required, "code", "Enter the code that the authenticator app shows.")}
	}
	attempt, err := s.permit(ctx,
		use{limit: LimitSecondFactor, act: actTOTPAdded, per: PerAddress},
		use{limit: limitManageFactors, account: bearer.binding()})
	if err != nil {
		return nil, fmt.Errorf("confirm TOTP: %w", err)
	}
	defer attempt.End(ctx)
	opened, err := s.openSetup(bearer, in.Setup)
	if err != nil {
		return nil, err
	}
	step, ok := secret.MatchTOTP(opened, in.Code, s.now())
	if !ok {
		return nil, s.noteFactorRefusal(ctx, actTOTPAdded, errTOTPWrong, bearer)
	}
	confirmed := &totpConfirmation{service: s, bearer: bearer, secret: opened, step: step}
	if bearer.Pending != nil {
		return confirmed.inLogin(ctx, attempt, in.SessionDelivery)
	}
	return confirmed.inSession(ctx)
}

// totpConfirmation is an authenticator app on its way into the store.
type totpConfirmation struct {
	service *Service
	bearer  Bearer
	secret  secret.Text
	step    int64 // of the code that confirmed it
	codes   []secret.Text
}

// inSession sets up the app in the session of the caller, which has proved a second factor by it.
func (c *totpConfirmation) inSession(ctx context.Context) (*TOTPConfirmation, error) {
	caller := c.bearer.Caller
	err := c.service.do(ctx, "confirm TOTP", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		// Another request may have set up the first factor since the caller was authorized.
		if !isFresh(user, caller.Session, tx.at) {
			return errNotFresh
		}
		if err := gainFactor(ctx, tx, user, caller.Session.ID); err != nil {
			return err
		}
		if err := c.put(ctx, tx, user); err != nil {
			return err
		}
		if _, err := proveFactor(ctx, tx, caller.Session.ID, MethodTOTP); err != nil {
			return err
		}
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		return tx.audit(ctx, actTOTPAdded, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return &TOTPConfirmation{RecoveryCodes: c.codes}, nil
}

// inLogin sets up the app in a login that waits for it, and so completes the login.
func (c *totpConfirmation) inLogin(ctx context.Context, attempt *ratelimit.Attempt, how SessionDelivery) (*TOTPConfirmation, error) {
	s := c.service
	delivery, err := s.prepare(ctx, how)
	if err != nil {
		return nil, fmt.Errorf("confirm TOTP: %w", err)
	}
	grant, err := s.admitToSession(ctx, "confirm TOTP", actLoginCompleted, func(context.Context) (*proof, error) {
		proof := s.proofOfLogin(c.bearer.Pending, MethodTOTP, func(ctx context.Context, tx *tx, user *User) error {
			if err := gainFactor(ctx, tx, user, noSession); err != nil {
				return err
			}
			if err := c.put(ctx, tx, user); err != nil {
				return err
			}
			return tx.audit(ctx, actTOTPAdded, user.ID, noSession)
		})
		proof.attempt = attempt
		return proof, nil
	}, delivery)
	if errors.Is(err, errOvertaken) {
		return nil, errChallengeEnded
	}
	if err != nil {
		return nil, err
	}
	return &TOTPConfirmation{RecoveryCodes: c.codes, Grant: grant}, nil
}

// put stores the app of a locked user, makes recovery codes if there are none, and enqueues the notice. A setup
// works once: errSetupInvalid if its secret is in force already.
func (c *totpConfirmation) put(ctx context.Context, tx *tx, user *User) error {
	before, err := totpOrNone(ctx, tx, user.ID)
	if err != nil {
		return err
	}
	if before != nil {
		// One that cannot be opened is another one, and is replaced.
		if opened, err := c.service.openTOTP(before); err == nil && secret.SameTOTPSecret(opened, c.secret) {
			return errSetupInvalid
		}
	}
	sealed := c.service.keys.under.Seal(totpPurpose, []byte(c.secret.Reveal()), user.ID.String())
	if err := tx.PutTOTP(ctx, &TOTP{UserID: user.ID, Sealed: sealed, LastStep: c.step, CreatedAt: tx.at}); err != nil {
		return err
	}
	if c.codes, err = c.service.recoveryCodesIfNone(ctx, tx, user.ID); err != nil {
		return err
	}
	return tx.enqueue(ctx, OutboxItem{Job: jobTOTPAdded, UserID: user.ID, Recipient: user.Email.Canonical})
}
