package auth

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// clientHasher is a Hasher that makes each hash for the client of the request, so that one client does not fill
// its queue.
type clientHasher struct {
	hasher *secret.Hasher
	shares bool // a client has a share at most
}

type knownDeviceKey struct{}

// withKnownDevice returns a context in which the client counts as one that the account knows.
func withKnownDevice(ctx context.Context) context.Context {
	return context.WithValue(ctx, knownDeviceKey{}, true)
}

// forClient returns a context in which hashes are made for the client of the request.
func (h clientHasher) forClient(ctx context.Context) context.Context {
	if !h.shares {
		return ctx
	}
	var client secret.HashClient
	client.Known, _ = ctx.Value(knownDeviceKey{}).(bool)
	for _, n := range clientNetworks(RequestFrom(ctx)) {
		client.Networks = append(client.Networks, n.subject)
	}
	return secret.ForHashClient(ctx, client)
}

// Hash is that of secret.Hasher, and so are the others.
func (h clientHasher) Hash(ctx context.Context, password secret.Text) (secret.Text, error) {
	return h.hasher.Hash(h.forClient(ctx), password)
}

func (h clientHasher) Verify(ctx context.Context, hash, password secret.Text) (match, outdated bool, err error) {
	return h.hasher.Verify(h.forClient(ctx), hash, password)
}

func (h clientHasher) Room(ctx context.Context) error { return h.hasher.Room(h.forClient(ctx)) }

func (h clientHasher) Equalize(ctx context.Context, hash, password secret.Text) error {
	return h.hasher.Equalize(h.forClient(ctx), hash, password)
}

func (h clientHasher) Spend(ctx context.Context, decoy, password secret.Text) error {
	return h.hasher.Spend(h.forClient(ctx), decoy, password)
}

func (h clientHasher) Decoy(of secret.Fingerprint) secret.Text { return h.hasher.Decoy(of) }

func (h clientHasher) Readable(hash secret.Text) bool { return h.hasher.Readable(hash) }

func (h clientHasher) Learn(classes []secret.HashClass) (told int) { return h.hasher.Learn(classes) }

func (h clientHasher) Unlearned() <-chan struct{} { return h.hasher.Unlearned() }
