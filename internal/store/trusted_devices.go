package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newExpiry(auth.ExpiredTrustedDevices, expiry{table: "trusted_devices", key: "id", moment: "expires_at"})

type trustedDeviceRow struct {
	bun.BaseModel `bun:"table:trusted_devices,alias:td"`

	ID        uuid.UUID `bun:"id,pk"`
	UserID    uuid.UUID `bun:"user_id"`
	Digest    []byte    `bun:"digest"`
	Device    string    `bun:"device,nullzero"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

func (r *trustedDeviceRow) device() *auth.TrustedDevice {
	return &auth.TrustedDevice{
		ID:        r.ID,
		UserID:    r.UserID,
		Digest:    r.Digest,
		Device:    r.Device,
		CreatedAt: r.CreatedAt.UTC(),
		ExpiresAt: r.ExpiresAt.UTC(),
	}
}

// CreateTrustedDevice adds a device; ErrNotFound when there is no such user.
func (c *conn) CreateTrustedDevice(ctx context.Context, device *auth.TrustedDevice) error {
	const doing = "create a trusted device"
	row := &trustedDeviceRow{
		ID:        device.ID,
		UserID:    device.UserID,
		Digest:    device.Digest,
		Device:    device.Device,
		CreatedAt: stored(device.CreatedAt),
		ExpiresAt: stored(device.ExpiresAt),
	}
	if err := checkTexts(doing, row.Device); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// TrustedDevices returns the devices of a user, the newest first.
func (c *conn) TrustedDevices(ctx context.Context, userID uuid.UUID) ([]*auth.TrustedDevice, error) {
	var rows []*trustedDeviceRow
	err := c.reads.NewSelect().Model(&rows).Where("td.user_id = ?", userID).OrderExpr("td.created_at DESC, td.id DESC").Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list trusted devices", err)
	}
	devices := make([]*auth.TrustedDevice, len(rows))
	for i, row := range rows {
		devices[i] = row.device()
	}
	return devices, nil
}

// DeleteTrustedDevice removes a device of a user.
func (c *conn) DeleteTrustedDevice(ctx context.Context, userID, id uuid.UUID) error {
	result, err := c.writes.NewDelete().Model((*trustedDeviceRow)(nil)).Where("td.user_id = ?", userID).Where("td.id = ?", id).Exec(ctx)
	return c.mustAffectOne(ctx, "delete a trusted device", result, err)
}

// DeleteTrustedDevices removes all devices of a user.
func (c *conn) DeleteTrustedDevices(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewDelete().Model((*trustedDeviceRow)(nil)).Where("td.user_id = ?", userID).Exec(ctx)
	return c.fail(ctx, "delete trusted devices", err)
}
