package auth

import (
	"context"

	"github.com/google/uuid"
)

// directoryReader finds users and what is theirs, for those who administer them. What it reads of several users, it
// reads in as many statements as of one.
type directoryReader interface {
	// SearchUsers returns the users of a query, in its order.
	SearchUsers(ctx context.Context, query UserQuery) ([]*User, error)
	// CountUsers counts the users that pass a filter, up to limit.
	CountUsers(ctx context.Context, filter UserFilter, limit int) (int, error)
	// SearchAuditEvents returns the events of a query, the newest first.
	SearchAuditEvents(ctx context.Context, query AuditSearch) ([]*AuditEvent, error)
	// LatestAuditEvents returns up to limit events of each of the users, the newest first.
	LatestAuditEvents(ctx context.Context, userIDs []uuid.UUID, limit int) ([]*AuditEvent, error)
	// SessionsOfUsers returns all sessions of the users, those of each as Sessions does.
	SessionsOfUsers(ctx context.Context, userIDs []uuid.UUID) ([]*Session, error)
	// IdentitiesOfUsers returns the identities of the users, the oldest first.
	IdentitiesOfUsers(ctx context.Context, userIDs []uuid.UUID) ([]*Identity, error)
	// FactorsOfUsers returns what the users have of second factors, expired devices too.
	FactorsOfUsers(ctx context.Context, userIDs []uuid.UUID) (*FactorRows, error)
}

// AdminTx is what a transaction can do for those who administer users and backends.
type AdminTx interface {
	apiClientStore
	// LockAdmins locks all users with the role ADMIN, and those with these ids, in the order of their ids, so that
	// nobody waits for somebody who waits for them. It returns the ids of those who have the role and are not disabled.
	LockAdmins(ctx context.Context, others ...uuid.UUID) ([]uuid.UUID, error)
	// EndImpersonations ends the sessions in which a user acts as another, and those in which another acts as the user.
	EndImpersonations(ctx context.Context, userID uuid.UUID) error
}

// FactorRows are second factors of several users.
type FactorRows struct {
	TOTP          []*TOTP
	RecoveryCodes map[uuid.UUID]int // how many each has
	Devices       []*TrustedDevice  // the newest first
	Passkeys      []*Passkey        // the oldest first
}
