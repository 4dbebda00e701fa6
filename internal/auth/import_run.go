package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// importRun is one run of the transaction of a batch.
type importRun struct {
	*Import
	tx         *tx
	rows       []*importRow
	results    []ImportResult
	holders    *ImportHolders
	ofThisFile map[uuid.UUID]bool // users who were made of another row
	created    []*User            // to be added
	belongings []*Belongings
	events     []*AuditEvent
}

// otherRow stands for the users of earlier batches of a run that are not looked for in the store.
var otherRow = uuid.UUID{0: 0xff}

// Causes of conflicts.
const (
	causeSameRow  = "Another row of this file has the same email address or id."
	causeHere     = "There is an account with this email address already."
	causeReserved = "An account had this email address until lately, and may get it back."
	causeDeleted  = "The account was deleted by its owner, and waits to be erased."
	causeIDHere   = "There is an account with this id already, with another email address."
	causeUsername = "The username was left out: someone has it."
	causeMoved    = "The account was imported before, and has another email address now."
	causeProof    = "There is an account with this email address, which the other system has not confirmed: the row may be a stranger's."
)

// all decides about each row in order, and writes.
func (r *importRun) all(ctx context.Context) error {
	r.results = make([]ImportResult, len(r.rows))
	r.ofThisFile = map[uuid.UUID]bool{otherRow: true}
	keys := r.keysOfAll()
	var err error
	if r.holders, err = r.tx.Imports().Holders(ctx, keys); err != nil {
		return err
	}
	r.addSeen()
	for n, row := range r.rows {
		if row.refused {
			r.results[n] = ImportResult{ImportRefused, row.notes}
			continue
		}
		if r.results[n], err = r.one(ctx, row); err != nil {
			var conflict *ImportConflictError
			if errors.As(err, &conflict) {
				conflict.Index = n
			}
			return err
		}
	}
	imports := r.tx.Imports()
	if err := imports.AddUsers(ctx, r.created, r.tx.at); err != nil {
		return err
	}
	if err := imports.AddBelongings(ctx, r.belongings, r.tx.at); err != nil {
		return err
	}
	return r.tx.writeAll(ctx, r.events)
}

func (r *importRun) keysOfAll() *ImportKeys {
	keys := &ImportKeys{}
	for _, row := range r.rows {
		if row.refused {
			continue
		}
		keys.Emails = append(keys.Emails, row.email.Canonical)
		if former := row.email.FormerKey(); former != "" {
			keys.Emails = append(keys.Emails, former)
		}
		if row.username != (Username{}) {
			keys.Usernames = append(keys.Usernames, row.username.Key)
		}
		if row.in.ID != uuid.Nil {
			keys.IDs = append(keys.IDs, row.in.ID)
		}
		if row.external.ID != "" {
			keys.ExternalIDs = append(keys.ExternalIDs, row.external)
		}
		for _, identity := range row.identities {
			keys.Identities = append(keys.Identities, IdentityKey{identity.Issuer, identity.Subject})
		}
		for _, p := range row.passkeys {
			keys.Credentials = append(keys.Credentials, p.CredentialID)
		}
		if row.in.PasskeyHandle != nil {
			keys.Handles = append(keys.Handles, row.in.PasskeyHandle)
		}
	}
	return keys
}

// addSeen has the keys of earlier batches be those of otherRow.
func (r *importRun) addSeen() {
	if r.seen == nil {
		return
	}
	for _, row := range r.rows {
		if row.refused {
			continue
		}
		if r.hasSeen(emailSeen(row.email.Canonical)) {
			r.holders.Emails[row.email.Canonical] = otherRow
		}
		if r.hasSeen(usernameSeen(row.username.Key)) {
			r.holders.Usernames[row.username.Key] = otherRow
		}
		if row.external.ID != "" && r.hasSeen(externalSeen(row.external)) {
			r.holders.ExternalIDs[row.external] = otherRow
		}
		if row.in.ID != uuid.Nil && r.hasSeen(idSeen(row.in.ID)) {
			r.holders.IDs[row.in.ID], r.ofThisFile[row.in.ID] = true, true
		}
		for _, identity := range row.identities {
			if key := (IdentityKey{identity.Issuer, identity.Subject}); r.hasSeen(identitySeen(key)) {
				r.holders.Identities[key] = otherRow
			}
		}
		for _, p := range row.passkeys {
			if r.hasSeen(credentialSeen(p.CredentialID)) {
				r.holders.Credentials[string(p.CredentialID)] = otherRow
			}
		}
	}
}

