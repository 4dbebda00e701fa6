package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Role is what a user may do. Roles rise: each includes the ones before it.
type Role string

// The roles, in rising order.
const (
	RoleUser  Role = "USER"
	RoleStaff Role = "STAFF"
	RoleAdmin Role = "ADMIN"
)

var roleRank = map[Role]int{RoleUser: 1, RoleStaff: 2, RoleAdmin: 3}

// Includes reports whether r is other or a higher role. An unknown role includes nothing and is
// included by nothing.
func (r Role) Includes(other Role) bool {
	return roleRank[other] > 0 && roleRank[r] >= roleRank[other]
}

// included returns the role and those that it includes, in rising order.
func (r Role) included() []Role {
	var roles []Role
	for _, other := range []Role{RoleUser, RoleStaff, RoleAdmin} {
		if r.Includes(other) {
			roles = append(roles, other)
		}
	}
	return roles
}

// ParseRole returns the role that is called s, in capitals.
func ParseRole(s string) (Role, error) {
	if roleRank[Role(s)] == 0 {
		return "", fmt.Errorf("unknown role %q: the roles are USER, STAFF and ADMIN", s)
	}
	return Role(s), nil
}

// User is a person; a credential is how they prove it. The one credential there is so far,
// the password, is read with the user, because nearly everybody who reads one needs to know of the
// other.
type User struct {
	ID       uuid.UUID
	Email    address.Email
	Username Username // zero: none
	Name     string   // empty: none given
	Profile  profile.Profile
	// ProfileDropped says that what the sign-up told was dropped when the address was confirmed, as a stranger
	// may have told it: fields of the profile that are for the sign-up only can be set once more.
	ProfileDropped bool
	Role           Role
	PasswordHash   secret.Text // a PHC string; empty: no password
	VerifiedAt     time.Time   // when the address was confirmed; zero: not yet
	DisabledAt     time.Time   // when an operator or administrator shut the user out; zero: not
	DisabledReason string      // why; empty: not said
	DeletedAt      time.Time   // when its owner deleted it, if it is not erased yet; zero: not
	CreatedAt      time.Time
	UpdatedAt      time.Time
	LastLoginAt    time.Time // zero: never
	// SecondFactorSince is when the user set up the oldest second factor that they have now; zero: they have none.
	SecondFactorSince time.Time
}

// EmailVerified reports whether the user has confirmed the address.
func (u *User) EmailVerified() bool { return !u.VerifiedAt.IsZero() }

// Disabled reports whether no one may log in: an operator has shut the user out, or its owner has
// deleted the account and it waits to be erased.
func (u *User) Disabled() bool { return !u.DisabledAt.IsZero() || !u.DeletedAt.IsZero() }

// HasPassword reports whether there is a password to log in with.
func (u *User) HasPassword() bool { return u.PasswordHash != "" }

// SignUp is a registration whose address is not confirmed yet. It is kept apart from the users,
// so that signing up does the same work for a known and an unknown address, and so that no one can
// plant a password: an address may have several, and only the one confirmed while it is alone
// becomes a user's password.
type SignUp struct {
	ID           uuid.UUID
	Email        address.Email
	Username     Username // held for it until HoldsUsernameUntil; zero: none
	Name         string
	Profile      profile.Profile
	PasswordHash secret.Text
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// userReader finds users.
type userReader interface {
	UserByID(ctx context.Context, id uuid.UUID) (*User, error)
	UserByEmail(ctx context.Context, key string) (*User, error)
	// UserByUsername returns the user who holds the username with this key.
	UserByUsername(ctx context.Context, key string) (*User, error)
}

// userLister lists users.
type userLister interface {
	// Users returns up to limit users in order of creation, those after the given id; uuid.Nil
	// is before the first.
	Users(ctx context.Context, after uuid.UUID, limit int) ([]*User, error)
}

// userStore remembers users and their passwords.
type userStore interface {
	userReader

	// CreateUser adds u, with its password and its username if it has them. ErrEmailTaken when
	// another user has the key of its address, or has left it by a change of address that was made
	// and not released; ErrUsernameTaken as in SetUsername, judged at the time of creation; or both
	// in one error; then nothing is added.
	CreateUser(ctx context.Context, u *User) error
	// LockUser reads the user like UserByID and keeps others from changing it or its password
	// until the transaction ends.
	LockUser(ctx context.Context, id uuid.UUID) (*User, error)
	// UpdateUser writes everything of u but its id, its creation time, its password and its
	// username. ErrEmailTaken as in CreateUser, of an address that was left only if the key is
	// another one than before.
	UpdateUser(ctx context.Context, u *User) error
	// SetPassword gives the user the password with this hash, and takes away any other; an empty
	// hash takes it away.
	SetPassword(ctx context.Context, userID uuid.UUID, hash secret.Text, at time.Time) error
	// SetUsername gives the user this username, and frees any other; the zero Username only frees it.
	// ErrUsernameTaken, and nothing is changed, when another user holds one with its key, or a
	// sign-up that has not expired at the time given. Of two who take a name at once, one gets it.
	SetUsername(ctx context.Context, userID uuid.UUID, name Username, at time.Time) error
}
