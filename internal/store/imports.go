package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type externalIDRow struct {
	bun.BaseModel `bun:"table:external_ids,alias:x"`

	UserID     uuid.UUID `bun:"user_id,pk"`
	Source     string    `bun:"source"`
	ExternalID string    `bun:"external_id"`
	ImportedAt time.Time `bun:"imported_at"`
}

func (r *externalIDRow) externalID() *auth.ExternalID {
	return &auth.ExternalID{UserID: r.UserID, Source: r.Source, ID: r.ExternalID, ImportedAt: r.ImportedAt.UTC()}
}

// Imports is the part of a transaction for many users at once.
func (c *conn) Imports() auth.ImportTx { return c }

// ExternalIDOf returns how another system knew a user.
func (c *conn) ExternalIDOf(ctx context.Context, userID uuid.UUID) (*auth.ExternalID, error) {
	row := new(externalIDRow)
	if err := c.reads.NewSelect().Model(row).Where("x.user_id = ?", userID).Scan(ctx); err != nil {
		return nil, c.fail(ctx, "find an external id", err)
	}
	return row.externalID(), nil
}

// AddUsers adds users of whom nobody has anything.
func (c *conn) AddUsers(ctx context.Context, users []*auth.User, at time.Time) error {
	const doing = "add users"
	rows, passwords, usernames := make([]*userRow, len(users)), []*passwordRow{}, []*usernameRow{}
	var emails, names []string
	for i, u := range users {
		rows[i] = newUserRow(u)
		if err := errors.Join(rows[i].check(doing), checkTexts(doing, u.PasswordHash.Reveal())); err != nil {
			return err
		}
		emails = append(emails, rows[i].EmailKey)
		if u.HasPassword() {
			passwords = append(passwords, &passwordRow{UserID: u.ID, Hash: u.PasswordHash.Reveal(), CreatedAt: stored(at)})
		}
		if rows[i].UsernameKey != "" {
			usernames = append(usernames, &usernameRow{Key: rows[i].UsernameKey, UserID: u.ID})
			names = append(names, rows[i].UsernameKey)
		}
	}
	return c.inTx(ctx, func(tx *conn) error {
		if err := insertAll(ctx, tx, doing, rows); err != nil {
			return err
		}
		// As CreateUser does, for a user who leaves an address at this moment.
		if len(emails) > 0 {
			left, err := tx.writes.NewSelect().Model((*emailChangeRow)(nil)).
				Where("ec.old_email_key IN (?)", bun.List(emails)).Where("ec.changed_at IS NOT NULL").Exists(ctx)
			switch {
			case err != nil:
				return tx.fail(ctx, doing, err)
			case left:
				return &failure{doing: doing, what: "someone left one of the addresses", retry: true}
			}
		}
		if len(names) > 0 {
			_, err := tx.writes.NewDelete().Model((*usernameRow)(nil)).
				Where("n.username_key IN (?)", bun.List(names)).Where("n.expires_at <= ?", stored(at)).Exec(ctx)
			if err != nil {
				return tx.fail(ctx, doing, err)
			}
		}
		if err := insertAll(ctx, tx, doing, usernames); err != nil {
			return err
		}
		return insertAll(ctx, tx, doing, passwords)
	})
}

// insertAll adds rows in one statement. Keys that somebody else has taken since they were found to be free are a lost
// race.
func insertAll[T any](ctx context.Context, tx *conn, doing string, rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	_, err := tx.writes.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	if isUniqueViolation(err) && ctx.Err() == nil {
		return &failure{doing: doing, what: "somebody else has taken one of the keys", retry: true}
	}
	return tx.fail(ctx, doing, err)
}

// AddBelongings adds what users have.
func (c *conn) AddBelongings(ctx context.Context, belongings []*auth.Belongings, at time.Time) error {
	const doing = "add what users have"
	var (
		external   []*externalIDRow
		apps       []*totpRow
		codes      []*recoveryCodeRow
		passkeys   []*passkeyRow
		identities []*identityRow
	)
	for _, b := range belongings {
		if x := b.External; x != nil {
			external = append(external, &externalIDRow{UserID: b.UserID, Source: x.Source, ExternalID: x.ID, ImportedAt: stored(x.ImportedAt)})
			if err := checkTexts(doing, x.Source, x.ID); err != nil {
				return err
			}
		}
		if o := b.TOTP; o != nil {
			apps = append(apps, &totpRow{UserID: b.UserID, Sealed: o.Sealed, LastStep: o.LastStep, CreatedAt: stored(o.CreatedAt)})
		}
		for _, digest := range b.Codes {
			codes = append(codes, &recoveryCodeRow{UserID: b.UserID, Digest: digest, CreatedAt: stored(at)})
		}
		for _, p := range b.Passkeys {
			row := newPasskeyRow(p)
			if err := checkTexts(doing, row.Transports, row.Name); err != nil {
				return err
			}
			passkeys = append(passkeys, row)
		}
		for _, i := range b.Identities {
			row := newIdentityRow(i)
			if err := row.check(doing); err != nil {
				return err
			}
			identities = append(identities, row)
		}
	}
	return c.inTx(ctx, func(tx *conn) error {
		for _, b := range belongings {
			if b.Handle == nil {
				continue
			}
			if err := tx.SetPasskeyHandle(ctx, b.UserID, b.Handle); err != nil && !errors.Is(err, auth.ErrNotFound) {
				return err
			}
		}
		if err := insertAll(ctx, tx, doing, external); err != nil {
			return err
		}
		if err := insertAll(ctx, tx, doing, apps); err != nil {
			return err
		}
		if err := insertAll(ctx, tx, doing, codes); err != nil {
			return err
		}
		if err := insertAll(ctx, tx, doing, passkeys); err != nil {
			return err
		}
		return insertAll(ctx, tx, doing, identities)
	})
}

// AddAuditEvents adds events to the trail.
func (c *conn) AddAuditEvents(ctx context.Context, events []*auth.AuditEvent) error {
	const doing = "add audit events"
	rows := make([]*auditRow, len(events))
	for i, e := range events {
		if err := checkTexts(doing, string(e.Act), e.Outcome, e.RequestID, e.IPAddress, e.UserAgent, e.Actor, e.Reason); err != nil {
			return err
		}
		rows[i] = &auditRow{
			ID: e.ID, At: stored(e.At), Act: string(e.Act), Outcome: e.Outcome, UserID: e.UserID, SessionID: e.SessionID, RequestID: e.RequestID,
			IPAddress: e.IPAddress, UserAgent: e.UserAgent, APIClientID: e.APIClientID, Actor: e.Actor, Reason: e.Reason,
		}
	}
	if len(rows) == 0 {
		return nil
	}
	_, err := c.writes.NewInsert().Model(&rows).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}
