package auth

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// ExternalID is how another system knew a user who was imported from it.
type ExternalID struct {
	UserID     uuid.UUID
	Source     string
	ID         string
	ImportedAt time.Time
}

// ExternalKey names a user of another system.
type ExternalKey struct{ Source, ID string }

// IdentityKey names an identity.
type IdentityKey struct{ Issuer, Subject string }

// ImportKeys are what the rows of a batch claim.
type ImportKeys struct {
	IDs         []uuid.UUID
	Emails      []string // keys
	Usernames   []string // keys
	ExternalIDs []ExternalKey
	Identities  []IdentityKey
	Credentials [][]byte // ids of passkeys
	Handles     [][]byte
}

// ImportHolders say who has the keys of a batch already, by id. What is not there, nobody has.
type ImportHolders struct {
	IDs         map[uuid.UUID]bool
	Emails      map[string]uuid.UUID
	SignUps     map[string][]uuid.UUID // sign-ups by the keys of their addresses, expired or not
	Remembered  map[string]bool        // keys of addresses that were left, or for which wrong codes are counted
	Usernames   map[string]uuid.UUID   // users and sign-ups
	ExternalIDs map[ExternalKey]uuid.UUID
	Identities  map[IdentityKey]uuid.UUID
	Credentials map[string]uuid.UUID
	Handles     map[string]uuid.UUID
}

// Belongings are what an imported user has besides the account itself.
type Belongings struct {
	UserID     uuid.UUID
	External   *ExternalID // nil: none
	TOTP       *TOTP       // nil: none
	Codes      [][]byte    // digests of recovery codes
	Handle     []byte      // of passkeys; nil: none, or as it is
	Passkeys   []*Passkey
	Identities []*Identity
}

// ImportTx is what a transaction can do with many users at once. What it adds is checked to be free by Holders before,
// in the same transaction; if somebody else takes a key meanwhile, the transaction is run again.
type ImportTx interface {
	// Holders returns who has the keys. None is no error.
	Holders(ctx context.Context, keys *ImportKeys) (*ImportHolders, error)
	// AddUsers adds users, with their passwords and usernames, whose keys nobody has. A username that a sign-up held
	// whose time is over at the creation of its user is free.
	AddUsers(ctx context.Context, users []*User, at time.Time) error
	// AddBelongings adds what users have. ErrNotFound if one of the users is not there.
	AddBelongings(ctx context.Context, belongings []*Belongings, at time.Time) error
	// AddAuditEvents is AddAuditEvent for many.
	AddAuditEvents(ctx context.Context, events []*AuditEvent) error
	// ExternalIDOf returns how another system knew a user.
	ExternalIDOf(ctx context.Context, userID uuid.UUID) (*ExternalID, error)
}

// importReader reads what an export needs, for a page of users.
type importReader interface {
	// BelongingsOf returns what the users with ids from first to last have, by their ids. Of recovery codes it returns none.
	BelongingsOf(ctx context.Context, first, last uuid.UUID) (map[uuid.UUID]*Belongings, error)
}

// isForeign reports whether a hash was made by another system, and never replaced by one that is made here.
func isForeign(hash secret.Text) bool { return hash != "" && !secret.IsOwnHash(hash) }
