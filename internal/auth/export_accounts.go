package auth

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

var actAccountsExported = newAct("accounts_exported", "An operator exported the accounts.")

// ExportedAccount is a user with all that an import can take.
type ExportedAccount struct {
	*User
	Belongings
	TOTPSecret secret.Text // empty: there is none, or it was not asked for
}

// EachExported calls fn with every user in the order of their ids, until fn returns an error. Accounts that wait to be
// erased are left out. What opens an account, which is its hash and the secret of its authenticator app, is there only
// if it was asked for. The audit trail has the act, whatever comes of it.
func (s *Service) EachExported(ctx context.Context, actor Actor, withSecrets bool, fn func(*ExportedAccount) error) error {
	err := s.do(ctx, "export accounts", by(actor, func(tx *tx) error {
		return tx.audit(ctx, actAccountsExported, uuid.Nil, noSession)
	}))
	if err != nil {
		return err
	}
	for after := uuid.Nil; ; {
		page, err := s.store.Users(ctx, after, accountsPage)
		if err != nil {
			return fmt.Errorf("export accounts: %w", err)
		}
		if len(page) == 0 {
			return nil
		}
		after = page[len(page)-1].ID
		belongings, err := s.store.BelongingsOf(ctx, page[0].ID, after)
		if err != nil {
			return fmt.Errorf("export accounts: %w", err)
		}
		for _, user := range page {
			if !user.DeletedAt.IsZero() {
				continue
			}
			exported, err := s.exported(user, belongings[user.ID], withSecrets)
			if err != nil {
				return fmt.Errorf("export accounts: %w", err)
			}
			if err := fn(exported); err != nil {
				return err
			}
		}
	}
}

func (s *Service) exported(user *User, belongings *Belongings, withSecrets bool) (*ExportedAccount, error) {
	exported := &ExportedAccount{User: user}
	if belongings != nil {
		exported.Belongings = *belongings
	}
	if !withSecrets {
		user.PasswordHash = ""
		return exported, nil
	}
	if exported.TOTP == nil {
		return exported, nil
	}
	var err error
	exported.TOTPSecret, err = s.openTOTP(exported.TOTP)
	return exported, err
}

// RelyingPartyID is the domain of passkeys; "" where they are off.
func (c Config) RelyingPartyID() string {
	if c.RelyingParty == nil {
		return ""
	}
	return c.RelyingParty.Domain()
}