// one decides about a row.
func (r *importRun) one(ctx context.Context, row *importRow) (ImportResult, error) {
	result := ImportResult{Notes: slices.Clone(row.notes)}
	holder, isSame := r.sameUser(row)
	switch byEmail, found := r.byEmail(row); {
	case r.ofThisFile[holder] || found && r.ofThisFile[byEmail]:
		return r.refused(result, ImportNote{"email", causeSameRow}), nil
	case isSame && r.options.OnConflict != ConflictUpdate:
		return ImportResult{Outcome: ImportUnchanged}, nil
	case isSame:
		return r.update(ctx, row, result, holder)
	case found && r.options.OnConflict == ConflictUpdate:
		return r.update(ctx, row, result, byEmail)
	case found:
		return r.conflict(result, ImportNote{"email", causeHere})
	}
	return r.create(ctx, row, result)
}

// sameUser returns the user who was made of this row before, if there is one.
func (r *importRun) sameUser(row *importRow) (uuid.UUID, bool) {
	if row.in.ID != uuid.Nil && r.holders.IDs[row.in.ID] {
		return row.in.ID, true
	}
	if row.external.ID == "" {
		return uuid.Nil, false
	}
	holder, ok := r.holders.ExternalIDs[row.external]
	return holder, ok
}

// byEmail returns the user with the address of a row, if there is one. Accounts from before a change of the rule of
// keys have the former one.
func (r *importRun) byEmail(row *importRow) (uuid.UUID, bool) {
	if holder, ok := r.holders.Emails[row.email.Canonical]; ok {
		return holder, true
	}
	holder, ok := r.holders.Emails[row.email.FormerKey()]
	return holder, ok
}

func (r *importRun) refused(result ImportResult, note ImportNote) ImportResult {
	return ImportResult{ImportRefused, append(result.Notes, note)}
}

// conflict is what becomes of a row whose place is taken.
func (r *importRun) conflict(result ImportResult, note ImportNote) (ImportResult, error) {
	if r.options.OnConflict == ConflictFail {
		return result, &ImportConflictError{Note: note}
	}
	return ImportResult{ImportSkipped, append(result.Notes, note)}, nil
}

// create makes a user of a row. If nothing is remembered of the address, it is added with the others of the batch.
func (r *importRun) create(ctx context.Context, row *importRow, result ImportResult) (ImportResult, error) {
	user := newUser(row.email, row.name, r.tx.at)
	user.Profile, user.Role, user.PasswordHash = row.profile, r.role(row.in), row.hash
	if row.in.ID != uuid.Nil {
		user.ID = row.in.ID
	}
	if !row.in.CreatedAt.IsZero() && row.in.CreatedAt.Before(r.tx.at) && row.in.CreatedAt.After(time.Unix(0, 0)) {
		user.CreatedAt = row.in.CreatedAt.UTC().Truncate(time.Microsecond)
	}
	if row.in.EmailVerified {
		user.VerifiedAt = r.tx.at
	}
	if row.in.Disabled {
		user.DisabledAt = r.tx.at
	}
	if row.totp != "" || len(row.passkeys) > 0 {
		user.SecondFactorSince = r.tx.at
	}
	if username := row.username; username != (Username{}) {
		switch holder, held := r.holders.Usernames[username.Key]; {
		case !held, slices.Contains(r.holders.SignUps[row.email.Canonical], holder): // of a sign-up that is dropped
			user.Username = username
		case r.options.OnConflict == ConflictFail:
			return result, &ImportConflictError{Note: ImportNote{"username", causeUsername}}
		default:
			result.Notes = append(result.Notes, ImportNote{"username", causeUsername})
		}
	}
	added, err := r.add(ctx, row, user)
	switch {
	case errors.Is(err, ErrEmailTaken):
		return r.conflict(result, ImportNote{"email", causeReserved})
	case err != nil:
		return result, err
	case !added:
		result.Notes = append(result.Notes, ImportNote{"username", causeUsername})
	}
	r.hold(row, user)
	result.Outcome = ImportCreated
	result.Notes = append(result.Notes, r.give(row, user, nothingYet)...)
	r.events = append(r.events, &AuditEvent{Act: actAccountImported, Outcome: outcomeOK, UserID: user.ID})
	if r.options.Welcome && !user.Disabled() {
		return result, r.tx.enqueue(ctx, OutboxItem{Job: jobWelcome, EmailKey: user.Email.Canonical})
	}
	return result, nil
}

