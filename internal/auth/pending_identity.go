package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	// pendingLifetime is how long somebody has to prove what a sign-in with a provider still needs.
	pendingLifetime = 15 * time.Minute
	// pendingMaxLifetime is how long the word of a provider is good for at most, whatever is proved meanwhile.
	pendingMaxLifetime = time.Hour
)

// PendingReason says what a sign-in with a provider still needs.
type PendingReason string

// The reasons.
const (
	PendingConnect            PendingReason = "CONNECT"             // an account has the address: sign in to it in another way, then connect
	PendingEmailNeeded        PendingReason = "EMAIL_NEEDED"        // the provider's word about the address does not count, or it gave none
	PendingRegistrationClosed PendingReason = "REGISTRATION_CLOSED" // nobody can sign up
)

// Awaited is what a sign-in with a provider still needs, for whoever began it.
type Awaited struct {
	Token     secret.Text
	Provider  string
	Email     string // as the provider wrote it; empty: none
	Reason    PendingReason
	ExpiresAt time.Time
}

// await keeps what a provider said until the user has proved what is needed, and returns what that is.
func (s *Service) await(ctx context.Context, a *arrival, reason PendingReason) (*ProviderGrant, error) {
	token := secret.NewToken(secret.PendingIdentityToken)
	awaited := &Awaited{Token: token, Provider: a.identity.Provider, Email: shown(a.identity.Email), Reason: reason}
	if a.byCode != nil {
		awaited.Email = a.email.Address
	}
	err := s.do(ctx, "await a proof", func(tx *tx) error {
		if err := a.use(ctx, tx); err != nil {
			return err
		}
		since := tx.at
		if !a.since.IsZero() {
			since = a.since
		}
		awaited.ExpiresAt = earlier(tx.at.Add(pendingLifetime), since.Add(pendingMaxLifetime))
		if !tx.at.Before(awaited.ExpiresAt) {
			return pendingInvalid("pending")
		}
		if a.byCode != nil { // the code was right, and has done its work
			if err := useCode(ctx, tx, a.byCode); err != nil {
				return err
			}
			if err := tx.ForgetWrongCodes(ctx, a.byCode.EmailKey); err != nil {
				return err
			}
		}
		return tx.Providers().CreatePendingIdentity(ctx, &PendingIdentity{
			Digest: secret.Digest(token), Identity: *a.identity, Challenge: a.challenge, CreatedAt: since, ExpiresAt: awaited.ExpiresAt,
		})
	})
	if err != nil {
		return nil, err
	}
	return &ProviderGrant{Awaited: awaited}, nil
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// findPending looks a code or a token up, which is used later, in the transaction.
func (s *Service) findPending(ctx context.Context, kind secret.TokenKind, token, verifier secret.Text, field string) (*PendingIdentity, error) {
	if secret.CheckToken(kind, token) != nil {
		return nil, pendingInvalid(field)
	}
	pending, err := s.store.PendingIdentity(ctx, secret.Digest(token))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, pendingInvalid(field)
	case err != nil:
		return nil, fmt.Errorf("find a pending identity: %w", err)
	case !s.now().Before(pending.ExpiresAt):
		return nil, pendingInvalid(field)
	case secret.Text(secret.Digest(verifier)).Equal(secret.Text(pending.Challenge)):
		return pending, nil
	case kind == secret.ProviderCode: // it was in an address, from which somebody got it
		return nil, s.burnPending(ctx, pending, field)
	}
	return nil, pendingInvalid(field)
}

// burnPending uses up a code that was presented with a wrong verifier. It returns the one answer.
func (s *Service) burnPending(ctx context.Context, pending *PendingIdentity, field string) error {
	err := s.do(ctx, "burn a pending identity", func(tx *tx) error {
		err := tx.Providers().TakePendingIdentity(ctx, pending.Digest)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return pendingInvalid(field)
}

// usePending uses a code or a token up.
func usePending(ctx context.Context, tx *tx, pending *PendingIdentity, field string) error {
	err := tx.Providers().TakePendingIdentity(ctx, pending.Digest)
	if errors.Is(err, ErrNotFound) {
		return pendingInvalid(field)
	}
	return err
}

// pendingInvalid is the one answer for what is unknown, used, expired or of another client.
func pendingInvalid(field string) Problems {
	return Problems{problem(InvalidToken, field, "This sign-in took too long, was completed already, or was begun elsewhere. Begin again.")}
}
