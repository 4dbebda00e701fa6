package model

import (
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

// AdminUser is a user as those see them who administer users.
type AdminUser struct {
	ID             uuid.UUID
	Email          string
	EmailVerified  bool
	Username       *string
	Name           *string
	Profile        profile.Profile
	Role           auth.Role
	Disabled       bool
	DisabledReason *string
	DeletedAt      *time.Time
	HasPassword    bool
	CreatedAt      time.Time
	UpdatedAt      time.Time
	LastLoginAt    *time.Time

	Page *UserPage // of which the user is one
}

// UserPage is what is read of several users at once.
type UserPage struct {
	Sessions    *Batch[[]*auth.Session]
	Factors     *Batch[*auth.SecondFactors]
	Identities  *Batch[[]*auth.Identity]
	AuditEvents func(first *int) *Batch[*auth.Page[*auth.AuditEvent]]
}

// UserConnection is a part of a list of users.
type UserConnection struct {
	Edges    []UserEdge
	Nodes    []AdminUser
	PageInfo PageInfo

	Filter auth.UserFilter // which users are in the list
}
