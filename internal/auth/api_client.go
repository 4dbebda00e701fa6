package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// APIClient is a backend of the operator's that may ask what a token stands for, and end its session.
// It shows who it is by a key, of which only the digest is kept. (What package auth calls a client
// otherwise is what a user logs in from.)
type APIClient struct {
	ID         uuid.UUID
	Name       string // unique
	KeyDigest  []byte // SHA-256
	CreatedAt  time.Time
	LastUsedAt time.Time // at most a minute old; zero: never
}

// apiClientReader finds backends.
type apiClientReader interface {
	// APIClientByDigest returns the client whose key has this digest.
	APIClientByDigest(ctx context.Context, digest []byte) (*APIClient, error)
	// APIClients returns all clients, the oldest first; none is no error.
	APIClients(ctx context.Context) ([]*APIClient, error)
}

// apiClientStore remembers backends.
type apiClientStore interface {
	// APIClients returns all clients, the oldest first; none is no error.
	APIClients(ctx context.Context) ([]*APIClient, error)
	// CreateAPIClient adds c. ErrAPIClientTaken, and nothing is added, when another has its name,
	// to the byte.
	CreateAPIClient(ctx context.Context, c *APIClient) error
	// DeleteAPIClient removes a client; ErrNotFound if there is none.
	DeleteAPIClient(ctx context.Context, id uuid.UUID) error
}

// What is done to backends, and by them.
var (
	actAPIClientCreated = newAct("api_client_created", "An operator created a key for a backend.")
	actAPIClientDeleted = newAct("api_client_deleted", "An operator deleted the key of a backend.")
	actTokenRevoked     = newAct("token_revoked", "A backend revoked a token, which ended its session.")
)

// apiClientTouch is how finely the use of a key is written down.
const apiClientTouch = time.Minute

// CreateAPIClient makes a client and returns it with its key, which cannot be found out later.
// Problems: REQUIRED, NAME_INVALID, also for a name in the form of an id, and for one that is taken.
func (s *Service) CreateAPIClient(ctx context.Context, actor Actor, name string) (*APIClient, secret.Text, error) {
	name, problems := checkAPIClientName(name)
	if err := problems.err(); err != nil {
		return nil, "", err
	}
	key := secret.NewToken(secret.ClientKey)
	client := &APIClient{ID: newID(), Name: name, KeyDigest: secret.Digest(key)}
	err := s.do(ctx, "create client", by(actor, func(tx *tx) error {
		client.CreatedAt = tx.at
		if err := tx.Administration().CreateAPIClient(ctx, client); err != nil {
			return err
		}
		return tx.auditAPIClient(ctx, actAPIClientCreated, client, uuid.Nil, noSession)
	}))
	switch {
	case errors.Is(err, ErrAPIClientTaken):
		return nil, "", Problems{problem(InvalidName, "name", "There is a client with this name: choose another, or delete that one.")}
	case err != nil:
		return nil, "", err
	}
	return client, key, nil
}

func checkAPIClientName(raw string) (string, Problems) {
	name, problems := checkName(raw)
	switch _, err := uuid.Parse(name); {
	case len(problems) > 0:
		return "", problems
	case name == "":
		return "", Problems{problem(Required, "name", "Give the client a name.")}
	case err == nil:
		return "", Problems{problem(InvalidName, "name", "A name must not look like an id: the two are used alike.")}
	}
	return name, nil
}

// APIClients returns all clients, the oldest first.
func (s *Service) APIClients(ctx context.Context) ([]*APIClient, error) {
	clients, err := s.store.APIClients(ctx)
	if err != nil {
		return nil, fmt.Errorf("list clients: %w", err)
	}
	return clients, nil
}

// DeleteAPIClient removes the client with the name or id and returns it; from then on its key opens
// nothing. ErrNotFound if there is none.
func (s *Service) DeleteAPIClient(ctx context.Context, actor Actor, nameOrID string) (*APIClient, error) {
	wanted := strings.TrimSpace(nameOrID)
	id, _ := uuid.Parse(wanted) // else it is a name, and no client has the id uuid.Nil
	var client *APIClient
	err := s.do(ctx, "delete client", by(actor, func(tx *tx) error {
		clients, err := tx.Administration().APIClients(ctx)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(clients, func(c *APIClient) bool { return c.ID == id || c.Name == wanted })
		if at < 0 {
			return ErrNotFound
		}
		client = clients[at]
		if err := tx.Administration().DeleteAPIClient(ctx, client.ID); err != nil {
			return err
		}
		return tx.auditAPIClient(ctx, actAPIClientDeleted, client, uuid.Nil, noSession)
	}))
	if err != nil {
		return nil, err
	}
	return client, nil
}

// errNoSuchKey is the same for every reason why a key opens nothing.
var errNoSuchKey = &Error{Kind: Unauthenticated, Message: "This needs the key of a client: latchkey client create makes one."}

// AuthenticateAPIClient returns the client that has this key and, unless id is "", this id. It returns
// an Error of kind Unauthenticated if there is none; any other error means that it could not be found
// out. The use of the key is written down at most once a minute.
//
// Looking the digest up takes a time that depends on it, which tells nothing of a key that has 256
// random bits.
func (s *Service) AuthenticateAPIClient(ctx context.Context, id string, key secret.Text) (*APIClient, error) {
	if secret.CheckToken(secret.ClientKey, key) != nil {
		return nil, errNoSuchKey
	}
	client, err := s.store.APIClientByDigest(ctx, secret.Digest(key))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errNoSuchKey
	case err != nil:
		return nil, fmt.Errorf("authenticate client: find it: %w", err)
	case id != "" && id != client.ID.String():
		return nil, errNoSuchKey
	}

	now := s.now()
	if now.Sub(client.LastUsedAt) >= apiClientTouch {
		if err := s.store.TouchAPIClient(ctx, client.ID, now); err != nil {
			return nil, fmt.Errorf("authenticate client: note use of key: %w", err)
		}
		client.LastUsedAt = now
	}
	return client, nil
}
