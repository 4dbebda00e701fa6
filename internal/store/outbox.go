package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

type outboxRow struct {
	bun.BaseModel `bun:"table:outbox,alias:o"`

	ID          uuid.UUID `bun:"id,pk"`
	Job         string    `bun:"errand"`
	EmailKey    string    `bun:"email_key"`
	UserID      uuid.UUID `bun:"user_id,nullzero"`
	SignUpID    uuid.UUID `bun:"sign_up_id,nullzero"`
	RequestID   uuid.UUID `bun:"request_id,nullzero"`
	ChangeID    uuid.UUID `bun:"change_id,nullzero"`
	Address     string    `bun:"address"`
	CreatedAt   time.Time `bun:"created_at"`
	DueAt       time.Time `bun:"due_at"`
	Attempts    int       `bun:"attempts"`
	LeaseHolder uuid.UUID `bun:"lease_holder,nullzero"`
	LeasedUntil time.Time `bun:"leased_until,nullzero"`
	AbandonedAt time.Time `bun:"abandoned_at,nullzero"`
	Reason      string    `bun:"reason"`
	IPAddress   string    `bun:"client_ip"`
	Device      string    `bun:"device"`
	RedirectURL string    `bun:"redirect_url"`
	Recipient   string    `bun:"recipient"`
	Bypassed    bool      `bun:"aside"`
	LowPriority bool      `bun:"patient"`
	Password    string    `bun:"password_check"`
}

func (r *outboxRow) item() *auth.OutboxItem {
	return &auth.OutboxItem{
		ID:          r.ID,
		Job:         auth.Job(r.Job),
		EmailKey:    r.EmailKey,
		UserID:      r.UserID,
		SignUpID:    r.SignUpID,
		RequestID:   r.RequestID,
		ChangeID:    r.ChangeID,
		Address:     r.Address,
		CreatedAt:   r.CreatedAt.UTC(),
		DueAt:       r.DueAt.UTC(),
		Attempts:    r.Attempts,
		IPAddress:   r.IPAddress,
		Device:      r.Device,
		RedirectURL: r.RedirectURL,
		Recipient:   r.Recipient,
		LowPriority: r.LowPriority,
		Password:    auth.PasswordCheck(r.Password),
	}
}

// AddToOutbox adds an item that no worker holds.
func (c *conn) AddToOutbox(ctx context.Context, item *auth.OutboxItem) error {
	const doing = "add to the outbox"
	row := &outboxRow{
		ID:          item.ID,
		Job:         string(item.Job),
		EmailKey:    item.EmailKey,
		UserID:      item.UserID,
		SignUpID:    item.SignUpID,
		RequestID:   item.RequestID,
		ChangeID:    item.ChangeID,
		Address:     item.Address,
		CreatedAt:   stored(item.CreatedAt),
		DueAt:       stored(item.DueAt),
		Attempts:    item.Attempts,
		IPAddress:   item.IPAddress,
		Device:      item.Device,
		RedirectURL: item.RedirectURL,
		Recipient:   item.Recipient,
		LowPriority: item.LowPriority,
		Password:    string(item.Password),
	}
	if err := checkTexts(doing, row.Job, row.EmailKey, row.Address, row.IPAddress, row.Device, row.RedirectURL, row.Recipient, row.Password); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// RenewLease lets the holder keep an item longer.
func (c *conn) RenewLease(ctx context.Context, id, holder uuid.UUID, until time.Time) error {
	result, err := c.updateOfHolder(id, holder).Set("leased_until = ?", stored(until)).Exec(ctx)
	return c.mustAffectOne(ctx, "renew a lease", result, err)
}

// FinishOutbox removes an item.
func (c *conn) FinishOutbox(ctx context.Context, id, holder uuid.UUID) error {
	return c.leaveLine(ctx, id, func(tx *conn) error {
		result, err := tx.writes.NewDelete().Model((*outboxRow)(nil)).
			Where("o.id = ?", id).Where("o.lease_holder = ?", holder).Exec(ctx)
		return tx.mustAffectOne(ctx, "finish an item of the outbox", result, err)
	})
}

// RetryOutbox gives an item back.
func (c *conn) RetryOutbox(ctx context.Context, id, holder uuid.UUID, due time.Time, reason string) error {
	const doing = "retry an item of the outbox"
	if err := checkTexts(doing, reason); err != nil {
		return err
	}
	result, err := c.updateOfHolder(id, holder).Set("due_at = ?", stored(due)).Set("reason = ?", reason).
		Set("lease_holder = NULL").Set("leased_until = NULL").Exec(ctx)
	return c.mustAffectOne(ctx, doing, result, err)
}

// Bypass lets others overtake an item.
func (c *conn) Bypass(ctx context.Context, id, holder uuid.UUID) error {
	return c.leaveLine(ctx, id, func(tx *conn) error {
		result, err := tx.updateOfHolder(id, holder).Set("aside = TRUE").Exec(ctx)
		return tx.mustAffectOne(ctx, "let others bypass an item of the outbox", result, err)
	})
}

// HasNewer looks for a newer item like this one.
func (c *conn) HasNewer(ctx context.Context, item *auth.OutboxItem) (bool, error) {
	const doing = "look for a newer item of the outbox"
	if err := checkTexts(doing, item.Recipient, string(item.Job), item.IPAddress); err != nil {
		return false, err
	}
	found, err := c.reads.NewSelect().Model((*outboxRow)(nil)).
		Where("o.recipient = ?", item.Recipient).Where("o.recipient <> ''").Where("o.errand = ?", string(item.Job)).
		Where("o.client_ip = ?", item.IPAddress).Where("o.id > ?", item.ID).Where("o.abandoned_at IS NULL").Exists(ctx)
	return found, c.fail(ctx, doing, err)
}

// AbandonOutbox keeps an item and never leases it again.
func (c *conn) AbandonOutbox(ctx context.Context, id, holder uuid.UUID, at time.Time, reason string) error {
	const doing = "abandon an item of the outbox"
	if err := checkTexts(doing, reason); err != nil {
		return err
	}
	return c.leaveLine(ctx, id, func(tx *conn) error {
		result, err := tx.updateOfHolder(id, holder).Set("abandoned_at = ?", stored(at)).Set("reason = ?", reason).
			Set("lease_holder = NULL").Set("leased_until = NULL").Exec(ctx)
		return tx.mustAffectOne(ctx, doing, result, err)
	})
}

// updateOfHolder is the change of an item that holder still has.
func (c *conn) updateOfHolder(id, holder uuid.UUID) *bun.UpdateQuery {
	return c.writes.NewUpdate().Model((*outboxRow)(nil)).Where("o.id = ?", id).Where("o.lease_holder = ?", holder)
}
