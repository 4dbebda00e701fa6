package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// claim is everybody who has claimed an address: the sign-ups that waited, and the user who has it,
// or nil. A sign-up that has expired still counts while a later one waits that was made before it did:
// whoever waits for the owner's sign-up to expire must not be alone then.
type claim struct {
	key     string
	at      time.Time
	pending []*SignUp // the newest first; if there are any, it has not expired
	user    *User
	// disowned says that the proof of the address came from outside of the sign-ups and of the account: see disown.
	disowned bool
}

// redeem uses a token up and returns who has claimed its address. The sign-ups are gone from the
// store then, and with them their tokens, so that of two who redeem at once one gets
// errTokenInvalid. Locks are always taken in this order: sign-ups, user, tokens.
func redeem(ctx context.Context, tx *tx, token *OneTimeToken) (*claim, error) {
	claim, err := claimants(ctx, tx, token.EmailKey)
	if err != nil {
		return nil, err
	}

	if token.SignUpID != uuid.Nil {
		if !claim.includes(token.SignUpID) {
			return nil, errTokenInvalid
		}
	} else {
		if claim.user == nil || claim.user.ID != token.UserID {
			return nil, errTokenInvalid
		}
		if _, err := tx.TakeToken(ctx, token.Purpose, token.Digest); errors.Is(err, ErrNotFound) {
			return nil, errTokenInvalid
		} else if err != nil {
			return nil, err
		}
	}

	if claim.user != nil && claim.user.Disabled() {
		return nil, errTokenInvalid
	}
	return claim, nil
}

// claimants takes the sign-ups of an address out of the store and locks its user.
func claimants(ctx context.Context, tx *tx, key string) (*claim, error) {
	return claimantsLocked(ctx, tx, key, func(id uuid.UUID) (*User, error) { return tx.LockUser(ctx, id) })
}

// claimantsLocked is claimants with a way to lock the user.
func claimantsLocked(ctx context.Context, tx *tx, key string, lock func(id uuid.UUID) (*User, error)) (*claim, error) {
	signUps, err := tx.TakeSignUps(ctx, key)
	if err != nil {
		return nil, err
	}
	claim := &claim{key: key, at: tx.at, pending: stillClaim(signUps, tx.at)}
	user, err := tx.UserByEmail(ctx, key)
	if errors.Is(err, ErrNotFound) {
		return claim, nil
	}
	if err != nil {
		return nil, err
	}
	claim.user, err = lock(user.ID)
	if errors.Is(err, ErrNotFound) || err == nil && claim.user.Email.Canonical != key {
		claim.user = nil
		return claim, nil
	}
	return claim, err
}

// stillClaim returns the sign-ups of an address, the newest first, that count as a claim to it: those that
// wait, and those that waited when one of these was made.
func stillClaim(signUps []*SignUp, at time.Time) []*SignUp {
	var claims []*SignUp
	since := at
	for _, signUp := range signUps {
		if !at.Before(signUp.ExpiresAt) && !since.Before(signUp.ExpiresAt) {
			continue
		}
		claims = append(claims, signUp)
		if at.Before(signUp.ExpiresAt) {
			since = signUp.CreatedAt // of the oldest that waits, for the next are older
		}
	}
	return claims
}

// includes reports whether the sign-up is one of those that wait.
func (c *claim) includes(signUpID uuid.UUID) bool {
	for _, signUp := range c.pending {
		if signUp.ID == signUpID {
			return c.at.Before(signUp.ExpiresAt)
		}
	}
	return false
}

// isSole reports whether the user, who has a password, is the only one who has claimed the address.
func (c *claim) isSole() bool { return c.user != nil && c.user.HasPassword() && len(c.pending) == 0 }

// disown takes away what was written with the sign-ups of a claim, and has confirmAddress take away what was
// written in an account whose address was not confirmed: whoever comes by another link or by a code reads
// the email of the address, and may not be who signed up.
func (c *claim) disown() {
	c.disowned = true
	for _, signUp := range c.pending {
		signUp.Name, signUp.Username, signUp.Profile = "", Username{}, profile.Empty
	}
}