// add adds a user now if something is remembered of the address, and otherwise with the others. It drops sign-ups that
// wait with the address. False if the user has lost the username.
func (r *importRun) add(ctx context.Context, row *importRow, user *User) (bool, error) {
	key := row.email.Canonical
	if len(r.holders.SignUps[key]) > 0 {
		if _, err := r.tx.TakeSignUps(ctx, key); err != nil {
			return false, err
		}
	}
	if !r.holders.Remembered[key] {
		r.created = append(r.created, user)
		return true, nil
	}
	err := createUser(ctx, r.tx, user)
	if errors.Is(err, ErrUsernameTaken) && !errors.Is(err, ErrEmailTaken) {
		user.Username = Username{}
		return false, createUser(ctx, r.tx, user)
	}
	return true, err
}

// hold notes that a new user has the keys of a row.
func (r *importRun) hold(row *importRow, user *User) {
	r.ofThisFile[user.ID] = true
	r.holders.IDs[user.ID] = true
	r.holders.Emails[row.email.Canonical] = user.ID
	if user.Username != (Username{}) {
		r.holders.Usernames[user.Username.Key] = user.ID
	}
	if row.external.ID != "" {
		r.holders.ExternalIDs[row.external] = user.ID
	}
}

// had is what a user has already of what an import gives.
type had struct{ totp, codes, external bool }

var nothingYet had

// give gives a user what a row has beside the account, and says what of it someone else has. What the user has already
// stays.
func (r *importRun) give(row *importRow, user *User, already had) []ImportNote {
	s, at := r.service, r.tx.at
	var notes []ImportNote
	b := &Belongings{UserID: user.ID}
	if row.external.ID != "" && !already.external {
		b.External = &ExternalID{UserID: user.ID, Source: row.external.Source, ID: row.external.ID, ImportedAt: at}
	}
	if row.totp != "" && !already.totp {
		sealed := s.keys.under.Seal(totpPurpose, []byte(row.totp.Reveal()), user.ID.String())
		b.TOTP = &TOTP{UserID: user.ID, Sealed: sealed, CreatedAt: at}
	}
	if !already.codes {
		for _, code := range row.codes {
			b.Codes = append(b.Codes, s.recoveryDigest(user.ID, code))
		}
	}
	for _, imported := range row.passkeys {
		if holder, held := r.holders.Credentials[string(imported.CredentialID)]; held {
			if holder != user.ID {
				notes = append(notes, ImportNote{"passkeys", "A passkey was left out: it is on another account."})
			}
			continue
		}
		r.holders.Credentials[string(imported.CredentialID)] = user.ID
		imported.ID, imported.UserID = newID(), user.ID
		if imported.CreatedAt.IsZero() || imported.CreatedAt.After(at) {
			imported.CreatedAt = at
		}
		imported.CanLogIn = imported.CanLogIn && row.in.PasskeyHandle != nil
		b.Passkeys = append(b.Passkeys, &imported)
	}
	if handle := row.in.PasskeyHandle; handle != nil && len(b.Passkeys) > 0 {
		if holder, held := r.holders.Handles[string(handle)]; !held {
			b.Handle = handle
			r.holders.Handles[string(handle)] = user.ID
		} else if holder != user.ID {
			for _, p := range b.Passkeys {
				p.CanLogIn = false
			}
		}
	}
	for _, identity := range row.identities {
		key := IdentityKey{identity.Issuer, identity.Subject}
		if holder, held := r.holders.Identities[key]; held {
			if holder != user.ID {
				notes = append(notes, ImportNote{"identities", "An account at a provider was left out: it is on another account here."})
			}
			continue
		}
		r.holders.Identities[key] = user.ID
		b.Identities = append(b.Identities, &Identity{
			ID: newID(), UserID: user.ID, Issuer: identity.Issuer, Subject: identity.Subject, Provider: identity.Provider,
			Email: shown(identity.Email), Name: shown(identity.Name), CreatedAt: at,
		})
	}
	if !b.isEmpty() {
		r.belongings = append(r.belongings, b)
	}
	return notes
}

func (b *Belongings) isEmpty() bool {
	return b.External == nil && b.TOTP == nil && len(b.Codes) == 0 && b.Handle == nil && len(b.Passkeys) == 0 && len(b.Identities) == 0
}
