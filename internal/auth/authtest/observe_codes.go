package authtest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

func (o *observed) CreateCode(ctx context.Context, c *auth.OneTimeCode) error {
	return o.store.CreateCode(o.enter(ctx, "CreateCode"), c)
}

func (o *observed) MintCode(ctx context.Context, c *auth.OneTimeCode) error {
	return o.store.MintCode(o.enter(ctx, "MintCode"), c)
}

func (o *observed) TryCode(ctx context.Context, purpose auth.Purpose, requestID, sessionID uuid.UUID, limit int) (*auth.OneTimeCode, error) {
	return o.store.TryCode(o.enter(ctx, "TryCode"), purpose, requestID, sessionID, limit)
}

func (o *observed) TakeCode(ctx context.Context, requestID uuid.UUID, digest []byte) error {
	return o.store.TakeCode(o.enter(ctx, "TakeCode"), requestID, digest)
}

func (o *observed) CountWrongCode(ctx context.Context, key string, at, since time.Time) (int, error) {
	return o.store.CountWrongCode(o.enter(ctx, "CountWrongCode"), key, at, since)
}

func (o *observed) WrongCodes(ctx context.Context, key string, since time.Time) (int, error) {
	return o.store.WrongCodes(o.enter(ctx, "WrongCodes"), key, since)
}

func (o *observed) ForgetWrongCodes(ctx context.Context, key string) error {
	return o.store.ForgetWrongCodes(o.enter(ctx, "ForgetWrongCodes"), key)
}
