package authtest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

func (o *observed) CreateAPIClient(ctx context.Context, c *auth.APIClient) error {
	return o.store.CreateAPIClient(o.enter(ctx, "CreateAPIClient"), c)
}

func (o *observed) APIClientByDigest(ctx context.Context, digest []byte) (*auth.APIClient, error) {
	return o.store.APIClientByDigest(o.enter(ctx, "APIClientByDigest"), digest)
}

func (o *observed) APIClients(ctx context.Context) ([]*auth.APIClient, error) {
	return o.store.APIClients(o.enter(ctx, "APIClients"))
}

func (o *observed) TouchAPIClient(ctx context.Context, id uuid.UUID, at time.Time) error {
	return o.store.TouchAPIClient(o.enter(ctx, "TouchAPIClient"), id, at)
}

func (o *observed) DeleteAPIClient(ctx context.Context, id uuid.UUID) error {
	return o.store.DeleteAPIClient(o.enter(ctx, "DeleteAPIClient"), id)
}
