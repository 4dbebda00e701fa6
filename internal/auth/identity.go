package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/provider"
)

// noUser is the user of an act that is of no account.
var noUser = uuid.Nil

// Identity is an account elsewhere with which a user signs in here. Issuer and Subject name it for good; the email
// address and the name are only shown, and change nothing here when they change there.
type Identity struct {
	ID         uuid.UUID
	UserID     uuid.UUID
	Issuer     string
	Subject    string
	Provider   string // by which it was connected
	Email      string // empty: not given
	Name       string // empty: not given
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never since it was connected
}

// identityReader finds identities.
type identityReader interface {
	// Identity returns the identity with an issuer and a subject.
	Identity(ctx context.Context, issuer, subject string) (*Identity, error)
	// IdentitiesOf returns those of a user, the oldest first; none is no error.
	IdentitiesOf(ctx context.Context, userID uuid.UUID) ([]*Identity, error)
}

// ProviderTx is what a transaction can do for sign-ins with providers.
type ProviderTx interface {
	identityStore
	providerFlowStore
	pendingIdentityStore
}

// identityStore remembers which account elsewhere is whose.
type identityStore interface {
	identityReader

	// CreateIdentity adds an identity. ErrIdentityTaken if there is one with its issuer and subject, be it of the same
	// user; ErrNotFound when there is no such user.
	CreateIdentity(ctx context.Context, i *Identity) error
	// UseIdentity notes what is shown of an identity, and that it was used at a time. ErrNotFound if there is none.
	UseIdentity(ctx context.Context, i *Identity) error
	// DeleteIdentity removes an identity of a user.
	DeleteIdentity(ctx context.Context, userID, id uuid.UUID) error
	// DeleteIdentities removes the identities of a user that were connected at a time or later, and returns how many.
	DeleteIdentities(ctx context.Context, userID uuid.UUID, since time.Time) (int, error)
}

// ErrIdentityTaken is returned by a Store for an identity that is somebody's.
var ErrIdentityTaken = errors.New("identity taken")

// PendingIdentity is the verified word of a provider that somebody has yet to use: by a code, or because it needs a
// proof of theirs.
type PendingIdentity struct {
	Digest    []byte // SHA-256 of the code, or the token
	Identity  provider.Identity
	Challenge []byte // SHA-256 of the verifier, without which neither works
	CreatedAt time.Time
	ExpiresAt time.Time
}

// pendingIdentityReader finds pending identities by the digests of their tokens.
type pendingIdentityReader interface {
	// PendingIdentity looks one up without using it.
	PendingIdentity(ctx context.Context, digest []byte) (*PendingIdentity, error)
}

// pendingIdentityStore remembers them.
type pendingIdentityStore interface {
	CreatePendingIdentity(ctx context.Context, p *PendingIdentity) error
	// TakePendingIdentity removes it: of two who take it at once, one gets ErrNotFound.
	TakePendingIdentity(ctx context.Context, digest []byte) error
}

// ExpiredPendingIdentities were not used in time.
var ExpiredPendingIdentities = newExpired("pending identities", cleanupTask{order: 148})

// Notices of this feature: UserID.
var (
	jobIdentityConnected    = newJob("identity_connected", notice(LetterIdentityConnected))
	jobIdentityDisconnected = newJob("identity_disconnected", notice(LetterIdentityDisconnected))
)

// The letters that they become.
var (
	LetterIdentityConnected    = newLetter("identity_connected", LetterSpec{order: 390})
	LetterIdentityDisconnected = newLetter("identity_disconnected", LetterSpec{order: 400})
)

var actIdentitiesRemoved = newAct("identities_removed",
	"Connected identities were removed: with a change of address that was undone, or because whoever confirmed the address had not connected them.")

// identitiesMax is how many identities a user has at most.
const identitiesMax = 20

// Identities returns the identities of a user, the oldest first.
func (s *Service) Identities(ctx context.Context, userID uuid.UUID) ([]*Identity, error) {
	identities, err := s.store.IdentitiesOf(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("list identities: %w", err)
	}
	return identities, nil
}

// addIdentity connects an identity to a locked user.
func addIdentity(ctx context.Context, tx *tx, user *User, from *provider.Identity) (*Identity, error) {
	identity := &Identity{
		ID: newID(), UserID: user.ID, Issuer: from.Issuer, Subject: from.Subject, Provider: from.Provider,
		Email: shown(from.Email), Name: shown(nameShown(from)), CreatedAt: tx.at,
	}
	return identity, tx.Providers().CreateIdentity(ctx, identity)
}

// nameShown is how users tell their accounts at a provider apart.
func nameShown(from *provider.Identity) string { return cmp.Or(from.Username, from.Name) }

// shown returns what a provider says as far as it can be stored and shown.
func shown(text string) string {
	name, problems := checkName(text)
	if len(problems) > 0 {
		return ""
	}
	return name
}

// dropIdentitiesSince removes the identities of a locked user that were connected at a time or later, by somebody who
// may not have been the user.
func dropIdentitiesSince(ctx context.Context, tx *tx, user *User, since time.Time) error {
	removed, err := tx.Providers().DeleteIdentities(ctx, user.ID, since)
	if err != nil || removed == 0 {
		return err
	}
	return tx.audit(ctx, actIdentitiesRemoved, user.ID, noSession)
}

// hasAnotherWayIn reports whether a locked user can still sign in after something was taken away in this transaction:
// by the password, a mailed code, a passkey, or a provider that there is.
func (s *Service) hasAnotherWayIn(ctx context.Context, tx *tx, user *User) (bool, error) {
	if user.HasPassword() || s.config.LoginCodes && user.EmailVerified() {
		return true, nil
	}
	passkeys, err := tx.Passkeys().PasskeysOf(ctx, user.ID)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(passkeys, s.isWayIn) {
		return true, nil
	}
	identities, err := tx.Providers().IdentitiesOf(ctx, user.ID)
	if err != nil {
		return false, err
	}
	providers := s.config.Providers.List()
	return slices.ContainsFunc(identities, func(i *Identity) bool {
		return slices.ContainsFunc(providers, func(p provider.Info) bool { return p.ID == i.Provider })
	}), nil
}
