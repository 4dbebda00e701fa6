package authtest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

func (o *observed) CreateCode(ctx context.Context, c *auth.OneTimeCode) error {
	o.before("CreateCode")
	return o.store.CreateCode(ctx, c)
}

func (o *observed) MintCode(ctx context.Context, c *auth.OneTimeCode) error {
	o.before("MintCode")
	return o.store.MintCode(ctx, c)
}

func (o *observed) TryCode(ctx context.Context, purpose auth.Purpose, requestID, sessionID uuid.UUID, limit int) (*auth.OneTimeCode, error) {
	o.before("TryCode")
	return o.store.TryCode(ctx, purpose, requestID, sessionID, limit)
}

func (o *observed) TakeCode(ctx context.Context, requestID uuid.UUID, digest []byte) error {
	o.before("TakeCode")
	return o.store.TakeCode(ctx, requestID, digest)
}

func (o *observed) CountWrongCode(ctx context.Context, key string, at time.Time) (int, error) {
	o.before("CountWrongCode")
	return o.store.CountWrongCode(ctx, key, at)
}

func (o *observed) WrongCodes(ctx context.Context, key string) (int, error) {
	o.before("WrongCodes")
	return o.store.WrongCodes(ctx, key)
}

func (o *observed) ForgetWrongCodes(ctx context.Context, key string) error {
	o.before("ForgetWrongCodes")
	return o.store.ForgetWrongCodes(ctx, key)
}
