package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// update gives an account what a row has. It never gives a row's password to someone who has chosen or used one here,
// and never the account of a confirmed address to a row whose address is not.
func (r *importRun) update(ctx context.Context, row *importRow, result ImportResult, id uuid.UUID) (ImportResult, error) {
	user, err := r.tx.LockUser(ctx, id)
	if errors.Is(err, ErrNotFound) { // deleted at this moment
		return ImportResult{ImportSkipped, append(result.Notes, ImportNote{"", causeDeleted})}, nil
	}
	if err != nil {
		return result, err
	}
	skip := func(field, cause string) (ImportResult, error) {
		return ImportResult{ImportSkipped, append(result.Notes, ImportNote{field, cause})}, nil
	}
	isSameEmail := user.Email.Canonical == row.email.Canonical || user.Email.Canonical == row.email.FormerKey()
	switch {
	case !user.DeletedAt.IsZero():
		return skip("", causeDeleted)
	case !isSameEmail && row.in.ID != uuid.Nil:
		return skip("id", causeIDHere)
	case !isSameEmail:
		return skip("email", causeMoved)
	case user.EmailVerified() && !row.in.EmailVerified:
		if holder, same := r.sameUser(row); !same || holder != id {
			return skip("email", causeProof)
		}
	}

	act := actAccountImportedAnew
	if !user.EmailVerified() && row.in.EmailVerified {
		if err := r.claim(ctx, user); err != nil {
			return result, err
		}
		act = actAccountTakenByImport
	}
	before := *user
	change := &importChange{run: r, row: row, user: user, notes: result.Notes}
	if err := change.account(ctx); err != nil {
		return result, err
	}
	already, err := change.factors(ctx)
	if err != nil {
		return result, err
	}
	given := len(r.belongings)
	result.Notes = append(change.notes, r.give(row, user, already)...)
	r.ofThisFile[id] = true
	if act == actAccountImportedAnew && before == *user && len(r.belongings) == given {
		result.Outcome = ImportUnchanged
		return result, nil
	}
	user.UpdatedAt = r.tx.at
	if err := r.tx.UpdateUser(ctx, user); err != nil {
		return result, err
	}
	result.Outcome = ImportUpdated
	r.events = append(r.events, &AuditEvent{Act: act, Outcome: outcomeOK, UserID: user.ID})
	return result, nil
}

// claim takes out of an account whose address was not confirmed whatever somebody has put there, as its owner has
// proved to the other system to have the address.
func (r *importRun) claim(ctx context.Context, user *User) error {
	if _, err := r.tx.TakeSignUps(ctx, user.Email.Canonical); err != nil {
		return err
	}
	if err := r.service.dropSelfDescription(ctx, r.tx, user); err != nil {
		return err
	}
	if err := dropPlantedFactors(ctx, r.tx, user); err != nil {
		return err
	}
	if err := dropIdentitiesSince(ctx, r.tx, user, time.Time{}); err != nil {
		return err
	}
	if err := revokeAll(ctx, r.tx, user.ID); err != nil {
		return err
	}
	user.PasswordHash, user.ProfileDropped, user.VerifiedAt = "", false, r.tx.at
	return r.tx.SetPassword(ctx, user.ID, "", r.tx.at)
}

// importChange is what a row changes in an account.
type importChange struct {
	run   *importRun
	row   *importRow
	user  *User
	notes []ImportNote
}

// account changes what is in the account itself.
func (c *importChange) account(ctx context.Context) error {
	r, row, user := c.run, c.row, c.user
	if row.name != "" {
		user.Name = row.name
	}
	if r.options.AllowRoles && roleRank[row.in.Role] > 0 {
		user.Role = row.in.Role
	}
	if row.in.Disabled && user.DisabledAt.IsZero() {
		user.DisabledAt = r.tx.at
		if err := revokeAll(ctx, r.tx, user.ID); err != nil {
			return err
		}
	}
	if len(row.fields) > 0 {
		merged, faults, err := r.service.config.Profile.ChangeAsOperator(user.Profile, row.fields)
		switch {
		case err != nil:
			return err
		case merged == "" || len(faults) > 0 || r.service.config.Claims.checkChange(user.Profile, merged) != nil:
			c.notes = append(c.notes, ImportNote{"profile", "The profile stayed as it is: both together do not fit the schema."})
		default:
			user.Profile = merged
		}
	}
	if err := c.username(ctx); err != nil {
		return err
	}
	if hash := row.hash; hash != "" && hash != user.PasswordHash && (!user.HasPassword() || isForeign(user.PasswordHash)) {
		if err := revokeAll(ctx, r.tx, user.ID); err != nil {
			return err
		}
		user.PasswordHash = hash
		return r.tx.SetPassword(ctx, user.ID, hash, r.tx.at)
	}
	return nil
}

// username gives the user the username of the row, if nobody has it.
func (c *importChange) username(ctx context.Context) error {
	wanted := c.row.username
	if wanted == (Username{}) || wanted.Key == c.user.Username.Key {
		return nil
	}
	err := c.run.tx.SetUsername(ctx, c.user.ID, wanted, c.run.tx.at)
	switch {
	case errors.Is(err, ErrUsernameTaken):
		c.notes = append(c.notes, ImportNote{"username", causeUsername})
		return nil
	case err == nil:
		c.user.Username = wanted
	}
	return err
}

// factors says what the user has already of what the row gives. A first second factor ends the sessions in which it was
// not proved.
func (c *importChange) factors(ctx context.Context) (had, error) {
	r, row, user := c.run, c.row, c.user
	var already had
	totp, err := totpOrNone(ctx, r.tx, user.ID)
	if err != nil {
		return already, err
	}
	left, err := r.tx.RecoveryCodesLeft(ctx, user.ID)
	if err != nil {
		return already, err
	}
	already.totp, already.codes = totp != nil, left > 0
	switch _, err := r.tx.Imports().ExternalIDOf(ctx, user.ID); {
	case err == nil:
		already.external = true
	case !errors.Is(err, ErrNotFound):
		return already, err
	}
	gains := row.totp != "" && !already.totp
	for _, p := range row.passkeys {
		_, held := r.holders.Credentials[string(p.CredentialID)]
		gains = gains || !held
	}
	if gains {
		updated := user.UpdatedAt
		if err := gainFactor(ctx, r.tx, user, noSession); err != nil {
			return already, err
		}
		user.UpdatedAt = updated
	}
	return already, nil
}
