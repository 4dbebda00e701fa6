package auth_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestOnlyReadingIsAnsweredFromMemory has a replica remember a session that has ended since, or has another
// generation: what does not only read asks the database.
func TestOnlyReadingIsAnsweredFromMemory(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := signed
		config.JWTAudience = []string{config.Issuer}
		for name, config := range map[string]auth.Config{"opaque": authtest.Mandatory, "JWT": config} {
			t.Run(name, func(t *testing.T) {
				w := authtest.New(t, store, authtest.Unlimited(config))
				w.Letters(t)
				email := "memory." + name + "@lovelace.example"
				w.Join(t, email, adasPassword)
				caller, token := w.LogIn(t, email, adasPassword)
				session, user, err := store.SessionByID(t.Context(), caller.Session.ID)
				must(t, err)
				slow := w.Replica(authtest.Difference{Store: &remembering{store, session, user}})

				changed, err := change(t, w, caller, adasPassword, newPassword)
				must(t, err)
				next := changed.Tokens.AccessToken
				if !introspect(t, slow, next).Active {
					t.Error("got a new token that is not active, want one that is")
				}
				if introspect(t, slow, token).Active {
					t.Error("got an old token that is active, want one that is not")
				}
				if lives(t, slow, token) || !lives(t, slow, next) {
					t.Error("got the old token alive or the new one dead, want it the other way around")
				}
				if _, err := slow.AuthorizeRead(t.Context(), token, auth.Requirement{Role: auth.RoleUser}); err != nil {
					t.Errorf("got %v for what only reads, want the answer from memory", err)
				}
				must(t, slow.Logout(t.Context(), next))
				if lives(t, w, next) {
					t.Error("got a session that goes on after its logout, want an end")
				}
				if introspect(t, slow, token).Active || introspect(t, slow, next).Active || lives(t, slow, token) || lives(t, slow, next) {
					t.Error("got a token of an ended session that is active, want none")
				}
			})
		}
	})
}

// remembering is a store whose memory is slow to hear of changes of one session.
type remembering struct {
	auth.Store
	session *auth.Session
	user    *auth.User
}

func (r *remembering) RecentSessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	if slices.Equal(digest, r.session.TokenDigest) {
		return r.both()
	}
	return r.SessionByDigest(ctx, digest)
}

func (r *remembering) RecentSessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	if id == r.session.ID {
		return r.both()
	}
	return r.SessionByID(ctx, id)
}

func (r *remembering) both() (*auth.Session, *auth.User, error) {
	session, user := *r.session, *r.user
	return &session, &user, nil
}
