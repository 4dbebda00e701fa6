package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

var actLoggedInByPasskey = newAct("logged_in_by_passkey", "A user signed in with a passkey.", outcomeOK, PasskeyInvalid, NotFound, AccountDisabled, outcomeLimited)

// LoginWithPasskeyInput is what a browser responded to BeginPasskeyLogin.
type LoginWithPasskeyInput struct {
	State      secret.Text
	Credential map[string]any
	SessionDelivery
}

// BeginPasskeyLogin begins a login with a passkey. It asks for no address and keeps nothing, so that a page can call it
// when it is opened. Errors: kind Forbidden where passkeys are off, RateLimited.
func (s *Service) BeginPasskeyLogin(ctx context.Context) (*Ceremony, error) {
	if !s.config.Passkeys() {
		return nil, errPasskeysOff
	}
	if err := s.limitHere(ctx, limitPasskeyBegin); err != nil {
		return nil, fmt.Errorf("begin passkey login: %w", err)
	}
	begun, err := s.config.RelyingParty.BeginLogin()
	if err != nil {
		return nil, fmt.Errorf("begin passkey login: %w", err)
	}
	ceremony, err := s.beginCeremony(ceremonyLogin, "", sealedCeremony{}, begun)
	if err != nil {
		return nil, fmt.Errorf("begin passkey login: %w", err)
	}
	return ceremony, nil
}

// LoginWithPasskey begins a session for the user of a passkey. The authenticator has verified the user, so that it is
// two factors. Problems: NOT_FOUND for a passkey that no account has; PASSKEY_INVALID for everything else that is
// wrong, also for one that was copied; ACCOUNT_DISABLED after the right passkey. Errors: kind Forbidden where passkeys
// are off, RateLimited for too many from one client address.
func (s *Service) LoginWithPasskey(ctx context.Context, in LoginWithPasskeyInput) (*Grant, error) {
	if !s.config.Passkeys() {
		return nil, errPasskeysOff
	}
	if err := s.limit(ctx, LimitPasskey, actLoggedInByPasskey, ""); err != nil {
		return nil, fmt.Errorf("log in with passkey: %w", err)
	}
	delivery, err := s.prepare(ctx, in.SessionDelivery)
	if err != nil {
		return nil, fmt.Errorf("log in with passkey: %w", err)
	}
	ceremony, ok := s.openCeremony(ceremonyLogin, "", in.State)
	if !ok {
		return nil, s.notePasskeyRefusal(ctx, errPasskeyInvalid, uuid.Nil)
	}
	var used *provedPasskey
	grant, err := s.admitToSession(ctx, "log in with passkey", actLoggedInByPasskey, func(ctx context.Context) (*proof, error) {
		var err error
		if used, err = s.provePasskey(ctx, ceremony, in.Credential, uuid.Nil, errPasskeyInvalid); err != nil {
			return nil, err
		}
		return s.proofByPasskey(used), nil
	}, delivery)
	if errors.Is(err, errOvertaken) {
		err = errPasskeyInvalid // its user is gone
	}
	var refusal Problems
	if !errors.As(err, &refusal) {
		return grant, err
	}
	if err := s.markIfCloned(ctx, err); err != nil {
		return nil, fmt.Errorf("log in with passkey: %w", err)
	}
	userID := uuid.Nil
	if used != nil {
		userID = used.passkey.UserID
	}
	return nil, s.notePasskeyRefusal(ctx, refusal, userID)
}

// proofByPasskey is the proof of a passkey whose authenticator has verified its user.
func (s *Service) proofByPasskey(used *provedPasskey) *proof {
	return &proof{
		methods: []Method{MethodPasskey}, factors: 2, userID: used.passkey.UserID,
		recheck: func(ctx context.Context, tx *tx, user *User) error {
			switch {
			case user.Disabled():
				return errAccountDisabled
			case !s.mayLogIn(user):
				return errPasskeyInvalid
			}
			used.alone = true
			return used.use(ctx, s, tx, user, noSession)
		},
	}
}

// notePasskeyRefusal writes down that a login with a passkey was refused, and returns why. Anyone can make one up, so the
// limit for each client address bounds those of no user, or loginsOfUnknown if the address is not known.
func (s *Service) notePasskeyRefusal(ctx context.Context, why Problems, userID uuid.UUID) error {
	if userID == uuid.Nil && !s.mayNoteUnknown(ctx, actLoggedInByPasskey, loginsOfUnknown) {
		return why
	}
	err := s.do(ctx, "log in with passkey: note the refusal", func(tx *tx) error {
		return tx.auditRefusal(ctx, actLoggedInByPasskey, why, userID, noSession)
	})
	if err != nil {
		return err
	}
	return why
}
