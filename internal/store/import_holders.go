package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Holders looks for all keys of a batch, in one statement for each kind.
func (c *conn) Holders(ctx context.Context, keys *auth.ImportKeys) (*auth.ImportHolders, error) {
	if err := checkHolderKeys(keys); err != nil {
		return nil, err
	}
	h := &auth.ImportHolders{
		IDs: map[uuid.UUID]bool{}, Emails: map[string]uuid.UUID{}, SignUps: map[string][]uuid.UUID{}, Remembered: map[string]bool{},
		Usernames: map[string]uuid.UUID{}, ExternalIDs: map[auth.ExternalKey]uuid.UUID{}, Identities: map[auth.IdentityKey]uuid.UUID{},
		Credentials: map[string]uuid.UUID{}, Handles: map[string]uuid.UUID{},
	}
	for _, find := range []func(context.Context, *auth.ImportKeys, *auth.ImportHolders) error{
		c.holdersOfEmails, c.holdersOfUsernames, c.holdersOfIDs, c.holdersOfIdentities, c.holdersOfPasskeys,
	} {
		if err := find(ctx, keys, h); err != nil {
			return nil, err
		}
	}
	return h, nil
}

const findingHolders = "find who has keys of an import"

func checkHolderKeys(keys *auth.ImportKeys) error {
	texts := append(append([]string{}, keys.Emails...), keys.Usernames...)
	for _, x := range keys.ExternalIDs {
		texts = append(texts, x.Source, x.ID)
	}
	for _, i := range keys.Identities {
		texts = append(texts, i.Issuer, i.Subject)
	}
	return checkTexts(findingHolders, texts...)
}

func (c *conn) holdersOfEmails(ctx context.Context, keys *auth.ImportKeys, h *auth.ImportHolders) error {
	if len(keys.Emails) == 0 {
		return nil
	}
	var users []*userRow
	err := c.reads.NewSelect().Model(&users).Column("id", "email_key").Where("u.email_key IN (?)", bun.List(keys.Emails)).Scan(ctx)
	if err != nil {
		return c.fail(ctx, findingHolders, err)
	}
	for _, row := range users {
		h.Emails[row.EmailKey] = row.ID
	}
	var waiting []*signUpRow
	err = c.reads.NewSelect().Model(&waiting).Column("id", "email_key").Where("su.email_key IN (?)", bun.List(keys.Emails)).Scan(ctx)
	if err != nil {
		return c.fail(ctx, findingHolders, err)
	}
	for _, row := range waiting {
		h.SignUps[row.EmailKey] = append(h.SignUps[row.EmailKey], row.ID)
		h.Remembered[row.EmailKey] = true
	}
	var remembered []string
	err = c.reads.NewRaw(`SELECT old_email_key FROM email_changes WHERE old_email_key IN (?0) AND changed_at IS NOT NULL
UNION SELECT email_key FROM wrong_codes WHERE email_key IN (?0)`, bun.List(keys.Emails)).Scan(ctx, &remembered)
	if err != nil {
		return c.fail(ctx, findingHolders, err)
	}
	for _, key := range remembered {
		h.Remembered[key] = true
	}
	return nil
}

func (c *conn) holdersOfUsernames(ctx context.Context, keys *auth.ImportKeys, h *auth.ImportHolders) error {
	if len(keys.Usernames) == 0 {
		return nil
	}
	var rows []*usernameRow
	err := c.reads.NewSelect().Model(&rows).Where("n.username_key IN (?)", bun.List(keys.Usernames)).Scan(ctx)
	if err != nil {
		return c.fail(ctx, findingHolders, err)
	}
	for _, row := range rows {
		h.Usernames[row.Key] = row.UserID
		if row.UserID == uuid.Nil {
			h.Usernames[row.Key] = row.SignUpID
		}
	}
	return nil
}

func (c *conn) holdersOfIDs(ctx context.Context, keys *auth.ImportKeys, h *auth.ImportHolders) error {
	if len(keys.IDs) > 0 {
		var users []*userRow
		if err := c.reads.NewSelect().Model(&users).Column("id").Where("u.id IN (?)", bun.List(keys.IDs)).Scan(ctx); err != nil {
			return c.fail(ctx, findingHolders, err)
		}
		for _, row := range users {
			h.IDs[row.ID] = true
		}
	}
	if len(keys.ExternalIDs) == 0 {
		return nil
	}
	bySource := map[string][]string{}
	for _, key := range keys.ExternalIDs {
		bySource[key.Source] = append(bySource[key.Source], key.ID)
	}
	for source, ids := range bySource {
		var rows []*externalIDRow
		err := c.reads.NewSelect().Model(&rows).Where("x.source = ?", source).Where("x.external_id IN (?)", bun.List(ids)).Scan(ctx)
		if err != nil {
			return c.fail(ctx, findingHolders, err)
		}
		for _, row := range rows {
			h.ExternalIDs[auth.ExternalKey{Source: source, ID: row.ExternalID}] = row.UserID
		}
	}
	return nil
}

func (c *conn) holdersOfIdentities(ctx context.Context, keys *auth.ImportKeys, h *auth.ImportHolders) error {
	if len(keys.Identities) == 0 {
		return nil
	}
	wanted, subjects, issuers := map[auth.IdentityKey]bool{}, []string{}, []string{}
	for _, key := range keys.Identities {
		wanted[key] = true
		subjects, issuers = append(subjects, key.Subject), append(issuers, key.Issuer)
	}
	var rows []*identityRow
	err := c.reads.NewSelect().Model(&rows).Column("user_id", "issuer", "subject").
		Where("idt.issuer IN (?)", bun.List(issuers)).Where("idt.subject IN (?)", bun.List(subjects)).Scan(ctx)
	if err != nil {
		return c.fail(ctx, findingHolders, err)
	}
	for _, row := range rows {
		if key := (auth.IdentityKey{Issuer: row.Issuer, Subject: row.Subject}); wanted[key] {
			h.Identities[key] = row.UserID
		}
	}
	return nil
}

func (c *conn) holdersOfPasskeys(ctx context.Context, keys *auth.ImportKeys, h *auth.ImportHolders) error {
	if len(keys.Credentials) > 0 {
		var rows []*passkeyRow
		err := c.reads.NewSelect().Model(&rows).Column("user_id", "credential_id").Where("pk.credential_id IN (?)", bun.List(keys.Credentials)).Scan(ctx)
		if err != nil {
			return c.fail(ctx, findingHolders, err)
		}
		for _, row := range rows {
			h.Credentials[string(row.CredentialID)] = row.UserID
		}
	}
	if len(keys.Handles) == 0 {
		return nil
	}
	var rows []struct {
		ID     uuid.UUID `bun:"id"`
		Handle []byte    `bun:"passkey_handle"`
	}
	err := c.reads.NewRaw("SELECT id, passkey_handle FROM users WHERE passkey_handle IN (?)", bun.List(keys.Handles)).Scan(ctx, &rows)
	if err != nil {
		return c.fail(ctx, findingHolders, err)
	}
	for _, row := range rows {
		h.Handles[string(row.Handle)] = row.ID
	}
	return nil
}
