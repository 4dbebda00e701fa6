package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// limitManageIdentities bounds what each change writes down and emails. It counts as the account the session.
var limitManageIdentities = newLimit("manage_identities", "Connections with a provider that a user adds or removes. As the account counts the session.", perAccount(20, time.Minute))

// Acts of this feature.
var (
	actIdentityConnected    = newAct("identity_connected", "An account at a provider was connected, by which the user can sign in from now on.", outcomeOK, IdentityTaken)
	actIdentityDisconnected = newAct("identity_disconnected", "A signed-in user disconnected an account at a provider.")
)

// Problems with identities.
var (
	errIdentityTaken    = Problems{problem(IdentityTaken, "", "This account at the provider is connected to another account here. Sign in to that one and disconnect it there first.")}
	errIdentitiesFull   = Problems{problem(TooMany, "", "You have connected as many accounts as you can. Disconnect one first.")}
	errIdentityNotFound = Problems{problem(NotFound, "id", "You have connected nothing with this id.")}
	errUnconfirmed      = &Error{Kind: EmailNotConfirmed, Message: "Confirm your email address before you connect an account at a provider."}
)

// ConnectIdentityInput is the word of a provider, and the proof that it is the caller's.
type ConnectIdentityInput struct {
	Code     *secret.Text // with which the browser came back; nil: Pending
	Pending  *secret.Text // of a sign-in that needs a proof; nil: Code
	Verifier secret.Text
}

// ConnectIdentity connects an account at a provider to that of the caller, who can sign in with it from then on. The
// session has to be fresh. A notice is enqueued. Connecting once more what is the caller's already changes nothing.
// Problems: TOKEN_INVALID for a code or a token that is unknown, used, expired or of somebody else; IDENTITY_TAKEN;
// TOO_MANY. Errors: kind BadInput unless there is exactly one of the two; EmailNotConfirmed, because an account with an
// unconfirmed address may be a stranger's; Unauthenticated if the session ended meanwhile; RateLimited.
func (s *Service) ConnectIdentity(ctx context.Context, caller *Caller, in ConnectIdentityInput) (*Identity, error) {
	if err := s.limit(ctx, limitManageIdentities, "", limitedSession(caller.Session.ID)); err != nil {
		return nil, fmt.Errorf("connect identity: %w", err)
	}
	pending, field, err := s.presentedIdentity(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("connect identity: %w", err)
	}
	identity, err := s.connect(ctx, caller, pending, field)
	if errors.Is(err, ErrIdentityTaken) { // by somebody at the same moment
		identity, err = s.connect(ctx, caller, pending, field)
	}
	var refused Problems
	if errors.As(err, &refused) && refused[0].Code == IdentityTaken {
		return nil, s.noteTaken(ctx, caller)
	}
	return identity, err
}

// presentedIdentity finds what a provider said, by the one token of the input, and returns it with the field of that.
func (s *Service) presentedIdentity(ctx context.Context, in ConnectIdentityInput) (*PendingIdentity, string, error) {
	if (in.Code == nil) == (in.Pending == nil) {
		return nil, "", &Error{Kind: BadInput, Message: "Send either `code` or `pending`."}
	}
	kind, token, field := secret.ProviderCode, in.Code, "code"
	if in.Code == nil {
		kind, token, field = secret.PendingIdentityToken, in.Pending, "pending"
	}
	pending, err := s.findPending(ctx, kind, *token, in.Verifier, field)
	return pending, field, err
}

// connect uses a pending identity up.
func (s *Service) connect(ctx context.Context, caller *Caller, pending *PendingIdentity, field string) (*Identity, error) {
	var identity *Identity
	err := s.do(ctx, "connect identity", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		if !user.EmailVerified() {
			return errUnconfirmed
		}
		if err := usePending(ctx, tx, pending, field); err != nil {
			return err
		}
		identity, err = tx.Providers().Identity(ctx, pending.Identity.Issuer, pending.Identity.Subject)
		switch {
		case err == nil && identity.UserID == user.ID:
			return nil
		case err == nil:
			return errIdentityTaken
		case !errors.Is(err, ErrNotFound):
			return err
		}
		own, err := tx.Providers().IdentitiesOf(ctx, user.ID)
		if err != nil {
			return err
		}
		if len(own) >= identitiesMax {
			return errIdentitiesFull
		}
		if identity, err = addIdentity(ctx, tx, user, &pending.Identity); err != nil {
			return err
		}
		return noteConnected(ctx, tx, user, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return identity, nil
}

// noteConnected writes down that an identity was connected, and tells the user.
func noteConnected(ctx context.Context, tx *tx, user *User, sessionID uuid.UUID) error {
	if err := tx.enqueue(ctx, OutboxItem{Job: jobIdentityConnected, UserID: user.ID, Recipient: user.Email.Canonical}); err != nil {
		return err
	}
	return tx.audit(ctx, actIdentityConnected, user.ID, sessionID)
}

// noteTaken writes down that an identity is another user's, and returns that.
func (s *Service) noteTaken(ctx context.Context, caller *Caller) error {
	err := s.do(ctx, "connect identity: note the refusal", func(tx *tx) error {
		return tx.auditRefusal(ctx, actIdentityConnected, errIdentityTaken, caller.User.ID, caller.Session.ID)
	})
	if err != nil {
		return err
	}
	return errIdentityTaken
}

// DisconnectIdentity removes an identity of the caller, who cannot sign in with it any more. The session has to be
// fresh. A notice is enqueued. Problems: NOT_FOUND; LAST_CREDENTIAL if there would be no way to sign in. Errors: kind
// Unauthenticated if the session ended meanwhile, RateLimited.
func (s *Service) DisconnectIdentity(ctx context.Context, caller *Caller, id uuid.UUID) error {
	if err := s.limit(ctx, limitManageIdentities, "", limitedSession(caller.Session.ID)); err != nil {
		return fmt.Errorf("disconnect identity: %w", err)
	}
	return s.do(ctx, "disconnect identity", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		err = tx.Providers().DeleteIdentity(ctx, user.ID, id)
		if errors.Is(err, ErrNotFound) {
			return errIdentityNotFound
		}
		if err != nil {
			return err
		}
		hasAnother, err := s.hasAnotherWayIn(ctx, tx, user)
		if err != nil {
			return err
		}
		if !hasAnother {
			return errLastCredential
		}
		if err := tx.enqueue(ctx, OutboxItem{Job: jobIdentityDisconnected, UserID: user.ID, Recipient: user.Email.Canonical}); err != nil {
			return err
		}
		return tx.audit(ctx, actIdentityDisconnected, user.ID, caller.Session.ID)
	})
}