// confirmClaim confirms the address of a claim. Where one alone has claimed it, their password becomes, or
// stays, the user's. If several have, it is not known whose password is whose: none of them works,
// and a reset is enqueued to the owner. A user without a password, whom an operator made, is one who has
// claimed it too, and never gets the password of a sign-up.
func (s *Service) confirmClaim(ctx context.Context, tx *tx, claim *claim) (*User, error) {
	switch {
	case claim.user == nil && len(claim.pending) == 1:
		return s.confirmAddress(ctx, tx, claim, claim.pending[0].PasswordHash)
	case claim.isSole():
		return s.confirmAddress(ctx, tx, claim, claim.user.PasswordHash)
	}
	user, err := s.confirmAddress(ctx, tx, claim, "")
	if err != nil {
		return nil, err
	}
	if err := revokeAll(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	return user, tx.enqueue(ctx, OutboxItem{Job: JobPasswordReset, EmailKey: claim.key, UserID: user.ID})
}

// confirmAddress confirms the address of a claim for its user, or for a new one made of the sign-ups, who
// then has the password with this hash, or none if it is empty. Names and a profile are kept only
// where one alone has claimed the address and the claim is not disowned: otherwise some may belong to a
// stranger, and the usernames are free again. What only an operator sets of a profile is never taken from a
// sign-up, which may be older than the schema, and never lost. ErrEmailTaken for a new user if one who has
// left the address may get it back.
func (s *Service) confirmAddress(ctx context.Context, tx *tx, claim *claim, hash secret.Text) (*User, error) {
	now := tx.at
	if claim.user == nil {
		user := newUser(claim.pending[0].Email, "", now)
		user.ProfileDropped = claim.disowned || len(claim.pending) > 1
		if !user.ProfileDropped {
			only := claim.pending[0]
			users, _, err := s.config.Profile.Split(only.Profile)
			if err != nil {
				return nil, err
			}
			user.Username, user.Name, user.Profile = only.Username, only.Name, users
		}
		user.VerifiedAt, user.PasswordHash = now, hash
		return user, createConfirmed(ctx, tx, user)
	}

	user := claim.user
	if claim.mayBePlanted() {
		if err := s.dropSelfDescription(ctx, tx, user); err != nil {
			return nil, err
		}
	}
	// Second factors and identities follow the password: if that may be a stranger's, so may they. Without a password
	// they may be, too: an import can have brought them.
	if !user.EmailVerified() && (claim.disowned || user.PasswordHash != hash) {
		if err := dropPlantedFactors(ctx, tx, user); err != nil {
			return nil, err
		}
		if err := dropIdentitiesSince(ctx, tx, user, time.Time{}); err != nil {
			return nil, err
		}
	}
	user.VerifiedAt, user.UpdatedAt, user.PasswordHash = now, now, hash
	if err := tx.UpdateUser(ctx, user); err != nil {
		return nil, err
	}
	return user, tx.SetPassword(ctx, user.ID, hash, now)
}

// mayBePlanted reports whether a stranger may have written the names and the profile of the user: the address
// was not confirmed so far, and there are other claims to it, or the proof of the address came from outside of
// the account. Nobody but an operator has ever been in an unconfirmed account without a password.
func (c *claim) mayBePlanted() bool {
	return !c.user.EmailVerified() && (len(c.pending) > 0 || c.disowned && c.user.HasPassword())
}

// dropSelfDescription takes away what a locked user has told about themselves: username, name, and all of the
// profile but what only an operator sets. Fields that are readOnly can be set once more. The caller writes the
// user.
func (s *Service) dropSelfDescription(ctx context.Context, tx *tx, user *User) error {
	_, operators, err := s.config.Profile.Split(user.Profile)
	if err != nil {
		return err
	}
	user.Username, user.Name, user.Profile, user.ProfileDropped = Username{}, "", operators, true
	return tx.SetUsername(ctx, user.ID, user.Username, tx.at)
}

// createConfirmed adds a user whose address has just been confirmed. Should a replica with a fast
// clock have given the username away a moment before the sign-up expired, there is no username:
// that is no reason to refuse the confirmation.
func createConfirmed(ctx context.Context, tx *tx, user *User) error {
	err := createUser(ctx, tx, user)
	if errors.Is(err, ErrUsernameTaken) && !errors.Is(err, ErrEmailTaken) {
		user.Username = Username{}
		err = createUser(ctx, tx, user)
	}
	if err != nil {
		return err
	}
	return tx.emit(ctx, eventSignedUp, user.ID, noSession)
}
